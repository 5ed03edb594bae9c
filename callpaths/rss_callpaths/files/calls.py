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
    reader = _Calls(memory, scope)
    line, counted = 1, 0
    for text, at in _blocks(section, _RECORD):
        try:
            if text.startswith("extra:"):
                reader.extra(text)
                continue
            line += findings.source.text.count("\n", counted, at)
            counted = at
            reader.record(text, line)
        except KqueryError as error:
            findings.add(error, text, at)
    reader.close()
    return reader.calls, reader.variants


class _Calls:
    """Calls so far; the last record waits for its extras."""

    def __init__(self, memory: Memory, scope: Scope) -> None:
        self.memory, self.scope = memory, scope
        self.calls: list[Call] = []
        self.variants: set[Variant] = set()
        self._open: tuple[Record, int] | None = None
        self._extras: list[Extra] = []
        self._broken = False
        """Whether the record before is one that could not be read."""

    def extra(self, text: str) -> None:
        """An extra of the record before."""
        extra = self.memory.extra(text, self.scope)
        if extra.kind is not None:
            self.variants.add(Variant.TAGGED)
        if self._open is not None:
            self._extras.append(extra)
        elif not self._broken:
            raise KqueryError(codes.CALL_PATH_SYNTAX, "an extra stands before the first call", 0)

    def record(self, text: str, line: int) -> None:
        """The next record, which is in that line of the file."""
        self.close()
        self._broken = True
        record = self.memory.record(text, self.scope)
        self._open, self._broken = (record, line), False
        if record.variant is not None:
            self.variants.add(record.variant)

    def close(self) -> None:
        """The record before is complete."""
        if self._open is not None:
            record, line = self._open
            self.calls.append(self.memory.call(record, tuple(self._extras), line))
            self._extras.clear()
            self._open = None


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
