"""KeySpace → keys and tables: the candidate that spreads best, clustered traffic first.

Rank is a property of a key and not linear, so the best key is searched for: the whole space where it is
small, otherwise seeded uniform samples of it. That some key spreads every class at all is decided exactly.
A key is judged by the tables that it would get: round robin where that serves, otherwise dealt for this key.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from random import Random

from rss_dsl.problem import HashInput
from rss_solver.choice.component import dealt_tables
from rss_solver.choice.spread import Indexed, spread
from rss_solver.choice.tables import Table
from rss_solver.gf2 import ones
from rss_solver.keyspace.groups import Group
from rss_solver.keyspace.space import KeySpace
from rss_solver.nic.index import Picks
from rss_solver.smt.booleans import pick_nonzero
from rss_solver.solution import ClassSpread
from rss_solver.tied.live import Live

SMALL_SPACE = 6
"""Spaces of up to 2^6 keys are searched completely."""
SAMPLES = 32


@dataclass(frozen=True, slots=True)
class Choice:
    """Keys and tables of a group, and how they spread each live class of its ports."""

    keys: Mapping[int, bytes]
    tables: Mapping[int, Table]
    spread: Mapping[int, tuple[ClassSpread, ...]]


Score = tuple[bool, float, float, int, int, bool, int, int]


def choose(
    space: KeySpace,
    group: Group,
    tables: Mapping[int, Table],
    random: Random,
    samples: int = SAMPLES,
) -> Choice | None:
    """The best of `samples` keys; None if every key leaves some class of a port with several queues on one
    entry. Tables are those given, but where they do not serve and software may set others.
    """
    judge = _Judge(group, tables)
    best: tuple[Score, Choice] | None = None
    for keys in _candidates(space, random, samples):
        choice = judge.dealt(keys)
        score = judge.score(choice)
        if best is None and not all(any(reach(space, group, *one)) for one in judge.stuck(choice)):
            return None
        if best is None or score > best[0]:
            best = score, choice
        if perfect(group, choice):
            return choice
    if best is not None and not any(judge.stuck(best[1])):
        return best[1]
    chosen = pick_nonzero([reach(space, group, i, layout) for i, layout in needed(group)])
    return None if chosen is None else judge.dealt(space.keys(chosen))


def judged(group: Group, tables: Mapping[int, Table], keys: Mapping[int, bytes]) -> Choice:
    """Given keys and tables of a group, with what they spread."""
    return _Judge(group, tables).through(tables, keys)


def dealt(group: Group, tables: Mapping[int, Table], keys: Mapping[int, bytes]) -> Choice:
    """Given keys, with tables as `choose` gives them."""
    return _Judge(group, tables).dealt(keys)


def perfect(group: Group, choice: Choice) -> bool:
    """Whether every class reaches every entry even within a cluster: no key does better."""
    return all(
        found.clustered_rank == group.full_rank(i)
        and found.clustered_queues >= min(port.queues, group.smallest[i])
        for i, port in group.ports.items()
        for found in choice.spread[i]
    )


def needed(group: Group) -> list[tuple[int, HashInput]]:
    """The classes that must not all land on one entry, with their ports."""
    return [
        (i, layout)
        for i, port in group.ports.items()
        if port.queues > 1
        for layout, inputs in group.live[i].items()
        if inputs.directions
    ]


def reach(space: KeySpace, group: Group, index: int, layout: HashInput) -> list[int]:
    """The affine forms of the key sums that pick a class's queues; all zero: one queue for all of it."""
    forms = (_sum(space.form(index, bit) for _, bit in bits) for bits in index_sums(group, index, layout))
    return list(dict.fromkeys(forms))


def index_sums(group: Group, index: int, layout: HashInput) -> list[tuple[tuple[int, int], ...]]:
    """The sums of key bits, as (port, bit), by which a class's index changes with its inputs."""
    found = _sums(group.live[index][layout].directions, layout.bits, group.picks[index])
    key_bits = group.ports[index].key_bits
    return [tuple((index, bit) for bit in bits if bit < key_bits) for bits in found]


