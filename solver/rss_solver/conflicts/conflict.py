"""Why no key exists: the fewest lines of the spec that no key satisfies.

A class's index is constant for every key when all key bits it reads are forced to zero. Tracing those zeros
through the equations gives lines that force them (a certificate); leaving out what is not needed makes the
set minimal: without any one of its lines, a key exists for the rest of the set. Whether a smaller set
conflicts as well is decided by implicit hitting sets (Ignatiev et al., CP 2015): every conflict has a line
in common with every complement of a set that leaves a key.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from rss_dsl.problem import HashInput, Problem
from rss_solver.choice.choose import index_sums, needed, reach
from rss_solver.conflicts.hitting import GivenUpError, minimum_hitting_set
from rss_solver.keyspace.groups import Group, Modes, weakest
from rss_solver.keyspace.space import Inconsistent, KeySpace
from rss_solver.keyspace.statement import Statement
from rss_solver.keyspace.trace import KeyBit, Tracer
from rss_solver.smt.booleans import pick_nonzero

MOST_LINES = 12
"""Conflicts of more lines than this are minimal only: that none is smaller is not looked into."""

EFFORT = 150_000
"""Window equations and classes to look at on the way to the minimum; with more, it is minimal only."""

CLASS_COST = 20
"""What looking at a class costs, in window equations."""

CERTIFICATES = 8
"""Classes without a key whose certificates are compared."""


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
    minimum: bool = False
    """Whether no smaller set of lines conflicts in these ports; False where that was not decided."""


def explain_conflict(problem: Problem, statement: Statement, group: Group) -> Conflict:
    """The conflict of a group for which no key exists."""
    search = Search(statement, group, group.all(weakest(problem)))
    minimal = search.minimal([], False, search.certificate())
    try:
        smaller = search.smaller(minimal)
    except GivenUpError:
        return search.describe(sorted(minimal), False)
    return search.describe(sorted(smaller or minimal), True)


def reduced(group: Group, statement: Statement, lines: Collection[int]) -> Group:
    """The group with the equations and pinned keys of some lines only."""
    kept = set(lines)
    windows = [w for w in group.windows if kept.intersection(statement.windows[w])]
    pinned = {i: key for i, key in group.pinned.items() if statement.pins[i] in kept}
    return replace(group, windows=tuple(windows), pinned=pinned)


class Search:
    """Solves a group again with some of its lines only."""

    def __init__(self, statement: Statement, group: Group, modes: Modes) -> None:
        self.statement, self.group, self.modes = statement, group, modes
        self.known: dict[frozenset[int], bool] = {}
        self.effort: int | None = None
        """What is left of `EFFORT` while a minimum is searched for."""

    def certificate(self) -> list[int]:
        """Lines that conflict, not yet minimal: the fewest behind a class's zeros, or all of the group's."""
        everything = self.all_lines()
        space = self.space(everything)
        if isinstance(space, Inconsistent):
            return everything
        stuck = list(self._stuck(space))[:CERTIFICATES]
        if not stuck:
            return everything
        tracer = Tracer(self.statement, self.group, self.modes)
        found = [tracer.behind(index_sums(self.group, i, layout)) for i, layout in stuck]
        named = [sorted({origin.line for origin in origins}) for origins in found if origins is not None]
        return min([*named, everything], key=len)

    def _stuck(self, space: KeySpace) -> Iterator[tuple[int, HashInput]]:
        """Classes whose index is constant, those that read the same key bits once."""
        seen: set[tuple[tuple[KeyBit, ...], ...]] = set()
        for i, layout in needed(self.group):
            where = tuple(index_sums(self.group, i, layout))
            if where not in seen and not any(reach(space, self.group, i, layout)):
                seen.add(where)
                yield i, layout

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

    def smaller(self, minimal: Collection[int]) -> tuple[int, ...] | None:
        """A minimum conflict if it has fewer lines than this one, None if there is none smaller.

        GivenUpError where that takes more than it is worth.
        """
        if len(minimal) == 1:
            return None
        if len(minimal) > MOST_LINES:
            raise GivenUpError
        everything = self.all_lines()
        self.effort = EFFORT
        corrections: list[frozenset[int]] = []
        while (chosen := minimum_hitting_set(corrections, len(minimal))) is not None:
            if self.conflicts(chosen):
                return chosen
            rest = [line for line in everything if line not in chosen]
            corrections.append(frozenset(everything).difference(self.grown(list(chosen), rest)))
        return None

    def grown(self, kept: list[int], lines: list[int]) -> list[int]:
        """`kept`, which leaves a key, with as many of `lines` as still do."""
        if not lines or not self.conflicts(kept + lines):
            return kept + lines
        if len(lines) == 1:
            return kept
        half = len(lines) // 2
        return self.grown(self.grown(kept, lines[:half]), lines[half:])

    def all_lines(self) -> list[int]:
        """Every line that has a say in the group."""
        lines = {line for window in self.group.windows for line in self.statement.windows[window]}
        lines |= {self.statement.pins[i] for i in self.group.pinned}
        return sorted(lines)

    def space(self, lines: Collection[int]) -> KeySpace | Inconsistent:
        """The key space under some lines."""
        return reduced(self.group, self.statement, lines).space(self.modes)

    def conflicts(self, lines: Collection[int]) -> bool:
        """Whether these lines alone leave no key."""
        wanted = frozenset(lines)
        if wanted not in self.known:
            self.known[wanted] = self._conflicts(wanted)
        return self.known[wanted]

    def _conflicts(self, lines: Collection[int]) -> bool:
        self._pay(len(self.group.windows) + CLASS_COST * len(needed(self.group)))
        space = self.space(lines)
        return isinstance(space, Inconsistent) or not self.spreadable(space, needed(self.group))

    def _pay(self, cost: int) -> None:
        if self.effort is not None:
            self.effort -= cost
            if self.effort < 0:
                raise GivenUpError

    def spreadable(self, space: KeySpace, classes: Sequence[tuple[int, HashInput]]) -> bool:
        """Whether one set of keys spreads all of these classes."""
        forms = [reach(space, self.group, i, layout) for i, layout in classes]
        if not all(any(group) for group in forms):
            return False
        return _easily_nonzero(space, forms) or pick_nonzero(forms) is not None

    def describe(self, lines: Sequence[int], minimum: bool) -> Conflict:
        """What the conflict is about."""
        space = self.space(lines)
        if isinstance(space, Inconsistent):
            port = min(i for i in self.group.pinned if self.statement.pins[i] in lines)
            return Conflict(Reason.PINNED, tuple(lines), port, (), minimum)
        stuck: dict[int, list[str]] = {}
        for i, layout in needed(self.group):
            if not any(reach(space, self.group, i, layout)):
                stuck.setdefault(i, []).append(layout.packet_class)
        if not stuck:
            return Conflict(Reason.JOINT, tuple(lines), next(iter(self.group.ports)), (), minimum)
        port = min(stuck)
        return Conflict(Reason.CONSTANT, tuple(lines), port, tuple(stuck[port]), minimum)


def _easily_nonzero(space: KeySpace, forms: Sequence[Sequence[int]]) -> bool:
    """Whether setting every free bit spreads every class already; spares a solver call."""
    ones = sum(1 << label for label in space.free_labels) | 1
    return all(any((form & ones).bit_count() & 1 for form in group) for group in forms)
