"""Tables of backends: files with lines `ADDRESS MAC`, an IP address and the Ethernet address that has it."""

from __future__ import annotations

import re
from pathlib import Path

from rss_dsl import codes
from rss_dsl.diagnostics import Diagnostic, Label, RssError
from rss_dsl.files import decoded, read_bytes
from rss_dsl.source import Source, Span
from rss_dsl.tokens import MalformedError, constant
from rss_synth.nf.template import Backend

MAX_BACKENDS = 4096
"""Of each IP version, as in `state/maglev.h`."""

_GROUP_BIT = 1 << 40
"""Of a MAC address as a number: set in multicast addresses and broadcast."""
_EXAMPLES = {"ip": "`10.0.0.1` or `fd00::1`", "mac": "`02:00:00:00:00:01`"}


def read_backends(named: str, place: Span) -> tuple[Backend, ...]:
    """The backends in a file that a spec names at `place`, relative to the spec.

    RssError with every line that is wrong, at its place in the file.
    """
    path = Path(place.source.path).parent / named
    reader = _Reader(Source(str(path), decoded(read_bytes(path, place=place), path, place=place)))
    for line in re.finditer(r"^[^#\n]+", reader.source.text, re.MULTILINE):
        if line.group().strip():
            reader.read(line)
    if not reader.places and not reader.wrong:
        reader.say(place, f"`{named}` names no backends", "write lines `ADDRESS MAC`")
    for version in (4, 6):
        if sum(found[0] == version for found in reader.places) > MAX_BACKENDS:
            reader.say(
                place, f"`{named}` has more than {MAX_BACKENDS} IPv{version} backends", "leave some out"
            )
    if reader.wrong:
        raise RssError(reader.wrong)
    return tuple(reader.backends)


class _Reader:
    """What has been read of a file, and what is wrong with it."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.backends: list[Backend] = []
        self.places: dict[tuple[int, int], Span] = {}
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
            self.say(whole, f"a backend is two words, not {len(words)}", "write `ADDRESS MAC`")
            return
        address, mac = self._address(*words[0]), self._mac(*words[1])
        if address and mac:
            self.backends.append((address, mac))

    def _address(self, text: str, span: Span) -> tuple[int, ...] | None:
        for kind, version in (("ipv4", 4), ("ipv6", 6)):
            value = _value(text, kind)
            if value is None:
                continue
            if (version, value) in self.places:
                first = Label(self.places[version, value], "it is here first")
                self.say(span, f"`{text}` is in the table already", "leave one of them", (first,))
                return None
            self.places[version, value] = span
            return tuple(value.to_bytes(4 if version == 4 else 16, "big"))
        self.say(span, f"`{text}` is no IP address", f"write one as {_EXAMPLES['ip']}")
        return None

    def _mac(self, text: str, span: Span) -> tuple[int, ...] | None:
        value = _value(text, "mac")
        if value is None or not value or value & _GROUP_BIT:
            self.say(span, f"`{text}` is no station's Ethernet address", f"write one as {_EXAMPLES['mac']}")
            return None
        return tuple(value.to_bytes(6, "big"))


def _value(text: str, kind: str) -> int | None:
    """The number that an address is; None if it is not of that kind."""
    try:
        found = constant(text)
    except MalformedError:
        return None
    return found.value if found.kind == kind and found.prefix is None else None
