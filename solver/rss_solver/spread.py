"""How well a key spreads: GF(2) ranks of the index bits, and the queues that can be reached.

The index of an n-bit table is a linear map of the input bits with the n rows `k[b : b + width]`,
b = 32 - n … 31. Its rank bounds the entries that traffic can reach to 2^rank; through the table that
bounds the queues. *Clustered* ranks hold the first 16 bits of every IPv4 address and the first 64 of every
IPv6 address fixed, since real traffic lives in few prefixes.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from rss_dsl.fields import INNER, width
from rss_dsl.problem import HashInput
from rss_solver.gf2 import basis, rank, span
from rss_solver.solution import ClassSpread
from rss_solver.toeplitz import HASH_BITS, window

CLUSTERED_PREFIX = {"ipv4_src": 16, "ipv4_dst": 16, "ipv6_src": 64, "ipv6_dst": 64}
"""Leading bits of an address that stay the same within one cluster of traffic."""


def index_bits(table_size: int) -> int:
    """Hash bits that pick an entry of a table whose size is a power of two."""
    return table_size.bit_length() - 1


@lru_cache(maxsize=1024)
def clustered_mask(fields: tuple[str, ...]) -> int:
    """Input bits that vary within a cluster, the first input bit most significant."""
    mask = 0
    for name in fields:
        size = width(name)
        fixed = CLUSTERED_PREFIX.get(name.removeprefix(INNER), 0)
        mask = mask << size | (1 << size - fixed) - 1
    return mask


def rows(key: bytes, bits: int, first_hash_bit: int) -> list[int]:
    """Rows of the hash matrix, hash bits `first_hash_bit` … 31; the first input bit is most significant."""
    return [window(key, b, bits) for b in range(first_hash_bit, HASH_BITS)]


def spread(key: bytes, layout: HashInput, table: Sequence[int], bits: int, hash_init: int = 0) -> ClassSpread:
    """What a key does to one class through a table.

    `bits`: the low hash bits that pick a queue, those of the smallest table of the port's component. Ranks
    are counted on them, since a larger table repeats the smallest.
    """
    matrix = rows(key, layout.bits, HASH_BITS - index_bits(len(table)))
    clustered = [row & clustered_mask(layout.fields) for row in matrix]
    ignored = max(0, len(matrix) - bits)
    return ClassSpread(
        packet_class=layout.packet_class,
        rank=rank(matrix[ignored:]),
        clustered_rank=rank(clustered[ignored:]),
        queues=reachable_queues(matrix, layout.bits, table, hash_init),
        clustered_queues=reachable_queues(clustered, layout.bits, table, hash_init),
    )


def reachable_queues(matrix: Sequence[int], bits: int, table: Sequence[int], hash_init: int = 0) -> int:
    """Different queues among the entries that the index map reaches."""
    columns = [_column(matrix, bit) for bit in range(bits)]
    directions = basis(columns)
    if len(directions) == len(matrix):
        return len(set(table))
    start = hash_init & len(table) - 1
    return len({table[entry ^ start] for entry in span(directions)})


def _column(matrix: Sequence[int], bit: int) -> int:
    """The index change that one input bit makes; the first row is the most significant index bit."""
    value = 0
    for row in matrix:
        value = value << 1 | row >> bit & 1
    return value
