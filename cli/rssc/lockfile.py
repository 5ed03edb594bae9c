"""The lock file beside a spec: where it is, whose seed it has, whether it is what solving gives."""

from __future__ import annotations

import json
from pathlib import Path

from rss_dsl.codes import LOCK_DRIFT, UNREADABLE_FILE
from rss_dsl.diagnostics import Diagnostic, RssError
from rss_dsl.files import read_source
from rss_dsl.source import Source, Span
from rss_solver.keys import read_lock


def lock_path(spec: Path) -> Path:
    """Where a spec's lock file is: `fw.rss.lock`."""
    return spec.with_name(spec.name + ".lock")


def locked_seed(spec: Path, asked: int | None) -> int | None:
    """The seed the lock file was made with; RssError if another one is asked for, or there is no file."""
    path = lock_path(spec)
    if not path.exists():
        raise RssError([_absent(path, spec)])
    source = read_source(path)
    seed = _seed(source)
    if asked is not None and seed is not None and asked != seed:
        raise RssError([_other_seed(source, seed, asked)])
    return asked if seed is None else seed


def _seed(source: Source) -> int | None:
    try:
        seed = json.loads(source.text)["seed"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return seed if type(seed) is int and seed >= 0 else None


def compare(spec: Path, text: str, seed: int, own_seed: int) -> None:
    """RssError if the lock file is not `text`, what solving gives with `seed`; the spec says `own_seed`."""
    source = read_source(lock_path(spec))
    read_lock(source)
    if source.text == text:
        return
    pairs = zip(source.text.splitlines(), text.splitlines(), strict=False)
    line = next((n for n, (old, new) in enumerate(pairs) if old != new), len(text.splitlines()) - 1)
    start = sum(len(row) + 1 for row in source.text.split("\n")[:line])
    command = f"rssc solve {spec} --write" + (f" --seed {seed}" if seed != own_seed else "")
    finding = Diagnostic(
        rule=LOCK_DRIFT,
        message=f"the lock file differs from line {line + 1} on from what `{spec.name}` solves to",
        span=Span(source, start, start + len(source.line(line + 1))),
        help=f"write it again with `{command}` and review the difference",
    )
    raise RssError([finding])


def _absent(path: Path, spec: Path) -> Diagnostic:
    return Diagnostic(
        rule=UNREADABLE_FILE,
        message=f"no lock file `{path}`",
        span=Span(Source(str(path), ""), 0, 0),
        help=f"write it with `rssc solve {spec} --write`",
    )


def _other_seed(source: Source, seed: int, asked: int) -> Diagnostic:
    at = max(source.text.find('"seed"'), 0)
    return Diagnostic(
        rule=LOCK_DRIFT,
        message=f"the lock file was made with seed {seed}, not {asked}",
        span=Span(source, at, at + len('"seed"')),
        help="leave `--seed` out to check it with its own, or write it again with `--write`",
    )
