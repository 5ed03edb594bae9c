"""A file's text → its sections.

Header lines are compared whole, as the published loaders do, but for blanks at their ends.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from rss_dsl import codes
from rss_dsl.diagnostics import Diagnostic, Rule
from rss_dsl.lexical import quote
from rss_dsl.source import Source, Span

QUERY, CALLS, CONSTRAINTS, TAGS = "kQuery", "Calls", "Constraints", "Tags"
_ORDER = (QUERY, CALLS, CONSTRAINTS, TAGS)

# The marks come before the look at what is left of them: so they are searched for, not tried in each line.
_HEADER = re.compile(r";;--(?<![^\n];;--) ?(.*?) ?--[ \t\r]*$", re.MULTILINE)

RERUN = "the file was cut off: run the symbolic execution again, or copy the file again"


@dataclass(frozen=True, slots=True)
class Section:
    """The text between two headers, and where it begins."""

    text: str
    start: int


@dataclass(frozen=True, slots=True)
class Sections:
    """Of a file that has all that it must have."""

    query: Section
    calls: Section
    constraints: Section
    tags: Section | None


def header(name: str) -> str:
    """The line that begins a section."""
    return f";;-- {name} --"


def split_sections(source: Source) -> Sections | Diagnostic:
    """The sections of a file, or why it has none."""
    found = list(_HEADER.finditer(source.text))
    if not found:
        return _foreign(source)
    if source.text[: found[0].start()].strip():
        place = Span(source, 0, found[0].start())
        message = f"{quote(source.text.lstrip()[:40], 40)} stands before the first section"
        help_ = f"a call path begins with the line `{header(QUERY)}`"
        return Diagnostic(rule=codes.NOT_A_CALL_PATH, message=message, span=place, help=help_)
    sections: dict[str, Section] = {}
    for mark, after in zip(found, [*found[1:], None], strict=True):
        name, start = mark[1], min(mark.end() + 1, len(source.text))
        due = _ORDER[len(sections)] if len(sections) < len(_ORDER) else None
        if name != due:
            return _misplaced(source, mark, due)
        sections[name] = Section(source.text[start : after.start() if after else None], start)
    if len(sections) < 3:
        return _cut(source, _ORDER[len(sections)])
    return Sections(sections[QUERY], sections[CALLS], sections[CONSTRAINTS], sections.get(TAGS))


def _foreign(source: Source) -> Diagnostic:
    text = source.text.strip()
    message = f"no call path: it begins with {quote(text, 20)}" if text else "no call path: it is empty"
    help_ = f"call paths begin with the line `{header(QUERY)}`; KLEE writes them with `-dump-call-traces`"
    return _at(source, codes.NOT_A_CALL_PATH, message, 0, 0, help_)


def _cut(source: Source, missing: str) -> Diagnostic:
    end = source.text.find(header(missing))
    if end >= 0:
        message = f"a record is cut off where `{header(missing)}` follows it"
        return _at(source, codes.CUT_CALL_PATH, message, end, end, RERUN)
    end = len(source.text.rstrip())
    message = f"the file ends without a section `{header(missing)}`"
    return _at(source, codes.CUT_CALL_PATH, message, end, end, RERUN)


def _misplaced(source: Source, mark: re.Match[str], due: str | None) -> Diagnostic:
    if due is None:
        message = f"section {quote(mark[0])} follows the last one"
    else:
        message = f"section {quote(mark[0])} stands where `{header(due)}` should"
    help_ = f"the sections are, in this order: {', '.join(f'`{header(name)}`' for name in _ORDER)}"
    return _at(source, codes.NOT_A_CALL_PATH, message, mark.start(), mark.end(), help_)


def _at(source: Source, rule: Rule, message: str, start: int, end: int, help_: str) -> Diagnostic:
    return Diagnostic(rule=rule, message=message, span=Span(source, start, end), help=help_)
