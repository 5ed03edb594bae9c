"""Decoded packets: a class, and where the headers are, for each; field values are read on demand."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, assert_never

import numpy as np
import numpy.typing as npt

from rss_dsl.fields import INNER, TUNNELS, packet_classes, width
from rss_solver.traffic.arrays import Bytes, Ints, Mask, gather

CLASSES: tuple[str, ...] = tuple(packet_classes())
"""Every class: a packet's `kind` is an index."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a field stands: `at` bytes behind the start of a header."""

    header: Literal["start", "ether", "l3", "l4", "tunnel"]
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
    **{name: _Place("tunnel", 4) for names in TUNNELS.values() for name in names},
}


@dataclass(frozen=True, slots=True, eq=False)
class Inside:
    """What tunnels carry: like `Packets`, of the inner packet. Without a tunnel all positions are 0."""

    kind: npt.NDArray[np.uint8]
    """Index into `CLASSES` of the tunnel class; the outer packet's where no tunnel can be looked into."""
    truncated: Mask
    tunnel: Ints
    """The tunnel's header, behind UDP or IP."""
    start: Ints
    ether: Ints
    l3: Ints
    l4: Ints
    proto: npt.NDArray[np.uint8]

    def take(self, which: Ints) -> Inside:
        """That of some of the packets, by index."""
        return Inside(
            self.kind[which],
            self.truncated[which],
            self.tunnel[which],
            self.start[which],
            self.ether[which],
            self.l3[which],
            self.l4[which],
            self.proto[which],
        )


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
    inside: Inside | None = None
    """What tunnels carry, if they were looked into."""

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
            None if self.inside is None else self.inside.take(which),
        )

    def seen_with(self, classes: frozenset[str]) -> Packets:
        """The packets as a NIC has them that looks into tunnels where it finds one of these classes."""
        if self.inside is None:
            return self
        wanted = np.array([name in classes and packet_classes()[name].tunnel is not None for name in CLASSES])
        within = wanted[self.inside.kind]
        return replace(
            self,
            kind=np.where(within, self.inside.kind, self.kind),
            truncated=self.truncated | (within & self.inside.truncated),
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
        first = run[0].removeprefix(INNER)
        stack = self._inside() if first != run[0] else self
        if first == "ip_proto":
            return stack.proto[which].reshape(-1, 1)
        if first == "vlan":
            return _vlan(self.data, stack, which)
        place = _PLACES[first]
        base = self._header(place.header, stack)[which]
        rows = gather(self.data, base + place.at, sum(width(name) for name in run) // 8)
        if place.header in ("start", "ether"):
            rows[stack.ether[which] == 0] = 0
        return rows

    def _inside(self) -> Inside:
        if self.inside is None:
            raise ValueError("these packets were decoded without looking into tunnels")
        return self.inside

    def _header(self, name: Literal["start", "ether", "l3", "l4", "tunnel"], stack: Packets | Inside) -> Ints:
        match name:
            case "start":
                return stack.start
            case "ether":
                return stack.ether
            case "l3":
                return stack.l3
            case "l4":
                return stack.l4
            case "tunnel":
                return self._inside().tunnel
            case _:
                assert_never(name)

    def _packed(self, names: tuple[str, ...], which: Ints) -> Bytes:
        bits = [np.unpackbits(self._read((name,), which), axis=1)[:, : width(name)] for name in names]
        return np.packbits(np.concatenate(bits, axis=1), axis=1)


def _vlan(data: Bytes, stack: Packets | Inside, which: Ints) -> Bytes:
    """The outermost VLAN identifier, moved to the first 12 of 16 bits; 0 without a tag."""
    tagged = stack.ether[which] > stack.start[which] + 12
    rows = gather(data, np.where(tagged, stack.start[which] + 14, 0), 2)
    value = (rows.view(">u2") << 4).astype(">u2").view(np.uint8)
    value[~tagged] = 0
    return value


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
    if first.startswith(INNER) != second.startswith(INNER):
        return False
    one, two = (_PLACES.get(name.removeprefix(INNER)) for name in (first, second))
    return one is not None and two is not None and two == _Place(one.header, one.at + width(first) // 8)
