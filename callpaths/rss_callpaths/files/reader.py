"""Call-path files → `CallPath`s.

Every error of every file is reported; a file with errors gives no path, so that nothing is read in part. The
expressions are taken from where they are written in full, the calls; the query's value list, which repeats
most of them, and the second copy of the path condition are checked against that.
"""

from __future__ import annotations

import gc
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rss_callpaths.callpath import CallPath, Variant
from rss_callpaths.files.calls import read_calls, read_constraints, read_tags
from rss_callpaths.files.findings import Findings
from rss_callpaths.files.memory import Memory, Told
from rss_callpaths.files.query import Query, read_query
from rss_callpaths.files.repeated import check_conditions, check_values, variant_of
from rss_callpaths.files.sections import split_sections
from rss_callpaths.terms import Pool
from rss_dsl import codes
from rss_dsl.diagnostics import Diagnostic, RssError, Rule
from rss_dsl.files import decoded, read_bytes
from rss_dsl.lexical import quote
from rss_dsl.source import Source, Span

SUFFIX = ".call_path"

_DIGITS = re.compile(r"([0-9]+)")


def read(paths: Iterable[str | os.PathLike[str]], pool: Pool) -> tuple[list[CallPath], list[Diagnostic]]:
    """The call paths in files and folders, and everything that is wrong with them.

    A folder stands for its `*.call_path` files, in the order of the numbers in their names. A file with an
    error is not among the paths. What recurs in files is one object.
    """
    memory = Memory(pool)
    found: list[CallPath] = []
    problems: list[Diagnostic] = []
    with _uncollected():
        for path in paths:
            files, complaints = call_path_files(path)
            problems += complaints
            for file in files:
                one, complaints = _file(file, memory)
                problems += complaints
                if one is not None:
                    found.append(one)
    return found, problems


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without looking for cyclic garbage: reading makes none, and each look goes through all terms."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def call_path_files(path: str | os.PathLike[str]) -> tuple[list[Path], list[Diagnostic]]:
    """The files that a path stands for, or why it stands for none."""
    where = Path(path)
    try:
        if not where.is_dir():
            return [where], []
        files = sorted((file for file in where.iterdir() if file.suffix == SUFFIX), key=_by_number)
    except (OSError, ValueError) as error:
        message = f"cannot read {quote(str(path), 200)}: {getattr(error, 'strerror', None) or error}".lower()
        return [], [_nowhere(codes.UNREADABLE_FILE, path, message, "check the name and its permissions")]
    if files:
        return files, []
    message = f"no `*{SUFFIX}` files are in {quote(str(path), 200)}"
    return [], [_nowhere(codes.NOT_A_CALL_PATH, path, message, "name the folder that KLEE wrote to")]


def _nowhere(rule: Rule, path: str | os.PathLike[str], message: str, help_: str) -> Diagnostic:
    return Diagnostic(rule=rule, message=message, span=Span(Source(os.fspath(path), ""), 0, 0), help=help_)


def _by_number(file: Path) -> tuple[list[tuple[int, str]], str]:
    """Sorts `test9` before `test10`."""
    parts = _DIGITS.split(file.name)
    return [(len(part.lstrip("0")), part.lstrip("0")) for part in parts[1::2]], file.name


def _file(path: Path, memory: Memory) -> tuple[CallPath | None, list[Diagnostic]]:
    try:
        text = decoded(read_bytes(path), path)
    except RssError as error:
        return None, list(error.diagnostics)
    return read_text(text, str(path), memory)


def read_text(text: str, name: str, memory: Memory) -> tuple[CallPath | None, list[Diagnostic]]:
    """The call path in a text (None if it has errors), and everything that is wrong with it."""
    source = Source(name, text.replace("\r\n", "\n") if "\r" in text else text)
    sections = split_sections(source)
    if isinstance(sections, Diagnostic):
        return None, [sections]
    findings = Findings(source)
    scope = memory.scope()
    query = read_query(sections.query.text, memory, scope)
    for error in query.errors:
        findings.add(error, sections.query.text, sections.query.start)
    scope.fresh()
    scope.used = set()
    told = read_calls(sections.calls, memory, scope, findings)
    scope.declared_only = True
    constraints = read_constraints(sections.constraints, memory, scope, findings)
    tags = () if sections.tags is None else read_tags(sections.tags, findings)
    if not findings.errors:
        check_conditions(query.constraints, constraints, sections.constraints, findings)
    if findings.errors:
        return None, findings.finish()
    variant = variant_of(told, query, tagged=sections.tags is not None)
    check_values(variant, told, query, sections.query, scope, findings)
    if any(found.rule is codes.ARRAY_CLASH for found in findings.diagnostics):
        return None, findings.finish()
    return _path(Path(name).name, variant, query, told, tags), findings.finish()


def _path(
    name: str, variant: Variant, query: Query, told: list[tuple[Told, int]], tags: tuple[tuple[str, str], ...]
) -> CallPath:
    return CallPath(
        name=name,
        variant=variant,
        arrays=tuple(sorted(query.arrays.values(), key=lambda array: array.name)),
        constraints=tuple(query.constraints),
        calls=tuple([one.at(line) for one, line in told]),
        values=tuple(query.values),
        tags=tags,
    )
