"""The only code that writes files. Atomically: a file is whole or as it was."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from rss_dsl.codes import UNWRITABLE
from rss_dsl.diagnostics import Diagnostic, RssError
from rss_dsl.source import Source, Span
from rss_synth.target import Artifact


def write_text(path: Path, text: str) -> None:
    """Replace a file's content, through symbolic links; RssError if the folder or file cannot be written.

    A file that exists keeps its permissions.
    """
    write_artifacts(path.parent, [Artifact(path.name, text)])


def write_artifacts(folder: Path, artifacts: Sequence[Artifact]) -> list[Path]:
    """Write a target's files below a folder: all, or none where there is no room for one of them.

    Other files in it stay.
    """
    paths = [folder / artifact.path for artifact in artifacts]
    with ExitStack() as temporaries:
        staged = []
        for path, artifact in zip(paths, artifacts, strict=True):
            with _writing(path):
                staged.append(_staged(path, artifact, temporaries))
        for path, (temporary, target) in zip(paths, staged, strict=True):
            with _writing(path):
                temporary.replace(target)
    return paths


def _staged(path: Path, artifact: Artifact, temporaries: ExitStack) -> tuple[Path, Path]:
    """A file's new content in a file beside it, which `temporaries` removes; and where the file itself is."""
    target = Path(os.path.realpath(path))
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists() and not target.is_file():
        raise FileExistsError(errno.EEXIST, "it is there and no file")
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=".rssc.")
    temporary = Path(name)
    temporaries.callback(temporary.unlink, missing_ok=True)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
        file.write(artifact.text)
    temporary.chmod(_mode(target, artifact.executable))
    return temporary, target


def _mode(path: Path, executable: bool) -> int:
    """The permissions that a file has, or that a new one gets."""
    umask = os.umask(0)
    os.umask(umask)
    wanted = 0o777 if executable else 0o666
    if not path.exists():
        return wanted & ~umask
    return stat.S_IMODE(path.stat().st_mode) | (0o111 & ~umask if executable else 0)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """What goes wrong within is told of this file."""
    try:
        yield
    except OSError as error:
        raise RssError([_unwritable(path, error)]) from None


def _unwritable(path: Path, error: OSError) -> Diagnostic:
    return Diagnostic(
        rule=UNWRITABLE,
        message=f"cannot write `{path}`: {(error.strerror or 'unknown reason').lower()}",
        span=Span(Source(str(path), ""), 0, 0),
        help=_way_out(error),
    )


def _way_out(error: OSError) -> str:
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return "make room there, or choose another folder"
        case errno.EEXIST:
            return "choose another name"
        case _:
            return "choose a folder that you can write to"
