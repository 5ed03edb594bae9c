"""`rssc solve SPEC`: proven keys, or why there are none."""

from __future__ import annotations

import argparse
from pathlib import Path

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
    from rssc.outcome import conflict_exit, verdict_exit
    from rssc.output import write_text
    from rssc.pipeline import compile_spec
    from rssc.report import tell
    from rssc.show import show_solution, show_verdict

    seed = _lock_seed(options.spec) if options.locked and options.seed is None else options.seed
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
        _compare(options.spec, text)
    if code == 0 and options.write:
        write_text(lock_path(options.spec), text)
    return code


def lock_path(spec: Path) -> Path:
    """Where a spec's lock file is: `fw.rss.lock`."""
    return spec.with_name(spec.name + ".lock")


def _lock_seed(spec: Path) -> int | None:
    """The seed the lock file was made with."""
    import json

    from rssc.inputs import read_source

    try:
        seed = json.loads(read_source(lock_path(spec)).text)["seed"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return seed if type(seed) is int and seed >= 0 else None


def _compare(spec: Path, text: str) -> None:
    """RssError if the lock file is another than the solution's."""
    from rss_dsl.codes import LOCK_DRIFT
    from rss_dsl.diagnostics import Diagnostic, RssError
    from rss_dsl.source import Span
    from rss_solver.keys import read_lock
    from rssc.inputs import read_source

    source = read_source(lock_path(spec))
    read_lock(source)
    if source.text == text:
        return
    pairs = zip(source.text.splitlines(), text.splitlines(), strict=False)
    line = next((n for n, (old, new) in enumerate(pairs) if old != new), len(text.splitlines()) - 1)
    start = sum(len(row) + 1 for row in source.text.split("\n")[:line])
    raise RssError(
        [
            Diagnostic(
                rule=LOCK_DRIFT,
                message=f"the lock file differs from line {line + 1} on from what `{spec.name}` solves to",
                span=Span(source, start, start + len(source.line(line + 1))),
                help="write it again with `rssc solve SPEC --write` and review the difference",
            )
        ]
    )
