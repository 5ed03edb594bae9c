"""`rssc solve SPEC`: proven keys, or why there are none."""

from __future__ import annotations

import argparse

from rssc.arguments import Subparsers, add_format, add_seed, add_spec


def add(subparsers: Subparsers) -> None:
    """Register the command."""
    parser = subparsers.add_parser("solve", help="find keys and prove them")
    add_spec(parser)
    add_format(parser)
    add_seed(parser)
    lock = parser.add_mutually_exclusive_group()
    lock.add_argument("--write", action="store_true", help="write the lock file SPEC.lock")
    lock.add_argument("--locked", action="store_true", help="fail if SPEC.lock is not what solving gives")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Solve, prove, then write or compare the lock file."""
    from rss_solver.conflict import Conflict
    from rss_solver.keys import lock_text
    from rssc.documents import verdict_document
    from rssc.inputs import identity
    from rssc.lockfile import compare, lock_path, locked_seed
    from rssc.outcome import conflict_exit, verdict_exit
    from rssc.output import write_text
    from rssc.pipeline import compile_spec
    from rssc.report import tell
    from rssc.show import show_solution, show_verdict

    seed = locked_seed(options.spec, options.seed) if options.locked else options.seed
    compiled = compile_spec(options.spec, seed)
    tell(compiled.findings)
    if isinstance(compiled.outcome, Conflict) or compiled.verdict is None:
        return conflict_exit(compiled, options.format)
    solution, problem = compiled.outcome.solution, compiled.problem
    text = lock_text(solution, identity(problem), verdict_document(problem, compiled.verdict))
    if options.format == "json":
        print(text, end="")
    else:
        print(f"{show_solution(solution)}\n\n{show_verdict(problem, compiled.verdict)}")
    code = verdict_exit(compiled.verdict)
    if code == 0 and options.locked:
        compare(options.spec, text, solution.seed, problem.seed)
    if code == 0 and options.write:
        write_text(lock_path(options.spec), text)
    return code
