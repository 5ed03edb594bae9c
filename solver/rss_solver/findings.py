"""What is worth a warning about a solution."""

from __future__ import annotations

from collections.abc import Iterator

from rss_dsl.codes import FEW_QUEUES
from rss_dsl.diagnostics import Diagnostic
from rss_dsl.problem import Port, Problem
from rss_dsl.source import Span
from rss_solver.solution import PortSolution, Solution


def spread_findings(problem: Problem, solution: Solution, *, given: bool = False) -> Iterator[Diagnostic]:
    """Classes whose traffic, or whose traffic from few prefixes, cannot reach all queues of their port.

    `given`: the keys are from outside, so that others may do better.
    """
    for i, (port, solved) in enumerate(zip(problem.ports, solution.ports, strict=True)):
        limited: dict[tuple[int, int], list[str]] = {}
        for spread in solved.spread:
            if min(spread.queues, spread.clustered_queues) < port.queues:
                limited.setdefault((spread.queues, spread.clustered_queues), []).append(spread.packet_class)
        for (plain, clustered), classes in limited.items():
            message = _message(port, plain, clustered, classes)
            if given:
                yield _few(message, port.span, _given_way_out(port, solved))
            else:
                span = port.pinned.span if port.pinned else port.span
                yield _few(message, span, _way_out(problem, solution, i, plain, clustered))


def _message(port: Port, plain: int, clustered: int, classes: list[str]) -> str:
    names = ", ".join(f"`{name}`" for name in classes)
    if plain < port.queues:
        return f"{names} on `{port.name}` can reach {plain} of {port.queues} queues"
    return f"{names} on `{port.name}` from few prefixes can reach {clustered} of {port.queues} queues"


def _few(message: str, span: Span, way_out: str) -> Diagnostic:
    return Diagnostic(rule=FEW_QUEUES, message=message, span=span, help=way_out)


def _given_way_out(port: Port, solved: PortSolution) -> str:
    named = len(set(solved.table))
    if named < port.queues:
        return f"the table names {named} of them only"
    return "the given key leaves no better spread; `rssc solve` looks for the best one"


def _way_out(problem: Problem, solution: Solution, i: int, plain: int, clustered: int) -> str:
    if problem.ports[i].pinned:
        return "the pinned key leaves no better spread; solve without it"
    if problem.equality == "hash":
        return "`equality index` needs fewer hash bits to agree and may leave more of the key free"
    if clustered < plain:
        return "only leading address bits are left to tell packets apart, and they vary little within a site"
    tied = next((ports for ports in solution.components if i in ports), ())
    pinned = [problem.ports[other].name for other in tied if problem.ports[other].pinned]
    if pinned:
        return f"the pinned key of `{pinned[0]}` has a say in it; try to solve without it"
    return "loosen a requirement, or hash fields that it does not tie"
