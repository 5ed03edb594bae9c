"""What tunnels over IPv4 carry: VXLAN, Geneve and GTP-U over UDP, GRE, IP in IP.

One level deep, as NICs look. A packet whose tunnel header is cut short or not of the usual shape, or whose
inner packet is no readable IP packet, is its outer packet and nothing else.
Sources: RFC 7348, RFC 8926, 3GPP TS 29.281, RFC 2784 and 2890, RFC 2003 and 4213.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rss_dsl.fields import BRIDGED, TUNNELS, packet_classes
from rss_solver.traffic.arrays import Bytes, Ints, Mask, big_endian_16, column_16, gather
from rss_solver.traffic.headers import ETHER_TYPES, L2, Headers, ipv4_total, read_headers, read_ip
from rss_solver.traffic.packets import CLASSES, Inside

UDP_PORTS = {"vxlan": 4789, "geneve": 6081, "gtpu": 2152}
"""Destination port of each tunnel over UDP."""
GRE = 47
IN_IP = {4: 4, 6: 41}
"""Protocol number of each IP version in IP."""
MAX_GTPU_EXTENSIONS = 8
"""GTP-U extension headers looked through."""

_UDP_BYTES = 8
_ETHERNET_IN_GENEVE = 0x6558


def _class_in(tunnel: str, kind: str) -> int:
    name = f"{tunnel}-{kind}"
    return CLASSES.index(name) if name in packet_classes() else L2


_CLASS_IN = {tunnel: np.array([_class_in(tunnel, kind) for kind in CLASSES], np.uint8) for tunnel in TUNNELS}
"""For each tunnel, the class with the tunnel of every class without; `l2` where there is none."""


def look_inside(data: Bytes, end: Ints, outer: Headers) -> Inside:
    """What the packets carry that have these headers and end at `end`."""
    found = Headers.blank(end.size)
    tunnel, start = np.zeros((2, end.size), np.int64)
    kind = outer.kind.copy()
    for name, which in _candidates(data, outer):
        head = gather(data, outer.l3[which], 20)
        stop = np.minimum(end[which], outer.l3[which] + ipv4_total(head))
        at = outer.l4[which] + (_UDP_BYTES if name in UDP_PORTS else 0)
        first, version = _payload(name, data, at, stop, outer.proto[which])
        carried = _inner_headers(data, name in BRIDGED, first, version, stop)
        tunnelled = _CLASS_IN[name][carried.kind]
        there = tunnelled != L2
        use = which[there]
        found.put(use, carried.take(there))
        kind[use], tunnel[use], start[use] = tunnelled[there], at[there], first[there]
    return Inside(kind, found.truncated, tunnel, start, found.ether, found.l3, found.l4, found.proto)


def _candidates(data: Bytes, outer: Headers) -> list[tuple[str, Ints]]:
    """The packets that may be of each tunnel, by UDP port or IP protocol."""
    udp = np.flatnonzero(outer.kind == CLASSES.index("ipv4-udp"))
    ports = big_endian_16(data, outer.l4[udp] + 2)
    over_udp = [(name, udp[ports == number]) for name, number in UDP_PORTS.items()]
    other = np.flatnonzero((outer.kind == CLASSES.index("ipv4-other")) & ~outer.truncated)
    proto = outer.proto[other]
    over_ip = [("gre", other[proto == GRE]), ("ipip", other[np.isin(proto, list(IN_IP.values()))])]
    return [(name, which) for name, which in (*over_udp, *over_ip) if which.size]


def _payload(
    name: str, data: Bytes, at: Ints, stop: Ints, proto: npt.NDArray[np.uint8]
) -> tuple[Ints, npt.NDArray[np.uint8]]:
    """Where the inner packet begins, and its IP version; 0 where it is an Ethernet frame or not there."""
    match name:
        case "vxlan":
            return _vxlan(data, at, stop)
        case "geneve":
            return _geneve(data, at, stop)
        case "gtpu":
            return _gtpu(data, at, stop)
        case "gre":
            return _gre(data, at, stop)
        case _:
            return at, np.where(proto == IN_IP[4], 4, 6).astype(np.uint8)


def _vxlan(data: Bytes, at: Ints, stop: Ints) -> tuple[Ints, npt.NDArray[np.uint8]]:
    valid = (at + 8 <= stop) & (_byte(data, at, stop) & 0x08 != 0)
    return _from(at + 8, valid, stop), np.zeros(at.size, np.uint8)


def _geneve(data: Bytes, at: Ints, stop: Ints) -> tuple[Ints, npt.NDArray[np.uint8]]:
    valid = at + 8 <= stop
    head = gather(data, np.where(valid, at, 0), 4)
    valid &= (head[:, 0] >> 6 == 0) & (column_16(head, 2) == _ETHERNET_IN_GENEVE)
    options = (head[:, 0] & 63).astype(np.int64) * 4
    return _from(at + 8 + options, valid, stop), np.zeros(at.size, np.uint8)


def _gtpu(data: Bytes, at: Ints, stop: Ints) -> tuple[Ints, npt.NDArray[np.uint8]]:
    valid = at + 8 <= stop
    head = gather(data, np.where(valid, at, 0), 2)
    # Version 1, GTP and not GTP', a user's packet.
    valid &= (head[:, 0] >> 4 == 0b0011) & (head[:, 1] == 255)
    optional, extended = head[:, 0] & 7 != 0, head[:, 0] & 4 != 0
    first = at + np.where(optional, 12, 8)
    following = np.where(extended, _byte(data, at + 11, stop), 0)
    for _ in range(MAX_GTPU_EXTENSIONS):
        here = np.flatnonzero((following != 0) & (first + 4 <= stop) & valid)
        if not here.size:
            break
        size = _byte(data, first[here], stop[here]).astype(np.int64) * 4
        first[here] += size
        following[here] = _byte(data, first[here] - 1, stop[here])
        valid[here] &= size > 0
    first = _from(first, valid & (following == 0), stop)
    version = _byte(data, first, stop) >> 4
    return first, np.where(np.isin(version, (4, 6)), version, 0).astype(np.uint8)


def _gre(data: Bytes, at: Ints, stop: Ints) -> tuple[Ints, npt.NDArray[np.uint8]]:
    valid = at + 4 <= stop
    head = gather(data, np.where(valid, at, 0), 4)
    flags = head[:, 0]
    # No source routes, version 0.
    valid &= (flags & 0x40 == 0) & (head[:, 1] & 7 == 0)
    words = 1 + (flags >> 7) + (flags >> 5 & 1) + (flags >> 4 & 1)
    carried = column_16(head, 2)
    version = np.zeros(at.size, np.uint8)
    for number, ether_type in ETHER_TYPES.items():
        version[carried == ether_type] = number
    return _from(at + words.astype(np.int64) * 4, valid, stop), version


def _byte(data: Bytes, at: Ints, stop: Ints) -> npt.NDArray[np.uint8]:
    """The byte at each position, 0 from where the packet ends."""
    inside = at < stop
    value: npt.NDArray[np.uint8] = data[np.where(inside, at, 0)]
    value[~inside] = 0
    return value


def _from(at: Ints, valid: Mask, stop: Ints) -> Ints:
    """Where the inner packet begins: at the end, so that nothing is read, without a valid tunnel header."""
    return np.where(valid, np.minimum(at, stop), stop)


def _inner_headers(
    data: Bytes, framed: bool, first: Ints, version: npt.NDArray[np.uint8], stop: Ints
) -> Headers:
    if framed:
        return read_headers(data, first, stop - first)
    found = Headers.blank(first.size)
    for number in ETHER_TYPES:
        which = np.flatnonzero((version == number) & (first < stop))
        read_ip(data, found, number, which, first[which], stop[which])
    return found
