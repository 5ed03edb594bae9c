"""Diagnostics as text for people, as JSON for programs, as SARIF for code review."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote

from rss_dsl.codes import all_rules
from rss_dsl.diagnostics import Diagnostic, Label, Rule, Severity
from rss_dsl.excerpt import excerpt, printable
from rss_dsl.pages import explanation
from rss_dsl.source import NOWHERE, Span

FORMAT_VERSION = 1

_COLORS = {Severity.ERROR: "31", Severity.WARNING: "33", Severity.NOTE: "36"}
_FAINT, _BOLD, _GREEN = "2", "1", "32"

Json = dict[str, Any]


# --- text -------------------------------------------------------------------------------------------


def render_text(diagnostics: Iterable[Diagnostic], *, color: bool = False, most: int | None = None) -> str:
    """Every diagnostic with its source, and a last line that counts them; empty if there are none.

    `most`: of each rule so many at most, and a line that says how many more there are and in which files.
    """
    found = tuple(diagnostics)
    shown, unshown = _parted(found, most)
    paint = _Paint(color)
    blocks = ["\n".join(_lines(diagnostic, paint)) for diagnostic in shown]
    rests = "\n".join(_rest(rule, files) for rule, files in unshown.items())
    return "\n\n".join((*blocks, *filter(None, [rests]), summary(found))) + "\n" if found else ""


def _parted(found: Iterable[Diagnostic], most: int | None) -> tuple[list[Diagnostic], dict[Rule, list[str]]]:
    """The first `most` of each rule, and for every other one the file that it is in."""
    shown: list[Diagnostic] = []
    unshown: dict[Rule, list[str]] = {}
    counts: Counter[Rule] = Counter()
    for diagnostic in found:
        counts[diagnostic.rule] += 1
        if most is None or counts[diagnostic.rule] <= most:
            shown.append(diagnostic)
        else:
            unshown.setdefault(diagnostic.rule, []).append(diagnostic.span.source.path)
    return shown, unshown


def _rest(rule: Rule, files: Sequence[str]) -> str:
    """`990 more RSS403 in 3 files, d/a.call_path to d/z.call_path: …`."""
    apart = list(dict.fromkeys(files))
    place = apart[0] if len(apart) == 1 else f"{len(apart)} files, {apart[0]} to {apart[-1]}"
    return printable(f"{len(files)} more {rule.code} in {place}: `--format json` has them all")


def summary(diagnostics: Iterable[Diagnostic]) -> str:
    """`2 errors, 1 warning`; empty if there are none."""
    counts = Counter(diagnostic.severity for diagnostic in diagnostics)
    parts = (_count(counts[severity], severity.value) for severity in Severity if counts[severity])
    return ", ".join(parts)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


class _Paint:
    """Wraps text in terminal colors, or leaves it alone."""

    def __init__(self, on: bool) -> None:
        self._on = on

    def __call__(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._on and text else text


def _lines(diagnostic: Diagnostic, paint: _Paint) -> Iterable[str]:
    color = _COLORS[diagnostic.severity]
    severity = paint(f"{diagnostic.severity.value}[{diagnostic.rule.code}]", f"{_BOLD};{color}")
    message = paint(printable(diagnostic.message), _BOLD)
    yield f"{printable(str(diagnostic.span))}: {severity}: {message}"
    yield from _excerpt(diagnostic.span, "^", color, paint)
    for label in diagnostic.related:
        yield f"  {printable(str(label.span))}: {printable(label.message)}"
        yield from _excerpt(label.span, "-", _FAINT, paint)
    if diagnostic.help is not None:
        yield f"  {paint('help', f'{_BOLD};{_GREEN}')}: {printable(diagnostic.help)}"


def _excerpt(span: Span, mark: str, color: str, paint: _Paint) -> Iterable[str]:
    found = excerpt(span, mark)
    if found is None:
        return
    margin = max(len(number) for number, _ in found.lines)
    for number, text in found.lines:
        shown = text if number else paint(text, color)
        yield f"  {paint(f'{number:>{margin}} |', _FAINT)} {shown}".rstrip()


# --- JSON -------------------------------------------------------------------------------------------


def render_json(diagnostics: Iterable[Diagnostic]) -> str:
    """The diagnostics with their places (lines and columns from 1, ends exclusive), and their counts."""
    found = tuple(diagnostics)
    counts = Counter(diagnostic.severity for diagnostic in found)
    document = {
        "format_version": FORMAT_VERSION,
        "diagnostics": documents(found),
        "counts": {severity.value: counts[severity] for severity in Severity},
    }
    return json.dumps(document, indent=2) + "\n"


def documents(diagnostics: Iterable[Diagnostic]) -> list[Json]:
    """The diagnostics as members of a larger document."""
    return [_as_json(diagnostic) for diagnostic in diagnostics]


def _as_json(diagnostic: Diagnostic) -> Json:
    return {
        "code": diagnostic.rule.code,
        "name": diagnostic.rule.name,
        "severity": diagnostic.severity.value,
        "message": diagnostic.message,
        **_place(diagnostic.span),
        "related": [{"message": label.message, **_place(label.span)} for label in diagnostic.related],
        "help": diagnostic.help,
    }


def _place(span: Span) -> Json:
    return {"file": span.source.path, "start": _point(span, span.start), "end": _point(span, span.end)}


def _point(span: Span, offset: int) -> Json:
    line, column = span.source.position(offset)
    return {"line": line, "column": column, "offset": offset}


# --- SARIF ------------------------------------------------------------------------------------------


def render_sarif(diagnostics: Iterable[Diagnostic], version: str) -> str:
    """SARIF 2.1.0 with every rule, whether it found anything or not."""
    rules = list(all_rules().values())
    index = {rule.code: i for i, rule in enumerate(rules)}
    driver = {
        "name": "rssc",
        "semanticVersion": version,
        "rules": [_sarif_rule(rule) for rule in rules],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_sarif_result(diagnostic, index) for diagnostic in diagnostics],
    }
    document = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    }
    return json.dumps(document, indent=2) + "\n"


def _sarif_rule(rule: Rule) -> Json:
    text = explanation(rule.code) or rule.name
    return {
        "id": rule.code,
        "name": "".join(part.capitalize() for part in rule.name.split("-")),
        "shortDescription": {"text": rule.name.replace("-", " ")},
        "help": {"text": text, "markdown": text},
        "defaultConfiguration": {"level": rule.severity.value},
    }


def _sarif_result(diagnostic: Diagnostic, index: dict[str, int]) -> Json:
    related = [label for label in diagnostic.related if _is_somewhere(label.span)]
    text = diagnostic.message if diagnostic.help is None else f"{diagnostic.message}\nhelp: {diagnostic.help}"
    return {
        "ruleId": diagnostic.rule.code,
        "ruleIndex": index[diagnostic.rule.code],
        "level": diagnostic.severity.value,
        "message": {"text": text},
        "locations": [_sarif_location(diagnostic.span)] if _is_somewhere(diagnostic.span) else [],
        "relatedLocations": [_sarif_related(number, label) for number, label in enumerate(related, start=1)],
    }


def _is_somewhere(span: Span) -> bool:
    return span.source is not NOWHERE.source


def _sarif_location(span: Span) -> Json:
    line, column = span.source.position(span.start)
    end_line, end_column = span.source.position(span.end)
    region = {"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column}
    return {"physicalLocation": {"artifactLocation": {"uri": _uri(span.source.path)}, "region": region}}


def _uri(path: str) -> str:
    quoted = quote(path.replace("\\", "/"), safe="/", errors="surrogateescape")
    return f"file://{quoted}" if quoted.startswith("/") else quoted


def _sarif_related(number: int, label: Label) -> Json:
    return {"id": number, **_sarif_location(label.span), "message": {"text": label.message}}
