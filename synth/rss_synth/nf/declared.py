"""What a template declares in tables of its `nf.toml`: parameters, and bounds on sums of them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from rss_dsl.lexical import quote
from rss_dsl.tokens import MalformedError, value
from rss_synth.nf.mistakes import Mistakes
from rss_synth.nf.names import can_be_item
from rss_synth.nf.template import MAX_CAPACITY, MAX_EXPIRY, Kind, Parameter, Sum

_WORD = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_CONTEXT = frozenset({"header", "roles", "classes", "address_bytes"})
"""What `nf.c.j2` finds beside the parameters."""
_KINDS = {kind.name.lower(): kind for kind in Kind if kind is not Kind.PORT}
_ITEMS = {
    Kind.COUNT: ("default", "high"),
    Kind.WORD: ("default", "words"),
    Kind.STATIONS: (),
    Kind.BACKENDS: (),
}
"""Of kinds, beside `kind` and `about`; others have a `default`."""
_LARGEST = 2**63 - 1

Mistake = tuple[str, str]
"""A message that goes on from the parameter's name, and help."""


def listed(names: Iterable[str]) -> str:
    """Names in a message."""
    return ", ".join(f"`{name}`" for name in names)


def is_line(found: object) -> bool:
    """Whether an item is a line of text."""
    return isinstance(found, str) and found.isprintable() and found != ""


def read_parameters(tables: object, roles: Collection[str], mistakes: Mistakes) -> tuple[Parameter, ...]:
    """Those of the tables that are right; what is wrong with the others is noted."""
    if not isinstance(tables, dict):
        mistakes.item("parameters", "`parameters` is no table", "write `[parameters.NAME]` tables")
        return ()
    found = []
    for name, table in tables.items():
        wrong = list(_wrong(name, table, roles))
        for message, help in wrong:
            mistakes.parameter(name, message, help)
        if not wrong:
            found.append(_complete(_without_default(name, table), table))
    return tuple(found)


def read_sums(tables: object, parameters: Iterable[Parameter], mistakes: Mistakes) -> tuple[Sum, ...]:
    """The bounds on counts together."""
    counts = [parameter.name for parameter in parameters if parameter.kind is Kind.COUNT]
    found = [_sum(table, counts) for table in tables] if isinstance(tables, list) else [None]
    if None in found:
        help = f"see the `nat` of rssc; counts are {listed(counts) or 'none'}"
        mistakes.item("sums", "a sum is no bound on counts", help)
    return tuple(made for made in found if made)


def _sum(table: object, counts: Collection[str]) -> Sum | None:
    if not isinstance(table, dict) or table.keys() != {"of", "high", "about"}:
        return None
    of, about = table["of"], table["about"]
    if not isinstance(of, dict) or not of or not _is_count(table["high"]) or not is_line(about):
        return None
    if not all(name in counts and _is_count(weight) for name, weight in of.items()):
        return None
    return Sum(weights=tuple(of.items()), high=table["high"], about=about)


def _wrong(name: str, table: object, roles: Collection[str]) -> Iterator[Mistake]:
    """Everything that is wrong with a parameter's table."""
    if not can_be_item(name) or name in roles or name in _CONTEXT:
        yield (
            "cannot have this name",
            "use lower-case letters, digits and underscores, and no name that is taken",
        )
    if not isinstance(table, dict) or not is_line(table.get("about")):
        yield "needs a table with an `about`, a line of text", 'write `about = "what it is"`'
        return
    kind = _KINDS.get(str(table.get("kind")))
    if kind is None:
        wrong = (
            f"has a `kind` that does not exist, {quote(str(table['kind']))}"
            if "kind" in table
            else "has no `kind`"
        )
        yield wrong, f"kinds are {listed(_KINDS)}"
        return
    items = ("kind", "about", *_ITEMS.get(kind, ("default",)))
    for item in table:
        if item not in items:
            yield f"has no item `{item}`", f"{kind} has {listed(items)}"
    if name == "capacity" and kind is not Kind.COUNT:
        yield "is no count", "`capacity` is how many flows are remembered: give it the `kind` `count`"
    elif (bounds := list(_wrong_bounds(name, kind, table))) or "default" not in table:
        yield from bounds
    else:
        yield from _wrong_default(_without_default(name, table), table["default"])


def _wrong_bounds(name: str, kind: Kind, table: Mapping[str, object]) -> Iterator[Mistake]:
    most = _most(name)
    if kind is Kind.COUNT and not _is_count(table.get("high", 1), most):
        yield f"has a `high` that is no count up to {most}", "write a number"
    words = table.get("words")
    if kind is Kind.WORD and not (isinstance(words, list) and words and all(map(_is_word, words))):
        yield "is a word, and `words` does not list which", 'write `words = ["drop", "pass"]`'


def _wrong_default(parameter: Parameter, default: object) -> Iterator[Mistake]:
    text = str(default)
    try:
        kind, found = value(text)
    except MalformedError as error:
        yield f"has a default that cannot stand in a spec: {error}", error.help or "write it as specs do"
        return
    if kind != parameter.kind.spelled:
        yield f"is {parameter.kind}, and its default `{text}` is not", "write it as specs do"
    elif not parameter.takes(found):
        yield f"cannot be its default `{text}`", "give it a default that specs could say, too"


def _without_default(name: str, table: Mapping[str, object]) -> Parameter:
    kind, words, high = _KINDS[str(table["kind"])], table.get("words"), table.get("high")
    return Parameter(
        name=name,
        kind=kind,
        about=str(table["about"]),
        words=tuple(map(str, words)) if isinstance(words, list) else (),
        high=MAX_EXPIRY if kind is Kind.DURATION else high if isinstance(high, int) else _most(name),
    )


def _complete(parameter: Parameter, table: Mapping[str, object]) -> Parameter:
    return replace(parameter, default=value(str(table["default"]))[1]) if "default" in table else parameter


def _most(name: str) -> int:
    return MAX_CAPACITY if name == "capacity" else _LARGEST


def _is_count(found: object, most: int = _LARGEST) -> bool:
    return isinstance(found, int) and not isinstance(found, bool) and 1 <= found <= most


def _is_word(found: object) -> bool:
    return isinstance(found, str) and _WORD.fullmatch(found) is not None
