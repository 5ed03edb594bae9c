"""What is wrong with a template of a network function, each at its place in `nf.toml`."""

from __future__ import annotations

from rss_dsl import codes
from rss_dsl.check.report import Report
from rss_dsl.diagnostics import RssError
from rss_dsl.source import Source, Span
from rss_dsl.toml import item_span, table_span


class Mistakes:
    """Those found so far."""

    def __init__(self, source: Source) -> None:
        self._source, self._report = source, Report()

    def file(self, message: str, help: str) -> None:
        """Note what is wrong with the template as a whole."""
        self._report.add(codes.NF_TEMPLATE, message, Span(self._source, 0, 0), help=help)

    def item(self, name: str, message: str, help: str) -> None:
        """Note what is wrong with an item, or that it is not there."""
        self._report.add(codes.NF_TEMPLATE, message, item_span(self._source, name), help=help)

    def parameter(self, name: str, message: str, help: str) -> None:
        """Note what is wrong with a parameter."""
        place = table_span(self._source, f"parameters.{name}")
        self._report.add(codes.NF_TEMPLATE, f"parameter `{name}` {message}", place, help=help)

    def refuse(self) -> None:
        """RssError (RSS640) with all of them, if there are any."""
        if self._report.failed:
            raise RssError(self._report.sorted())
