"""Decoded packets: a class, and where the headers are, for each; field values are read on demand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, assert_never

import numpy as np
import numpy.typing as npt

from rss_dsl.fields import packet_classes, width
from rss_solver.traffic.arrays import Bytes, Ints, Mask, gather

CLASSES: tuple[str, ...] = tuple(c.name for c in packet_classes().values() if c.tunnel is None)
"""Every class that decoding tells apart: a packet's `kind` is an index. A tunnel is its outer packet."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a field stands: `at` bytes behind the start of a header."""

    header: Literal["start", "ether", "l3", "l4"]
    at: int


_PLACES: dict[str, _Place] = {
    "mac_dst": _Place("start", 0),
    "mac_src": _Place("start", 6),
    "ether_type": _Place("ether", 0),
    "ipv4_src": _Place("l3", 12),
    "ipv4_dst": _Place("l3", 16),
    "ipv6_src": _Place("l3", 8),
    "ipv6_dst": _Place("l3", 24),
    **{f"{proto}_src": _Place("l4", 0) for proto in ("tcp", "udp", "sctp")},
    **{f"{proto}_dst": _Place("l4", 2) for proto in ("tcp", "udp", "sctp")},
    "sctp_vtag": _Place("l4", 4),
    "esp_spi": _Place("l4", 0),
}


@dataclass(frozen=True, slots=True, eq=False)
class Packets:
    """Packets, one per index of each array. Positions are byte offsets into `data`; 0 is "not there"."""

    data: Bytes
    time_ns: Ints
    kind: npt.NDArray[np.uint8]
    """Index into `CLASSES`."""
    truncated: Mask
    """Whether some header could not be read, so that the class is that of what precedes it."""
    start: Ints
    """The frame."""
    ether: Ints
    """The ether type, behind any VLAN tags."""
    l3: Ints
    """The IPv4 or IPv6 header."""
    l4: Ints
    """What follows the IP header and its extensions."""
    proto: npt.NDArray[np.uint8]
    """The protocol at `l4`; of fragments, the datagram's as far as this packet tells."""

    def __len__(self) -> int:
        return self.kind.size

    def take(self, which: Ints) -> Packets:
        """Some of the packets, by index."""
        return Packets(
            self.data,
            self.time_ns[which],
            self.kind[which],
            self.truncated[which],
            self.start[which],
            self.ether[which],
            self.l3[which],
            self.l4[which],
            self.proto[which],
        )

    def of_class(self, packet_class: str) -> Ints:
        """Indices of the packets of a class."""
        return np.flatnonzero(self.kind == CLASSES.index(packet_class))

    def columns(self, names: tuple[str, ...], which: Ints) -> Bytes:
        """The bytes of canonical fields that the chosen packets have, joined bit by bit: `uint8[n, bytes]`.

        A width that is no whole number of bytes is filled with zero bits at its end.
        """
        if any(width(name) % 8 for name in names):
            return self._packed(names, which)
        parts = [self._read(run, which) for run in _runs(names)]
        return parts[0] if len(parts) == 1 else np.concatenate([_empty(which), *parts], axis=1)

    def field(self, name: str) -> Bytes:
        """The bytes of one canonical field of every packet, first bit first; zero where a packet lacks it."""
        classes = [packet_classes()[c] for c in CLASSES]
        having = np.array([name in c.names.values() and name not in c.unknown for c in classes])
        which = np.flatnonzero(having[self.kind])
        result = np.zeros((len(self), (width(name) + 7) // 8), np.uint8)
        if which.size:
            result[which] = self.columns((name,), which)
        return result

    def _read(self, run: tuple[str, ...], which: Ints) -> Bytes:
        if run == ("ip_proto",):
            return self.proto[which].reshape(-1, 1)
        if run == ("vlan",):
            return self._vlan(which)
        place = _PLACES[run[0]]
        base = self._header(place.header)[which]
        rows = gather(self.data, base + place.at, sum(width(name) for name in run) // 8)
        if place.header in ("start", "ether"):
            rows[self.ether[which] == 0] = 0
        return rows

    def _header(self, name: Literal["start", "ether", "l3", "l4"]) -> Ints:
        match name:
            case "start":
                return self.start
            case "ether":
                return self.ether
            case "l3":
                return self.l3
            case "l4":
                return self.l4
            case _:
                assert_never(name)

    def _vlan(self, which: Ints) -> Bytes:
        """The outermost VLAN identifier, moved to the first 12 of 16 bits; 0 without a tag."""
        tagged = self.ether[which] > self.start[which] + 12
        rows = gather(self.data, np.where(tagged, self.start[which] + 14, 0), 2)
        value = (rows.view(">u2") << 4).astype(">u2").view(np.uint8)
        value[~tagged] = 0
        return value

    def _packed(self, names: tuple[str, ...], which: Ints) -> Bytes:
        bits = [np.unpackbits(self._read((name,), which), axis=1)[:, : width(name)] for name in names]
        return np.packbits(np.concatenate(bits, axis=1), axis=1)


def _empty(which: Ints) -> Bytes:
    return np.empty((which.size, 0), np.uint8)


def _runs(names: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Fields grouped into those that stand side by side on the wire, which one access reads."""
    runs: list[tuple[str, ...]] = []
    for name in names:
        if runs and _adjoin(runs[-1][-1], name):
            runs[-1] = (*runs[-1], name)
        else:
            runs.append((name,))
    return runs


def _adjoin(first: str, second: str) -> bool:
    one, two = _PLACES.get(first), _PLACES.get(second)
    return one is not None and two is not None and two == _Place(one.header, one.at + width(first) // 8)
