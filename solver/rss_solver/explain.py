"""What the requirements leave of the keys: free bits, forced zeros, and what would resolve a conflict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import zip_longest

from rss_dsl.problem import Problem
from rss_solver.conflict import Conflict
from rss_solver.groups import Group, Modes, groups
from rss_solver.keyspace import Inconsistent, KeySpace
from rss_solver.solve import Solved, solve
from rss_solver.spread import index_bits
from rss_solver.statement import state
from rss_solver.toeplitz import HASH_BITS

Range = tuple[int, int]
"""Bits `[from, to)`."""


@dataclass(frozen=True, slots=True)
class ClassKeys:
    """What a class reads of its port's key, under the equality mode that was chosen."""

    packet_class: str
    key_range: Range
    free: int
    zero: tuple[Range, ...]
    """Forced to zero."""


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
    """By port, the low hash bits that pick an entry of its component's smallest table."""
    free: Mapping[str, FreeBits]
    """By equality mode; a mode without keys is left out."""
    classes: Mapping[int, tuple[ClassKeys, ...]]
    """By port, its live classes."""


def explain(problem: Problem, solved: Solved) -> tuple[GroupKeys, ...]:
    """The key spaces behind a solution."""
    statement = state(problem)
    result = []
    for group in groups(problem, statement):
        chosen = {i: solved.solution.ports[i].equality for i in group.ports}
        space = group.space(chosen)
        if isinstance(space, Inconsistent):
            raise ValueError("the solution is not one of this problem")
        lines = {line for window in group.windows for line in statement.windows[window]}
        result.append(
            GroupKeys(
                ports=tuple(group.ports),
                lines=tuple(sorted(lines)),
                index_bits=tuple(group.agree[i] for i in group.ports),
                free=dict(_free(group)),
                classes={i: tuple(_classes(space, group, chosen, i)) for i in group.ports},
            )
        )
    return tuple(result)


def _free(group: Group) -> Iterator[tuple[str, FreeBits]]:
    """By equality mode; a mode without keys is left out."""
    for mode in ("hash", "index"):
        space = group.space(group.all(mode))
        if not isinstance(space, Inconsistent):
            first = group.first_used_bit(group.all(mode))
            ranges = [
                (i, first[i], max(layout.bits for layout in port.live) + HASH_BITS - 1)
                for i, port in group.ports.items()
                if port.live
            ]
            yield mode, FreeBits(space.dimension(ranges), sum(stop - start for _, start, stop in ranges))


def _classes(space: KeySpace, group: Group, modes: Modes, i: int) -> Iterator[ClassKeys]:
    for layout in group.ports[i].live:
        start, stop = group.first_used_bit(modes)[i], layout.bits + HASH_BITS - 1
        zeros = tuple(_runs([bit for bit in range(start, stop) if not space.form(i, bit)]))
        yield ClassKeys(layout.packet_class, (start, stop), space.dimension([(i, start, stop)]), zeros)


def _runs(bits: list[int]) -> Iterator[Range]:
    start = None
    for bit, following in zip_longest(bits, bits[1:]):
        start = bit if start is None else start
        if following != bit + 1:  # None after the last
            yield start, bit + 1
            start = None


@dataclass(frozen=True, slots=True)
class WayOut:
    """A change after which a key exists, tried out."""

    text: str


def ways_out(problem: Problem, conflict: Conflict) -> Iterator[WayOut]:
    """Changes that resolve a conflict, each verified by solving the changed problem."""
    if problem.equality == "hash" and _solvable(replace(problem, equality="index")):
        component = next(c for c in state(problem).components if conflict.port in c)
        bits = index_bits(min(problem.ports[i].table_size for i in component))
        yield WayOut(f"`equality index`: only the {bits} hash bits that pick a table entry have to agree")
    for line in conflict.lines:
        if _solvable(without(problem, line)):
            yield WayOut(f"leaving out `{problem.lines[line].label}`")
    pins = [line for line in conflict.lines if line in {pinned for pinned, _ in problem.pinned_lines}]
    if len(pins) > 1:
        unpinned = problem
        for line in pins:
            unpinned = without(unpinned, line)
        if _solvable(unpinned):
            names = ", ".join(f"`{problem.lines[line].label}`" for line in pins)
            yield WayOut(f"leaving out {names} together")


def _solvable(problem: Problem) -> bool:
    return isinstance(solve(problem), Solved)


def without(problem: Problem, line: int) -> Problem:
    """The problem as if a line of the spec were not there."""
    unpinned = {port for pinned, port in problem.pinned_lines if pinned == line}
    return replace(
        problem,
        requirements=tuple(r for r in problem.requirements if r.line != line),
        shared_keys=tuple(s for s in problem.shared_keys if s.line != line),
        pinned_lines=tuple(pin for pin in problem.pinned_lines if pin[0] != line),
        ports=tuple(
            replace(port, pinned=None) if i in unpinned else port for i, port in enumerate(problem.ports)
        ),
    )
