"""How good a choice of field sets is: what the solver's own key search makes of it, in a few samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from random import Random

from rss_dsl.check.functions import layouts
from rss_dsl.check.switches import Selection
from rss_dsl.problem import HashInput, Port, Problem, Requirement, SharedKey
from rss_solver.choice.choose import choose
from rss_solver.choice.tables import fill
from rss_solver.keyspace.groups import groups, weakest
from rss_solver.keyspace.space import Inconsistent
from rss_solver.keyspace.statement import state
from rss_solver.solution import ClassSpread

Inputs = tuple[HashInput | None, ...]
"""What each port hashes of one class."""

SAMPLES = 6
"""Keys looked at for one choice."""


@dataclass(frozen=True, slots=True, order=True)
class Rating:
    """The worst class's share of the queues, clustered first. Greater is better; a conflict is the least."""

    key_exists: bool
    clustered: Fraction
    plain: Fraction

    @property
    def perfect(self) -> bool:
        """Whether no other can be better."""
        return self.clustered == 1 == self.plain


CONFLICT = Rating(False, Fraction(0), Fraction(0))


@dataclass(frozen=True, slots=True)
class Rated:
    """A choice's rating, and how each class of each port spreads (nothing with a conflict)."""

    rating: Rating
    spread: Mapping[int, tuple[ClassSpread, ...]]


def configured(port: Port, selection: Selection) -> Port:
    """The port with its hash chosen."""
    switches = (switch for switch, _ in selection.switches)
    inputs = layouts(port.nic, port.function, selection.inputs, switches)
    return replace(port, inputs=inputs, switches=selection.switches, auto=False)


def part(problem: Problem, members: Sequence[int]) -> Problem:
    """The problem of some ports that nothing ties to others; they are numbered anew, in order."""
    place = {port: number for number, port in enumerate(members)}
    return replace(
        problem,
        ports=tuple(problem.ports[i] for i in members),
        requirements=tuple(_moved(r, place) for r in problem.requirements if r.first in place),
        shared_keys=tuple(
            SharedKey(s.line, place[s.first], place[s.second])
            for s in problem.shared_keys
            if s.first in place
        ),
        pinned_lines=tuple((line, place[i]) for line, i in problem.pinned_lines if i in place),
        assumptions=tuple(replace(a, port=place[a.port]) for a in problem.assumptions if a.port in place),
        preferences=(),
        nf=None,
    )


def _moved(requirement: Requirement, place: Mapping[int, int]) -> Requirement:
    return replace(requirement, first=place[requirement.first], second=place[requirement.second])


def rate(problem: Problem) -> Rated:
    """What the best of a few keys gives each class; the same problem has the same rating."""
    statement = state(problem)
    tables = fill(problem.ports, statement.components)
    spread: dict[int, tuple[ClassSpread, ...]] = {}
    for group in groups(problem, statement):
        space = group.space(group.all(weakest(problem)))
        if isinstance(space, Inconsistent):
            return Rated(CONFLICT, {})
        own = {i: tables[i] for i in group.ports}
        found = choose(space, group, own, Random(0), samples=SAMPLES)
        if found is None:
            return Rated(CONFLICT, {})
        spread.update(found.spread)
    return Rated(_rating(problem.ports, spread), spread)


class Rater:
    """Rates choices for the same ports, and remembers which classes' fields leave no key by themselves.

    With more classes there are more equations and more to spread: such a choice is a conflict whatever else
    is hashed. That needs index bits that do not depend on which ports are tied, so tables that are alike.
    """

    def __init__(self) -> None:
        self.alone: dict[Inputs, bool] = {}
        """By what the ports hash of one class: whether it leaves no key. Asked once a choice leaves none."""
        self.conflicted = False

    def rate(self, problem: Problem) -> Rated:
        """As `rate`."""
        if self.conflicted and self._hopeless(problem):
            return Rated(CONFLICT, {})
        found = rate(problem)
        self.conflicted = self.conflicted or not found.rating.key_exists
        return found

    def _hopeless(self, problem: Problem) -> bool:
        ports = problem.ports
        if len({(port.table_size, port.nic.index.value) for port in ports}) > 1:
            return False
        names = dict.fromkeys(entry.packet_class for port in ports for entry in port.inputs)
        return any(self._class_conflicts(problem, name) for name in names)

    def _class_conflicts(self, problem: Problem, name: str) -> bool:
        hashed = tuple(port.input_of(name) for port in problem.ports)
        if hashed not in self.alone:
            ports = zip(problem.ports, hashed, strict=True)
            own = tuple(replace(port, inputs=(entry,) if entry else ()) for port, entry in ports)
            self.alone[hashed] = not rate(replace(problem, ports=own)).rating.key_exists
        return self.alone[hashed]


def _rating(ports: Sequence[Port], spread: Mapping[int, tuple[ClassSpread, ...]]) -> Rating:
    clustered = [_share(s.clustered_queues, ports[i]) for i, found in spread.items() for s in found]
    plain = [_share(s.queues, ports[i]) for i, found in spread.items() for s in found]
    return Rating(True, min(clustered, default=Fraction(1)), min(plain, default=Fraction(1)))


def _share(reached: int, port: Port) -> Fraction:
    return Fraction(reached, port.queues)


def classes_of(inputs: Sequence[HashInput]) -> dict[str, tuple[str, ...]]:
    """Fields by class."""
    return {entry.packet_class: entry.fields for entry in inputs}
