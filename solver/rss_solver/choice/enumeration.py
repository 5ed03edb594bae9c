"""Several keys of one problem, spread over the key space.

Keys are distinct if they differ in a bit that is read. Those that spread as well as the solved key come
first; among them, each next one is as far as possible, in bits that are read, from all before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice, product
from math import prod
from random import Random

from rss_dsl.problem import Problem
from rss_solver.choice.choose import Choice, judged
from rss_solver.choice.counting import read_bits, stuck
from rss_solver.choice.preferences import labels_of
from rss_solver.gf2 import Elimination, parity
from rss_solver.keyspace.groups import Group, Modes, groups
from rss_solver.keyspace.space import Inconsistent
from rss_solver.keyspace.statement import state
from rss_solver.solution import Solution

SMALL_SPACE = 1 << 9
"""Spaces of up to so many keys are listed completely."""

POOL = 4
"""Keys looked at for each one asked for, where the space is too large to list."""

TRIES = 64
"""Samples for each key asked for, after which no more are looked for."""


@dataclass(frozen=True, slots=True)
class Listing:
    """Solutions with distinct keys; the first is the solved one."""

    solutions: tuple[Solution, ...]
    all: bool
    """Whether there are no others."""
    open: bool
    """Whether fewer than asked for were found, and others may exist."""


def enumerate_keys(problem: Problem, solution: Solution, number: int) -> Listing:
    """`number` solutions, or all there are. Preferences shape the first one only."""
    modes = {i: port.equality for i, port in enumerate(solution.ports)}
    lists: list[tuple[Group, _Listed]] = []
    for group in groups(problem, state(problem)):
        own = {i: modes[i] for i in group.ports}
        lists.append((group, _Lister(group, own, solution).up_to(number)))
    complete = all(listed.complete for _, listed in lists)
    total = prod(len(listed.choices) for _, listed in lists)
    solutions = tuple(
        _with(solution, lists, picked)
        for picked in islice(_combined([len(listed.choices) for _, listed in lists], number), number)
    )
    return Listing(solutions, all=complete and total <= number, open=not complete and len(solutions) < number)


def _combined(sizes: Sequence[int], number: int) -> Iterator[tuple[int, ...]]:
    """Distinct choices of one option per group: all groups move on together as long as some has a new one."""
    if max(sizes) >= number:
        yield from (tuple(step % size for size in sizes) for step in range(number))
    else:
        yield from product(*(range(size) for size in sizes))


def _with(solution: Solution, lists: Sequence[tuple[Group, _Listed]], picked: Sequence[int]) -> Solution:
    ports = list(solution.ports)
    for (group, listed), option in zip(lists, picked, strict=True):
        choice = listed.choices[option]
        for i in group.ports:
            ports[i] = replace(ports[i], key=choice.keys[i], spread=choice.spread[i])
    preferences = solution.preferences if not any(picked) else ()
    return replace(solution, ports=tuple(ports), preferences=preferences)


@dataclass(frozen=True, slots=True)
class _Listed:
    choices: tuple[Choice, ...]
    complete: bool
    """Whether all keys were looked at."""


class _Lister:
    """The keys of one group."""

    def __init__(self, group: Group, modes: Modes, solution: Solution) -> None:
        space = group.space(modes)
        if isinstance(space, Inconsistent):
            raise ValueError("the solution is not one of this problem")
        self.group, self.space = group, space
        self.tables = {i: solution.ports[i].table for i in group.ports}
        self.keys = {i: solution.ports[i].key for i in group.ports}
        self.base = labels_of(space, self.keys)
        self.read = read_bits(group, modes)
        self.seed = solution.seed
        self.stuck = stuck(space, group)
        system = Elimination()
        for i, positions in self.read.items():
            for bit in positions:
                system.add(space.form(i, bit) & ~1)
        self.labels = sorted(system.rows)
        """Free labels whose values tell keys apart, the others being as in the solved key."""

    def up_to(self, number: int) -> _Listed:
        """Up to `number` keys, the solved one first."""
        small = len(self.labels) < max(SMALL_SPACE, POOL * number).bit_length()
        found = {self._mark(self.keys): judged(self.group, self.tables, self.keys)}
        for chosen in self._every() if small else self._samples(number):
            if not small and len(found) >= POOL * number + 1:
                break
            if not self._constant(chosen):
                keys = self.space.keys(chosen)
                mark = self._mark(keys)
                if mark not in found:
                    found[mark] = judged(self.group, self.tables, keys)
        order = self._apart(found, number)
        return _Listed(tuple(found[mark] for mark in order), small and len(found) <= number)

    def _every(self) -> Iterator[int]:
        for pattern in range(1 << len(self.labels)):
            yield self._set(pattern)

    def _samples(self, number: int) -> Iterator[int]:
        random = Random(f"{self.seed} keys {' '.join(port.name for port in self.group.ports.values())}")
        for _ in range(TRIES * number):
            yield self._set(random.getrandbits(len(self.labels)))

    def _set(self, pattern: int) -> int:
        chosen = self.base
        for place, label in enumerate(self.labels):
            chosen = chosen & ~(1 << label) | (pattern >> place & 1) << label
        return chosen

    def _constant(self, chosen: int) -> bool:
        """Whether some class is stuck on one entry."""
        return any(not any(parity(form & (chosen | 1)) for form in span) for span in self.stuck)

    def _mark(self, keys: Mapping[int, bytes]) -> int:
        """The bits that are read, as one number."""
        mark = 0
        for i, positions in self.read.items():
            size = self.space.key_bits[i]
            value = int.from_bytes(keys[i], "big")
            mask = sum(1 << size - 1 - bit for bit in positions)
            mark = mark << size | value & mask
        return mark

    def _apart(self, found: Mapping[int, Choice], number: int) -> list[int]:
        """The solved key, then the best spread, and of equals the one farthest from those before it."""
        first = next(iter(found))
        lost = {mark: _lost(found[first], choice) for mark, choice in found.items()}
        distance = {mark: (mark ^ first).bit_count() for mark in found if mark != first}
        result = [first]
        while distance and len(result) < number:
            best = min(distance, key=lambda mark: (lost[mark], -distance[mark], mark))
            del distance[best]
            result.append(best)
            for mark in distance:
                distance[mark] = min(distance[mark], (mark ^ best).bit_count())
        return result


def _lost(best: Choice, other: Choice) -> tuple[int, int, int, int]:
    """How much worse a key spreads: queues within a cluster, queues, ranks within a cluster, ranks."""
    pairs = [(a, b) for i in best.spread for a, b in zip(best.spread[i], other.spread[i], strict=True)]
    return (
        sum(max(0, a.clustered_queues - b.clustered_queues) for a, b in pairs),
        sum(max(0, a.queues - b.queues) for a, b in pairs),
        sum(max(0, a.clustered_rank - b.clustered_rank) for a, b in pairs),
        sum(max(0, a.rank - b.rank) for a, b in pairs),
    )
