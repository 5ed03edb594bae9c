"""KeySpace → keys: the candidate that spreads best, clustered traffic first.

Rank is a property of a key and not linear, so the best key is searched for: the whole space where it is
small, otherwise seeded uniform samples of it. That some key spreads every class at all is decided exactly.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

from rss_dsl.fields import width
from rss_dsl.problem import HashInput
from rss_solver.gf2 import rank
from rss_solver.groups import Group
from rss_solver.keyspace import KeySpace
from rss_solver.smt.booleans import pick_nonzero
from rss_solver.solution import ClassSpread
from rss_solver.spread import rows, spread
from rss_solver.toeplitz import HASH_BITS

SMALL_SPACE = 6
"""Spaces of up to 2^6 keys are searched completely."""
SAMPLES = 32
ENOUGH = 8
"""After so many samples, one of full rank, also within a cluster, ends the search."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Keys of a group and how they spread each live class of its ports."""

    keys: Mapping[int, bytes]
    spread: Mapping[int, tuple[ClassSpread, ...]]


Score = tuple[bool, float, float, int, int, int, int, int]


def choose(
    space: KeySpace, group: Group, tables: Mapping[int, tuple[int, ...]], random: Random
) -> Choice | None:
    """The best keys found; None if every key leaves some class of a port with several queues on one entry."""
    judge = _Judge(group, tables)
    best: tuple[Score, Choice] | None = None
    for tried, keys in enumerate(_candidates(space, random), 1):
        score, choice = judge.score(keys)
        if best is None or score > best[0]:
            best = score, choice
        if tried >= ENOUGH and judge.perfect(best[1]):
            break
    if best is not None and not judge.stuck(best[1]):
        return best[1]
    chosen = pick_nonzero([reach(space, group, i, layout) for i, layout in needed(group)])
    return None if chosen is None else judge.score(space.keys(chosen))[1]


def needed(group: Group) -> list[tuple[int, HashInput]]:
    """The classes that must not all land on one entry, with their ports."""
    return [(i, layout) for i, port in group.ports.items() if port.queues > 1 for layout in port.live]


def reach(space: KeySpace, group: Group, index: int, layout: HashInput) -> list[int]:
    """The affine forms of the key bits that pick a class's queues; all zero: one queue for all of it."""
    return [space.form(index, bit) for bit in range(*index_range(group, index, layout))]


def index_range(group: Group, index: int, layout: HashInput) -> tuple[int, int]:
    """The key bits `[from, to)` that the hash bits which pick a class's queues depend on."""
    return HASH_BITS - group.agree[index], HASH_BITS - 1 + layout.bits


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

    def __init__(self, group: Group, tables: Mapping[int, tuple[int, ...]]) -> None:
        self.group = group
        self.ports = group.ports
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
        choice = Choice(keys, found)
        return (not self.stuck(choice), *_total(entries)), choice

    def _class(self, key: bytes, index: int, layout: HashInput) -> tuple[ClassSpread, int]:
        shape = tuple(name[:4] if name.startswith("ip") else str(width(name)) for name in layout.fields)
        bits, init = self.group.agree[index], self.ports[index].nic.hash_init.value
        known = key, shape, self.tables[index], bits, init
        cached = self.seen.get(known)
        if cached is None:
            hash_rank = rank(rows(key, layout.bits, 0))
            cached = spread(key, layout, self.tables[index], bits, init), hash_rank
            self.seen[known] = cached
        return replace(cached[0], packet_class=layout.packet_class), cached[1]

    def perfect(self, choice: Choice) -> bool:
        """Whether every class reaches every queue even within a cluster, over all index bits."""
        return all(
            spread.clustered_rank == self.group.agree[i] for i in self.ports for spread in choice.spread[i]
        )

    def stuck(self, choice: Choice) -> bool:
        """Whether a class of a port with several queues has a constant index."""
        return any(
            spread.rank == 0
            for i, port in self.ports.items()
            if port.queues > 1
            for spread in choice.spread[i]
        )


def _total(
    entries: Sequence[tuple[ClassSpread, int, int]],
) -> tuple[float, float, int, int, int, int, int]:
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
