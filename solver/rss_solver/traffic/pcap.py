"""Classic pcap: a 24-byte file header, then 16-byte record headers with their bytes.

Layout: draft-ietf-opsawg-pcap. The magic number tells byte order and time unit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct

import numpy as np

from rss_dsl.codes import LINK_TYPE
from rss_dsl.diagnostics import Diagnostic
from rss_solver.traffic.arrays import Bytes, Ints, gather
from rss_solver.traffic.frames import ETHERNET, Frames, damaged, finding, link_name, truncated
from rss_solver.traffic.window import Window

FILE_HEADER = 24
RECORD_HEADER = 16
_LENGTH = 8
"""Where a record header has the captured length."""
MAX_CAPTURED = 1 << 18
"""libpcap's MAXIMUM_SNAPLEN: a longer record is damage."""


@dataclass(frozen=True, slots=True)
class Flavour:
    """Byte order (as `struct` writes it) and nanoseconds per unit of the fraction."""

    order: str
    unit: int


MAGICS: dict[bytes, Flavour] = {
    bytes.fromhex("d4c3b2a1"): Flavour("<", 1000),
    bytes.fromhex("a1b2c3d4"): Flavour(">", 1000),
    bytes.fromhex("4d3cb2a1"): Flavour("<", 1),
    bytes.fromhex("a1b23c4d"): Flavour(">", 1),
}


def read(window: Window, name: str) -> Iterator[Frames | Diagnostic]:
    """The frames of a pcap file whose first bytes are in the window."""
    if window.end < FILE_HEADER:
        yield truncated(name, 0)
        return
    header = window.data[:FILE_HEADER].tobytes()
    flavour = MAGICS[header[:4]]
    # The upper half tells of frame check sequences, which do not matter here.
    link = Struct(flavour.order + "I").unpack_from(header, 20)[0] & 0xFFFF
    if link != ETHERNET:
        text = f"capture `{name}` has link type {link_name(link)} and only Ethernet is read"
        yield finding(LINK_TYPE, name, text, help="capture on one interface instead of `any`")
        return
    yield from _records(window, name, flavour)


def _records(window: Window, name: str, flavour: Flavour) -> Iterator[Frames | Diagnostic]:
    at = FILE_HEADER
    while True:
        positions, at = _walk(window, at, flavour.order)
        frames = _frames(window.data, positions, flavour)
        bad = np.flatnonzero(frames.captured > MAX_CAPTURED)
        if bad.size:
            frames, at = _first(frames, int(bad[0])), int(positions[bad[0]])
        if len(frames):
            yield frames
        if at + RECORD_HEADER <= window.end and (size := _size(window.data, at, flavour)) > MAX_CAPTURED:
            yield damaged(name, window.base + at, f"a record claims {size} bytes")
            return
        if not window.refill(at):
            break
        at = 0
    if window.end:
        yield truncated(name, window.base)


def _walk(window: Window, at: int, order: str) -> tuple[Ints, int]:
    """Positions of the records that are whole in the window, and where the next one starts.

    A loop over packets, since each record tells where the next one is. It steps from length field to length
    field and looks for an incomplete record only at its end.
    """
    length_at = Struct(order + "I").unpack_from
    data, last = window.data.data, window.end - RECORD_HEADER + _LENGTH
    field = at + _LENGTH
    found: list[int] = []
    add = found.append
    while field <= last:
        add(field)
        field += length_at(data, field)[0] + RECORD_HEADER
    if found and field - _LENGTH > window.end:
        field = found.pop()
    return np.array(found, np.int64) - _LENGTH, field - _LENGTH


def _frames(data: Bytes, positions: Ints, flavour: Flavour) -> Frames:
    columns = gather(data, positions, RECORD_HEADER).view(flavour.order + "u4").astype(np.int64).T
    seconds, fraction, captured, wire = columns
    times = seconds * 1_000_000_000 + fraction * flavour.unit
    return Frames(data, positions + RECORD_HEADER, captured, wire, times)


def _first(frames: Frames, count: int) -> Frames:
    head = slice(count)
    return Frames(
        frames.data, frames.start[head], frames.captured[head], frames.wire[head], frames.time_ns[head]
    )


def _size(data: Bytes, at: int, flavour: Flavour) -> int:
    (size,) = Struct(flavour.order + "I").unpack_from(data.data, at + 8)
    return int(size)
