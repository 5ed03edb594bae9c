"""Header by header, for frames of any shape: VLAN tags, IPv4 options, IPv6 extension headers.

Each step handles all frames that are at that step; none loops over frames.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from rss_solver.traffic.arrays import Bytes, Ints, Mask, big_endian_16, column_16, gather
from rss_solver.traffic.packets import CLASSES

MAX_TAGS = 8
"""VLAN tags looked through; no NIC looks through more than two."""
MAX_EXTENSIONS = 16
"""IPv6 extension headers looked through."""

_TAG_TYPES = (0x8100, 0x88A8)
ETHER_TYPES = {4: 0x0800, 6: 0x86DD}
"""Ether type of each IP version."""
_FRAGMENT, _AUTHENTICATION = 44, 51
_EXTENSION = np.isin(np.arange(256), (0, 43, 60, _FRAGMENT, _AUTHENTICATION))
"""Hop-by-hop options, routing, destination options, fragment, authentication (RFC 8200, RFC 4302)."""

_L4 = {"tcp": (6, 4), "udp": (17, 4), "sctp": (132, 8), "esp": (50, 4)}
"""Protocol number, and bytes of its header that fields are read from."""
L2 = CLASSES.index("l2")


def _kinds(version: str) -> npt.NDArray[np.uint8]:
    """The class of every protocol number."""
    kinds = np.full(256, CLASSES.index(f"{version}-other"), np.uint8)
    for name, (number, _) in _L4.items():
        kinds[number] = CLASSES.index(f"{version}-{name}")
    return kinds


def _needs() -> Ints:
    needs = np.zeros(256, np.int64)
    for number, size in _L4.values():
        needs[number] = size
    return needs


KIND = {4: _kinds("ipv4"), 6: _kinds("ipv6")}
"""Per IP version, the class of each protocol number."""
NEED = _needs()
"""Bytes needed at `l4` for each protocol number."""
_FRAG = {version: CLASSES.index(f"ipv{version}-frag") for version in KIND}
_OTHER = {version: CLASSES.index(f"ipv{version}-other") for version in KIND}


@dataclass(frozen=True, slots=True, eq=False)
class Headers:
    """What decoding finds, filled in step by step; the fields of `Packets` with those names."""

    kind: npt.NDArray[np.uint8]
    truncated: Mask
    ether: Ints
    l3: Ints
    l4: Ints
    proto: npt.NDArray[np.uint8]

    @classmethod
    def blank(cls, count: int) -> Self:
        """Nothing found yet: layer 2 only."""
        ether, l3, l4 = np.zeros((3, count), np.int64)
        kind, unbroken = np.full(count, L2, np.uint8), np.zeros(count, np.bool_)
        return cls(kind, unbroken, ether, l3, l4, np.zeros(count, np.uint8))

    def take(self, which: Mask) -> Headers:
        """What was found for some of the packets."""
        return Headers(
            self.kind[which],
            self.truncated[which],
            self.ether[which],
            self.l3[which],
            self.l4[which],
            self.proto[which],
        )

    def put(self, which: Ints, other: Headers) -> None:
        """Takes over what was found for some of the packets."""
        self.kind[which], self.truncated[which] = other.kind, other.truncated
        self.ether[which], self.l3[which] = other.ether, other.l3
        self.l4[which], self.proto[which] = other.l4, other.proto


def read_headers(data: Bytes, start: Ints, captured: Ints) -> Headers:
    """The headers of frames of any shape."""
    found = Headers.blank(start.size)
    end = start + captured
    whole = captured >= 14
    found.truncated[~whole] = True
    frames = np.flatnonzero(whole)
    ether, kind = _skip_tags(data, start[frames] + 12, end[frames])
    found.ether[frames] = ether
    found.truncated[frames] = np.isin(kind, _TAG_TYPES)
    for version, number in ETHER_TYPES.items():
        which = frames[kind == number]
        read_ip(data, found, version, which, found.ether[which] + 2, end[which])
    return found


def read_ip(data: Bytes, found: Headers, version: int, which: Ints, l3: Ints, end: Ints) -> None:
    """What some packets have from their IP header on, which begins at `l3` and at most where they end."""
    (_ipv4 if version == 4 else _ipv6)(data, found, which, l3, end)


def _skip_tags(data: Bytes, at: Ints, end: Ints) -> tuple[Ints, npt.NDArray[np.uint16]]:
    """Position and value of the ether type behind the tags; a tag type if they do not end."""
    kind = big_endian_16(data, at)
    for _ in range(MAX_TAGS):
        tagged = np.flatnonzero(np.isin(kind, _TAG_TYPES) & (at + 6 <= end))
        if not tagged.size:
            break
        at[tagged] += 4
        kind[tagged] = big_endian_16(data, at[tagged])
    return at, kind


def ipv4_total(head: Bytes) -> Ints:
    """The total length in IPv4 headers; no limit where segmentation offload left 0 in a capture."""
    total = column_16(head, 2).astype(np.int64)
    total[total == 0] = 1 << 16
    return total


def _ipv4(data: Bytes, found: Headers, frames: Ints, l3: Ints, end: Ints) -> None:
    head = gather(data, l3, 20)
    size = (head[:, 0] & 15).astype(np.int64) * 4
    total = ipv4_total(head)
    valid = (l3 + 20 <= end) & (head[:, 0] >> 4 == 4) & (size >= 20) & (total >= size)
    fragment = (head[:, 6] & 0x3F | head[:, 7]) != 0
    _transport(found, 4, frames, valid, l3, l3 + size, np.minimum(end, l3 + total), head[:, 9], fragment)


def _ipv6(data: Bytes, found: Headers, frames: Ints, l3: Ints, end: Ints) -> None:
    head = gather(data, l3, 40)
    payload = column_16(head, 4).astype(np.int64)
    # 0 with segmentation offload, and in jumbograms.
    payload[payload == 0] = 1 << 32
    valid = (l3 + 40 <= end) & (head[:, 0] >> 4 == 6)
    stop = np.minimum(end, l3 + 40 + payload)
    l4, proto, fragment = _skip_extensions(data, l3 + 40, stop, head[:, 6], valid)
    _transport(found, 6, frames, valid, l3, l4, stop, proto, fragment)


def _skip_extensions(
    data: Bytes, at: Ints, stop: Ints, proto: npt.NDArray[np.uint8], valid: Mask
) -> tuple[Ints, npt.NDArray[np.uint8], Mask]:
    """What follows the extension headers, and whether a fragment header is among them (and the last).

    An extension header that cannot be read stays the protocol.
    """
    fragment = np.zeros(at.size, np.bool_)
    for _ in range(MAX_EXTENSIONS):
        here = np.flatnonzero(_EXTENSION[proto] & valid & ~fragment & (at + 8 <= stop))
        if not here.size:
            break
        head = gather(data, at[here], 2)
        kind, length = proto[here], head[:, 1].astype(np.int64)
        size = np.where(kind == _AUTHENTICATION, (length + 2) * 4, (length + 1) * 8)
        at[here] += np.where(kind == _FRAGMENT, 8, size)
        fragment[here] = kind == _FRAGMENT
        proto[here] = head[:, 0]
    return at, proto, fragment


def _transport(
    found: Headers,
    version: int,
    frames: Ints,
    valid: Mask,
    l3: Ints,
    l4: Ints,
    stop: Ints,
    proto: npt.NDArray[np.uint8],
    fragment: Mask,
) -> None:
    """Class by protocol; `other` where its header is not all there, `l2` without a valid IP header."""
    short = l4 + np.where(fragment, 0, NEED[proto]) > stop
    if version == 6:
        short |= _EXTENSION[proto] & ~fragment
    kind = np.where(short, _OTHER[version], KIND[version][proto])
    kind[fragment] = _FRAG[version]
    ok = frames[valid]
    found.truncated[frames] = short | ~valid
    found.kind[ok] = kind[valid]
    found.l3[ok], found.l4[ok], found.proto[ok] = l3[valid], l4[valid], proto[valid]
