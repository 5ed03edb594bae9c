"""Where a command's keys come from: `--keys`, or solving the spec."""

from __future__ import annotations

import argparse
from dataclasses import dataclass

from rss_dsl.diagnostics import Diagnostic
from rss_dsl.problem import Problem
from rss_solver.conflict import Conflict
from rss_solver.proof import Verdict
from rss_solver.solution import Solution
from rssc.inputs import given_solution
from rssc.outcome import conflict_exit
from rssc.pipeline import compile_spec, ready
from rssc.progress import stage


@dataclass(frozen=True, slots=True)
class Keys:
    """Keys for a problem."""

    problem: Problem
    solution: Solution
    findings: tuple[Diagnostic, ...]
    verdict: Verdict | None
    """Solved keys come with theirs."""


def judged(keys: Keys) -> Verdict:
    """The verdict on keys; given ones are proved now."""
    if keys.verdict is not None:
        return keys.verdict
    from rss_solver.proof import verify

    with stage("proving"):
        return verify(keys.problem, keys.solution)


def keys_for(options: argparse.Namespace) -> Keys | int:
    """The keys a command works with, or the exit code if there are none."""
    if options.keys:
        checked = ready(options.spec)
        return Keys(checked.problem, given_solution(checked.problem, options.keys), checked.findings, None)
    compiled = compile_spec(options.spec, getattr(options, "seed", None))
    if isinstance(compiled.outcome, Conflict):
        return conflict_exit(compiled, options.format)
    return Keys(compiled.problem, compiled.outcome.solution, compiled.findings, compiled.verdict)
