"""The data structures of a network function in C: their names, how keys are compared, how large they are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from rss_callpaths.accesses.access import Access, Accesses, StateObject
from rss_callpaths.callpath import Argument, Call
from rss_callpaths.library import Kind
from rss_callpaths.library.roles import given
from rss_callpaths.terms import Pool, Term
from rss_callpaths.terms.bytewise import bytes_of

_TYPES = {
    "map": "struct Map *",
    "vector": "struct Vector *",
    "chain": "struct paths_chain ",
    "sketch": "struct Sketch *",
    "lpm": "struct lpm *",
}
_TAKEN = """
auto break case char const continue default do double else enum extern float for goto if inline int long
register restrict return short signed sizeof static struct switch typedef union unsigned void volatile while
bool true false NULL main objects device packet length now
"""
_WORDS = frozenset(re.findall(r"\w+", _TAKEN))


class Names:
    """Identifiers of C, each given once."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def new(self, text: str) -> str:
        """One like the text."""
        plain = re.sub(r"_+", "_", re.sub(r"[^a-z0-9_]", "_", text.lower())).strip("_") or "value"
        plain = f"the_{plain}" if plain[0].isdigit() or plain in _WORDS else plain[:40]
        name, count = plain, 1
        while name in self._taken:
            count += 1
            name = f"{plain}_{count}"
        self._taken.add(name)
        return name


@dataclass(frozen=True, slots=True)
class CObject:
    """A data structure."""

    object: StateObject
    name: str

    @property
    def declaration(self) -> str:
        """As a member of `struct nf_objects`."""
        return f"{_TYPES[self.object.type]}{self.name};"

    @property
    def text(self) -> str:
        """As calls name it."""
        return f"{'&' if self.object.type == 'chain' else ''}objects->{self.name}"


@dataclass(frozen=True, slots=True)
class KeyBytes:
    """The bytes of a key that are compared and hashed: (offset, count), without padding."""

    size: int
    spans: tuple[tuple[int, int], ...]


def c_objects(accesses: Accesses) -> dict[int, CObject]:
    """By address; those of a type that C has."""
    names = Names()
    return {
        each.address: CObject(each, names.new(each.name)) for each in accesses.objects if each.type in _TYPES
    }


def largest_chain(accesses: Accesses) -> int:
    """Indices of the largest chain that indices are taken from: what limits flows. 0: none."""
    taken = {
        access.object.address: access.object
        for path in accesses.paths
        for access in path.accesses
        if access.kind is Kind.CREATE and access.object is not None
    }
    return max((dict(each.parameters).get("index_range", 0) for each in taken.values()), default=0)


def keys(accesses: Accesses, pool: Pool) -> Mapping[int, KeyBytes]:
    """How the keys of each map and sketch are compared, by the object's address."""
    found: dict[int, list[Argument]] = {}
    for path in accesses.paths:
        for access in (*path.setup, *path.accesses):
            argument = _key(path.path.calls[access.call], access)
            if argument is not None and access.object is not None:
                found.setdefault(access.object.address, []).append(argument)
    return {address: _compared(arguments, pool) for address, arguments in found.items()}


def key_bytes(argument: Argument, pool: Pool) -> KeyBytes:
    """How one key is compared."""
    return _compared([argument], pool)


def _key(call: Call, access: Access) -> Argument | None:
    if access.object is None or access.object.type not in ("map", "sketch"):
        return None
    argument = call.argument("key")
    return argument if argument is not None and argument.pointer and given(call, "key") is not None else None


def _compared(arguments: Iterable[Argument], pool: Pool) -> KeyBytes:
    sizes, fields = set(), set()
    for argument in dict.fromkeys(arguments):
        value = _value(argument)
        if value is None:
            continue
        sizes.add((value.width + 7) // 8)
        fields |= set(_covered(argument, value, pool))
    size = max(sizes, default=0)
    return KeyBytes(size, tuple(_spans(sorted(fields) if fields else range(size))))


def _value(argument: Argument) -> Term | None:
    return (argument.pointee.before or argument.pointee.after) if argument.pointee else None


def _covered(argument: Argument, value: Term, pool: Pool) -> Iterator[int]:
    """The bytes that fields cover, which stand in the order of their offsets; all where they don't fit."""
    whole = bytes_of(value, pool)
    at = 0
    covered: list[int] = []
    for field in argument.fields:
        term = (field.value.before or field.value.after) if field.value else None
        parts = bytes_of(term, pool) if term is not None else ()
        while parts and at + len(parts) <= len(whole) and whole[at : at + len(parts)] != parts:
            at += 1
        if not parts or at + len(parts) > len(whole):
            covered = []
            break
        covered += range(at, at + len(parts))
        at += len(parts)
    yield from covered or range(len(whole))


def _spans(places: Iterable[int]) -> Iterator[tuple[int, int]]:
    start: int | None = None
    last = -2
    for place in places:
        if place != last + 1:
            if start is not None:
                yield start, last + 1 - start
            start = place
        last = place
    if start is not None:
        yield start, last + 1 - start
