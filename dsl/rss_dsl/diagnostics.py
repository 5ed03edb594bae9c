"""Diagnostics as data: code, severity, message, place, related places, a way out.

A message starts in lower case, has no final period, quotes the user's text in backticks and never
names a Python type. What to do about it goes into `help`. Rendering is `render.py`'s job.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from rss_dsl.source import Span


class Severity(StrEnum):
    """How much it matters: an error stops the pipeline, a warning does not."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of finding. `rules/CODE.md` explains it; `rssc rule CODE` prints that."""

    code: str
    """`RSS` and three digits, never reused."""
    name: str
    """A short name in kebab case."""
    severity: Severity


@dataclass(frozen=True, slots=True)
class Label:
    """Another place that has to do with a diagnostic, and what it is there for."""

    span: Span
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """One finding at one place."""

    rule: Rule
    message: str
    span: Span
    related: tuple[Label, ...] = ()
    help: str | None = None

    @property
    def severity(self) -> Severity:
        """The rule's severity."""
        return self.rule.severity


class RssError(Exception):
    """Input that cannot be used, with every diagnostic found. The only exception for users' mistakes."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("; ".join(f"{d.span}: {d.message}" for d in self.diagnostics))


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    """Whether any of them stops the pipeline."""
    return any(d.severity is Severity.ERROR for d in diagnostics)
