"""Requirements that tie hashed packets to packets the NIC does not hash.

Unhashed packets all land on the default queue, hashed ones anywhere: such a pair meets only by luck.
"""

from __future__ import annotations

from collections.abc import Iterator

from rss_dsl.codes import MAYBE_UNHASHED, SPLIT_UNHASHED, VACUOUS
from rss_dsl.diagnostics import Diagnostic
from rss_dsl.fields import packet_classes
from rss_dsl.problem import Port, Problem, Requirement
from rss_solver.ties import beyond_equalities, satisfiable

Split = tuple[str, str]
"""(port, unhashed class)."""


def coverage(problem: Problem) -> Iterator[Diagnostic]:
    """One diagnostic per line for the unhashed classes it can touch, and one if `traffic` names them."""
    named: dict[int, dict[Split, None]] = {}
    unnamed: dict[int, dict[Split, None]] = {}
    live: set[int] = set()
    for requirement in problem.requirements:
        if beyond_equalities(requirement.condition):
            live.add(requirement.line)
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
                help="hash a class that has the fields it compares, or remove it",
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
    classes = packet_classes()
    for unhashed in _unhashed(second):
        if any(
            satisfiable(requirement.condition, (classes[layout.packet_class], classes[unhashed]))
            for layout in first.live
        ):
            yield second, (second.name, unhashed)
    for unhashed in _unhashed(first):
        if any(
            satisfiable(requirement.condition, (classes[unhashed], classes[layout.packet_class]))
            for layout in second.live
        ):
            yield first, (first.name, unhashed)


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
    classes = packet_classes()
    return any(
        satisfiable(requirement.condition, (classes[a.packet_class], classes[b.packet_class]))
        for a in problem.ports[requirement.first].live
        for b in problem.ports[requirement.second].live
    )
