"""What there is to prove: requirements on pairs of packet classes, and which of them say the same.

A condition says the same of two pairs of classes if all that it reads is in the same places, of the same
width and IP version, with the same values: `reversed` of TCP and of UDP packets, as a rule.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from rss_dsl.assumptions import tied
from rss_dsl.fields import INNER, packet_classes, width
from rss_dsl.problem import (
    AllOf,
    Condition,
    HashInput,
    Problem,
    Requirement,
)
from rss_dsl.reads import slices
from rss_solver.packets.packet import Packet
from rss_solver.packets.semantics import Pair

Read = frozenset[tuple[int, str]]
"""(side, field) as written."""

Inputs = tuple[HashInput, HashInput]


@dataclass(frozen=True, slots=True)
class Claim:
    """A condition on two classes, under the assumptions of both ports."""

    condition: Condition
    inputs: Inputs
    """An unhashed class has no fields."""

    def relaxed(self) -> Claim:
        """The claim without those parts that share no field, not even through others, with what is hashed.

        More packets satisfy it, and more claims are the same: `vlan == 7 && …` for every VLAN. Parts that
        read missing fields stay, since they may decide everything.
        """
        if not isinstance(self.condition, AllOf):
            return self
        parts = list(_conjuncts(self.condition))
        fields = [{self._field(*read) for read in reads(part)} for part in parts]
        seen: set[tuple[int, str | None]] = {(0, None), (1, None)}
        seen |= {(side, name) for side in (0, 1) for name in self.inputs[side].fields}
        kept: set[int] = set()
        while more := {n for n in range(len(parts)) if n not in kept and fields[n] & seen}:
            kept |= more
            seen = seen.union(*(fields[n] for n in more))
        if len(kept) == len(parts):
            return self
        return Claim(AllOf(tuple(parts[n] for n in sorted(kept))), self.inputs)

    def _field(self, side: int, name: str) -> tuple[int, str | None]:
        return side, packet_classes()[self.inputs[side].packet_class].canonical(name)

    def renamed(self, pair: Pair, claim: Claim) -> Pair:
        """Packets of another claim that says the same, as packets of this one's classes."""
        return self._renamed(pair[0], claim, 0), self._renamed(pair[1], claim, 1)

    def _renamed(self, packet: Packet, claim: Claim, side: int) -> Packet:
        own, other = self.inputs[side], claim.inputs[side]
        if own.packet_class == other.packet_class:
            return packet
        names = {name: to for (name, _), (to, _) in zip(other.places, own.places, strict=True)}
        for where, name in reads(self.condition):
            if where == side:
                to = packet_classes()[own.packet_class].canonical(name)
                source = packet_classes()[other.packet_class].canonical(name)
                if to is not None and source is not None:
                    names.setdefault(source, to)
        fields = {names[name]: value for name, value in packet.fields.items() if name in names}
        return Packet(own.packet_class, fields)


@dataclass(frozen=True, slots=True)
class Case:
    """One requirement on one pair of classes."""

    requirement: Requirement
    claim: Claim
    group: int
    """Cases whose claims say the same have equal numbers."""


class Cases:
    """The cases of a problem, sorted into groups."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self._conditions: dict[Condition, int] = {}
        self._numbers: dict[int, int] = {}
        self._groups: dict[tuple[object, ...], int] = {}
        self._known: dict[tuple[int, HashInput, HashInput], int] = {}
        self._matter = [_matter(problem, port) for port in range(len(problem.ports))]
        for requirement in problem.requirements:
            self._numbers[id(requirement.condition)] = self._number(requirement.condition)

    def __iter__(self) -> Iterator[Case]:
        for requirement in self.problem.requirements:
            yield from self.of(requirement)

    def of(self, requirement: Requirement) -> Iterator[Case]:
        """The cases of one requirement."""
        only = requirement.only
        for first in self._matter[requirement.first]:
            for second in self._matter[requirement.second]:
                if only is None or (first.packet_class in only.first and second.packet_class in only.second):
                    yield self._case(requirement, (first, second))

    def _case(self, requirement: Requirement, inputs: Inputs) -> Case:
        names = inputs[0].packet_class, inputs[1].packet_class
        condition = tied(self.problem, requirement, *names)
        return Case(requirement, claim := Claim(condition, inputs), self.group(claim))

    def group(self, claim: Claim) -> int:
        """The number of all claims that say the same."""
        number = self._number(claim.condition)
        known = number, *claim.inputs
        if known not in self._known:
            meanings = tuple(_meaning(claim.inputs[side], name) for side, name in _sorted(claim.condition))
            layouts = tuple(_layout(layout) for layout in claim.inputs)
            self._known[known] = self._groups.setdefault((number, layouts, meanings), len(self._groups))
        return self._known[known]

    def _number(self, condition: Condition) -> int:
        """Equal conditions have equal numbers; those of requirements are known by identity."""
        found = self._numbers.get(id(condition))
        if found is None:
            found = self._conditions.setdefault(condition, len(self._conditions))
        return found


def _matter(problem: Problem, port: int) -> list[HashInput]:
    """The classes of a port that matter; those the NIC does not hash have an empty input.

    Packets in a tunnel that it does not look into are hashed as their outer packets.
    """
    own = problem.ports[port]
    if own.traffic is None:
        return list(own.inputs)
    found = []
    for name in own.traffic:
        layout = own.input_of(name) or own.input_of(packet_classes()[name].outer)
        found.append(HashInput(name, ()) if layout is None else replace(layout, packet_class=name))
    return found


def _layout(layout: HashInput) -> tuple[object, ...]:
    """What of a hash input matters to a claim: places, function, and the values of hashed fields."""
    kind = packet_classes()[layout.packet_class]
    places = tuple(
        (at, width(name), kind.fixed.get(name), kind.excluded.get(name, ())) for name, at in layout.places
    )
    return layout.function, layout.selected_bits, places


@lru_cache(maxsize=4096)
def _meaning(layout: HashInput, name: str) -> tuple[object, ...] | None:
    """What a name stands for in a class: None if its packets lack it."""
    kind = packet_classes()[layout.packet_class]
    canonical = kind.canonical(name)
    if canonical is None:
        return None
    place = layout.offset(canonical)
    version = canonical.removeprefix(INNER)[:4]
    return (
        canonical if place is None else place,
        width(canonical),
        version if version in ("ipv4", "ipv6") else "",
        kind.fixed.get(canonical),
        kind.excluded.get(canonical, ()),
    )


@lru_cache(maxsize=4096)
def _sorted(condition: Condition) -> tuple[tuple[int, str], ...]:
    return tuple(sorted(reads(condition)))


def reads(condition: Condition) -> Read:
    """The fields that a condition reads."""
    return frozenset((part.side, part.field) for part in slices(condition))


def _conjuncts(condition: Condition) -> Iterator[Condition]:
    if isinstance(condition, AllOf):
        for part in condition.parts:
            yield from _conjuncts(part)
    else:
        yield condition
