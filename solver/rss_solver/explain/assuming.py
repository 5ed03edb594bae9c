"""The `assume` statements of a problem, each of which can be about several ports."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from rss_dsl.problem import Problem


def statements(problem: Problem, ports: Collection[int]) -> tuple[int, ...]:
    """Those about some of the ports: of each the first of its indices into `Problem.assumptions`."""
    found: dict[int, None] = {}
    for entry in problem.assumptions:
        if entry.port in ports:
            found[next(i for i, one in enumerate(problem.assumptions) if one.span == entry.span)] = None
    return tuple(found)


def unassumed(problem: Problem, statement: int) -> Problem:
    """The problem as if a statement were not there."""
    span = problem.assumptions[statement].span
    return replace(problem, assumptions=tuple(a for a in problem.assumptions if a.span != span))
