"""How well a key spreads: GF(2) ranks of the index bits over what traffic can vary, and the queues reached.

A live class's inputs are a point plus sums of directions. Each direction changes the hash, and where the
index is linear the entry, by a fixed amount, whatever the rest of the input. The rank of these changes bounds
the entries that traffic can reach to 2^rank; through the table that bounds the queues. *Clustered* ranks
leave out the directions that change leading address bits, since real traffic lives in few prefixes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from rss_dsl.nic import Index, NicProfile
from rss_dsl.problem import HashInput
from rss_solver.choice.dealing import Reached
from rss_solver.choice.masks import Space, space
from rss_solver.gf2 import ones
from rss_solver.nic.index import entry_of, index_bits, linear
from rss_solver.solution import ClassSpread
from rss_solver.tied.live import Live
from rss_solver.toeplitz import HASH_BITS, toeplitz

Ints = NDArray[np.int64]

MOST_SUMS = 16
"""Of a hash of lower rank under an index that is not linear, 2^16 values are looked at: a lower bound."""


@dataclass(frozen=True, slots=True)
class Indexed:
    """How a port picks queues by its hashes."""

    table: tuple[int, ...]
    index: Index
    smallest: int
    """Entries of the smallest table in the port's component: ranks count what picks one of them."""
    hash_init: int = 0


def spread(key: bytes, layout: HashInput, inputs: Live, indexed: Indexed) -> ClassSpread:
    """What a key does to one class through a table."""
    start = toeplitz(key, inputs.point, layout.bits, init=indexed.hash_init)
    near = _reached(hash_changes(key, inputs.clustered, layout.bits), start, indexed)
    whole = near
    if near != (index_bits(indexed.smallest), len(set(indexed.table))):
        whole = _reached(hash_changes(key, inputs.directions, layout.bits), start, indexed)
    return ClassSpread(
        packet_class=layout.packet_class,
        rank=whole[0],
        clustered_rank=near[0],
        queues=whole[1],
        clustered_queues=near[1],
    )


def reached(key: bytes, layout: HashInput, inputs: Live, nic: NicProfile, size: int) -> Reached:
    """The entries that a class reaches of a table of `size` entries, a power of two."""

    def entries(directions: tuple[int, ...]) -> Space:
        changes = hash_changes(key, directions, layout.bits)
        return space(_basis(entry_of(changes, size, nic.index.value).tolist(), index_bits(size)))

    start = toeplitz(key, inputs.point, layout.bits, init=nic.hash_init.value)
    return Reached(
        entry_of(start, size, nic.index.value), entries(inputs.directions), entries(inputs.clustered)
    )


def _reached(changes: Ints, start: int, indexed: Indexed) -> tuple[int, int]:
    """(rank of the index bits, queues) that hashes `start` XOR any sum of changes reach."""
    size, smallest = len(indexed.table), indexed.smallest
    picked = linear(smallest) and size % smallest == 0
    rank = (
        len(_basis(entry_of(changes, smallest, indexed.index).tolist(), index_bits(smallest)))
        if picked
        else 0
    )
    if not linear(size) or not picked:
        found = _basis(changes.tolist(), HASH_BITS)
        whole = min(len(found), index_bits(smallest))
        return rank if picked else whole, _queues_of_hashes(found, start, indexed)
    entries = _basis(entry_of(changes, size, indexed.index).tolist(), index_bits(size))
    return rank, _queues(entries, entry_of(start, size, indexed.index), indexed.table)


def _queues(entries: Sequence[int], start: int, table: tuple[int, ...]) -> int:
    """Different queues among the entries `start` XOR any sum."""
    if 1 << len(entries) == len(table):
        return len(set(table))
    return len({table[entry] for entry in _sums(entries, start).tolist()})


def _queues_of_hashes(hashes: Sequence[int], start: int, indexed: Indexed) -> int:
    if len(hashes) == HASH_BITS:
        return len(set(indexed.table))
    first = sorted(hashes, reverse=indexed.index is Index.HIGH_BITS)[:MOST_SUMS]
    entries = entry_of(_sums(first, start), len(indexed.table), indexed.index)
    return len({indexed.table[entry] for entry in np.unique(entries).tolist()})


def _sums(values: Sequence[int], start: int) -> Ints:
    found = np.array([start], dtype=np.int64)
    for value in values:
        found = np.concatenate([found, found ^ value])
    return found


def _basis(values: Iterable[int], most: int) -> list[int]:
    """Independent sums with the same span, no two with the same highest bit; `most` are enough."""
    found: list[int] = []
    for value in dict.fromkeys(values):
        for known in found:
            value = min(value, value ^ known)
        if value:
            found.append(value)
            if len(found) == most:
                break
    return found


def hash_changes(key: bytes, directions: tuple[int, ...], bits: int) -> Ints:
    """The change of the hash that each direction makes, for inputs of `bits` bits."""
    if not directions:
        return np.empty(0, dtype=np.int64)
    places, starts = _places(directions, bits)
    changes = _windows(key, bits)[places]
    return changes if len(places) == len(starts) else np.bitwise_xor.reduceat(changes, starts)


@lru_cache(maxsize=1024)
def _places(directions: tuple[int, ...], bits: int) -> tuple[Ints, Ints]:
    """The input bits of all directions one after the other, and where each direction's begin."""
    places = [list(ones(direction, bits)) for direction in directions]
    starts = np.cumsum([0, *(len(bits_set) for bits_set in places[:-1])])
    return np.array([x for bits_set in places for x in bits_set], dtype=np.int64), starts


def _windows(key: bytes, bits: int) -> Ints:
    """What each input bit adds to the hash: 32 key bits from its place on. Past its end a key reads zero."""
    size = -(-bits // 8)
    data = np.frombuffer(key[: size + 4].ljust(size + 4, b"\0"), dtype=np.uint8).astype(np.int64)
    five = np.zeros(size, dtype=np.int64)
    for byte in range(5):
        five = five << 8 | data[byte : byte + size]
    shifted = five[:, None] >> np.arange(8, 0, -1)
    return (shifted & (1 << HASH_BITS) - 1).reshape(-1)[:bits]
