"""The only code that writes files. Atomically: a file is whole or as it was."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rss_dsl.codes import UNWRITABLE
from rss_dsl.diagnostics import Diagnostic, RssError
from rss_dsl.source import Source, Span
from rss_synth.target import Artifact


def write_text(path: Path, text: str, *, executable: bool = False) -> None:
    """Replace a file's content, through symbolic links; RssError if the folder or file cannot be written.

    A file that exists keeps its permissions.
    """
    try:
        target = Path(os.path.realpath(path))
        target.parent.mkdir(parents=True, exist_ok=True)
        _replace(target, text, _mode(target, executable))
    except OSError as error:
        raise RssError([_unwritable(path, error)]) from None


def _mode(path: Path, executable: bool) -> int:
    """The permissions that a file has, or that a new one gets."""
    umask = os.umask(0)
    os.umask(umask)
    wanted = 0o777 if executable else 0o666
    if not path.exists():
        return wanted & ~umask
    return stat.S_IMODE(path.stat().st_mode) | (0o111 & ~umask if executable else 0)


def _replace(path: Path, text: str, mode: int) -> None:
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        temporary.chmod(mode)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_artifacts(folder: Path, artifacts: Sequence[Artifact]) -> list[Path]:
    """Write a target's files below a folder; other files in it stay."""
    written = []
    for artifact in artifacts:
        path = folder / artifact.path
        write_text(path, artifact.text, executable=artifact.executable)
        written.append(path)
    return written


def _unwritable(path: Path, error: OSError) -> Diagnostic:
    return Diagnostic(
        rule=UNWRITABLE,
        message=f"cannot write `{path}`: {(error.strerror or 'unknown reason').lower()}",
        span=Span(Source(str(path), ""), 0, 0),
        help="choose a folder that you can write to",
    )
