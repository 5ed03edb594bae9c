"""Frames as the bytes of a classic pcap file: Ethernet, little-endian, nanoseconds."""

from __future__ import annotations

from collections.abc import Iterable
from struct import Struct

_HEADER = Struct("<IHHiIII")
_RECORD = Struct("<IIII")
_MAGIC = 0xA1B23C4D
_SNAP_LENGTH = 1 << 18
_ETHERNET = 1
_NANO = 1_000_000_000


def write_pcap(frames: Iterable[tuple[int, bytes]]) -> bytes:
    """A pcap file of (nanoseconds since 1970, frame bytes) pairs, in the order given."""
    parts = [_HEADER.pack(_MAGIC, 2, 4, 0, 0, _SNAP_LENGTH, _ETHERNET)]
    for time_ns, data in frames:
        seconds, nanoseconds = divmod(time_ns, _NANO)
        parts += (_RECORD.pack(seconds, nanoseconds, len(data), len(data)), data)
    return b"".join(parts)
