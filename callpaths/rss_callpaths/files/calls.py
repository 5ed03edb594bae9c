"""The sections after the query: calls, constraints, tags."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rss_callpaths.callpath import Call, Extra, Variant
from rss_callpaths.files.findings import Findings
from rss_callpaths.files.memory import Memory
from rss_callpaths.files.records import Record
from rss_callpaths.files.sections import Section
from rss_callpaths.kquery.errors import KqueryError
from rss_callpaths.kquery.scope import Scope
from rss_callpaths.terms import Term
from rss_dsl import codes
from rss_dsl.lexical import quote

_RECORD = re.compile(r"\n(?=[0-9]+:|extra:)")
_CONSTRAINT = re.compile(r"\n(?! )")


def _blocks(section: Section, cut: re.Pattern[str]) -> Iterator[tuple[str, int]]:
    """The parts of a section that are not blank, and where each begins."""
    at = section.start
    for text in cut.split(section.text):
        if text and not text.isspace():
            yield text, at
        at += len(text) + 1


def read_calls(
    section: Section, memory: Memory, scope: Scope, findings: Findings
) -> tuple[list[Call], set[Variant]]:
    """The calls, each with its extras, and the variants that their texts show."""
    calls: list[Call] = []
    variants: set[Variant] = set()
    record: Record | None = None
    line, counted = 1, 0
    extras: list[Extra] = []
    broken = False
    """Whether the record before is one that could not be read."""

    def close() -> None:
        if record is not None:
            calls.append(memory.call(record, tuple(extras), line))
            extras.clear()

    for text, at in _blocks(section, _RECORD):
        try:
            if text.startswith("extra:"):
                extra = memory.extra(text, scope)
                if extra.kind is not None:
                    variants.add(Variant.TAGGED)
                if record is not None:
                    extras.append(extra)
                elif not broken:
                    raise KqueryError(codes.CALL_PATH_SYNTAX, "an extra stands before the first call", 0)
                continue
            close()
            line += findings.source.text.count("\n", counted, at)
            counted = at
            record, broken = None, True
            record = memory.record(text, scope)
            broken = False
            if record.variant is not None:
                variants.add(record.variant)
        except KqueryError as error:
            findings.add(error, text, at)
    close()
    return calls, variants


def read_constraints(
    section: Section, memory: Memory, scope: Scope, findings: Findings
) -> list[tuple[Term | None, int]]:
    """The constraints as printed once more, and where; None for what cannot be read."""
    found: list[tuple[Term | None, int]] = []
    for text, at in _blocks(section, _CONSTRAINT):
        scope.fresh()
        try:
            found.append((memory.piece(text.rstrip(), scope), at))
        except KqueryError as error:
            findings.add(error, text, at)
            found.append((None, at))
    return found


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
