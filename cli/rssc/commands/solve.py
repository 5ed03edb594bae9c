"""`rssc solve SPEC`: proven keys, or why there are none."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from rssc.arguments import Subparsers, add_format, add_seed, add_spec
from rssc.exits import Exit

if TYPE_CHECKING:
    from rssc.pipeline import Compiled

MOST_KEYS = 1000


def add(subparsers: Subparsers) -> None:
    """Register the command."""
    parser = subparsers.add_parser("solve", help="find keys and prove them")
    add_spec(parser)
    add_format(parser)
    add_seed(parser)
    parser.add_argument(
        "--engine",
        choices=("algebra", "smt"),
        default="algebra",
        help="how keys are found: in the space of all keys, or by Z3 alone, without regard to spread",
    )
    several = parser.add_mutually_exclusive_group()
    several.add_argument("--count", action="store_true", help="print how many keys there are")
    several.add_argument(
        "--keys", type=_number, metavar="N", help="find N distinct keys; the first one is what `solve` finds"
    )
    lock = parser.add_mutually_exclusive_group()
    lock.add_argument("--write", action="store_true", help="write the lock file SPEC.lock")
    lock.add_argument("--locked", action="store_true", help="fail if SPEC.lock is not what solving gives")
    parser.set_defaults(run=run, refuse=parser.error)


def _number(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text[:20]) <= MOST_KEYS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to {MOST_KEYS}")
    return int(text)


def run(options: argparse.Namespace) -> Exit:
    """Solve, prove, then write or compare the lock file."""
    from rssc.lockfile import locked_seed
    from rssc.outcome import conflict_exit
    from rssc.pipeline import NoKey, compile_spec
    from rssc.report import tell
    from rssc.several import tell_count

    if options.count and (options.write or options.locked):
        options.refuse("--count prints no keys that a lock file could hold")
    seed = locked_seed(options.spec, options.seed) if options.locked else options.seed
    compiled = compile_spec(options.spec, seed, options.engine)
    tell(compiled.findings)
    if isinstance(compiled, NoKey):
        return conflict_exit(compiled.problem, compiled.conflict, options.format)
    if options.count:
        return tell_count(compiled.problem, compiled.solved.solution, options.format)
    return _answer(compiled, options)


def _answer(compiled: Compiled, options: argparse.Namespace) -> Exit:
    """Print the keys, and compare or write the lock file."""
    from rss_solver.keys import lock_text
    from rssc.documents import verdict_document
    from rssc.fieldsets import choices_document
    from rssc.inputs import identity
    from rssc.lockfile import compare, lock_path
    from rssc.outcome import verdict_exit
    from rssc.output import write_text
    from rssc.several import tell_keys

    solution, problem = compiled.solved.solution, compiled.problem
    chosen = choices_document(problem, compiled.choices)
    text = lock_text(solution, identity(problem), verdict_document(problem, compiled.verdict), chosen)
    if options.keys:
        code = tell_keys(problem, solution, options.keys, options.format)
    else:
        code = verdict_exit(compiled.verdict)
        print(text if options.format == "json" else _shown(compiled), end="")
    if code is Exit.OK and options.locked:
        compare(options.spec, text, solution.seed, problem.seed)
    if code is Exit.OK and options.write:
        write_text(lock_path(options.spec), text)
    return code


def _shown(compiled: Compiled) -> str:
    from rssc.fieldsets import show_choices
    from rssc.preferred import show_preferences
    from rssc.show import show_solution, show_verdict

    problem, solution = compiled.problem, compiled.solved.solution
    chosen = [show_choices(problem, compiled.choices)] if compiled.choices else []
    wishes = [show_preferences(solution)] if solution.preferences else []
    parts = [show_solution(solution), *chosen, *wishes, show_verdict(problem, compiled.verdict)]
    return "\n\n".join(parts) + "\n"
