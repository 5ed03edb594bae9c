"""The exact span of what a condition ties, learned from packets that satisfy it.

Z3 is asked for a pair outside the affine hull of those found so far, until it proves that there is none. So
the hull is spanned by packets that exist: where keys part the hull, they part one of those.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from rss_dsl.problem import Condition, HashInput
from rss_solver.gf2 import Elimination, kernel
from rss_solver.packets.semantics import Pair, belongs, holds
from rss_solver.proof.spans import PairSpace
from rss_solver.smt.limits import Unknown
from rss_solver.smt.prover import Prover

MAX_FLIPS = 2048
"""Neighbours of a model that are tried before Z3 is asked again."""


@dataclass(frozen=True, slots=True)
class Point:
    """A pair that satisfies the condition."""

    packets: Pair
    data: tuple[int, int]
    """What the Toeplitz hash reads of both packets."""


class Learner:
    """Grows while its points are read, and keeps what it knows."""

    def __init__(self, prover: Prover, condition: Condition, space: PairSpace) -> None:
        self.prover, self.condition, self.space = prover, condition, space
        self.inputs: tuple[HashInput, HashInput] = space.inputs
        self.complete = False
        """Whether Z3 has proved that the condition implies the hull of the points."""
        self.hull = Elimination()
        self._found: list[Point] = []
        self._growth = self._grow()

    def points(self) -> Iterator[Point]:
        """Points whose affine hull is all that the condition ties, if `complete` holds in the end."""
        number = 0
        while number < len(self._found) or next(self._growth, None) is not None:
            yield self._found[number]
            number += 1

    def around(self, point: Point) -> Iterator[Pair]:
        """The point's packets and their neighbours."""
        yield point.packets
        start = self.space.vector(point.packets)
        for direction in islice(self._directions(), MAX_FLIPS):
            yield self.space.packets(start ^ direction)

    def _grow(self) -> Iterator[Point]:
        while isinstance(model := self._outside(), tuple):
            if not self._take(model):
                return
            yield self._found[-1]
            start = self.space.vector(model)
            for direction in islice(self._directions(), MAX_FLIPS):
                if self._take(self.space.packets(start ^ direction)):
                    yield self._found[-1]
        self.complete = model is None

    def _outside(self) -> Pair | Unknown | None:
        if not self._found:
            return self.prover.find_any(self.condition, self.inputs)
        bits = self.inputs[1].bits
        masks = kernel([row for row, _ in self.hull.rows.values()], 1 + bits + self.inputs[0].bits)
        parities = [(mask >> 1 + bits, mask >> 1 & (1 << bits) - 1, mask & 1) for mask in masks]
        return self.prover.find_unprepared(self.condition, self.inputs, parities)

    def _directions(self) -> Iterator[int]:
        return iter(dict.fromkeys(d for found in self.space.solutions for d in found.directions))

    def _take(self, pair: Pair) -> bool:
        """Keep a pair that satisfies the condition and is outside the hull."""
        first, second = (
            packet.hash_data(layout) if layout.fields else 0
            for layout, packet in zip(self.inputs, pair, strict=True)
        )
        vector = (first << self.inputs[1].bits | second) << 1 | 1
        if not self.hull.reduce(vector)[0]:
            return False
        if not (holds(self.condition, pair) and belongs(pair[0]) and belongs(pair[1])):
            return False
        self.hull.add(vector)
        self._found.append(Point(pair, (first, second)))
        return True
