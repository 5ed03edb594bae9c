"""Where a command's keys come from: `--keys`, or solving the spec; and what is doubtful about given ones."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from rss_dsl.check.lints import public_key
from rss_dsl.check.report import Report
from rss_dsl.diagnostics import Diagnostic, RssError
from rss_dsl.problem import Port, Problem
from rss_solver.conflicts.conflict import Conflict
from rss_solver.diagnostics.findings import spread_findings
from rss_solver.keys import GivenKey, apply, apply_one
from rss_solver.proof import Proof, Verdict
from rss_solver.solution import PortSolution, Solution
from rssc.exits import Exit
from rssc.inputs import Given, find_port, read_given
from rssc.outcome import conflict_exit, unproven_exit
from rssc.pipeline import Checked, NoKey, compile_spec, front, ready, solve
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


def keys_for(
    options: argparse.Namespace, without: Callable[[Problem], Diagnostic | None] | None = None
) -> Keys | Exit:
    """The keys a command works with, or the exit code if there are none.

    Where no key satisfies the requirements, `without` may tell why the command can do without them.
    """
    if options.keys:
        return _given(options)
    compiled = compile_spec(options.spec, getattr(options, "seed", None))
    if isinstance(compiled, NoKey):
        remark = without(compiled.problem) if without else None
        if remark:
            return _any_keys(compiled, remark)
        return conflict_exit(compiled.problem, compiled.conflict, options.format)
    if not isinstance(compiled.verdict, Proof):
        return unproven_exit(compiled.problem, compiled.verdict, options.format)
    return Keys(compiled.problem, compiled.solved.solution, compiled.findings, compiled.verdict)


def _any_keys(compiled: NoKey, remark: Diagnostic) -> Keys:
    """Keys that only spread the load."""
    free = replace(compiled.problem, requirements=())
    solved = solve(free)
    if isinstance(solved, Conflict):  # a pinned or shared key is at fault
        raise RssError([remark])
    return Keys(free, solved.solution, (*compiled.findings, remark), None)


def _given(options: argparse.Namespace) -> Keys:
    checked, given = _ready(options)
    problem = checked.problem
    solution = apply(problem, given.keys, given.where)
    doubts = (*_public(given.keys), *spread_findings(problem, solution, given=True))
    return Keys(problem, solution, (*checked.findings, *doubts), None)


def _ready(options: argparse.Namespace) -> tuple[Checked, Given]:
    """The problem and the keys given for it; where the spec leaves the hash open, a lock file's is taken."""
    given = read_given(front(options.spec).problem, options.keys)
    fields = {entry.port: entry.fields for entry in given.keys if entry.fields is not None}
    return ready(options.spec, fields), given


def _public(given: Iterable[GivenKey]) -> Iterator[Diagnostic]:
    """Keys that everybody knows."""
    report = Report()
    for entry in given:
        public_key(entry.key, entry.span, report)
    for finding in report.sorted():
        yield replace(finding, help="let `rssc solve` choose one")


@dataclass(frozen=True, slots=True)
class PortKey:
    """A key for one port of a problem."""

    port: Port
    solved: PortSolution
    findings: tuple[Diagnostic, ...]


def port_key(options: argparse.Namespace, name: str) -> PortKey | Exit:
    """The key of one port, or the exit code if there is none; `--keys` need not have the others'."""
    if options.keys:
        checked, given = _ready(options)
        problem, index = checked.problem, find_port(checked.problem, name)
        solved = apply_one(problem, given.keys, given.where, name)
        return PortKey(problem.ports[index], solved, checked.findings)
    found = keys_for(options)
    if isinstance(found, Exit):
        return found
    index = find_port(found.problem, name)
    return PortKey(found.problem.ports[index], found.solution.ports[index], found.findings)
