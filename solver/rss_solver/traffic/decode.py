"""Frames to packets, all at once.

What a NIC's parser does: Ethernet, VLAN tags, IPv4 or IPv6 with options or extension headers, and the ports
behind. A header that is cut short or contradicts itself is not read: the packet then belongs to the class of
what precedes it and counts as truncated.
"""

from __future__ import annotations

import numpy as np

from rss_solver.traffic.arrays import Bytes, Ints, Mask, column_16, gather
from rss_solver.traffic.frames import Frames
from rss_solver.traffic.headers import KIND, Headers, read_headers
from rss_solver.traffic.packets import Packets
from rss_solver.traffic.tunnels import look_inside

_HEAD = 38
"""Ethernet, IPv4 without options, ports."""
_ETHER, _L3, _L4 = 12, 14, 34


def decode(frames: Frames, *, tunnels: bool = False) -> Packets:
    """The packets of a batch of frames, in its order; with what tunnels carry if asked for."""
    head = gather(frames.data, frames.start, _HEAD)
    plain = _plain(head, frames.captured)
    found = _plain_headers(head, frames.start)
    rest = np.flatnonzero(~plain)
    if rest.size:
        found.put(rest, read_headers(frames.data, frames.start[rest], frames.captured[rest]))
    return Packets(
        frames.data,
        frames.time_ns,
        found.kind,
        found.truncated,
        frames.start,
        found.ether,
        found.l3,
        found.l4,
        found.proto,
        look_inside(frames.data, frames.start + frames.captured, found) if tunnels else None,
    )


def _plain(head: Bytes, captured: Ints) -> Mask:
    """Untagged unfragmented IPv4 without options, TCP or UDP: most traffic, and nothing to look for."""
    proto, total = head[:, 23], column_16(head, 16)
    plain: Mask = (
        (column_16(head, 12) == 0x0800)
        & (head[:, 14] == 0x45)
        & ((head[:, 20] & 0x3F | head[:, 21]) == 0)
        & ((proto == 6) | (proto == 17))
        & (total >= _HEAD - _L3)
        & (captured >= _HEAD)
    )
    return plain


def _plain_headers(head: Bytes, start: Ints) -> Headers:
    """The headers as they are in plain packets."""
    proto = head[:, 23].copy()
    unbroken = np.zeros(start.size, np.bool_)
    return Headers(KIND[4][proto], unbroken, start + _ETHER, start + _L3, start + _L4, proto)
