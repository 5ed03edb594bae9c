"""How many keys satisfy a problem: exact, by inclusion and exclusion over the classes that must not be stuck.

Keys count as different if they differ in a bit that is read. Of the affine space of keys, those leave a class
on one entry that make all its index forms vanish: a subspace. The keys outside all of these subspaces are
counted by inclusion and exclusion, where equal intersections are merged, a subspace within another plays no
part, and ports that are solved apart multiply.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import prod

from rss_dsl.fields import width
from rss_dsl.problem import HashInput, Problem
from rss_solver.choice.choose import needed
from rss_solver.choice.index_forms import index_forms
from rss_solver.gf2 import Elimination, ones
from rss_solver.keyspace.groups import Group, Modes, groups
from rss_solver.keyspace.space import Inconsistent, KeySpace
from rss_solver.keyspace.statement import state
from rss_solver.limits import LimitReachedError
from rss_solver.nic.functions import LINEAR, prepare

INTERSECTIONS = 1 << 12
"""Different intersections of subspaces, beyond which the number is left open."""

Span = tuple[int, ...]
"""A subspace of affine forms in reduced echelon form: equal ones are equal."""


@dataclass(frozen=True, slots=True)
class KeyCount:
    """The keys of a problem under the equality modes in force."""

    keys: int | None
    """None if too many subspaces intersect."""
    most: int
    """Keys that satisfy the requirements, those included that leave a class on one entry."""
    read: int
    """Key bits that are read."""
    unread: int
    """Key bits that play no part."""


def count(problem: Problem, modes: Modes) -> KeyCount:
    """The number of keys under equality modes by port."""
    found = [_group(group, {i: modes[i] for i in group.ports}) for group in groups(problem, state(problem))]
    known = [one.keys for one in found if one.keys is not None]
    return KeyCount(
        keys=prod(known) if len(known) == len(found) else None,
        most=prod(one.most for one in found),
        read=sum(one.read for one in found),
        unread=sum(one.unread for one in found),
    )


def _group(group: Group, modes: Modes) -> KeyCount:
    space = group.space(modes)
    read = read_bits(group, modes)
    bits = sum(len(positions) for positions in read.values())
    unread = sum(port.key_bits for port in group.ports.values()) - bits
    if isinstance(space, Inconsistent):
        return KeyCount(0, 0, bits, unread)
    whole = _span(space.form(i, bit) & ~1 for i, positions in read.items() for bit in positions)
    try:
        keys: int | None = _outside(len(whole), stuck(space, group))
    except LimitReachedError:
        keys = None
    return KeyCount(keys, 1 << len(whole), bits, unread)


def read_bits(group: Group, modes: Modes) -> dict[int, tuple[int, ...]]:
    """By port, the key bits that a hashed class which matters reads, in what must agree."""
    result = {}
    for i, picks in group.used(modes).items():
        hash_bits = {bit for pick in picks for bit in pick}
        places: set[int] = set()
        for layout in group.live[i]:
            places.update(_read(layout))
        key_bits = group.ports[i].key_bits
        found = {x + b for x in places for b in hash_bits}
        result[i] = tuple(sorted(position for position in found if position < key_bits))
    return result


def _read(layout: HashInput) -> Iterator[int]:
    """Bits of the hash input that are not zero in every packet."""
    if layout.function not in LINEAR:
        yield from range(layout.bits)
        return
    top = layout.selected_bits - 1
    for name, at in layout.places:
        for bit in range(at, at + width(name)):
            yield from ones(prepare(layout, 1 << top - bit), layout.bits)


def stuck(space: KeySpace, group: Group) -> list[Span]:
    """What vanishes where a class is stuck: one subspace of forms for each class that must not be."""
    found = (index_forms(space, group, i, layout).forms for i, layout in needed(group))
    return list(dict.fromkeys(_span(form for row in forms for form in row) for forms in found))


def _outside(dimension: int, subspaces: Sequence[Span]) -> int:
    """Points of an affine space of some dimension in which no family of forms vanishes as a whole."""
    possible = [one for one in subspaces if 1 not in one]
    least = [
        one for one in possible if not any(one != other and _join(one, other) == one for other in possible)
    ]
    total, used = 1, 0
    for part in _parts(least):
        rank = _rank(part)
        used += rank
        total *= _apart(part, rank)
    return total << dimension - used


def _apart(families: Sequence[Span], rank: int) -> int:
    """The same for a space of dimension `rank`, that of all the families together."""
    terms: dict[Span, int] = {(): 1}
    for family in families:
        for span, times in list(terms.items()):
            joined = _join(span, family)
            if 1 not in joined:
                terms[joined] = terms.get(joined, 0) - times
        terms = {span: times for span, times in terms.items() if times}
        if len(terms) > INTERSECTIONS:
            raise LimitReachedError
    return sum(times << rank - len(span) for span, times in terms.items())


def _parts(families: Sequence[Span]) -> list[list[Span]]:
    """Families that share no free label, directly or through others, are apart."""
    parts: list[tuple[int, list[Span]]] = []
    for family in families:
        labels, members = _labels([family]), [family]
        others = []
        for part in parts:
            if part[0] & labels:
                labels |= part[0]
                members = part[1] + members
            else:
                others.append(part)
        parts = [*others, (labels, members)]
    return [members for _, members in parts]


def _rank(families: Iterable[Span]) -> int:
    """Of the forms without their constants: together they may contradict each other."""
    return len(_span(form & ~1 for family in families for form in family))


def _labels(families: Iterable[Span]) -> int:
    found = 0
    for family in families:
        for form in family:
            found |= form & ~1
    return found


def _join(*families: Span) -> Span:
    return _span(form for family in families for form in family)


def _span(forms: Iterable[int]) -> Span:
    system = Elimination()
    for form in forms:
        system.add(form)
    return tuple(sorted(system.reduced().values()))
