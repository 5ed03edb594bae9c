"""Whether two tables can send a tied pair to different queues."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from rss_solver.gf2 import Elimination

Entries = int
"""Entries of both sides in one number: `first << ENTRY_BITS | second`."""

ENTRY_BITS = 16


@lru_cache(maxsize=4096)
def tables_may_part(first: tuple[int, ...], second: tuple[int, ...], agreeing: int) -> bool:
    """Whether hashes that agree in their `agreeing` low bits could lead to different queues.

    Sizes are powers of two. Hash bits above those are taken as free, so True calls for a closer look.
    """
    agreed = 1 << min(agreeing, (max(len(first), len(second)) - 1).bit_length())
    by_low: dict[int, set[int]] = {}
    for table in (first, second):
        for value in range(max(len(table), agreed)):
            by_low.setdefault(value % agreed, set()).add(table[value % len(table)])
    return any(len(queues) > 1 for queues in by_low.values())


def reachable(start: Entries, steps: Sequence[Entries]) -> Iterator[tuple[Entries, int]]:
    """Every pair of entries that `start` and sums of `steps` reach, with the steps chosen (a bit set)."""
    system = Elimination()
    for number, step in enumerate(steps):
        system.add(step, 1 << number)
    found = [(start, 0)]
    for image, why in system.rows.values():
        found += [(entries ^ image, chosen ^ why) for entries, chosen in found]
    yield from found
