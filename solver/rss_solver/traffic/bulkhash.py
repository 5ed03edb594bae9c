"""The Toeplitz hash of many inputs at once, equal to `rss_solver.toeplitz` and tested against it.

The hash is linear over GF(2), so the hash of an input is the XOR of what its pieces contribute. The pieces
are 16 bits wide: one table of 65,536 hashes per piece, made from the two tables of 256 of its bytes.
"""

from __future__ import annotations

from functools import lru_cache
from typing import assert_never

import numpy as np

from rss_dsl.nic import Index
from rss_solver.toeplitz import toeplitz
from rss_solver.traffic.arrays import Bytes, Ints, Words


def bulk_toeplitz(key: bytes, data: Bytes, *, init: int = 0) -> Words:
    """The hash of each row of `data`, its bit 0 the most significant bit of the first byte.

    An input that ends within a byte is filled with zero bits, which contribute nothing.
    """
    count, size = data.shape
    result = np.full(count, init, np.uint32)
    if size % 2:
        data = np.concatenate([data, np.zeros((count, 1), np.uint8)], axis=1)
    pieces = np.ascontiguousarray(data).view("<u2")
    for column, table in enumerate(_tables(key, (size + 1) // 2)):
        result ^= table.take(pieces[:, column])
    return result


def table_entries(hashes: Words, size: int, index: Index) -> Ints:
    """The table entry that each hash selects, as the NIC's index function does it."""
    wide = hashes.astype(np.int64)
    match index:
        case Index.LSB:
            return wide & size - 1
        case Index.MODULO:
            return wide % size
        case Index.XOR_FOLD8:
            return (wide ^ wide >> 8 ^ wide >> 16 ^ wide >> 24) & 0xFF & size - 1
        case Index.HIGH_BITS:
            return wide * size >> 32
        case _:
            assert_never(index)


@lru_cache(maxsize=32)
def _tables(key: bytes, pieces: int) -> tuple[Words, ...]:
    """For each 16-bit piece, read as a little-endian number, what it contributes to the hash."""
    single = [_byte_table(key, position) for position in range(2 * pieces)]
    pairs = zip(single[0::2], single[1::2], strict=True)
    return tuple((second[:, None] ^ first[None, :]).reshape(-1) for first, second in pairs)


def _byte_table(key: bytes, position: int) -> Words:
    """What each value of the input byte at a position contributes."""
    table = np.zeros(256, np.uint32)
    for bit in range(8):
        contribution = toeplitz(key, 1, 8 * position + 8 - bit)
        table[1 << bit : 2 << bit] = table[: 1 << bit] ^ np.uint32(contribution)
    return table
