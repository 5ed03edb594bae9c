"""Minimum hitting sets: the fewest elements that have one in common with each of some sets."""

from __future__ import annotations

from collections.abc import Sequence

NODES = 20_000
"""Search nodes after which a minimum is given up."""


def minimum_hitting_set(sets: Sequence[frozenset[int]], below: int) -> tuple[int, ...] | None:
    """A smallest hitting set, ascending; None if it would have `below` elements or more.

    Ties go to the smaller elements of sets that come first. GivenUpError after `NODES` search nodes.
    """
    search = _Hitter(sets)
    for size in range(_apart(sets), below):
        found = search.within(frozenset(), frozenset(), size)
        if found is not None:
            return tuple(sorted(found))
    return None


class GivenUpError(Exception):
    """The search was larger than it may be."""


class _Hitter:
    def __init__(self, sets: Sequence[frozenset[int]]) -> None:
        self.sets = sorted(sets, key=len)
        self.nodes = 0

    def within(self, chosen: frozenset[int], barred: frozenset[int], size: int) -> frozenset[int] | None:
        """`chosen` and at most `size` more elements, none of them barred, that hit every set."""
        self.nodes += 1
        if self.nodes > NODES:
            raise GivenUpError
        left = [one - barred for one in self.sets if not one & chosen]
        if not left:
            return chosen
        if _apart(left) > size:
            return None
        smallest: frozenset[int] = min(left, key=len)
        for element in sorted(smallest):
            found = self.within(chosen | {element}, barred, size - 1)
            if found is not None:
                return found
            barred |= {element}
        return None


def _apart(sets: Sequence[frozenset[int]]) -> int:
    """Sets without common elements, taken greedily: each needs an element of its own."""
    taken: frozenset[int] = frozenset()
    count = 0
    for one in sets:
        if not one & taken:
            taken |= one
            count += 1
    return count
