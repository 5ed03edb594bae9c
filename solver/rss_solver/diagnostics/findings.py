"""What is worth a warning about a solution."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from rss_dsl.codes import BY_FUNCTION, FEW_QUEUES, WHOLE_HASHES
from rss_dsl.diagnostics import Diagnostic
from rss_dsl.nic import SYMMETRIC, Function
from rss_dsl.problem import Port, Problem
from rss_dsl.source import Span
from rss_solver.keyspace.statement import class_pairs, windows_between
from rss_solver.nic.index import common_picks
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
    if not given:
        yield from _whole_hashes(problem, solution)
        yield from _by_function(problem)


def _whole_hashes(problem: Problem, solution: Solution) -> Iterator[Diagnostic]:
    """Components that agree on whole hashes because no part of a hash picks an entry."""
    for component in solution.components:
        ports = [problem.ports[i] for i in component]
        if problem.equality == "auto" and len(ports) > 1 and common_picks(ports) is None:
            names = " and ".join(f"`{port.name}`" for port in ports)
            yield Diagnostic(
                rule=WHOLE_HASHES,
                message=f"{names} agree on whole hashes: no bits of a hash pick their entries",
                span=ports[0].span,
            )


def _by_function(problem: Problem) -> Iterator[Diagnostic]:
    """Requirements that the NIC's hash function satisfies whatever the key."""
    left: dict[int, bool] = {}
    for requirement in problem.requirements:
        for first, second in class_pairs(problem, requirement):
            if windows_between(problem, requirement, first, second):
                left[requirement.line] = False
            elif {first.function, second.function} & SYMMETRIC:
                plain = (replace(layout, function=Function.TOEPLITZ) for layout in (first, second))
                if windows_between(problem, requirement, *plain):
                    left.setdefault(requirement.line, True)
    for number, vanished in left.items():
        if vanished:
            line = problem.lines[number]
            yield Diagnostic(
                rule=BY_FUNCTION,
                message=f"`{line.label}` holds by the hash function alone, with any key",
                span=line.span,
            )


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
