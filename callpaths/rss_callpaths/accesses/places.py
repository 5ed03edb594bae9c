"""Places of findings about call paths: the record of a call, or the path's file."""

from __future__ import annotations

from collections.abc import Mapping

from rss_callpaths.callpath import Call, CallPath
from rss_dsl.diagnostics import Diagnostic, Rule
from rss_dsl.source import Source, Span


class Places:
    """The texts of call-path files, as far as they are known."""

    def __init__(self, sources: Mapping[str, Source]) -> None:
        """`sources`: by the names of paths."""
        self._sources = sources

    def finding(self, rule: Rule, path: CallPath, call: Call | None, message: str, help: str) -> Diagnostic:
        """A finding at a call, or at the file."""
        return Diagnostic(rule=rule, message=message, span=self.span(path, call), help=help)

    def span(self, path: CallPath, call: Call | None = None) -> Span:
        """The call's function in its record, or the start of the file. Without the text, its line only."""
        line = max(call.file_line, 1) if call else 1
        source = self._sources.get(path.name) or Source(path.name, "\n" * (line - 1))
        start = sum(len(text) + 1 for text in source.text.split("\n")[: line - 1])
        text = source.line(line)
        at = text.find(call.function) if call else -1
        if call is None or at < 0:
            return Span(source, start, start + len(text))
        return Span(source, start + at, start + at + len(call.function))
