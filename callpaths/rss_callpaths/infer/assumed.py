"""What all packets of a port that reach state have in common: the values that their fields can have."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from rss_callpaths.accesses.access import PathAccesses
from rss_callpaths.infer.pairs import FIRST, Pairs
from rss_callpaths.infer.relation import bits_in
from rss_callpaths.infer.shapes import common_name
from rss_callpaths.packet.parts import PACKET, Reading
from rss_callpaths.terms.bytewise import symbols
from rss_dsl.spec import Assume, Binary, Expr, FieldRef, Literal, Membership, PacketName, Range
from rss_solver.smt.terms import Word

FIELDS = ("ipv4_src", "ipv4_dst", "l4_src", "l4_dst")
"""What is looked at: fields that network functions compare with numbers."""


@dataclass(frozen=True, slots=True)
class Within:
    """A field of a port's packets is not below `low` and not above `high`."""

    port: int
    field: str
    low: int
    high: int


def assumed(
    paths: Mapping[int, Sequence[PathAccesses]], classes: Mapping[int, Iterable[str]], pairs: Pairs
) -> list[Within]:
    """For each port the fields that have not all values on any of its paths in any of its classes."""
    found = []
    for port in sorted(paths):
        # A fragment's ports are unknown, so an assumption about them says nothing of it.
        wanted = {name for name in classes.get(port, ()) if not name.endswith("-frag")}
        readings = [(p, r) for p in paths[port] for r in p.readings if r.packet_class in wanted]
        for field in FIELDS:
            bounds = _bounds(field, readings, pairs)
            if bounds is not None:
                found.append(Within(port, field, *bounds))
    return found


def _bounds(
    field: str, readings: Sequence[tuple[PathAccesses, Reading]], pairs: Pairs
) -> tuple[int, int] | None:
    """The smallest and the largest value on any path; None if nothing is excluded, or if the field of some
    packets is not where the path looked (behind IP options that it takes for ports)."""
    full = (1 << bits_in(field)) - 1
    low, high = full, 0
    for path, reading in readings:
        places = sorted(
            (place.first, byte)
            for byte, place in reading.places.items()
            if place.field is not None and common_name(reading.packet_class, place.field) == field
        )
        if not _is_restricted(path, reading, places) or 8 * len(places) != bits_in(field):
            return None
        ends = _ends(path, reading, [byte for _, byte in places], pairs, (low, high))
        low, high = min(low, ends[0]), max(high, ends[1])
        if (low, high) == (0, full):
            return None
    return (low, high) if readings else None


def _is_restricted(path: PathAccesses, reading: Reading, places: Sequence[tuple[int, int]]) -> bool:
    own = {byte for _, byte in places}
    return any(
        array.name == PACKET and at in own
        for term in (*path.path.constraints, *reading.condition)
        for array, at in symbols(term)
    )


def _ends(
    path: PathAccesses, reading: Reading, own: Sequence[int], pairs: Pairs, known: tuple[int, int]
) -> tuple[int, int]:
    """The smallest and largest value of a field on a path, or what is known to be no worse."""
    terms = pairs.terms
    word = terms.concat([pairs.byte(FIRST, byte) for byte in own])
    about = [
        term
        for term in path.path.constraints
        if any(array.name == PACKET and at in set(own) for array, at in symbols(term))
    ]
    flags = pairs.conditions(FIRST, path, reading.condition, *about)

    def possible(operator: str, value: int) -> bool:
        number: Word = terms.number(value, word.size())
        first, second = (word, number) if operator == "ule" else (number, word)
        return pairs.possible([*flags, terms.compare("ule", first, second)])

    full = (1 << word.size()) - 1
    low = 0 if possible("ule", 0) else _least(lambda value: possible("ule", value), full)
    high = full if possible("uge", full) else full - _least(lambda n: possible("uge", full - n), full)
    return min(low, known[0]), max(high, known[1])


def _least(holds: Callable[[int], bool], most: int) -> int:
    """The smallest number of which a monotonous statement holds; it holds of `most`, or of none."""
    low, high = 0, most
    while low < high:
        middle = (low + high) // 2
        if holds(middle):
            high = middle
        else:
            low = middle + 1
    return low


def statement(within: Within, port: str) -> Assume:
    """As an assumption."""
    item = FieldRef(packet=PacketName(name=port), field=within.field)
    return Assume(condition=_condition(within, item))


def _condition(within: Within, item: FieldRef) -> Expr:
    low, high = (_literal(within.field, value) for value in (within.low, within.high))
    if within.low == within.high:
        return Binary(op="==", left=item, right=low)
    if within.low == 0:
        return Binary(op="<=", left=item, right=high)
    if within.high == (1 << bits_in(within.field)) - 1:
        return Binary(op=">=", left=item, right=low)
    return Membership(item=item, container=Range(low=low, high=high))


def _literal(field: str, value: int) -> Literal:
    return Literal(kind="ipv4" if field.startswith("ipv4") else "decimal", value=value, text=str(value))
