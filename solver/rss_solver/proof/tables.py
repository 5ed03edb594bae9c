"""Whether two tables can send a tied pair to different queues."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache


@lru_cache(maxsize=4096)
def tables_part(first: tuple[int, ...], second: tuple[int, ...], agreeing: int) -> bool:
    """Whether hashes that agree in their `agreeing` low bits can lead to different queues.

    Sizes are powers of two. Bits above those that agree are taken as free, which is exact for tables that
    repeat, and otherwise asks for a replay (`verify` looks for packets before it says no).
    """
    agreed = 1 << min(agreeing, (max(len(first), len(second)) - 1).bit_length())
    by_low: dict[int, set[int]] = {}
    for table in (first, second):
        for value in range(max(len(table), agreed)):
            by_low.setdefault(value % agreed, set()).add(_queue(table, value))
    return any(len(queues) > 1 for queues in by_low.values())


def _queue(table: Sequence[int], value: int) -> int:
    return table[value % len(table)]
