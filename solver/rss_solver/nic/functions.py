"""What a NIC's hash function does to the selected bits before the Toeplitz hash (`rss_dsl.nic.Function`).

Every function is `toeplitz(key, prepare(selected bits))`. Under `simple-xor` the key plays no part: its
input is the XOR of the 32-bit words, last bit first, so that Toeplitz under `simple_xor_key` gives those
words back. Sources: DPDK lib/ethdev/rte_ethdev.h; Linux Documentation/networking/scaling.rst (symmetric-xor)
and the netdev series that added symmetric-or-xor.
"""

from __future__ import annotations

from functools import lru_cache

from rss_dsl.fields import width
from rss_dsl.nic import SIMPLE_XOR_KEY, Function
from rss_dsl.problem import HashInput

WORD = 32

LINEAR = frozenset({Function.TOEPLITZ, Function.SYMMETRIC_XOR, Function.SIMPLE_XOR})
"""Functions that are linear over GF(2)."""


def simple_xor_key(length: int) -> bytes:
    """The key of `length` bytes under which Toeplitz of a prepared input is the XOR of its words."""
    return SIMPLE_XOR_KEY.ljust(length, b"\0")


def prepare(layout: HashInput, data: int) -> int:
    """What Toeplitz reads, from the selected bits (both with the first bit most significant)."""
    match layout.function:
        case Function.TOEPLITZ:
            return data
        case Function.SIMPLE_XOR:
            return _folded(data, layout.selected_bits)
        case Function.SYMMETRIC_XOR | Function.SYMMETRIC_OR_XOR | Function.SYMMETRIC_SORT:
            return _paired(layout, data)


def _paired(layout: HashInput, data: int) -> int:
    for first, second, bits in pairs(layout):
        mask = (1 << bits) - 1
        a_shift, b_shift = (layout.selected_bits - at - bits for at in (first, second))
        a, b = data >> a_shift & mask, data >> b_shift & mask
        new_a, new_b = _pair(layout.function, a, b)
        data ^= (a ^ new_a) << a_shift | (b ^ new_b) << b_shift
    return data


def _pair(function: Function, a: int, b: int) -> tuple[int, int]:
    match function:
        case Function.SYMMETRIC_XOR:
            return a ^ b, a ^ b
        case Function.SYMMETRIC_OR_XOR:
            return a | b, a ^ b
        case _:
            return min(a, b), max(a, b)


@lru_cache(maxsize=1024)
def pairs(layout: HashInput) -> tuple[tuple[int, int, int], ...]:
    """(first bit of the source field, of the destination field, width) of every pair that is hashed whole."""
    places = dict(layout.places)
    return tuple(
        (at, places[other], width(name))
        for name, at in places.items()
        if name.endswith("_src") and (other := name.removesuffix("src") + "dst") in places
    )


def _folded(data: int, bits: int) -> int:
    """The XOR of the 32-bit words (the last one filled with zeros), its bits in reverse order."""
    data <<= -bits % WORD
    word = 0
    while data:
        word ^= data & (1 << WORD) - 1
        data >>= WORD
    return int(f"{word:032b}"[::-1], 2)
