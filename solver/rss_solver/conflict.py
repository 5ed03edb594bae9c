"""Why no key exists: a minimal set of lines of the spec that no key satisfies.

A class's index is constant for every key when all key bits it reads are forced to zero. Tracing those zeros
through the equations gives the lines that force them (a certificate); deleting what is not needed from it
makes the set minimal: without any one of its lines, a key exists for the rest.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from rss_dsl.problem import HashInput, Problem
from rss_solver.choose import index_range, reach
from rss_solver.groups import Group, modes
from rss_solver.keyspace import Inconsistent, KeySpace
from rss_solver.smt import pick_nonzero
from rss_solver.statement import Statement
from rss_solver.trace import lines_behind_zero


class Reason(Enum):
    """What kind of impossibility it is."""

    CONSTANT = "constant"
    """A class's index is the same for all its packets."""
    PINNED = "pinned"
    """Pinned keys break the equations."""
    JOINT = "joint"
    """Every class alone could be spread, but not all of them with one set of keys."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """No key exists."""

    reason: Reason
    lines: tuple[int, ...]
    """Indices into `Problem.lines`, ascending; minimal."""
    port: int
    """A port whose packets cannot be spread (with PINNED: a port with a pinned key)."""
    packet_classes: tuple[str, ...]
    """Its classes that cannot be spread; empty with PINNED and JOINT."""


def explain_conflict(problem: Problem, statement: Statement, group: Group) -> Conflict:
    """The conflict of a group for which no key exists."""
    mode = modes(problem)[0]
    search = _Search(problem, statement, group, mode)
    candidates = search.certificate()
    for line in candidates:
        smaller = [other for other in candidates if other != line]
        if search.conflicts(smaller):
            candidates = smaller
    return search.describe(candidates)


class _Search:
    """Solves the group again with some of its lines only."""

    def __init__(self, problem: Problem, statement: Statement, group: Group, mode: str) -> None:
        self.problem, self.statement, self.group, self.mode = problem, statement, group, mode
        self.pin_of = statement.pins

    def certificate(self) -> list[int]:
        """Lines that conflict, not yet minimal: those behind one class's zeros, or all of the group's."""
        everything = self.all_lines()
        space = self.space(everything)
        if not isinstance(space, Inconsistent):
            for i, layout in self.needed():
                start, stop = index_range(layout, self.group.ports[i].table_size)
                if space.is_zero(i, start, stop):
                    bits = [(i, bit) for bit in range(start, stop)]
                    found = lines_behind_zero(self.statement, self.group, self.mode, bits)
                    if found is not None:
                        return sorted(found)
        return everything

    def all_lines(self) -> list[int]:
        """Every line that has a say in the group."""
        lines = {line for window in self.group.windows for line in self.statement.windows[window]}
        lines |= {self.pin_of[i] for i in self.group.pinned}
        return sorted(lines)

    def space(self, lines: Collection[int]) -> KeySpace | Inconsistent:
        """The key space under some lines."""
        kept = set(lines)
        windows = [w for w in self.group.windows if kept.intersection(self.statement.windows[w])]
        pinned = {i: key for i, key in self.group.pinned.items() if self.pin_of[i] in kept}
        return replace(self.group, windows=tuple(windows), pinned=pinned).space(self.mode)

    def needed(self) -> list[tuple[int, HashInput]]:
        """The classes that must spread."""
        return [
            (i, layout) for i, port in self.group.ports.items() if port.queues > 1 for layout in port.live
        ]

    def conflicts(self, lines: Collection[int]) -> bool:
        """Whether these lines alone leave no key."""
        space = self.space(lines)
        if isinstance(space, Inconsistent):
            return True
        forms = [reach(space, i, layout, self.group.ports[i]) for i, layout in self.needed()]
        if any(not any(group) for group in forms):
            return True
        return not _easily_nonzero(space, forms) and pick_nonzero(forms) is None

    def describe(self, lines: Sequence[int]) -> Conflict:
        """What the conflict is about."""
        space = self.space(lines)
        if isinstance(space, Inconsistent):
            return Conflict(Reason.PINNED, tuple(lines), min(self.group.pinned), ())
        stuck: dict[int, list[str]] = {}
        for i, layout in self.needed():
            if not any(reach(space, i, layout, self.group.ports[i])):
                stuck.setdefault(i, []).append(layout.packet_class)
        if not stuck:
            return Conflict(Reason.JOINT, tuple(lines), next(iter(self.group.ports)), ())
        port = min(stuck)
        return Conflict(Reason.CONSTANT, tuple(lines), port, tuple(stuck[port]))


def _easily_nonzero(space: KeySpace, forms: Sequence[Sequence[int]]) -> bool:
    """Whether setting every free bit spreads every class already; spares a solver call."""
    ones = sum(1 << label for label in space.free_labels) | 1
    return all(any((form & ones).bit_count() & 1 for form in group) for group in forms)
