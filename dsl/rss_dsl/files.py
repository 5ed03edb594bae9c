"""Text files that users name: read with a bound, and with errors that say what to do."""

from __future__ import annotations

from pathlib import Path

from rss_dsl.codes import UNREADABLE_FILE
from rss_dsl.diagnostics import Diagnostic, RssError
from rss_dsl.lexical import quote
from rss_dsl.source import Source, Span

MAX_BYTES = 16 << 20
"""No spec, lock file or key file comes near; what is larger is a mistake (or `/dev/zero`)."""


def read_source(path: Path, place: Span | None = None) -> Source:
    """A text file; RssError if it cannot be read as one. `place`: where it was named, if in a spec."""
    return Source(str(path), decoded(read_bytes(path, place=place), path, place=place))


def read_bytes(path: Path, shown: str | None = None, place: Span | None = None) -> bytes:
    """A file's content; RssError if it cannot be read or is too large.

    `shown`: its name in messages. `place`: where it was named, if in a spec.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a usable file name"
        raise _unreadable(path, shown, place, reason.lower(), _way_in(error)) from None
    if len(data) > MAX_BYTES:
        why = f"it has more than {MAX_BYTES >> 20} MB"
        raise _unreadable(path, shown, place, why, "name another file: none that rssc reads comes near")
    return data


def decoded(data: bytes, path: Path, shown: str | None = None, place: Span | None = None) -> str:
    """A file's content as text, without a byte order mark; RssError if it is not UTF-8."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        why = f"it is not UTF-8: byte {error.start} is 0x{error.object[error.start]:02x}"
        way_out = "save it as UTF-8, if it is a text file at all"
        raise _unreadable(path, shown, place, why, way_out) from None


def _way_in(error: Exception) -> str:
    match error:
        case IsADirectoryError():
            return "name a file in it"
        case FileNotFoundError():
            return "check the name"
        case PermissionError():
            return "check its permissions"
        case _:
            return "check the name and its permissions"


def _unreadable(path: Path, shown: str | None, place: Span | None, why: str, way_out: str) -> RssError:
    name = str(path) if shown is None else shown
    span = place or Span(Source(name, ""), 0, 0)
    message = f"cannot read {quote(name, 200)}: {why}"
    return RssError([Diagnostic(rule=UNREADABLE_FILE, message=message, span=span, help=way_out)])
