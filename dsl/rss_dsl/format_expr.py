"""Expressions → text: on one line, or broken before `&&` and `||`."""

from __future__ import annotations

from rss_dsl.expressions import AND, COMPARISON, LEVEL, NOT
from rss_dsl.spec import (
    Binary,
    Call,
    Choice,
    Expr,
    FieldRef,
    Literal,
    Membership,
    PacketName,
    Range,
    Unary,
)
from rss_dsl.tokens import Constant, written

WIDTH = 100
"""Columns of a line, as far as something can be broken."""

_ATOM = max(LEVEL.values()) + 1


def expression(expr: Expr) -> str:
    """An expression on one line, with parentheses where they are needed and where few would trust memory."""
    match expr:
        case Unary(operand=operand):
            return f"!{_within(operand, NOT if isinstance(operand, Unary) else _ATOM)}"
        case Binary(op=op, left=left, right=right):
            return f"{_within(left, _left_level(op), op)} {op} {_within(right, LEVEL[op] + 1, op)}"
        case Membership(item=item, container=container):
            return f"{_within(item, COMPARISON + 1)} in {_container(container)}"
        case Call(relation=relation, arguments=arguments):
            return f"{relation}({', '.join(map(packet, arguments))})"
        case FieldRef(packet=name, field=field, slice=bits):
            return f"{packet(name)}.{field}{slice_text(bits)}"
        case Literal():
            return literal(expr)


def laid_out(expr: Expr, column: int, margin: int = 0) -> list[str]:
    """An expression that begins at a column, as the lines it takes; all but the first carry their indent.

    Operands stand below each other where there is room for the operator between them and the margin.
    """
    flat = expression(expr)
    if column + len(flat) <= WIDTH or not (isinstance(expr, Binary) and LEVEL[expr.op] <= AND):
        return [flat]
    lines: list[str] = []
    is_open = False
    for number, operand in enumerate(_chain(expr)):
        begin = f"{expr.op} " if number else ""
        level = LEVEL[expr.op] + bool(number)
        text = begin + _within(operand, level, expr.op)
        used = len(lines[-1]) + (column if len(lines) == 1 else 0) if lines else 0
        if is_open and used + 1 + len(text) <= WIDTH:
            lines[-1] += f" {text}"
            continue
        indent = max(column - len(begin), margin) if number else 0
        first, *rest = _broken(operand, level, expr.op, indent + len(begin) if number else column, margin)
        lines += [" " * indent + begin + first, *rest]
        is_open = not rest
    return lines


def _broken(operand: Expr, level: int, op: str, column: int, margin: int) -> list[str]:
    """An operand that does not fit on a line with the one before it."""
    if not _needs_parentheses(operand, level, op):
        return laid_out(operand, column, margin)
    lines = laid_out(operand, column + 1, margin)
    lines[0] = f"({lines[0]}"
    lines[-1] += ")"
    return lines


def _chain(expr: Binary) -> list[Expr]:
    """The operands of one operator applied again and again from the left."""
    operands: list[Expr] = []
    node: Expr = expr
    while isinstance(node, Binary) and node.op == expr.op:
        operands.append(node.right)
        node = node.left
    return [node, *reversed(operands)]


def _left_level(op: str) -> int:
    """How tightly the left operand must bind: comparisons do not chain, the others group to the left."""
    return LEVEL[op] + (LEVEL[op] == COMPARISON)


def _within(expr: Expr, level: int, op: str | None = None) -> str:
    text = expression(expr)
    return f"({text})" if _needs_parentheses(expr, level, op) else text


def _needs_parentheses(expr: Expr, level: int, op: str | None) -> bool:
    if op == "||" and isinstance(expr, Binary) and expr.op == "&&":
        return True
    return _level(expr) < level


def _level(expr: Expr) -> int:
    match expr:
        case Unary():
            return NOT
        case Binary(op=op):
            return LEVEL[op]
        case Membership():
            return COMPARISON
        case Call() | FieldRef() | Literal():
            return _ATOM


def packet(name: PacketName) -> str:
    """`LAN`, `LAN'`, `TX[2]`, `TX[*]`."""
    index = "" if name.index is None else f"[{name.index}]"
    return f"{name.name}{index}{chr(39) * name.primes}"


def slice_text(bits: tuple[int, int] | None) -> str:
    """`[0:24]`, or nothing."""
    return "" if bits is None else f"[{bits[0]}:{bits[1]}]"


def literal(value: Literal) -> str:
    """A literal in its canonical spelling."""
    return written(Constant(value.kind, value.value, value.prefix))


def _container(container: Literal | Range | Choice) -> str:
    match container:
        case Choice(members=members):
            return f"{{{', '.join(map(_member, members))}}}"
        case Literal() | Range():
            return _member(container)


def _member(member: Literal | Range) -> str:
    if isinstance(member, Literal):
        return literal(member)
    return f"{literal(member.low)}..{literal(member.high)}"
