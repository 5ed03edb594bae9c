"""Tables of stations: files with lines `MAC PORT` that say behind which port an Ethernet address is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path

from rss_dsl import codes
from rss_dsl.diagnostics import Diagnostic, Label, RssError
from rss_dsl.files import decoded, read_bytes
from rss_dsl.source import Source, Span
from rss_dsl.tokens import MalformedError, constant, written
from rss_synth.nf.template import Station

_GROUP_BIT = 1 << 40
"""Of an address as a number: set in multicast addresses and broadcast."""


def read_stations(named: str, place: Span, roles: Mapping[str, str]) -> tuple[Station, ...]:
    """The stations in a file that a spec names at `place`, relative to the spec.

    `roles`: what each port is to the function. RssError with every wrong line at its place in the file.
    """
    path = Path(place.source.path).parent / named
    source = Source(str(path), decoded(read_bytes(path, place=place), path, place=place))
    reader = _Reader(source, roles)
    for line in re.finditer(r"^[^#\n]+", source.text, re.MULTILINE):
        if line.group().strip():
            reader.read(line)
    if not reader.places and not reader.wrong:
        reader.say(place, f"`{named}` names no stations", "write lines `MAC PORT`")
    if reader.wrong:
        raise RssError(reader.wrong)
    return tuple(reader.stations)


class _Reader:
    """What has been read of a file, and what is wrong with it."""

    def __init__(self, source: Source, roles: Mapping[str, str]) -> None:
        self.source, self.roles = source, roles
        self.stations: list[Station] = []
        self.places: dict[int, Span] = {}
        self.wrong: list[Diagnostic] = []

    def say(self, span: Span, message: str, help: str, related: tuple[Label, ...] = ()) -> None:
        self.wrong.append(
            Diagnostic(rule=codes.NF_VALUE, message=message, span=span, help=help, related=related)
        )

    def read(self, line: re.Match[str]) -> None:
        words = [
            (word.group(), Span(self.source, line.start() + word.start(), line.start() + word.end()))
            for word in re.finditer(r"\S+", line.group())
        ]
        if len(words) != 2:
            whole = Span(self.source, words[0][1].start, words[-1][1].end)
            self.say(whole, f"a station is two words, not {len(words)}", "write `MAC PORT`")
            return
        address, role = self._address(*words[0]), self._role(*words[1])
        if address is not None and role is not None:
            self.stations.append((address, role))

    def _address(self, text: str, span: Span) -> str | None:
        try:
            found = constant(text)
        except MalformedError:
            found = None
        if found is None or found.kind != "mac":
            self.say(span, f"`{text}` is no Ethernet address", "write one as `02:00:00:00:00:01`")
        elif found.value & _GROUP_BIT:
            self.say(
                span, f"`{text}` is no station's address", "leave it out: such packets are flooded anyway"
            )
        elif found.value in self.places:
            first = Label(self.places[found.value], "it is here first")
            self.say(span, f"`{text}` is in the table already", "leave one of them", (first,))
        else:
            self.places[found.value] = span
            return written(found)
        return None

    def _role(self, text: str, span: Span) -> str | None:
        role = self.roles.get(text)
        if role is None:
            close = get_close_matches(text, self.roles, n=1)
            listed = ", ".join(f"`{name}`" for name in self.roles)
            help = f"did you mean `{close[0]}`?" if close else f"it has {listed}"
            self.say(span, f"the network function has no port `{text}`", help)
        return role
