"""Files that users name, beside specs: read with clear errors."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from rss_dsl.codes import UNKNOWN_PORT
from rss_dsl.diagnostics import Diagnostic, RssError
from rss_dsl.files import read_source
from rss_dsl.problem import Problem
from rss_dsl.source import Source, Span
from rss_solver.keys import GivenKey, SpecIdentity, read_keys, unknown_port

PORT_FILE = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(.+)")
"""`PORT=FILE` on the command line."""


@dataclass(frozen=True, slots=True)
class Given:
    """The keys that `--keys` arguments give."""

    keys: tuple[GivenKey, ...]
    where: Span
    """Where a key that is missing should be."""


def read_given(problem: Problem, arguments: Sequence[str]) -> Given:
    """The keys in the files of `--keys` arguments; RssError with what is wrong in any of them."""
    ports = tuple(port.name for port in problem.ports)
    keys: list[GivenKey] = []
    findings: list[Diagnostic] = []
    where = Span(Source("<keys>", ""), 0, 0)
    for argument in arguments:
        try:
            source, port = _named_file(argument, ports)
            where = Span(source, 0, 0)
            keys += read_keys(source, ports, port)
        except RssError as error:
            findings += error.diagnostics
    if findings:
        raise RssError(findings)
    return Given(tuple(keys), where)


def _named_file(argument: str, ports: tuple[str, ...]) -> tuple[Source, str | None]:
    """The file that `[PORT=]FILE` names, and the port."""
    match = PORT_FILE.fullmatch(argument)
    if match is None or Path(argument).exists():
        return read_source(Path(argument)), None
    if match[1] not in ports:
        raise RssError([unknown_port(match[1], Span(Source("--keys", argument), 0, match.end(1)), ports)])
    return read_source(Path(match[2])), match[1]


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
