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
from rss_callpaths.files.sections import RERUN, Section, header, split_sections
from rss_callpaths.kquery.scope import Scope
from rss_callpaths.terms import Pool, Term
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
        _compare(query.constraints, constraints, sections.constraints, findings)
    if findings.errors:
        return None, findings.finish()
    variants = {variant for one, _ in told for variant in one.variants()}
    if sections.tags is not None:
        variants.add(Variant.TAGGED)
    variant = _variant(variants, query, told)
    _check_values(variant, query, told, sections.query, scope, findings)
    path = CallPath(
        name=Path(name).name,
        variant=variant,
        arrays=tuple(sorted(query.arrays.values(), key=lambda array: array.name)),
        constraints=tuple(query.constraints),
        calls=tuple([one.at(line) for one, line in told]),
        values=tuple(query.values),
        tags=tags,
    )
    bad = any(found.rule is codes.ARRAY_CLASH for found in findings.diagnostics)
    return None if bad else path, findings.finish()


def _compare(
    asked: list[Term], printed: list[tuple[Term | None, int]], section: Section, findings: Findings
) -> None:
    """The path condition is in the file twice, and must be the same."""
    for number, (term, (again, at)) in enumerate(zip(asked, printed, strict=False), 1):
        if term is not again:
            message = f"condition {number} is another one here than in the query"
            help_ = "the file was changed, or made from two: run the symbolic execution again"
            findings.report(codes.CONDITIONS_DIFFER, message, at, at, help_)
    end = section.start + len(section.text.rstrip())
    if len(printed) < len(asked):
        message = f"{len(printed)} conditions are here, {len(asked)} in the query"
        findings.report(codes.CUT_CALL_PATH, message, end, end, RERUN)
    if len(printed) > len(asked):
        message = f"{len(printed)} conditions are here, {len(asked)} in the query"
        at = printed[len(asked)][1]
        findings.report(codes.CONDITIONS_DIFFER, message, at, at, "one of the two was changed")


def _variant(variants: set[Variant], query: Query, told: list[tuple[Told, int]]) -> Variant:
    """Which printer wrote the file: by its text, and where that leaves it open by its values."""
    if Variant.TAGGED in variants:
        return Variant.TAGGED
    if len(variants) == 1:
        return next(iter(variants))
    fits = (v for v in (Variant.PLAIN, Variant.COLON) if _expected(v, told) == query.values)
    return next(fits, Variant.PLAIN)


def _expected(variant: Variant, told: list[tuple[Told, int]]) -> list[Term]:
    return [value for one, _ in told for value in one.values_for(variant)]


def _check_values(
    variant: Variant,
    query: Query,
    told: list[tuple[Told, int]],
    section: Section,
    scope: Scope,
    findings: Findings,
) -> None:
    """The value list repeats terms of the calls, and must be what the variant's printer makes of them."""
    if variant is Variant.TAGGED:
        return  # Bolt's list has extras only, and which of their sides differs between its versions
    wanted = _expected(variant, told)
    if wanted == query.values:
        return
    place = section.start + max(section.text.find("(query"), 0)
    for name in sorted(name for name in scope.used if name not in scope.arrays):
        message = f"array {quote(name)} is read by a call and not declared"
        findings.report(codes.ARRAY_CLASH, message, place, place, "declare it before the query")
    same = next((i for i, (a, b) in enumerate(zip(wanted, query.values, strict=False)) if a is not b), None)
    at = min(len(wanted), len(query.values)) if same is None else same
    message = f"value {at + 1} of {len(query.values)} is not what the calls have there ({len(wanted)} values)"
    help_ = f"calls are read from `{header('Calls')}`; tools that read the list may fail on this file"
    findings.report(codes.VALUES_DIFFER, message, place, place, help_)
