"""Call paths on the way in: files that users name, with the library that describes what they call."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from rss_dsl.codes import CALL_PATH_NAMES
from rss_dsl.diagnostics import Diagnostic, RssError, has_errors
from rss_dsl.files import read_source
from rss_dsl.lexical import quote
from rss_dsl.source import Source, Span
from rssc.progress import stage

if TYPE_CHECKING:  # Z3 loads only where call paths are read
    from rss_callpaths.accesses.access import Accesses
    from rss_callpaths.infer import Inferred, Options
    from rss_callpaths.library import Library
    from rss_callpaths.prove.verdict import Verdict
    from rss_callpaths.terms import Pool
    from rss_dsl.problem import Problem
    from rss_solver.solution import Solution

PathName = str | os.PathLike[str]


@dataclass(frozen=True, slots=True)
class CallPaths:
    """A network function's call paths and what they access."""

    accesses: Accesses
    pool: Pool = field(repr=False)
    """Where the paths' terms are from."""
    sources: Mapping[str, Source] = field(repr=False)
    """The files' texts, by the paths' names."""
    findings: tuple[Diagnostic, ...]
    """What is doubtful; no errors among it."""


def read_call_paths(paths: Iterable[PathName], library: Iterable[PathName] = ()) -> CallPaths:
    """Every call path in files and folders (their `*.call_path` files), and the accesses that they make.

    `library`: TOML files that add functions to libVig's. RssError with every error of every file: a path that
    cannot be read is traffic that nothing would be known of.
    """
    from rss_callpaths.accesses.analyse import analyse
    from rss_callpaths.files.reader import read
    from rss_callpaths.terms import Pool

    known = _library(library)
    files = _files(paths)
    pool = Pool()
    with stage(f"reading {len(files)} call paths"):
        found, problems = read(files, pool)
    if has_errors(problems):
        raise RssError(problems)
    sources = _Texts({file.name: file for file in files})
    with stage(f"looking at {len(found)} call paths"):
        accesses = analyse(found, known, pool, sources)
    return CallPaths(accesses, pool, sources, (*problems, *accesses.findings))


def infer(found: CallPaths, options: Options | None = None) -> Inferred:
    """What packets must meet so that cores share no state, as a spec; or why that cannot be."""
    from rss_callpaths.infer import infer as infer_accesses

    with stage("inferring"):
        return infer_accesses(found.accesses, found.pool, options, found.sources)


def prove(found: CallPaths, problem: Problem, solution: Solution) -> Verdict:
    """Whether two cores can share state under these keys, by the paths; RssError if a port is missing."""
    from rss_callpaths.prove.prove import prove as judge

    with stage("proving from the call paths"):
        return judge(found.accesses, problem, solution, found.pool)


def _library(paths: Iterable[PathName]) -> Library:
    from rss_callpaths.library.file import read_library, vigor

    base = vigor()
    sources = [read_source(Path(path)) for path in paths]
    return read_library(sources, base) if sources else base


def _files(paths: Iterable[PathName]) -> Sequence[Path]:
    """The files, each once; RssError where a folder has none, or two files have one name."""
    from rss_callpaths.files.reader import call_path_files

    found: dict[Path, None] = {}
    problems: list[Diagnostic] = []
    for path in paths:
        files, complaints = call_path_files(path)
        found |= dict.fromkeys(files)
        problems += complaints
    files = list({os.path.realpath(file): file for file in found}.values())
    problems += _namesakes(files)
    if problems:
        raise RssError(problems)
    return files


def _namesakes(files: Iterable[Path]) -> Iterator[Diagnostic]:
    """Accesses are known by the names of their files, and two runs of symbolic execution name alike."""
    seen: dict[str, Path] = {}
    for file in files:
        first = seen.setdefault(file.name, file)
        if first is not file:
            other = quote(str(first), 200)
            yield Diagnostic(
                rule=CALL_PATH_NAMES,
                message=f"two call paths are called {quote(file.name, 100)}: the other is {other}",
                span=Span(Source(str(file), ""), 0, 0),
                help="import one network function at a time; give files of one that lie apart other names",
            )


class _Texts(Mapping[str, Source]):
    """Texts of files, read when a finding shows a place in them."""

    def __init__(self, files: Mapping[str, Path]) -> None:
        self._files = files
        self._read: dict[str, Source] = {}

    def __getitem__(self, name: str) -> Source:
        if name not in self._read:
            source = read_source(self._files[name])
            self._read[name] = Source(source.path, source.text.replace("\r\n", "\n"))
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)