@lru_cache(maxsize=1024)
def _sums(directions: tuple[int, ...], bits: int, picks: Picks) -> tuple[tuple[int, ...], ...]:
    """Sets of key bits, each once: for every direction and index bit, those whose XOR the change is."""
    found: dict[tuple[int, ...], None] = {}
    for direction in directions:
        places = tuple(ones(direction, bits))
        for hash_bits in picks:
            total: set[int] = set()
            for x in places:
                total ^= {x + bit for bit in hash_bits}
            found[tuple(sorted(total))] = None
    return tuple(found)


def _sum(values: Iterator[int]) -> int:
    total = 0
    for value in values:
        total ^= value
    return total


def _candidates(space: KeySpace, random: Random, samples: int) -> Iterator[Mapping[int, bytes]]:
    free = space.free_labels
    if len(free) <= SMALL_SPACE:
        for pattern in range(1 << len(free)):
            yield space.keys(sum(1 << label for i, label in enumerate(free) if pattern >> i & 1))
    else:
        for _ in range(samples):
            yield space.sample(random)


class _Judge:
    """Scores keys; equal keys and inputs (TCP and UDP, the ports of a mesh) are looked at once."""

    def __init__(self, group: Group, tables: Mapping[int, Table]) -> None:
        self.group, self.tables = group, tables
        self.seen: dict[tuple[bytes, int, Live, Indexed], ClassSpread] = {}

    def dealt(self, keys: Mapping[int, bytes]) -> Choice:
        """Keys through their tables."""
        given = self.through(self.tables, keys)
        tables = dict(self.tables)
        for component in self.group.components:
            if self._may_serve_better(given, component):
                tables |= dealt_tables(self.group, component, self.tables, keys)
        return given if tables == self.tables else self.through(tables, keys)

    def _may_serve_better(self, choice: Choice, component: tuple[int, ...]) -> bool:
        return any(
            found.clustered_rank < self.group.full_rank(i) for i in component for found in choice.spread[i]
        )

    def through(self, tables: Mapping[int, Table], keys: Mapping[int, bytes]) -> Choice:
        """Keys through given tables."""
        return Choice(
            keys, tables, {i: tuple(self._classes(keys[i], i, tables[i])) for i in self.group.ports}
        )

    def score(self, choice: Choice) -> Score:
        """How good a choice is."""
        entries = [(one, port.queues) for i, port in self.group.ports.items() for one in choice.spread[i]]
        return not any(self.stuck(choice)), *_total(entries, choice.tables == self.tables)

    def _classes(self, key: bytes, index: int, table: Table) -> Iterator[ClassSpread]:
        nic = self.group.ports[index].nic
        indexed = Indexed(table, nic.index.value, self.group.smallest[index], nic.hash_init.value)
        for layout, inputs in self.group.live[index].items():
            known = key, layout.bits, inputs, indexed
            if known not in self.seen:
                self.seen[known] = spread(key, layout, inputs, indexed)
            yield replace(self.seen[known], packet_class=layout.packet_class)

    def stuck(self, choice: Choice) -> Iterator[tuple[int, HashInput]]:
        """The classes of ports with several queues whose inputs vary and whose index is constant."""
        for i, port in self.group.ports.items():
            if port.queues > 1:
                for found, (layout, inputs) in zip(choice.spread[i], self.group.live[i].items(), strict=True):
                    if found.rank == 0 and inputs.directions:
                        yield i, layout


def _total(
    entries: Sequence[tuple[ClassSpread, int]], as_given: bool
) -> tuple[float, float, int, int, bool, int, int]:
    """Clustered first, then plain: the worst class, then all. Of equals, one with the given tables."""
    if not entries:
        return (0.0, 0.0, 0, 0, as_given, 0, 0)
    return (
        min(found.clustered_queues / queues for found, queues in entries),
        min(found.queues / queues for found, queues in entries),
        sum(found.clustered_queues for found, _ in entries),
        sum(found.queues for found, _ in entries),
        as_given,
        sum(found.clustered_rank for found, _ in entries),
        sum(found.rank for found, _ in entries),
    )
