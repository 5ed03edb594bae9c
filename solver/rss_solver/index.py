"""How a 32-bit hash picks a table entry (`rss_dsl.nic.Index`)."""

from __future__ import annotations

from rss_dsl.nic import Index
from rss_solver.toeplitz import HASH_BITS

Picks = tuple[tuple[int, ...], ...]
"""For every index bit, the most significant first, the hash bits (0 first) whose XOR it is."""


def entry_of(value: int, size: int, index: Index) -> int:
    """The table entry of a hash value."""
    match index:
        case Index.LSB:
            return value & size - 1
        case Index.MODULO:
            return value % size
        case Index.XOR_FOLD8:
            return (value ^ value >> 8 ^ value >> 16 ^ value >> 24) & 0xFF & size - 1
        case Index.HIGH_BITS:
            return value * size >> HASH_BITS


def picks(size: int, index: Index) -> Picks | None:
    """The index as linear forms of hash bits; None where it is not linear over GF(2)."""
    bits = size.bit_length() - 1
    if size & size - 1:
        return None
    match index:
        case Index.LSB | Index.MODULO:
            return tuple((bit,) for bit in range(HASH_BITS - bits, HASH_BITS))
        case Index.HIGH_BITS:
            return tuple((bit,) for bit in range(bits))
        case Index.XOR_FOLD8:
            return tuple(tuple(range(bit, HASH_BITS, 8)) for bit in range(8 - min(bits, 8), 8))
