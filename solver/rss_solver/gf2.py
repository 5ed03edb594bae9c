"""GF(2) elimination on rows held as Python integers: bit i of a row is the coefficient of variable i.

An affine system keeps its constants in bit 0 and its variables from bit 1 on, so the row `1` reads 0 = 1.
Every row carries provenance: a bit set (also an integer) of the equations whose sum it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence


class Elimination:
    """A growing system in echelon form; a row's pivot is its highest bit."""

    def __init__(self) -> None:
        self.rows: dict[int, tuple[int, int]] = {}
        """Pivot → (row, provenance)."""

    def reduce(self, row: int, why: int = 0) -> tuple[int, int]:
        """The row modulo the system, and the sum of the provenances that went into it."""
        kept = 0
        while row:
            pivot = row.bit_length() - 1
            found = self.rows.get(pivot)
            if found is None:
                kept |= 1 << pivot
                row ^= 1 << pivot
            else:
                row ^= found[0]
                why ^= found[1]
        return kept, why

    def add(self, row: int, why: int = 0) -> bool:
        """Take a row in; False if the system implied it already."""
        row, why = self.reduce(row, why)
        if not row:
            return False
        self.rows[row.bit_length() - 1] = row, why
        return True

    @property
    def rank(self) -> int:
        """Number of independent rows."""
        return len(self.rows)

    def reduced(self) -> dict[int, int]:
        """Pivot → row whose other bits are no pivots: the pivots as functions of the free variables."""
        result: dict[int, int] = {}
        for pivot in sorted(self.rows):
            row = self.rows[pivot][0] ^ 1 << pivot
            done = 0
            while row:
                bit = row.bit_length() - 1
                row ^= 1 << bit
                done ^= result[bit] ^ 1 << bit if bit in result else 1 << bit
            result[pivot] = done | 1 << pivot
        return result


def rank(rows: Iterable[int]) -> int:
    """Rank of a matrix given by its rows."""
    system = Elimination()
    for row in rows:
        system.add(row)
    return system.rank


def basis(vectors: Iterable[int]) -> list[int]:
    """Independent vectors with the same span, taken from the given ones in order."""
    system = Elimination()
    return [vector for vector in vectors if system.add(vector)]


def kernel(rows: Iterable[int], size: int) -> list[int]:
    """A basis of the vectors x of `size` bits with even overlap with every row."""
    system = Elimination()
    for row in rows:
        system.add(row)
    pivots = system.reduced()
    found = {free: 1 << free for free in range(size) if free not in pivots}
    for pivot, row in pivots.items():
        row ^= 1 << pivot
        while row:
            free = row.bit_length() - 1
            row ^= 1 << free
            found[free] |= 1 << pivot
    return list(found.values())


def parity(value: int) -> int:
    """Sum of the bits of a value in GF(2)."""
    return value.bit_count() & 1


def span(vectors: Sequence[int]) -> list[int]:
    """All sums of the vectors; 2^n of them for n independent ones."""
    sums = [0]
    for vector in vectors:
        sums += [value ^ vector for value in sums]
    return sums


def ones(value: int, bits: int) -> Iterator[int]:
    """The places of the set bits of a `bits` wide value, the first bit being its most significant."""
    while value:
        x = bits - value.bit_length()
        yield x
        value ^= 1 << bits - 1 - x
