"""Tables of backends: files with lines `ADDRESS MAC`, an IP address and the Ethernet address that has it."""

from __future__ import annotations

from rss_dsl.source import Span
from rss_dsl.tokens import MalformedError, constant
from rss_synth.nf.lines import GROUP_BIT, Lines, Word
from rss_synth.nf.template import Backend

MAX_BACKENDS = 4096
"""Of each IP version, as in `state/maglev.h`."""

_EXAMPLES = {"ip": "`10.0.0.1` or `fd00::1`", "mac": "`02:00:00:00:00:01`"}


def read_backends(named: str, place: Span) -> tuple[Backend, ...]:
    """The backends in a file that a spec names at `place`, relative to the spec.

    RssError with every line that is wrong, at its place in the file.
    """
    lines = Lines(named, place)
    backends: list[Backend] = []

    def take(first: Word, second: Word) -> None:
        address, mac = _address(first, lines), _mac(second, lines)
        if address and mac:
            backends.append((address, mac))

    lines.read("backend", "ADDRESS MAC", take)
    for version, size in ((4, 4), (6, 16)):
        if sum(len(address) == size for address, _ in backends) > MAX_BACKENDS:
            lines.say(
                place, f"`{named}` has more than {MAX_BACKENDS} IPv{version} backends", "leave some out"
            )
    lines.finish()
    return tuple(backends)


def _address(word: Word, lines: Lines) -> tuple[int, ...] | None:
    text, span = word
    for kind, size in (("ipv4", 4), ("ipv6", 16)):
        value = _value(text, kind)
        if value is not None:
            return tuple(value.to_bytes(size, "big")) if lines.is_new((kind, value), word) else None
    lines.say(span, f"`{text}` is no IP address", f"write one as {_EXAMPLES['ip']}")
    return None


def _mac(word: Word, lines: Lines) -> tuple[int, ...] | None:
    text, span = word
    value = _value(text, "mac")
    if not value or value & GROUP_BIT:
        lines.say(span, f"`{text}` is no station's Ethernet address", f"write one as {_EXAMPLES['mac']}")
        return None
    return tuple(value.to_bytes(6, "big"))


def _value(text: str, kind: str) -> int | None:
    """The number that an address is; None if it is not of that kind."""
    try:
        found = constant(text)
    except MalformedError:
        return None
    return found.value if found.kind == kind and found.prefix is None else None
