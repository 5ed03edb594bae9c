"""Vectors of a span, joined where they are shifts of each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rss_solver.tied.parts import Places


@dataclass(frozen=True, slots=True)
class Shape:
    """A basis vector of the span, or `width` of them, each shifted by one bit from the one before."""

    terms: Places
    """(side, first input bit), sorted."""
    width: int


def shapes(vectors: Iterable[Places]) -> Iterator[Shape]:
    """Vectors joined into shapes: each goes on while the next shifted vector is there."""
    left = dict.fromkeys(sorted(vectors))
    for vector in tuple(left):
        if vector not in left:
            continue
        del left[vector]
        bits = 1
        while (following := tuple((side, x + bits) for side, x in vector)) in left:
            del left[following]
            bits += 1
        yield Shape(vector, bits)
