"""How evenly a load is spread: figures about a list of counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Evenness:
    """Figures about one count per queue (or core)."""

    total: int
    busiest: int
    """Index of the largest count, the first of several."""
    max_mean: float
    """Largest count over mean count: 1 is even, the number of queues is all on one. 0 without packets."""
    jain: float
    """Jain's fairness index `(sum x)^2 / (n * sum x^2)`: 1 is even, 1/n is all on one. 0 without packets."""
    idle: int
    """Queues that got nothing."""


def evenness(counts: Sequence[int]) -> Evenness:
    """The figures about some counts, at least one."""
    total = sum(counts)
    idle = sum(count == 0 for count in counts)
    if not total:
        return Evenness(0, 0, 0.0, 0.0, idle)
    largest = max(counts)
    squares = sum(count * count for count in counts)
    fairness = total * total / (len(counts) * squares)
    return Evenness(total, counts.index(largest), largest * len(counts) / total, fairness, idle)
