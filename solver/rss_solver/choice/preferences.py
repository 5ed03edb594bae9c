"""`prefer`: of the keys that spread as well as the chosen one, those that satisfy most of what is wished for.

A preference's weight is shared equally by its bits, so one about 16 bits outweighs one of the same weight
about whole keys, bit for bit. Every bit wished for is a wish for an affine form of the key space; most read
one free label, and the heavier side of each label gives the best key outright. Only where that key spreads
worse does Z3's optimizer search: under lemmas, each of which says that some sum of index rows that vanished
must not vanish. There are finitely many, and every one holds for all keys that spread well enough, so the
first optimum that does is the maximum.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import lcm
from random import Random

import numpy as np

from rss_dsl.problem import Problem
from rss_solver.choice.choose import Choice
from rss_solver.choice.index_forms import Clause, Floor, Watched, watched
from rss_solver.gf2 import Elimination, parity
from rss_solver.keyspace.groups import Group
from rss_solver.keyspace.space import KeySpace
from rss_solver.smt.limits import DEFAULT_LIMIT, Unknown
from rss_solver.smt.maximize import Maximizer

FILLS = 16
"""Values tried for the bits that nobody wishes for before Z3 is asked."""

LEMMAS = 4096
"""Lemmas after which the best key so far is taken."""


@dataclass(frozen=True, slots=True)
class SoftBit:
    """A key bit that preference `preference` (an index into `Problem.preferences`) wants as `value`."""

    preference: int
    port: int
    bit: int
    value: int
    weight: int
    """In units that make all weights of a problem whole numbers."""


def soft_bits(problem: Problem, seed: int) -> tuple[SoftBit, ...]:
    """Every bit that is wished for. `random` draws its values from the seed."""
    counts = [sum(wish.width for wish in found.wishes) for found in problem.preferences]
    unit = lcm(*(count for count in counts if count))
    return tuple(
        SoftBit(number, port, bit, value, found.weight * unit // count)
        for number, (found, count) in enumerate(zip(problem.preferences, counts, strict=True))
        for port, bit, value in _bits(problem, number, seed)
    )


def _bits(problem: Problem, number: int, seed: int) -> Iterator[tuple[int, int, int]]:
    found = problem.preferences[number]
    for wish in found.wishes:
        value = wish.value
        if found.random and wish.width:
            value = Random(f"{seed} prefer {number} {problem.ports[wish.port].name}").getrandbits(wish.width)
        for bit in range(wish.width):
            yield wish.port, wish.start + bit, value >> wish.width - 1 - bit & 1


@dataclass(frozen=True, slots=True)
class Preferred:
    """A key by its free labels, and whether its weight is known to be the maximum."""

    chosen: int
    exact: bool


class Chooser:
    """Maximizes wishes over one group's key space, never below the floors of its classes."""

    def __init__(self, space: KeySpace, bits: Sequence[SoftBit], limit: int = DEFAULT_LIMIT) -> None:
        self.space, self.limit = space, limit
        self.wishes: Counter[int] = Counter()
        """Form that should be 1 → weight."""
        for soft in bits:
            form = space.form(soft.port, soft.bit) ^ 1 ^ soft.value
            if form > 1:
                self.wishes[form] += soft.weight
        self.single: dict[int, int] = {}
        """Label → by how much one outweighs zero."""
        self.joint = {form: weight for form, weight in self.wishes.items() if _label(form) is None}
        for form, weight in self.wishes.items():
            if (label := _label(form)) is not None:
                self.single[label] = self.single.get(label, 0) + (-weight if form & 1 else weight)

    def best(self, base: int, classes: Sequence[Watched], random: Random) -> Preferred:
        """The best key; `base` is one that keeps the floors, and fills in what nobody wishes for."""
        if not self.joint:
            for fill in self._fills(base, random):
                if not _lacking(classes, candidate := self._wished(fill)):
                    return Preferred(candidate, exact=True)
        return self._searched(base, classes)

    def _wished(self, fill: int) -> int:
        """Every label as its wishes say, the others as in `fill`."""
        for label, lead in self.single.items():
            if lead:
                fill = fill | 1 << label if lead > 0 else fill & ~(1 << label)
        return fill

    def _fills(self, base: int, random: Random) -> Iterator[int]:
        yield base
        if any(label not in self.single for label in self.space.free_labels):
            for _ in range(FILLS):
                yield random.getrandbits(self.space.labels + 1)

    def _searched(self, base: int, classes: Sequence[Watched]) -> Preferred:
        maximizer = Maximizer(self._objective(), self.limit)
        known = dict.fromkeys(_lacking(classes, self._wished(base)))
        for clause in known:
            maximizer.require(clause)
        while len(known) < LEMMAS:
            found = maximizer.best()
            if isinstance(found, Unknown) or found is None:
                break
            ones, decided = found
            candidate = self._wished(base) & ~decided | ones
            new = [clause for clause in _lacking(classes, candidate) if clause not in known]
            if not new:
                return Preferred(candidate, exact=True)
            for clause in new:
                known[clause] = None
                maximizer.require(clause)
        return Preferred(self._climbed(base, classes), exact=False)

    def _objective(self) -> Iterator[tuple[int, int]]:
        """What the optimizer is told: one wish per label, and those that read several."""
        for label, lead in self.single.items():
            if lead:
                yield 1 << label | (lead < 0), abs(lead)
        yield from self.joint.items()

    def _climbed(self, base: int, classes: Sequence[Watched]) -> int:
        """A good key without Z3: from `base`, every label that adds weight, the heaviest first."""
        weight = self.weight(base)
        for label in sorted(self.space.free_labels, key=lambda x: (-abs(self.single.get(x, 0)), x)):
            flipped = base ^ 1 << label
            if (gained := self.weight(flipped)) > weight and not _lacking(classes, flipped):
                base, weight = flipped, gained
        return base

    def weight(self, chosen: int) -> int:
        """The weight of the wishes that a key satisfies, of those that are open."""
        return sum(weight for form, weight in self.wishes.items() if parity(form & (chosen | 1)))


