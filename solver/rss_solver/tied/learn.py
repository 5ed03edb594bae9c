"""The affine hull of what a component's outputs can be.

Few free bits are enumerated. Otherwise points come from cheap guesses first, and then from Z3, which is asked
for one outside the hull found so far until there is none. Every answer adds a dimension, so there are at most
dimension + 2 questions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from random import Random

from rss_solver.gf2 import Elimination
from rss_solver.tied.component import Component, fact_reader, output_reader, repairer

ENUMERATED = 10
"""Components of up to 2^10 assignments are looked at completely."""
GUESSES = 64
"""Random assignments that are tried before Z3 is asked."""


@dataclass(frozen=True, slots=True)
class Hull:
    """`point` plus any sum of `directions`, which are independent and reduced."""

    point: int
    directions: tuple[int, ...]


class GrowingHull:
    """The affine hull of points, with masks that say what is outside."""

    def __init__(self, point: int, bits: int) -> None:
        self.point = point
        self.masks = [1 << bit for bit in range(bits)]
        """A point is inside iff its difference from `point` overlaps evenly with each."""
        self._directions = Elimination()

    def add(self, point: int) -> bool:
        """Take a point in; False if it was inside."""
        difference = point ^ self.point
        inside: list[int] = []
        outside: list[int] = []
        for mask in self.masks:
            (outside if (mask & difference).bit_count() & 1 else inside).append(mask)
        if not outside:
            return False
        simplest = min(outside, key=int.bit_count)
        self.masks = inside + [mask ^ simplest for mask in outside if mask != simplest]
        self._directions.add(difference)
        return True

    def hull(self) -> Hull:
        """The hull, its point free of pivots."""
        reduced = self._directions.reduced()
        point = self.point
        for pivot, row in reduced.items():
            if point >> pivot & 1:
                point ^= row
        return Hull(point, tuple(reduced[pivot] for pivot in sorted(reduced, reverse=True)))


@lru_cache(maxsize=4096)
def learn(component: Component) -> Hull | None:
    """The hull; None if nothing satisfies the facts. LimitReachedError if Z3 cannot tell."""
    learner = _Learner(component)
    if component.size <= ENUMERATED:
        learner.take_all(range(1 << component.size))
    else:
        learner.guess()
        if not learner.complete:
            learner.ask()
    return None if learner.found is None else learner.found.hull()


@lru_cache(maxsize=4096)
def inhabited(component: Component) -> bool:
    """Whether anything satisfies the facts. LimitReachedError if Z3 cannot tell."""
    return learn(Component(component.size, component.facts, ())) is not None


class _Learner:
    def __init__(self, component: Component) -> None:
        self.component = component
        self.holds = fact_reader(component)
        self.repair = repairer(component)
        self.outputs = output_reader(component)
        self.found: GrowingHull | None = None

    @property
    def complete(self) -> bool:
        """Whether nothing can be outside any more."""
        return self.found is not None and not self.found.masks

    def take(self, assignment: int) -> bool:
        """Look at an assignment; whether it satisfies the facts and was outside."""
        if not self.holds(assignment):
            return False
        point = self.outputs(assignment)
        if self.found is None:
            self.found = GrowingHull(point, self.component.output_bits)
            return True
        return self.found.add(point)

    def take_all(self, assignments: Iterable[int]) -> None:
        """Look at assignments, as long as any can be outside."""
        for assignment in assignments:
            if self.complete:
                return
            self.take(assignment)

    def guess(self) -> None:
        """Random assignments, and the neighbours of those that are new."""
        for assignment in _guesses(self.component):
            if self.complete:
                return
            if self.take(self.repair(assignment)):
                self.take_all(self.neighbours(assignment))

    def neighbours(self, assignment: int) -> Iterator[int]:
        """Assignments that differ in one bit, and in what follows from it."""
        for bit in range(self.component.size):
            yield self.repair(assignment ^ 1 << bit)

    def ask(self) -> None:
        """Have Z3 find what is outside, until nothing is."""
        from rss_solver.smt.learn import Oracle  # loads pysmt and Z3: only where it comes to that

        with Oracle(self.component) as oracle:
            while not self.complete:
                point, masks = (0, None) if self.found is None else (self.found.point, self.found.masks)
                assignment = oracle.outside(point, masks)
                if assignment is None:
                    return
                if not self.take(assignment):
                    raise AssertionError("Z3's model is not what was asked for")
                self.take_all(self.neighbours(assignment))


def _guesses(component: Component) -> Iterator[int]:
    """Random assignments, some of them thin, always the same."""
    yield 0
    yield (1 << component.size) - 1
    random = Random(component.size)
    for number in range(GUESSES):
        value = random.getrandbits(component.size)
        for _ in range(number % 4):
            value &= random.getrandbits(component.size)
        yield value
