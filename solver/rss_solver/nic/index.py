"""How a 32-bit hash picks a table entry (`rss_dsl.nic.Index`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from rss_dsl.nic import Index
from rss_dsl.problem import Port
from rss_solver.toeplitz import HASH_BITS

Picks = tuple[tuple[int, ...], ...]
"""For every index bit, the most significant first, the hash bits (0 first) whose XOR it is."""

WHOLE: Picks = tuple((bit,) for bit in range(HASH_BITS))
"""Whole hashes."""

Hash = TypeVar("Hash", int, NDArray[np.int64])


def entry_of(value: Hash, size: int, index: Index) -> Hash:
    """The table entry of a hash value, or of each in an array of them."""
    match index:
        case Index.LSB:
            return value & size - 1
        case Index.MODULO:
            return value % size
        case Index.XOR_FOLD8:
            return (value ^ value >> 8 ^ value >> 16 ^ value >> 24) & 0xFF & size - 1
        case Index.HIGH_BITS:
            return value * size >> HASH_BITS


def index_bits(size: int) -> int:
    """How many bits tell the entries of a table apart."""
    return (size - 1).bit_length()


def linear(size: int) -> bool:
    """Whether the entry is made of XORs of hash bits, whichever index function picks it."""
    return size & size - 1 == 0


def picks(size: int, index: Index) -> Picks | None:
    """The index as linear forms of hash bits; None where it is not linear over GF(2)."""
    if not linear(size):
        return None
    bits = index_bits(size)
    match index:
        case Index.LSB | Index.MODULO:
            return tuple((bit,) for bit in range(HASH_BITS - bits, HASH_BITS))
        case Index.HIGH_BITS:
            return tuple((bit,) for bit in range(bits))
        case Index.XOR_FOLD8:
            return tuple(tuple(range(bit, HASH_BITS, 8)) for bit in range(8 - min(bits, 8), 8))


def common_picks(ports: Sequence[Port]) -> Picks | None:
    """What has to agree for ports to pick corresponding entries: the index bits of the smallest table.

    None where only whole hashes do: the index is not linear, or the larger tables cannot repeat the smallest.
    """
    smallest = min(ports, key=lambda port: port.table_size)
    if smallest.table_size == 1:
        return ()
    for port in ports:
        if port.table_size % smallest.table_size or _family(port) is not _family(smallest):
            return None
    return picks(smallest.table_size, smallest.nic.index.value)


def _family(port: Port) -> Index:
    """The remainder by a power of two is its low bits."""
    index = port.nic.index.value
    return Index.MODULO if index is Index.LSB else index
