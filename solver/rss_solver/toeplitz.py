"""The reference Toeplitz hash: the semantic oracle of everything else. Plain integers, no cleverness.

Microsoft, "RSS hashing functions": for every set input bit, from the first on the wire, XOR the leftmost
32 bits of the key into the result, then shift the key left by one. Bit 0 of key, input and hash is the
first one (the most significant), so hash bit b is `XOR_x d[x] & k[x + b]` (thesis eq. 3.10).
"""

from __future__ import annotations

HASH_BITS = 32


def key_bit(key: bytes, position: int) -> int:
    """Bit `position` of a key; past its end the key reads as zero."""
    if position >= 8 * len(key):
        return 0
    return key[position // 8] >> (7 - position % 8) & 1


def window(key: bytes, start: int, bits: int) -> int:
    """`bits` key bits from `start`, the first one most significant."""
    value = int.from_bytes(key, "big") << bits
    shift = 8 * len(key) - start
    return value >> shift & (1 << bits) - 1 if shift >= 0 else 0


def toeplitz(key: bytes, data: int, bits: int, *, init: int = 0) -> int:
    """The 32-bit hash of a `bits` wide input whose first bit is the most significant of `data`."""
    result = init
    while data:
        x = bits - data.bit_length()
        result ^= window(key, x, HASH_BITS)
        data ^= 1 << bits - 1 - x
    return result
