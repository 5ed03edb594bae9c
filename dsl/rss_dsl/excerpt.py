"""Excerpts of source text with a span marked under it, for terminals.

Columns are counted as terminals show them: tabs go to the next multiple of four, wide characters take two
columns, and what a terminal would obey or hide is shown as a replacement character.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from rss_dsl.source import Span

WIDEST = 100
"""Columns of source text shown; longer lines are clipped around what is marked."""

_TAB = 4
_LEAD = 30
"""Columns kept before the mark where a line is clipped."""

_NEAR = 1000
"""Characters on both sides of the mark that are looked at, where a line has many more."""

_CUT = "…"


@dataclass(frozen=True, slots=True)
class _Cells:
    """A line as shown: one text per character of the source."""

    texts: tuple[str, ...]

    def width(self, start: int, stop: int) -> int:
        """Terminal columns of some characters."""
        return sum(columns(char) for text in self.texts[start:stop] for char in text)


def columns(char: str) -> int:
    """Terminal columns of a printable character."""
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1


def printable(text: str) -> str:
    """One line of text that a terminal only shows: control characters replaced."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def _cells(line: str) -> _Cells:
    texts: list[str] = []
    column = 0
    for char in line:
        text = " " * (_TAB - column % _TAB) if char == "\t" else printable(char)
        texts.append(text)
        column += sum(columns(c) for c in text)
    return _Cells(tuple(texts))


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Lines of an excerpt: what stands in the margin (a line number or nothing), and the text."""

    lines: tuple[tuple[str, str], ...]


def excerpt(span: Span, mark: str = "^") -> Excerpt | None:
    """The first line of a span (and the last, if it is another), marked; None for built-in places."""
    if not span.source.text:
        return None
    first, start = span.source.position(span.start)
    last, stop = span.source.position(max(span.start, span.end))
    if last > first and stop == 1:  # It ends with a line end.
        last -= 1
        stop = len(span.source.line(last)) + 1
    if first == last:
        return Excerpt(_marked(span, first, start - 1, stop - 1, mark))
    head = _marked(span, first, start - 1, len(span.source.line(first)), mark)
    gap = () if last == first + 1 else (("", _CUT),)
    text = span.source.line(last)
    tail = _marked(span, last, len(text) - len(text.lstrip()), stop - 1, mark)
    return Excerpt((*head, *gap, *tail))


def _marked(span: Span, number: int, start: int, stop: int, mark: str) -> tuple[tuple[str, str], ...]:
    line = span.source.line(number)
    if len(line) > 4 * _NEAR:
        skipped = max(0, start - _NEAR)
        line = line[skipped : start + _NEAR]
        start, stop = start - skipped, stop - skipped
    cells = _cells(line)
    start = min(start, len(cells.texts))
    stop = min(max(stop, start), len(cells.texts))
    text, before, marked = _clipped(cells, start, stop)
    return (str(number), text.rstrip()), ("", " " * before + mark * max(1, marked))


def _clipped(cells: _Cells, start: int, stop: int) -> tuple[str, int, int]:
    """The text shown, the columns before the mark and the columns of the mark."""
    total = len(cells.texts)
    left = 0
    if cells.width(0, total) > WIDEST and cells.width(0, start) > _LEAD:
        left = _back(cells, start)
    right = _forward(cells, left)
    head, tail = _CUT if left else "", _CUT if right < total else ""
    text = head + "".join(cells.texts[left:right]) + tail
    return text, len(head) + cells.width(left, start), cells.width(start, min(stop, right))


def _back(cells: _Cells, start: int) -> int:
    left = start
    while left and cells.width(left - 1, start) <= _LEAD:
        left -= 1
    return left


def _forward(cells: _Cells, left: int) -> int:
    right, used = left, 0
    while right < len(cells.texts):
        used += cells.width(right, right + 1)
        if used > WIDEST:
            break
        right += 1
    return right
