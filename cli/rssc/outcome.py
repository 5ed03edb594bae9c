"""How outcomes that are no solution leave a command."""

from __future__ import annotations

from rss_solver.conflict import Conflict
from rss_solver.proof import Counterexample, Proof, Undecided, Verdict
from rssc.documents import conflict_document, emit
from rssc.exits import Exit
from rssc.inputs import identity
from rssc.pipeline import Compiled
from rssc.report import tell
from rssc.show import conflict_diagnostic


def conflict_exit(compiled: Compiled, output_format: str) -> int:
    """Report that no key exists."""
    conflict = compiled.outcome
    if not isinstance(conflict, Conflict):
        raise ValueError("the spec has keys")
    if output_format == "json":
        emit(conflict_document(compiled.problem, conflict, identity(compiled.problem)))
    else:
        tell([conflict_diagnostic(compiled.problem, conflict)])
    return Exit.NO_KEY


def verdict_exit(verdict: Verdict) -> int:
    """The exit code of a verdict."""
    match verdict:
        case Proof():
            return Exit.OK
        case Counterexample():
            return Exit.COUNTEREXAMPLE
        case Undecided():
            return Exit.UNDECIDED
