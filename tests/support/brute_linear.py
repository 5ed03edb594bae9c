"""Linear algebra over GF(2) of its own: rows are integers, bit 0 the constant."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from brute import Tied


class Affine:
    """Equations over GF(2): bit 0 of a row is the constant, bit 1 + v is variable v."""

    def __init__(self) -> None:
        self.rows: dict[int, int] = {}
        self.pivots = 0

    def reduced(self, row: int) -> int:
        while found := row & self.pivots:
            row ^= self.rows[found.bit_length() - 1]
        return row

    def add(self, row: int) -> None:
        row = self.reduced(row)
        if row:
            self.rows[row.bit_length() - 1] = row
            self.pivots |= 1 << row.bit_length() - 1

    @property
    def consistent(self) -> bool:
        return 0 not in self.rows

    def sample(self, random: Random, variables: int) -> int:
        """A uniformly random solution, as a row with its constant set."""
        value = random.getrandbits(variables) << 1 | 1
        for pivot in sorted(self.rows):
            rest = self.rows[pivot] ^ 1 << pivot
            value = value & ~(1 << pivot) | ((rest & value).bit_count() & 1) << pivot
        return value


def thinned(tied: Tied) -> list[tuple[int, int]]:
    """All pairs where they are few; otherwise, hashes being linear, pairs of which the others are sums."""
    pairs = [(int(d), int(e)) for d, e in tied.pairs]
    if len(pairs) <= 64:
        return pairs
    origin = pairs[0][0] << 16 | pairs[0][1]
    steps = independent([(d << 16 | e) ^ origin for d, e in pairs])
    return [pairs[0], *((value >> 16, value & 0xFFFF) for value in (step ^ origin for step in steps))]


def independent(vectors: Sequence[int]) -> list[int]:
    """Vectors from the list that no sums of earlier ones give."""
    reduced: list[int] = []
    kept = []
    for vector in vectors:
        rest = vector
        for other in reduced:
            rest = min(rest, rest ^ other)
        if rest:
            reduced.append(rest)
            kept.append(vector)
    return kept
