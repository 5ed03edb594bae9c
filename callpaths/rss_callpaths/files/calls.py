"""The sections after the query: calls, constraints, tags."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rss_callpaths.files.findings import Findings
from rss_callpaths.files.memory import Memory, Told
from rss_callpaths.files.records import parse_extra, parse_record
from rss_callpaths.files.sections import Section
from rss_callpaths.kquery.errors import KqueryError, expected
from rss_callpaths.kquery.parse import parse_term
from rss_callpaths.kquery.scope import Scope
from rss_callpaths.kquery.tokens import END, tokenize
from rss_callpaths.terms import Term
from rss_dsl import codes
from rss_dsl.lexical import quote

_RECORD = re.compile(r"\n(?=[0-9]+:)")
_EXTRA = re.compile(r"\n(?=extra:)")
_CONSTRAINT = re.compile(r"\n(?! )")


def _blocks(section: Section, cut: re.Pattern[str]) -> Iterator[tuple[str, int]]:
    """The parts of a section that are not blank, and where each begins."""
    at = section.start
    for text in cut.split(section.text):
        if text and not text.isspace():
            yield text, at
        at += len(text) + 1


def read_calls(section: Section, memory: Memory, scope: Scope, findings: Findings) -> list[tuple[Told, int]]:
    """The records with their extras, and the lines that they are in."""
    found: list[tuple[Told, int]] = []
    line, counted = 1, 0
    for text, at in _blocks(section, _RECORD):
        line += findings.source.text.count("\n", counted, at)
        counted = at
        told = _told(text, at, memory, scope, findings)
        if told is not None:
            found.append((told, line))
    return found


def _told(text: str, at: int, memory: Memory, scope: Scope, findings: Findings) -> Told | None:
    left = scope.left
    try:
        return memory.told(text.rstrip(), scope)
    except KqueryError:
        scope.left = left
    errors = findings.errors
    record, extras = None, []
    for part, start in _blocks(Section(text, at), _EXTRA):
        try:
            if part.startswith("extra:"):
                extras.append(parse_extra(tokenize(part), scope))
                if start == at:
                    raise KqueryError(codes.CALL_PATH_SYNTAX, "an extra stands before the first call", 0)
            else:
                record = parse_record(tokenize(part), scope)
        except KqueryError as error:
            findings.add(error, part, start)
    if record is None or findings.errors > errors:
        return None
    return Told(record, tuple(extras))


def read_constraints(
    section: Section, memory: Memory, scope: Scope, findings: Findings
) -> list[tuple[Term | None, int]]:
    """The constraints as printed once more, and where; None for what cannot be read."""
    found: list[tuple[Term | None, int]] = []
    for text, at in _blocks(section, _CONSTRAINT):
        try:
            found.append((_condition(text.rstrip(), memory, scope), at))
        except KqueryError as error:
            findings.add(error, text, at)
            found.append((None, at))
    return found


def _condition(text: str, memory: Memory, scope: Scope) -> Term:
    left = scope.left
    try:
        return memory.term(text, scope)
    except KqueryError:
        scope.left = left
    scope.fresh()
    tokens = tokenize(text)
    term, at = parse_term(tokens, 0, scope)
    if tokens[at] != END:
        raise expected("the end of the expression", tokens, at)
    return term


def read_tags(section: Section, findings: Findings) -> tuple[tuple[str, str], ...]:
    """`name = value` lines."""
    found: list[tuple[str, str]] = []
    for text, at in _blocks(section, re.compile("\n")):
        name, separator, value = text.strip("\r").partition(" = ")
        if separator:
            found.append((name, value))
        else:
            message = f"{quote(text)} is no tag: one is written `name = value`"
            findings.add(KqueryError(codes.CALL_PATH_SYNTAX, message, 0), text, at)
    return tuple(found)
