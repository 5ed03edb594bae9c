"""What the requirements leave of the keys of a solution."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rss_dsl.problem import Problem
from rss_solver.choice.choose import judged
from rss_solver.choice.tables import Table, fill
from rss_solver.explain.keymap import Run, key_map, read_bits
from rss_solver.keyspace.groups import Group, Modes, groups
from rss_solver.keyspace.space import Inconsistent, KeySpace
from rss_solver.keyspace.statement import state
from rss_solver.keyspace.trace import Tracer
from rss_solver.solution import ClassSpread, Solution
from rss_solver.solve import Solved

Range = tuple[int, int]
"""Bits `[from, to)`."""


@dataclass(frozen=True, slots=True)
class ClassKeys:
    """What a class reads of its port's key, under the equality mode that was chosen."""

    packet_class: str
    reads: tuple[Range, ...]
    free: int
    """Dimension of what it reads: how many of these bits can be chosen independently."""


@dataclass(frozen=True, slots=True)
class FreeBits:
    """Free key bits of a group under one equality mode, of those that reach a hash bit that must agree."""

    free: int
    of: int


@dataclass(frozen=True, slots=True)
class GroupKeys:
    """Ports that are solved together."""

    ports: tuple[int, ...]
    lines: tuple[int, ...]
    """What ties them or their key bits."""
    index_bits: tuple[int, ...]
    """By port, how many index bits pick an entry of its component's smallest table."""
    free: Mapping[str, FreeBits]
    """By equality mode; a mode without keys is left out."""
    classes: Mapping[int, tuple[ClassKeys, ...]]
    """By port, its live classes."""
    maps: Mapping[int, tuple[Run, ...]]
    """By port, its whole key, under the equality mode that was chosen."""
    by_round_robin: Mapping[int, tuple[ClassSpread, ...]]
    """By port whose table was dealt over the entries that packets reach, what its classes had otherwise."""


def explain(problem: Problem, solved: Solved) -> tuple[GroupKeys, ...]:
    """The key spaces behind a solution."""
    statement = state(problem)
    tables = fill(problem.ports, statement.components)
    result = []
    for group in groups(problem, statement):
        modes = {i: solved.solution.ports[i].equality for i in group.ports}
        space = group.space(modes)
        if isinstance(space, Inconsistent):
            raise ValueError("the solution is not one of this problem")
        lines = {line for window in group.windows for line in statement.windows[window]}
        lines |= {statement.pins[i] for i in group.pinned if i in statement.pins}
        result.append(
            GroupKeys(
                ports=tuple(group.ports),
                lines=tuple(sorted(lines)),
                index_bits=tuple(group.full_rank(i) for i in group.ports),
                free=dict(_free(group)),
                classes={i: tuple(_classes(space, group, modes, i)) for i in group.ports},
                maps=key_map(space, group, modes, Tracer(statement, group, modes)),
                by_round_robin=_by_round_robin(group, solved.solution, tables),
            )
        )
    return tuple(result)


def _by_round_robin(
    group: Group, solution: Solution, tables: Sequence[Table]
) -> dict[int, tuple[ClassSpread, ...]]:
    keys = {i: solution.ports[i].key for i in group.ports}
    found = judged(group, {i: tables[i] for i in group.ports}, keys).spread
    return {i: found[i] for i in group.ports if solution.ports[i].table != tables[i]}


def _free(group: Group) -> Iterator[tuple[str, FreeBits]]:
    """By equality mode; a mode without keys is left out."""
    for mode in ("hash", "index"):
        modes = group.all(mode)
        space = group.space(modes)
        if not isinstance(space, Inconsistent):
            ranges = [(i, *run) for i in group.ports for run in ranges_of(read_bits(group, modes, i))]
            yield mode, FreeBits(space.dimension(ranges), sum(stop - start for _, start, stop in ranges))


def _classes(space: KeySpace, group: Group, modes: Modes, i: int) -> Iterator[ClassKeys]:
    for layout in group.ports[i].live:
        reads = tuple(ranges_of(read_bits(group, modes, i, [layout])))
        yield ClassKeys(layout.packet_class, reads, space.dimension([(i, *run) for run in reads]))


def ranges_of(bits: Iterable[int]) -> Iterator[Range]:
    """Ascending numbers as ranges."""
    start = stop = None
    for bit in bits:
        if start is None or stop is None:
            start, stop = bit, bit + 1
        elif bit == stop:
            stop += 1
        else:
            yield start, stop
            start, stop = bit, bit + 1
    if start is not None and stop is not None:
        yield start, stop
