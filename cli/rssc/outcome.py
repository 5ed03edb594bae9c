"""How outcomes that are no solution leave a command."""

from __future__ import annotations

from rss_dsl.problem import Problem
from rss_solver.conflicts.conflict import Conflict
from rss_solver.explain import reasoning
from rss_solver.proof import Counterexample, Proof, Undecided, Verdict
from rssc.conflicts import conflict_diagnostic, short
from rssc.documents import conflict_document, emit, verdict_document
from rssc.exits import Exit
from rssc.inputs import identity
from rssc.report import tell
from rssc.show import show_verdict


def conflict_exit(problem: Problem, conflict: Conflict, output_format: str) -> Exit:
    """Report that no key exists."""
    if output_format == "json":
        emit(conflict_document(problem, conflict, identity(problem)))
    else:
        why = short(problem, reasoning(problem, conflict))
        tell([conflict_diagnostic(problem, conflict, why)])
    return Exit.NO_KEY


def unproven_exit(problem: Problem, verdict: Verdict, output_format: str) -> Exit:
    """Report that solved keys are not proved: they are not used."""
    if output_format == "json":
        spec = identity(problem)
        document = {"path": spec.path, "sha256": spec.sha256}
        emit({"spec": document, "verdict": verdict_document(problem, verdict)})
    else:
        print(show_verdict(problem, verdict))
    return verdict_exit(verdict)


def verdict_exit(verdict: Verdict) -> Exit:
    """The exit code of a verdict."""
    match verdict:
        case Proof():
            return Exit.OK
        case Counterexample():
            return Exit.COUNTEREXAMPLE
        case Undecided():
            return Exit.UNDECIDED
