"""`rssc explain SPEC`: what the requirements leave of the keys, or why they leave nothing."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from rssc.arguments import Subparsers, add_format, add_seed, add_spec

if TYPE_CHECKING:
    from rss_solver.conflict import Conflict
    from rssc.pipeline import Compiled


def add(subparsers: Subparsers) -> None:
    """Register the command."""
    parser = subparsers.add_parser("explain", help="free key bits, forced zeros, rank; or the conflict")
    add_spec(parser)
    add_format(parser)
    add_seed(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Explain the keys of a spec, or its conflict."""
    from rss_solver.conflict import Conflict
    from rss_solver.explain import explain
    from rssc.documents import emit
    from rssc.explained import explained_document, show_explained
    from rssc.pipeline import compile_spec
    from rssc.report import tell

    compiled = compile_spec(options.spec, options.seed)
    tell(compiled.findings)
    if isinstance(compiled.outcome, Conflict):
        return _conflict(compiled, compiled.outcome, options.format)
    found = explain(compiled.problem, compiled.outcome)
    if options.format == "json":
        emit(explained_document(compiled.problem, compiled.outcome.solution, found))
    else:
        print(show_explained(compiled.problem, compiled.outcome.solution, found))
    return 0


def _conflict(compiled: Compiled, conflict: Conflict, output_format: str) -> int:
    from rss_solver.explain import ways_out
    from rssc.documents import conflict_document, emit
    from rssc.inputs import identity
    from rssc.outcome import conflict_exit

    found = [way.text for way in ways_out(compiled.problem, conflict)]
    if output_format == "json":
        emit({**conflict_document(compiled.problem, conflict, identity(compiled.problem)), "ways_out": found})
        return 3
    code = conflict_exit(compiled, output_format)
    if found:
        print("tried, and leaves a key:")
        print("\n".join(f"  {text}" for text in found))
    else:
        print("no single line of these is enough to leave out: the spec has other conflicts as well")
    return code
