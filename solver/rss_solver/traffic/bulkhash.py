"""The Toeplitz hash of many inputs at once, equal to `rss_solver.toeplitz` and tested against it.

The hash is linear over GF(2), so the hash of an input is the XOR of what its pieces contribute. The pieces
are 16 bits wide: one table of 65,536 hashes per piece, made from the two tables of 256 of its bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from rss_dsl.nic import Function
from rss_dsl.problem import HashInput
from rss_solver.nic.functions import WORD, pairs
from rss_solver.toeplitz import toeplitz
from rss_solver.traffic.arrays import Bytes, Words


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


def bulk_prepare(layout: HashInput, fields: Sequence[Bytes], count: int) -> Bytes:
    """What the hash reads of each packet, equal to `rss_solver.nic.functions.prepare`: `uint8[count, bytes]`.

    `fields`: the bits of every field of `layout.places`, one array `uint8[count, width]` each.
    """
    selected = np.zeros((count, layout.selected_bits), np.uint8)
    for (_, at), bits in zip(layout.places, fields, strict=True):
        selected[:, at : at + bits.shape[1]] = bits
    if layout.function is Function.SIMPLE_XOR:
        words = np.zeros((count, -(-layout.selected_bits // WORD) * WORD), np.uint8)
        words[:, : layout.selected_bits] = selected
        folded = np.bitwise_xor.reduce(words.reshape(count, -1, WORD), axis=1)
        return np.packbits(folded[:, ::-1], axis=1)
    for first, second, size in pairs(layout):
        sides = selected[:, first : first + size], selected[:, second : second + size]
        sides[0][:], sides[1][:] = _pair(layout.function, *sides)
    return np.packbits(selected, axis=1)


def _pair(function: Function, a: Bytes, b: Bytes) -> tuple[Bytes, Bytes]:
    """What becomes of a source field and its destination."""
    match function:
        case Function.SYMMETRIC_XOR:
            return a ^ b, a ^ b
        case Function.SYMMETRIC_OR_XOR:
            return a | b, a ^ b
        case Function.SYMMETRIC_SORT:
            first_difference = np.argmax(a != b, axis=1)[:, None]
            swapped = np.take_along_axis(a, first_difference, 1) > np.take_along_axis(b, first_difference, 1)
            return np.where(swapped, b, a), np.where(swapped, a, b)
        case _:
            return a, b


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
