"""Why no key exists: a minimal set of lines of the spec that no key satisfies.

A class's index is constant for every key when all key bits it reads are forced to zero. Tracing those zeros
through the equations gives the lines that force them (a certificate); leaving out what is not needed makes
the set minimal: without any one of its lines, a key exists for the rest of the set.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from rss_dsl.problem import Problem
from rss_solver.choose import index_range, needed, reach
from rss_solver.groups import Group, Modes, weakest
from rss_solver.keyspace import Inconsistent, KeySpace
from rss_solver.smt.booleans import pick_nonzero
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
    search = _Search(statement, group, group.all(weakest(problem)))
    return search.describe(sorted(search.minimal([], False, search.certificate())))


class _Search:
    """Solves the group again with some of its lines only."""

    def __init__(self, statement: Statement, group: Group, modes: Modes) -> None:
        self.statement, self.group, self.modes = statement, group, modes

    def certificate(self) -> list[int]:
        """Lines that conflict, not yet minimal: those behind one class's zeros, or all of the group's."""
        everything = self.all_lines()
        space = self.space(everything)
        if not isinstance(space, Inconsistent):
            for i, layout in needed(self.group):
                start, stop = index_range(self.group, i, layout)
                if space.is_zero(i, start, stop):
                    bits = [(i, bit) for bit in range(start, stop)]
                    found = lines_behind_zero(self.statement, self.group, self.modes, bits)
                    if found is not None:
                        return sorted(found)
        return everything

    def minimal(self, kept: list[int], added: bool, lines: list[int]) -> list[int]:
        """A minimal part of `lines` that conflicts together with `kept` (QuickXplain, Junker 2004).

        `added`: whether `kept` has grown since it was last found not to conflict by itself.
        """
        if added and self.conflicts(kept):
            return []
        if len(lines) == 1:
            return lines
        half = len(lines) // 2
        first, second = lines[:half], lines[half:]
        of_second = self.minimal(kept + first, bool(first), second)
        of_first = self.minimal(kept + of_second, bool(of_second), first)
        return of_first + of_second

    def all_lines(self) -> list[int]:
        """Every line that has a say in the group."""
        lines = {line for window in self.group.windows for line in self.statement.windows[window]}
        lines |= {self.statement.pins[i] for i in self.group.pinned}
        return sorted(lines)

    def space(self, lines: Collection[int]) -> KeySpace | Inconsistent:
        """The key space under some lines."""
        kept = set(lines)
        windows = [w for w in self.group.windows if kept.intersection(self.statement.windows[w])]
        pinned = {i: key for i, key in self.group.pinned.items() if self.statement.pins[i] in kept}
        return replace(self.group, windows=tuple(windows), pinned=pinned).space(self.modes)

    def conflicts(self, lines: Collection[int]) -> bool:
        """Whether these lines alone leave no key."""
        space = self.space(lines)
        if isinstance(space, Inconsistent):
            return True
        forms = [reach(space, self.group, i, layout) for i, layout in needed(self.group)]
        if any(not any(group) for group in forms):
            return True
        return not _easily_nonzero(space, forms) and pick_nonzero(forms) is None

    def describe(self, lines: Sequence[int]) -> Conflict:
        """What the conflict is about."""
        space = self.space(lines)
        if isinstance(space, Inconsistent):
            return Conflict(Reason.PINNED, tuple(lines), min(self.group.pinned), ())
        stuck: dict[int, list[str]] = {}
        for i, layout in needed(self.group):
            if not any(reach(space, self.group, i, layout)):
                stuck.setdefault(i, []).append(layout.packet_class)
        if not stuck:
            return Conflict(Reason.JOINT, tuple(lines), next(iter(self.group.ports)), ())
        port = min(stuck)
        return Conflict(Reason.CONSTANT, tuple(lines), port, tuple(stuck[port]))


def _easily_nonzero(space: KeySpace, forms: Sequence[Sequence[int]]) -> bool:
    """Whether setting every free bit spreads every class already; spares a solver call."""
    ones = sum(1 << label for label in space.free_labels) | 1
    return all(any((form & ones).bit_count() & 1 for form in group) for group in forms)
