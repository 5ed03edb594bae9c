"""Collects what the checker finds: each finding once, all of them, sorted by place."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches

from rss_dsl.diagnostics import Diagnostic, Label, Rule, has_errors
from rss_dsl.source import Span

_SUGGESTIONS = 50
"""Spelling suggestions per run: each compares a name with every known one, which would be quadratic."""


class Report:
    """The diagnostics found so far."""

    incomplete: bool
    """Whether parts of the spec could not be read, which may declare what seems unknown."""

    def __init__(self, incomplete: bool = False) -> None:
        self.incomplete = incomplete
        self._found: dict[tuple[str, str, str, int, int], Diagnostic] = {}
        self._suggestions = _SUGGESTIONS

    def add(
        self,
        rule: Rule,
        message: str,
        span: Span,
        *,
        related: tuple[Label, ...] = (),
        help: str | None = None,
    ) -> None:
        """Record a finding; the same one again, from another use of a relation, is dropped."""
        key = (rule.code, message, span.source.path, span.start, span.end)
        diagnostic = Diagnostic(rule=rule, message=message, span=span, related=related, help=help)
        self._found.setdefault(key, diagnostic)

    def closest(self, name: str, known: Collection[str]) -> str | None:
        """The known name that looks most like a misspelt one."""
        if self._suggestions <= 0:
            return None
        self._suggestions -= 1
        lowered = {candidate.lower(): candidate for candidate in known}
        found = get_close_matches(name.lower(), lowered, n=1)
        return lowered[found[0]] if found else None

    def did_you_mean(self, name: str, known: Collection[str], otherwise: str) -> str:
        """Help for an unknown name: the closest known one, or else what there is."""
        close = self.closest(name, known)
        return otherwise if close is None else f"did you mean `{close}`?"

    @property
    def failed(self) -> bool:
        """Whether an error was found."""
        return has_errors(self._found.values())

    def sorted(self) -> tuple[Diagnostic, ...]:
        """Everything found, by file, place and code."""
        return tuple(sorted(self._found.values(), key=_place))


def _place(found: Diagnostic) -> tuple[str, int, int, str]:
    return found.span.source.path, found.span.start, found.span.end, found.rule.code
