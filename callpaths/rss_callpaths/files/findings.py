"""Errors at tokens → diagnostics at places of a file."""

from __future__ import annotations

from rss_callpaths.kquery.errors import KqueryError
from rss_callpaths.kquery.tokens import extent
from rss_dsl.diagnostics import Diagnostic, Rule
from rss_dsl.source import Source, Span

MAX_FINDINGS = 20
"""Of one file. More say no more, and a damaged file could have any number."""


class Findings:
    """What is wrong with one file, in the order found."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.errors = 0
        self.diagnostics: list[Diagnostic] = []

    def add(self, error: KqueryError, text: str, start: int) -> None:
        """An error in a text that begins at `start`."""
        begin, end = extent(text, error.at) if self.errors < MAX_FINDINGS else (0, 0)
        self.report(error.rule, error.message, start + begin, start + end, error.help)

    def report(self, rule: Rule, message: str, start: int, end: int, help_: str | None = None) -> None:
        """A finding at a place; the last one kept says how many there are."""
        self.errors += 1
        if self.errors <= MAX_FINDINGS:
            span = Span(self.source, start, end)
            self.diagnostics.append(Diagnostic(rule=rule, message=message, span=span, help=help_))

    def finish(self) -> list[Diagnostic]:
        """The diagnostics, and how many there are beyond them."""
        if self.errors > MAX_FINDINGS:
            last = self.diagnostics[-1]
            message = f"{self.errors - MAX_FINDINGS} more findings in this file are not shown"
            self.diagnostics.append(Diagnostic(rule=last.rule, message=message, span=last.span))
            self.errors = 0
        return self.diagnostics
