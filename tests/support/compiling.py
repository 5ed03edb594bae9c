"""Programs and libraries of C."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

Word = str | Path


def compile_and_link(
    output: Path,
    command: Sequence[Word],
    sources: Iterable[Word],
    *libraries: str,
    folder: Path | None = None,
) -> None:
    """Compiles every source by a command of its own, which ccache has answers to, in `folder` if given."""
    objects = []
    for number, source in enumerate(sources):
        objects.append(output.with_name(f"{output.name}-{number}.o"))
        _run([*command, "-c", source, "-o", objects[-1]], folder)
    _run([*command, *objects, "-o", output, *libraries], folder)


def _run(command: Sequence[Word], folder: Path | None) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
