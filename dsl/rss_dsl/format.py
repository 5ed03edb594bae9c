"""Spec → canonical `.rss` text. Parsing the text gives an equal Spec.

Two spaces between the items of a block on one line, two spaces of indent, a blank line between statements
that differ in kind, span lines or carry comments.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from rss_dsl.format_expr import WIDTH, expression, laid_out, literal, packet, slice_text
from rss_dsl.spec import (
    Adapter,
    Assume,
    ClassHash,
    Commented,
    Device,
    Equality,
    Expr,
    Fragments,
    Function,
    Hash,
    Import,
    Key,
    KeyBits,
    KeyNear,
    KeyStyle,
    Nf,
    Nic,
    PortDecl,
    PortItem,
    Prefer,
    Queues,
    Relation,
    Require,
    Seed,
    Spec,
    Statement,
    Table,
    Traffic,
    Value,
)
from rss_dsl.tokens import MalformedError, duration, value

_INDENT = "  "


def format_spec(spec: Spec) -> str:
    """The canonical text of a spec, with every comment, ending in a newline unless empty."""
    lines: list[str] = []
    previous: tuple[str, int] | None = None
    for statement in spec.statements:
        text = _statement(statement)
        looks = (_kind(statement), len(text))
        if previous and (statement.comments or previous != looks or len(text) > 1):
            lines.append("")
        lines += [*statement.comments, *text]
        previous = looks
    if spec.tail_comments:
        lines += [""] * bool(lines) + list(spec.tail_comments)
    return "".join(f"{line}\n" for line in lines)


def _kind(statement: Statement) -> str:
    match statement:
        case Require() | Assume():
            return "condition"
        case Prefer() | Equality() | Seed():
            return "choice"
        case Import() | PortDecl() | Relation() | Nf():
            return type(statement).__name__


def _statement(statement: Statement) -> list[str]:
    match statement:
        case Import(path=path):
            return [f'import "{path}"']
        case PortDecl(name=name, count=count, items=items, tail_comments=tail):
            head = f"port {name}" if count is None else f"ports {name}[{count}]"
            return _block(head, items, [_port_item(item) for item in items], tail)
        case Relation(name=name, parameters=parameters, body=body):
            return _relation(f"relation {name}({', '.join(parameters)})", body)
        case Require(name=name, condition=condition):
            return _condition("require " if name is None else f"require {name}: ", condition)
        case Assume(condition=condition):
            return _condition("assume ", condition)
        case Prefer(weight=weight, over_rank=over_rank, wish=wish):
            number = "" if weight is None else f"weight {weight} "
            return [f"prefer {number}{'over rank ' if over_rank else ''}{wish_text(wish)}"]
        case Equality(mode=mode):
            return [f"equality {mode}"]
        case Seed(value=number):
            return [f"seed {number}"]
        case Nf(name=name, items=nf_items, tail_comments=tail):
            texts = [f"{item.name} {_value(item.value)}" for item in nf_items]
            return _block(f"nf {name}", nf_items, texts, tail)
        case _:
            assert_never(statement)


def _block(head: str, items: Sequence[Commented], texts: Sequence[str], tail: tuple[str, ...]) -> list[str]:
    """A block on one line if that is short and loses no comment, else an item a line."""
    line = f"{head} {{ {(_INDENT).join(texts)} }}" if texts else f"{head} {{ }}"
    if len(line) <= WIDTH and not tail and not any(item.comments for item in items):
        return [line]
    inside = [line for item, text in zip(items, texts, strict=True) for line in (*item.comments, text)]
    return [f"{head} {{", *(_INDENT + line if line else "" for line in (*inside, *tail)), "}"]


def _relation(head: str, body: Expr) -> list[str]:
    line = f"{head} {{ {expression(body)} }}"
    if len(line) <= WIDTH:
        return [line]
    return [f"{head} {{", *_indented(body), "}"]


def _indented(body: Expr) -> list[str]:
    first, *rest = laid_out(body, len(_INDENT), margin=len(_INDENT))
    return [_INDENT + first, *rest]


def _condition(head: str, condition: Expr) -> list[str]:
    first, *rest = laid_out(condition, len(head))
    return [head + first, *rest]


def _port_item(item: PortItem) -> str:
    match item:
        case Device(number=number):
            return f"device {number}"
        case Nic(name=name):
            return f"nic {name}"
        case Adapter(name=name):
            return f"adapter {name}"
        case Hash(entries=entries):
            return f"hash {', '.join(map(_class_hash, entries)) or 'auto'}"
        case Queues(count=count):
            return f"queues {count}"
        case Table(size=size):
            return f"table {size}"
        case Traffic(classes=classes):
            return f"traffic {', '.join(c.name for c in classes)}"
        case Fragments():
            return "fragments same-as-flow"
        case Key(digits=digits):
            return f"key {digits}"
        case Function(name=name):
            return f"function {name}"
        case _:
            assert_never(item)


def _class_hash(entry: ClassHash) -> str:
    fields = "" if entry.fields is None else f" ({', '.join(entry.fields)})"
    return f"{entry.packet_class}{fields}"


def wish_text(wish: KeyBits | KeyNear | KeyStyle) -> str:
    """What a `prefer` wishes for."""
    match wish:
        case KeyBits(port=port, slice=bits, value=bits_value):
            return f"{packet(port)}.key{slice_text(bits)} == {literal(bits_value)}"
        case KeyNear(port=port, digits=digits):
            return f"{packet(port)}.key near {digits}"
        case KeyStyle(style=style):
            return style
        case _:
            assert_never(wish)


def _value(found: Value) -> str:
    """A value; a duration stays in the unit it was written in."""
    if found.kind != "duration":
        return str(found.value)
    return found.text if _says(found.text, found) else duration(int(found.value))


def _says(text: str, found: Value) -> bool:
    try:
        return value(text) == (found.kind, found.value)
    except MalformedError:
        return False