def _label(form: int) -> int | None:
    """The one label that a form reads, None if there are several."""
    rest = form >> 1
    return rest.bit_length() if rest & rest - 1 == 0 else None


def _lacking(classes: Iterable[Watched], chosen: int) -> list[Clause]:
    return list(dict.fromkeys(clause for one in classes for clause in one.lemmas(chosen)))


def spread_first(space: KeySpace, group: Group, choice: Choice) -> tuple[int, list[Watched]]:
    """The free labels of chosen keys, and a group's classes with what these keys reach as their floor."""
    chosen = labels_of(space, choice.keys)
    classes = watched(space, group, choice.tables)
    for one in classes:
        one.floor = one.measure(chosen)
    return chosen, classes


def not_constant(space: KeySpace, group: Group, choice: Choice) -> tuple[int, list[Watched]]:
    """The same where all a class must do is not to land on one entry."""
    classes = watched(space, group, choice.tables)
    for one in classes:
        if any(one.forms.forms) and any(group.ports[i].queues > 1 for i, _ in one.where):
            one.floor = Floor(rank=1, clustered_rank=0)
    return labels_of(space, choice.keys), classes


def labels_of(space: KeySpace, keys: Mapping[int, bytes]) -> int:
    """The values of the free labels that make these keys."""
    bits = np.concatenate(
        [
            np.unpackbits(np.frombuffer(keys[port], dtype=np.uint8))[:size]
            for port, size in space.key_bits.items()
        ]
    )
    labels, first = np.unique(space.label[: space.variables.count], return_index=True)
    ones = {int(label) for label, at in zip(labels, first, strict=True) if bits[at]}
    return sum(1 << label for label in space.free_labels if label in ones)


def satisfying(space: KeySpace, bits: Iterable[SoftBit], chosen: int) -> KeySpace:
    """The keys of a space that satisfy every wish which the chosen one does."""
    system = Elimination()
    for label, form in space.dependent.items():
        system.add(form ^ 1 << label)
    for soft in bits:
        broken = space.form(soft.port, soft.bit) ^ soft.value
        if not parity(broken & (chosen | 1)):
            system.add(broken)
    dependent = {pivot: row ^ 1 << pivot for pivot, row in system.reduced().items()}
    return replace(space, dependent=dependent)
