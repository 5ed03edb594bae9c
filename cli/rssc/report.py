"""Diagnostics on the way out: text to stderr, JSON and SARIF to stdout."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from rss_dsl.codes import KEY_TOO_SHORT
from rss_dsl.diagnostics import Diagnostic, RssError, Severity
from rss_solver.limits import LimitReachedError
from rssc.exits import Exit

MOST_ALIKE = 10
"""Findings of one rule that `tell_some` shows."""


def tell(findings: Sequence[Diagnostic], most: int | None = None) -> None:
    """Findings as text on stderr, coloured on a terminal; of each rule `most` at most."""
    if findings:
        from rss_dsl.render import render_text

        print(render_text(findings, color=sys.stderr.isatty(), most=most), file=sys.stderr, end="")


def tell_some(findings: Sequence[Diagnostic]) -> None:
    """The same, of each rule the first few, for inputs of thousands of files that repeat what is wrong."""
    tell(findings, MOST_ALIKE)


def fail(error: RssError, output_format: str = "text") -> Exit:
    """Report an error the way the command's `--format` asks for, and say how to exit.

    A hash input that the NIC's key is too short for is no mistake in the spec: no key exists.
    """
    if output_format in ("json", "sarif"):
        print_findings(error.diagnostics, output_format)
    elif len({found.span.source.path for found in error.diagnostics}) > MOST_ALIKE:
        tell_some(error.diagnostics)
    else:
        tell(error.diagnostics)
    errors = {found.rule for found in error.diagnostics if found.rule.severity is Severity.ERROR}
    return Exit.NO_KEY if errors == {KEY_TOO_SHORT} else Exit.FINDINGS


def undecided(error: LimitReachedError, output_format: str = "text") -> Exit:
    """Say what Z3 could not tell within its limit, the way the command's `--format` asks for."""
    if output_format == "json":
        _print_undecided(error)
    elif error.finding is None:
        print(f"undecided: {error}", file=sys.stderr)
    else:
        tell([error.finding])
    return Exit.UNDECIDED


def _print_undecided(error: LimitReachedError) -> None:
    from rssc.documents import emit

    if error.finding is None:
        emit({"verdict": {"status": "undecided", "reason": str(error)}})
    else:
        print_findings([error.finding], "json")


def print_findings(findings: Sequence[Diagnostic], output_format: str) -> None:
    """Findings as a JSON or SARIF document on stdout."""
    from rss_dsl.render import render_json, render_sarif
    from rssc import __version__

    text = render_json(findings) if output_format == "json" else render_sarif(findings, __version__)
    print(text.rstrip("\n"))
