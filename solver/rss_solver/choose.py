"""KeySpace → keys: the candidate that spreads best, clustered traffic first.

Rank is a property of a key and not linear, so the best key is searched for: the whole space where it is
small, otherwise seeded uniform samples of it. That some key spreads every class at all is decided exactly.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

from rss_dsl.fields import width
from rss_dsl.problem import HashInput, Port
from rss_solver.gf2 import rank
from rss_solver.keyspace import KeySpace
from rss_solver.smt import pick_nonzero
from rss_solver.solution import ClassSpread
from rss_solver.spread import index_bits, rows, spread
from rss_solver.toeplitz import HASH_BITS

SMALL_SPACE = 6
"""Spaces of up to 2^6 keys are searched completely."""
SAMPLES = 32
ENOUGH = 8
"""After so many samples, one that reaches every queue ends the search."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Keys of a group and how they spread each live class of its ports."""

    keys: Mapping[int, bytes]
    spread: Mapping[int, tuple[ClassSpread, ...]]


Score = tuple[float, float, int, int, int, int, int]


def choose(
    space: KeySpace, ports: Mapping[int, Port], tables: Mapping[int, tuple[int, ...]], random: Random
) -> Choice | None:
    """The best keys found; None if every key leaves some class of a port with several queues on one entry."""
    judge = _Judge(ports, tables)
    best: tuple[Score, Choice] | None = None
    for tried, keys in enumerate(_candidates(space, random), 1):
        score, choice = judge.score(keys)
        if best is None or score > best[0]:
            best = score, choice
        if tried >= ENOUGH and judge.perfect(best[1]):
            break
    if best is not None and not judge.stuck(best[1]):
        return best[1]
    chosen = pick_nonzero(
        [reach(space, i, layout, port) for i, port in ports.items() for layout in _needed(port)]
    )
    return None if chosen is None else judge.score(space.keys(chosen))[1]


def _needed(port: Port) -> tuple[HashInput, ...]:
    """The classes that must not all land on one entry."""
    return port.live if port.queues > 1 else ()


def reach(space: KeySpace, index: int, layout: HashInput, port: Port) -> list[int]:
    """The affine forms of the key bits that pick a class's entries; all zero: one entry for all of it."""
    return [space.form(index, bit) for bit in range(*index_range(layout, port.table_size))]


def index_range(layout: HashInput, table_size: int) -> tuple[int, int]:
    """The key bits `[from, to)` that the index bits of a class depend on."""
    return HASH_BITS - index_bits(table_size), HASH_BITS - 1 + layout.bits


def _candidates(space: KeySpace, random: Random) -> Iterator[Mapping[int, bytes]]:
    free = space.free_labels
    if len(free) <= SMALL_SPACE:
        for pattern in range(1 << len(free)):
            yield space.keys(sum(1 << label for i, label in enumerate(free) if pattern >> i & 1))
    else:
        for _ in range(SAMPLES):
            yield space.sample(random)


class _Judge:
    """Scores keys; equal keys and layouts (TCP and UDP, the ports of a mesh) are looked at once."""

    def __init__(self, ports: Mapping[int, Port], tables: Mapping[int, tuple[int, ...]]) -> None:
        self.ports = ports
        self.tables = tables
        self.seen: dict[tuple[object, ...], tuple[ClassSpread, int]] = {}

    def score(self, keys: Mapping[int, bytes]) -> tuple[Score, Choice]:
        """How good keys are, and their spread in detail."""
        found: dict[int, tuple[ClassSpread, ...]] = {}
        entries = []
        for i, port in self.ports.items():
            looked = [self._class(keys[i], i, layout) for layout in port.live]
            found[i] = tuple(spread for spread, _ in looked)
            entries += [(spread, hash_rank, port.queues) for spread, hash_rank in looked]
        return _total(entries), Choice(keys, found)

    def _class(self, key: bytes, index: int, layout: HashInput) -> tuple[ClassSpread, int]:
        shape = tuple(name[:4] if name.startswith("ip") else str(width(name)) for name in layout.fields)
        cached = self.seen.get((key, shape, self.tables[index]))
        if cached is None:
            init = self.ports[index].nic.hash_init.value
            hash_rank = rank(rows(key, layout.bits, 0))
            cached = spread(key, layout, self.tables[index], init), hash_rank
            self.seen[key, shape, self.tables[index]] = cached
        return replace(cached[0], packet_class=layout.packet_class), cached[1]

    def perfect(self, choice: Choice) -> bool:
        """Whether every class reaches every queue even within a cluster, over all index bits."""
        return all(
            spread.clustered_rank == index_bits(port.table_size)
            for i, port in self.ports.items()
            for spread in choice.spread[i]
        )

    def stuck(self, choice: Choice) -> bool:
        """Whether a class of a port with several queues has a constant index."""
        return any(
            spread.rank == 0
            for i, port in self.ports.items()
            if port.queues > 1
            for spread in choice.spread[i]
        )


def _total(entries: Sequence[tuple[ClassSpread, int, int]]) -> Score:
    """Clustered first, then plain: the worst class, then all of them; whole hashes break ties."""
    if not entries:
        return (0.0, 0.0, 0, 0, 0, 0, 0)
    return (
        min(spread.clustered_queues / queues for spread, _, queues in entries),
        min(spread.queues / queues for spread, _, queues in entries),
        sum(spread.clustered_queues for spread, _, _ in entries),
        sum(spread.queues for spread, _, _ in entries),
        sum(spread.clustered_rank for spread, _, _ in entries),
        sum(spread.rank for spread, _, _ in entries),
        sum(hash_rank for _, hash_rank, _ in entries),
    )
