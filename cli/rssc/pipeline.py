"""The pipeline. `compile_spec` names the stages, in order; commands stop where they have what they need."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from rss_dsl.codes import NO_PORTS
from rss_dsl.diagnostics import Diagnostic, RssError, has_errors
from rss_dsl.problem import Problem
from rss_dsl.source import Span
from rss_dsl.spec import Spec
from rssc.progress import stage

if TYPE_CHECKING:  # numpy, pysmt and Z3 load only where something is solved
    from rss_solver.conflicts.conflict import Conflict
    from rss_solver.fieldsets import Chosen, Resolved
    from rss_solver.proof import Verdict
    from rss_solver.solution import Solution
    from rss_solver.solve import Solved


@dataclass(frozen=True, slots=True)
class Checked:
    """A problem and what was found on the way to it; no errors among it."""

    problem: Problem
    findings: tuple[Diagnostic, ...]
    choices: tuple[Chosen, ...] = ()
    """What `hash auto` became."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """A spec's keys with a verdict on them."""

    problem: Problem
    findings: tuple[Diagnostic, ...]
    solved: Solved
    verdict: Verdict
    choices: tuple[Chosen, ...] = ()
    """What `hash auto` became."""


@dataclass(frozen=True, slots=True)
class NoKey:
    """A spec that no keys satisfy."""

    problem: Problem
    findings: tuple[Diagnostic, ...]
    conflict: Conflict


def load(path: str | os.PathLike[str]) -> Spec:
    """The spec in a file, with its imports; RssError with every syntax error and unreadable file."""
    from rss_dsl.loading import load as load_file

    return load_file(Path(path))


def compile_spec(
    path: str | os.PathLike[str], seed: int | None = None, engine: str = "algebra"
) -> Compiled | NoKey:
    """Text to proven keys: read and check, gate, resolve `hash auto`, solve, verify, look at the spread.

    RssError carries the findings if there are errors among them.
    """
    from rss_solver.conflicts.conflict import Conflict
    from rss_solver.diagnostics.findings import spread_findings
    from rss_solver.proof import Proof, verify
    from rss_solver.solve import solve
    from rss_synth.nf.strategy import strategy_findings

    checked = ready(path)
    problem, findings, choices = checked.problem, checked.findings, checked.choices
    with stage("solving"):
        outcome = solve(problem, seed, engine)
    if isinstance(outcome, Conflict):
        return NoKey(problem, findings, outcome)
    with stage("proving"):
        verdict = verify(problem, outcome.solution)
    findings = (*findings, *spread_findings(problem, outcome.solution))
    if isinstance(verdict, Proof):
        findings = (*findings, *strategy_findings(problem, outcome.solution))
    return Compiled(problem, findings, outcome, verdict, choices)


def solve(problem: Problem, seed: int | None = None) -> Solved | Conflict:
    """Keys for a problem, or why there are none; RssError if it asks what cannot be solved yet."""
    from rss_solver.solve import solve as find_keys

    return find_keys(resolve(problem).problem, seed)


def verify(problem: Problem, solution: Solution) -> Verdict:
    """A proof, a counterexample or undecided; RssError if the problem asks what cannot be proved yet."""
    from rss_solver.proof import verify as judge

    fields = {port.name: {i.packet_class: i.fields for i in port.inputs} for port in solution.ports}
    return judge(resolve(problem, fields).problem, solution)


FieldSets = Mapping[str, Mapping[str, tuple[str, ...]]]
"""By port and class, the fields to hash where the spec leaves them open."""


def ready(path: str | os.PathLike[str], given: FieldSets | None = None) -> Checked:
    """A problem that the solver can take; RssError with all findings if there is an error among them."""
    checked = front(path)
    found = [*checked.findings, *unsolvable(checked.problem)]
    if not _open(checked.problem):
        return Checked(checked.problem, refuse(found))
    refuse(found)
    with stage("choosing field sets"):
        resolved = resolve(checked.problem, given)
    found += [finding for finding in examine(resolved.problem) if finding not in found]
    return Checked(resolved.problem, refuse(found), resolved.choices)


def resolve(problem: Problem, given: FieldSets | None = None) -> Resolved:
    """Close the ports with `hash auto`: as given where their NICs can do that, otherwise for the best spread.

    RssError if the problem asks what cannot be solved.
    """
    from rss_solver.fieldsets import Resolved, adopt
    from rss_solver.fieldsets import resolve as choose

    refuse(list(unsolvable(problem)))
    if not _open(problem):
        return Resolved(problem)
    resolved = choose(adopt(problem, given or {}))
    refuse(list(unsolvable(resolved.problem)))
    return resolved


def _open(problem: Problem) -> bool:
    return any(port.auto for port in problem.ports)


def front(path: str | os.PathLike[str]) -> Checked:
    """Everything `rssc check` looks at; RssError with all findings if there is an error among them."""
    from rss_dsl.check import check as check_spec
    from rss_dsl.loading import load_partial

    with stage("reading"):
        spec, broken = load_partial(path)
    with stage("checking"):
        found = check_spec(spec, incomplete=bool(broken))
        if found.problem is None:
            raise RssError(in_order([*broken, *found.diagnostics]))
        return Checked(found.problem, refuse([*broken, *found.diagnostics, *examine(found.problem)]))


def check(spec: Spec) -> Problem:
    """The problem a spec states; RssError with all findings if there is an error among them."""
    from rss_dsl.check import check as check_spec

    found = check_spec(spec)
    if found.problem is None:
        raise RssError(found.diagnostics)
    refuse([*found.diagnostics, *examine(found.problem)])
    return found.problem


def examine(problem: Problem) -> tuple[Diagnostic, ...]:
    """What is wrong or doubtful about a problem beyond names and types, as far as its hash is settled."""
    from rss_solver.diagnostics.coverage import coverage
    from rss_synth.nf.plan import check_nf

    return (*coverage(_settled(problem)), *check_nf(problem))


def _settled(problem: Problem) -> Problem:
    """Without the requirements on ports with `hash auto`, which may yet hash anything."""
    pairs = ((r, problem.ports[r.first].auto or problem.ports[r.second].auto) for r in problem.requirements)
    lines = {r.line for r, still_open in pairs if still_open}
    return replace(problem, requirements=tuple(r for r in problem.requirements if r.line not in lines))


def unsolvable(problem: Problem) -> tuple[Diagnostic, ...]:
    """What keeps the solver from starting on a problem."""
    if not problem.ports:
        return (_no_ports(problem),)
    from rss_solver.diagnostics.support import component_errors, unsupported
    from rss_solver.keyspace.statement import state

    found = tuple(unsupported(problem))
    return found or tuple(component_errors(problem, state(problem)))


def _no_ports(problem: Problem) -> Diagnostic:
    return Diagnostic(
        rule=NO_PORTS,
        message="the spec declares no port",
        span=Span(problem.spec.source, 0, 0),
        help="declare one, as in `port LAN { nic intel-x710  hash ipv4-tcp  queues 16 }`",
    )


def refuse(findings: list[Diagnostic]) -> tuple[Diagnostic, ...]:
    """The findings, in order of place, unless one of them is an error."""
    ordered = in_order(findings)
    if has_errors(ordered):
        raise RssError(ordered)
    return ordered


def in_order(findings: list[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Findings by place."""
    return tuple(sorted(findings, key=lambda d: (d.span.source.path, d.span.start, d.rule.code)))
