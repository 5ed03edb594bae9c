"""Standard streams that are closed, full or have lost their reader."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

from rssc.exits import Exit


def open_closed() -> None:
    """Stand in for streams that were closed before the start, so that printing to them is silent."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8"))


def is_streams(error: OSError) -> bool:
    """Whether an error is of a standard stream: those of files name them."""
    return error.filename is None


def lost(error: OSError) -> Exit:
    """The exit code after a stream could not be written; a reader who left has what it wanted."""
    code = Exit.OK if isinstance(error, BrokenPipeError) else Exit.FINDINGS
    if code:
        reason = (error.strerror or "unknown reason").lower()
        with suppress(OSError):
            print(f"cannot write the answer: {reason}", file=sys.stderr, flush=True)
    _discard()
    return code


def _discard() -> None:
    """Drop what is buffered; else the interpreter fails on it at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
