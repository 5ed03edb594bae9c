"""Tables of stations: files with lines `MAC PORT` that say behind which port an Ethernet address is."""

from __future__ import annotations

from collections.abc import Mapping

from rss_dsl.source import Span
from rss_dsl.tokens import MalformedError, constant, written
from rss_synth.nf.lines import GROUP_BIT, Lines, Word
from rss_synth.nf.template import Station


def read_stations(named: str, place: Span, roles: Mapping[str, str]) -> tuple[Station, ...]:
    """The stations in a file that a spec names at `place`, relative to the spec.

    `roles`: what each port is to the function. RssError with every wrong line at its place in the file.
    """
    lines = Lines(named, place)
    stations: list[Station] = []

    def take(first: Word, second: Word) -> None:
        address, role = _address(first, lines), _role(second, roles, lines)
        if address is not None and role is not None:
            stations.append((address, role))

    lines.read("station", "MAC PORT", take)
    lines.finish()
    return tuple(stations)


def _address(word: Word, lines: Lines) -> str | None:
    text, span = word
    try:
        found = constant(text)
    except MalformedError:
        found = None
    if found is None or found.kind != "mac":
        lines.say(span, f"`{text}` is no Ethernet address", "write one as `02:00:00:00:00:01`")
    elif found.value & GROUP_BIT:
        lines.say(span, f"`{text}` is no station's address", "leave it out: such packets are flooded anyway")
    elif lines.is_new(found.value, word):
        return written(found)
    return None


def _role(word: Word, roles: Mapping[str, str], lines: Lines) -> str | None:
    text, span = word
    role = roles.get(text)
    if role is None:
        listed = ", ".join(f"`{name}`" for name in roles)
        help = lines.did_you_mean(text, roles, f"it has {listed}")
        lines.say(span, f"the network function has no port `{text}`", help)
    return role
