"""TOML files that users write: read with the place of what is wrong."""

from __future__ import annotations

import re
import tomllib

from rss_dsl.diagnostics import Diagnostic, RssError, Rule
from rss_dsl.source import Source, Span


def read_toml(source: Source, rule: Rule) -> dict[str, object]:
    """The tables of a text. RssError with that rule where it is not TOML."""
    try:
        return tomllib.loads(source.text)
    except tomllib.TOMLDecodeError as error:
        message, place = _bare(str(error)), _syntax_span(source, str(error))
    except RecursionError:
        message, place = "nested too deep", Span(source, 0, 0)
    raise RssError([Diagnostic(rule=rule, message=f"not TOML: {message}", span=place)])


def table_span(source: Source, name: str) -> Span:
    """The name where a table begins; the start of the text where it cannot be seen."""
    return _found(source, rf"^\[({re.escape(name)})\]")


def item_span(source: Source, name: str) -> Span:
    """The name where an item is first set or a table of it begins; the start where neither is seen."""
    key = re.escape(name)
    return _found(source, rf"""^[ \t]*({key}|"{key}"|'{key}')[ \t]*=|^\[\[?({key})\]""")


def _found(source: Source, pattern: str) -> Span:
    found = re.search(pattern, source.text, re.MULTILINE)
    return Span(source, *found.span(found.lastindex or 0)) if found else Span(source, 0, 0)


def _syntax_span(source: Source, message: str) -> Span:
    """Where the TOML reader says: `… (at line 3, column 5)`, otherwise `… (at end of document)`."""
    found = re.search(r"\(at line (\d+), column (\d+)\)$", message)
    if found is None:
        return Span(source, len(source.text), len(source.text))
    before = source.text.split("\n")[: int(found[1]) - 1]
    at = sum(len(line) + 1 for line in before) + int(found[2]) - 1
    return Span(source, at, at)


def _bare(message: str) -> str:
    text = message.split(" (at ")[0]
    return text[:1].lower() + text[1:]
