"""`rssc explain SPEC`: what the requirements leave of the keys, or why they leave nothing."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from rssc.arguments import Subparsers, add_format, add_seed, add_spec
from rssc.exits import Exit

if TYPE_CHECKING:
    from rss_dsl.problem import Problem
    from rss_solver.conflicts.conflict import Conflict


def add(subparsers: Subparsers) -> None:
    """Register the command."""
    parser = subparsers.add_parser("explain", help="free key bits, forced zeros, rank; or the conflict")
    add_spec(parser)
    add_format(parser)
    add_seed(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> Exit:
    """Explain the keys of a spec, or its conflict."""
    from rss_solver.explain import explain
    from rss_solver.keys import preferences_document
    from rssc.documents import emit
    from rssc.explained import explained_document, show_explained
    from rssc.fieldsets import choices_document, explain_choices
    from rssc.pipeline import NoKey, compile_spec
    from rssc.preferred import show_preferences
    from rssc.report import tell

    compiled = compile_spec(options.spec, options.seed)
    tell(compiled.findings)
    if isinstance(compiled, NoKey):
        return _conflict(compiled.problem, compiled.conflict, options.format)
    found, solution = explain(compiled.problem, compiled.solved), compiled.solved.solution
    if options.format == "json":
        chosen = choices_document(compiled.problem, compiled.choices)
        document = explained_document(compiled.problem, solution, found)
        wishes = preferences_document(solution)
        emit({**document, **({"hash_auto": chosen} if chosen else {}), **wishes})
    else:
        if compiled.choices:
            print(explain_choices(compiled.problem, compiled.choices) + "\n")
        print(show_explained(compiled.problem, solution, found))
        if solution.preferences:
            print(f"\n{show_preferences(solution)}")
    return Exit.OK


def _conflict(problem: Problem, conflict: Conflict, output_format: str) -> Exit:
    from rss_solver.explain import reasoning, ways_out
    from rssc.conflict_documents import reasoning_document, ways_document
    from rssc.conflicts import conflict_diagnostic, show_reasoning, show_ways, size_of
    from rssc.documents import conflict_document, emit
    from rssc.inputs import identity
    from rssc.progress import stage
    from rssc.report import tell

    why = reasoning(problem, conflict)
    with stage("trying ways out"):
        ways = tuple(ways_out(problem, conflict))
    if output_format == "json":
        document = conflict_document(problem, conflict, identity(problem))
        reasons = {"reasoning": reasoning_document(problem, why), "ways_out": ways_document(problem, ways)}
        emit({**document, **reasons})
    else:
        tell([conflict_diagnostic(problem, conflict, size_of(conflict))])
        print(f"{show_reasoning(problem, why)}\n\n{show_ways(problem, ways)}")
    return Exit.NO_KEY
