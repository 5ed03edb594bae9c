"""Files that users name, beside specs: read with clear errors."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

from rss_dsl.codes import UNKNOWN_PORT, UNREADABLE_FILE
from rss_dsl.diagnostics import Diagnostic, RssError
from rss_dsl.problem import Problem
from rss_dsl.source import Source, Span
from rss_solver.keys import GivenKey, SpecIdentity, apply, read_keys
from rss_solver.solution import Solution

MAX_BYTES = 16 << 20
_PORT_FILE = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(.+)")


def read_source(path: Path) -> Source:
    """A text file; RssError if it cannot be read as one."""
    return decoded(path, read_bytes(path))


def read_bytes(path: Path) -> bytes:
    """A file's content; RssError if it cannot be read or is too large."""
    try:
        data = path.read_bytes() if path.stat().st_size <= MAX_BYTES else None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a usable file name"
        raise RssError([_unreadable(path, reason.lower(), _way_in(error))]) from None
    if data is None:
        why = f"it has more than {MAX_BYTES >> 20} MB"
        raise RssError([_unreadable(path, why, "name another file: none that rssc reads comes near")])
    return data


def decoded(path: Path, data: bytes) -> Source:
    """A file's content as text, without a byte order mark; RssError if it is not UTF-8."""
    try:
        return Source(str(path), data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        why = f"it is not UTF-8: byte {error.start} is 0x{error.object[error.start]:02x}"
        raise RssError([_unreadable(path, why, "save it as UTF-8, if it is a text file at all")]) from None


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


def _unreadable(path: Path, why: str, way_out: str) -> Diagnostic:
    return Diagnostic(
        rule=UNREADABLE_FILE,
        message=f"cannot read `{path}`: {why}",
        span=Span(Source(str(path), ""), 0, 0),
        help=way_out,
    )


def given_solution(problem: Problem, arguments: Sequence[str]) -> Solution:
    """The solution that `--keys` arguments make."""
    ports = tuple(port.name for port in problem.ports)
    given: list[GivenKey] = []
    source = Source("<keys>", "")
    for argument in arguments:
        match = _PORT_FILE.fullmatch(argument)
        named = match is not None and not Path(argument).exists()
        path, port = (Path(match[2]), match[1]) if match and named else (Path(argument), None)
        source = read_source(path)
        given += read_keys(source, ports, port)
    return apply(problem, given, Span(source, 0, 0))


def identity(problem: Problem) -> SpecIdentity:
    """Name and digest of a problem's spec."""
    source = problem.spec.source
    return SpecIdentity(Path(source.path).name, hashlib.sha256(source.text.encode()).hexdigest())


def find_port(problem: Problem, name: str) -> int:
    """The index of a port named on the command line; RssError if the spec has none of that name."""
    names = [port.name for port in problem.ports]
    if name in names:
        return names.index(name)
    close = get_close_matches(name, names, 1)
    raise RssError(
        [
            Diagnostic(
                rule=UNKNOWN_PORT,
                message=f"no port `{name}`",
                span=Span(Source("<command line>", name), 0, len(name)),
                help=f"did you mean `{close[0]}`?" if close else f"the ports are {', '.join(names)}",
            )
        ]
    )
