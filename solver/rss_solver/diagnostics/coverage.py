"""Traffic that the NIC does not hash, and requirements that tie hashed packets to it, or nothing at all.

Unhashed packets all land on the default queue, hashed ones anywhere: such a pair meets only by luck. What Z3
cannot tell within its limit counts as said and as covered here; solving says that it is undecided.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from rss_dsl.assumptions import assumed, tied
from rss_dsl.codes import ASSUMED_AWAY, MAYBE_UNHASHED, SPLIT_UNHASHED, UNHASHED_TRAFFIC, VACUOUS
from rss_dsl.diagnostics import Diagnostic
from rss_dsl.fields import packet_classes
from rss_dsl.problem import AllOf, Condition, Port, Problem, Requirement
from rss_solver.keyspace.statement import class_pairs
from rss_solver.limits import LimitReachedError
from rss_solver.tied import satisfiable

Split = tuple[str, str]
"""(port, unhashed class)."""


def coverage(problem: Problem) -> Iterator[Diagnostic]:
    """What requirements and assumptions miss.

    One diagnostic per line for the unhashed classes it can touch, and one if `traffic` names them; one for
    each requirement that says nothing, for each port with classes that its assumptions leave no packets, and
    for each port whose `traffic` names unhashed classes that no line is blamed for.
    """
    for port in dict.fromkeys(assumption.port for assumption in problem.assumptions):
        yield from _assumed_away(problem, port)
    named: dict[int, dict[Split, None]] = {}
    yield from _requirements(problem, named)
    yield from _on_default_queue(problem, {split for splits in named.values() for split in splits})


def _on_default_queue(problem: Problem, blamed: Collection[Split]) -> Iterator[Diagnostic]:
    """Ports on which classes that matter share one queue of several."""
    for port in problem.ports:
        if port.auto or port.traffic is None or port.queues == 1:
            continue
        classes = [f"`{name}`" for name in _unhashed(port) if (port.name, name) not in blamed]
        if classes:
            yield Diagnostic(
                rule=UNHASHED_TRAFFIC,
                message=f"`traffic` names {', '.join(classes)}, not hashed on `{port.name}`:"
                " all of it goes to the default queue",
                span=port.span,
                help="add it to `hash`, or leave it out of `traffic` if one queue is meant for it",
            )


def _requirements(problem: Problem, named: dict[int, dict[Split, None]]) -> Iterator[Diagnostic]:
    """What lines miss; `named` takes the unhashed classes of `traffic` that they tie to hashed ones."""
    unnamed: dict[int, dict[Split, None]] = {}
    live: set[int] = set()
    for requirement in problem.requirements:
        if any(problem.ports[i].auto for i in (requirement.first, requirement.second)):
            live.add(requirement.line)  # What is hashed is still to be chosen.
            continue
        for port, split in _splits(problem, requirement):
            found = unnamed if port.traffic is None else named
            found.setdefault(requirement.line, {})[split] = None
        if _says_something(problem, requirement):
            live.add(requirement.line)
    for line, label in enumerate(problem.lines):
        if line in named:
            yield _diagnostic(problem, line, named[line], certain=True)
        if line in unnamed:
            yield _diagnostic(problem, line, unnamed[line], certain=False)
        if line not in live and any(r.line == line for r in problem.requirements):
            yield Diagnostic(
                rule=VACUOUS,
                message=f"`{label.label}` says nothing: no two packets of the hashed classes satisfy it",
                span=label.span,
                help="hash a class that has the fields it compares, or correct or remove it",
            )


def _diagnostic(problem: Problem, line: int, splits: dict[Split, None], certain: bool) -> Diagnostic:
    named = {port for port, _ in splits}
    ports = " and ".join(f"`{port.name}`" for port in problem.ports if port.name in named)
    classes = ", ".join(f"`{name}`" for name in dict.fromkeys(name for _, name in splits))
    verb = "ties" if certain else "can tie"
    return Diagnostic(
        rule=SPLIT_UNHASHED if certain else MAYBE_UNHASHED,
        message=f"`{problem.lines[line].label}` {verb} hashed packets to {classes}, not hashed on {ports}",
        span=problem.lines[line].span,
        help="hash these classes too, or keep them out of `traffic`"
        if certain
        else "name the classes that matter with `traffic`, or hash these too: they go to the default queue",
    )


def _splits(problem: Problem, requirement: Requirement) -> Iterator[tuple[Port, Split]]:
    """Unhashed classes on either side that a live class of the other side can be tied to."""
    first, second = problem.ports[requirement.first], problem.ports[requirement.second]
    if requirement.only is not None or max(first.queues, second.queues) == 1:
        return
    for unhashed in _unhashed(second):
        if any(_tie(problem, requirement, hashed.packet_class, unhashed) for hashed in first.live):
            yield second, (second.name, unhashed)
    for unhashed in _unhashed(first):
        if any(_tie(problem, requirement, unhashed, hashed.packet_class) for hashed in second.live):
            yield first, (first.name, unhashed)


def _tie(problem: Problem, requirement: Requirement, first: str, second: str) -> bool:
    """Whether the requirement certainly ties some packets of two classes."""
    return _can_hold(tied(problem, requirement, first, second), first, second) is True


def _can_hold(condition: Condition, *packet_class: str) -> bool | None:
    """Whether packets of these classes can satisfy it; None: undecided."""
    try:
        return satisfiable(condition, *packet_class)
    except LimitReachedError:
        return None


def _unhashed(port: Port) -> list[str]:
    """Classes that matter and are not hashed; without `traffic`, every class outside tunnels may turn up."""
    hashed = {layout.packet_class for layout in port.inputs}
    candidates = (
        (c.name for c in packet_classes().values() if c.tunnel is None)
        if port.traffic is None
        else port.traffic
    )
    return [name for name in candidates if name not in hashed]


def _says_something(problem: Problem, requirement: Requirement) -> bool:
    return any(
        _can_hold(tied(problem, requirement, *pair), *pair) is not False
        for first, second in class_pairs(problem, requirement)
        for pair in [(first.packet_class, second.packet_class)]
    )


def _assumed_away(problem: Problem, index: int) -> Iterator[Diagnostic]:
    """The classes that matter on a port of which its assumptions leave nothing."""
    port = problem.ports[index]
    gone = [
        layout.packet_class
        for layout in port.live
        if _can_hold(AllOf(assumed(problem, index, layout.packet_class)), layout.packet_class) is False
    ]
    if gone:
        classes = ", ".join(f"`{name}`" for name in gone)
        yield Diagnostic(
            rule=ASSUMED_AWAY,
            message=f"what is assumed of `{port.name}` leaves no packets of {classes}",
            span=next(a.span for a in problem.assumptions if a.port == index),
            help="correct the assumption, or leave the classes out with `traffic`",
        )
