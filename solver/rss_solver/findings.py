"""What is worth a warning about a solution."""

from __future__ import annotations

from collections.abc import Iterator

from rss_dsl.codes import FEW_QUEUES
from rss_dsl.diagnostics import Diagnostic
from rss_dsl.problem import Port, Problem
from rss_solver.solution import PortSolution, Solution


def spread_findings(problem: Problem, solution: Solution) -> Iterator[Diagnostic]:
    """Classes whose traffic, or whose traffic from few prefixes, cannot reach all queues of their port."""
    for port, solved in zip(problem.ports, solution.ports, strict=True):
        limited: dict[tuple[int, int], list[str]] = {}
        for spread in solved.spread:
            if min(spread.queues, spread.clustered_queues) < port.queues:
                limited.setdefault((spread.queues, spread.clustered_queues), []).append(spread.packet_class)
        for (plain, clustered), classes in limited.items():
            yield _few(port, solved, plain, clustered, classes)


def _few(port: Port, solved: PortSolution, plain: int, clustered: int, classes: list[str]) -> Diagnostic:
    names = ", ".join(f"`{name}`" for name in classes)
    if plain < port.queues:
        message = f"{names} on `{port.name}` can reach {plain} of {port.queues} queues"
    else:
        message = f"{names} on `{port.name}` from few prefixes can reach {clustered} of {port.queues} queues"
    return Diagnostic(
        rule=FEW_QUEUES, message=message, span=port.span, help=_way_out(solved, plain, clustered)
    )


def _way_out(solved: PortSolution, plain: int, clustered: int) -> str:
    if solved.equality == "hash":
        return "`equality index` needs fewer hash bits to agree and may leave more of the key free"
    if clustered < plain:
        return "only leading address bits are left to tell packets apart, and they vary little within a site"
    return "loosen a requirement, or hash fields that it does not tie"
