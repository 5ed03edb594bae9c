"""Limits on the work of a query."""

from __future__ import annotations

from rss_dsl.diagnostics import Diagnostic


class LimitReachedError(Exception):
    """Z3 gave up within its limit: whether there are keys is undecided."""

    def __init__(self, finding: Diagnostic | None = None) -> None:
        super().__init__(finding.message if finding else "the limit was reached while choosing keys")
        self.finding = finding
        """What could not be decided, None where it is the choice of keys."""
