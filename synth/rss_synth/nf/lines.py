"""Files of lines with two words each, which specs name: read with the place of everything that is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Hashable
from pathlib import Path

from rss_dsl import codes
from rss_dsl.check.report import Report
from rss_dsl.diagnostics import Label, RssError
from rss_dsl.files import read_source
from rss_dsl.source import Span

GROUP_BIT = 1 << 40
"""Of an Ethernet address as a number: set in multicast addresses and broadcast."""

Word = tuple[str, Span]


class Lines:
    """A file, named by a spec at `place` and relative to the spec; and what is wrong with it so far."""

    def __init__(self, named: str, place: Span) -> None:
        path = Path(place.source.path).parent / named
        self.source = read_source(path, place)
        self.named, self.place = named, place
        self.seen: dict[Hashable, Span] = {}
        self._report = Report()

    def read(self, what: str, form: str, take: Callable[[Word, Word], None]) -> None:
        """Give the words of every line to `take`. `#` begins a comment."""
        for line in re.finditer(r"^[^#\n]*[^#\s][^#\n]*", self.source.text, re.MULTILINE):
            words = [
                (word.group(), Span(self.source, line.start() + word.start(), line.start() + word.end()))
                for word in re.finditer(r"\S+", line.group())
            ]
            if len(words) == 2:
                take(words[0], words[1])
                continue
            whole = Span(self.source, words[0][1].start, words[-1][1].end)
            self.say(whole, f"a {what} is two words, not {len(words)}", f"write `{form}`")
        if not self.seen and not self._report.failed:
            self.say(self.place, f"`{self.named}` names no {what}s", f"write lines `{form}`")

    def is_new(self, key: Hashable, word: Word) -> bool:
        """Whether a word is there for the first time; otherwise that is said."""
        text, span = word
        if key in self.seen:
            first = Label(self.seen[key], "it is here first")
            self.say(span, f"`{text}` is in the table already", "leave one of them", (first,))
            return False
        self.seen[key] = span
        return True

    def say(self, span: Span, message: str, help: str, related: tuple[Label, ...] = ()) -> None:
        """Note what is wrong."""
        self._report.add(codes.NF_VALUE, message, span, help=help, related=related)

    def did_you_mean(self, name: str, known: Collection[str], otherwise: str) -> str:
        """Help for a name that is not among those that there are."""
        return self._report.did_you_mean(name, known, otherwise)

    def finish(self) -> None:
        """RssError with everything that is wrong, if anything is."""
        if self._report.failed:
            raise RssError(self._report.sorted())
