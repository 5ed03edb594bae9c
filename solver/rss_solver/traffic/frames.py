"""What a capture reader hands on: a batch of frames, and how it words its findings."""

from __future__ import annotations

from dataclasses import dataclass

from rss_dsl.codes import DAMAGED_CAPTURE, TRUNCATED_CAPTURE
from rss_dsl.diagnostics import Diagnostic, Rule
from rss_dsl.source import Source, Span
from rss_solver.traffic.arrays import Bytes, Ints

ETHERNET = 1
"""The link type that is read (LINKTYPE_ETHERNET)."""

LINK_TYPES = {
    0: "BSD loopback",
    101: "raw IP",
    105: "802.11",
    113: "Linux cooked v1",
    127: "802.11 radiotap",
    195: "802.15.4",
    228: "raw IPv4",
    229: "raw IPv6",
    249: "USB",
    276: "Linux cooked v2",
}
"""Names of other link types that people meet."""


@dataclass(frozen=True, slots=True, eq=False)
class Frames:
    """Ethernet frames of one capture, in file order: frame i is `data[start[i]:start[i] + captured[i]]`."""

    data: Bytes
    """A buffer that holds them all, with `SLACK` bytes behind the last."""
    start: Ints
    captured: Ints
    """Bytes present; less than `wire` where a snap length cut the frame."""
    wire: Ints
    """Bytes the frame had."""
    time_ns: Ints
    """Nanoseconds since 1970; 0 in the pcapng packets that carry no time."""

    def __len__(self) -> int:
        return self.start.size

    def frame(self, index: int) -> bytes:
        """The bytes of one frame."""
        start = int(self.start[index])
        return self.data[start : start + int(self.captured[index])].tobytes()


def finding(rule: Rule, name: str, message: str, *, help: str | None = None) -> Diagnostic:
    """A diagnostic about a capture file as a whole."""
    return Diagnostic(rule=rule, message=message, span=Span(Source(name, ""), 0, 0), help=help)


def truncated(name: str, offset: int) -> Diagnostic:
    """The file ends within the record that starts at `offset`."""
    text = f"capture `{name}` ends within the record at byte {offset}: what comes before is counted"
    return finding(TRUNCATED_CAPTURE, name, text)


def damaged(name: str, offset: int, what: str) -> Diagnostic:
    """The record at `offset` cannot be, so nothing behind it can be found."""
    text = f"capture `{name}` is damaged at byte {offset}: {what}; what comes before is counted"
    return finding(DAMAGED_CAPTURE, name, text)


def link_name(link: int) -> str:
    """A link type as people know it."""
    return f"{LINK_TYPES[link]} ({link})" if link in LINK_TYPES else str(link)
