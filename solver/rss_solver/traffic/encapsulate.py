"""IP packets into tunnels, and the sums that headers carry."""

from __future__ import annotations

from struct import Struct

from rss_dsl.fields import BRIDGED
from rss_solver.traffic.tunnels import GRE, IN_IP, UDP_PORTS

GATEWAYS = bytes([192, 0, 2, 1]), bytes([192, 0, 2, 2])
"""The ends of all tunnels; the first sends what goes towards the higher address."""

_IPV4 = Struct(">BBHHHBBH4s4s")
_UDP = Struct(">HHHH")
_HOPS = 64
_UDP_NUMBER = 17
_EPHEMERAL = 0xC000
_USER_PACKET = 255
_ETHER = {4: b"\x08\x00", 6: b"\x86\xdd"}


def wrap(tunnel: str, packet: bytes, source: bytes, target: bytes, entropy: int) -> bytes:
    """The outer IPv4 packet. Identifiers are the last bytes of the source; UDP ports vary with `entropy`."""
    version = packet[0] >> 4
    if tunnel in UDP_PORTS:
        inner = mac_of(target) + mac_of(source) + _ETHER[version] + packet if tunnel in BRIDGED else packet
        body = _tunnel_header(tunnel, source[-4:], len(inner)) + inner
        ports = _EPHEMERAL | entropy & 0x3FFF, UDP_PORTS[tunnel]
        # Without a checksum, which RFC 7348 asks for and RFC 768 allows.
        return _outer(_UDP_NUMBER, _UDP.pack(*ports, _UDP.size + len(body), 0) + body, source < target)
    if tunnel == "gre":
        return _outer(GRE, b"\0\0" + _ETHER[version] + packet, source < target)
    return _outer(IN_IP[version], packet, source < target)


def _tunnel_header(tunnel: str, identifier: bytes, size: int) -> bytes:
    match tunnel:
        case "vxlan":
            return b"\x08\0\0\0" + identifier[1:] + b"\0"
        case "geneve":
            return b"\0\0\x65\x58" + identifier[1:] + b"\0"
        case _:
            return bytes([0x30, _USER_PACKET]) + size.to_bytes(2, "big") + identifier


def _outer(number: int, body: bytes, upwards: bool) -> bytes:
    ends = GATEWAYS if upwards else GATEWAYS[::-1]
    total = 20 + len(body)
    checksum = fold(0x4500 + total + (_HOPS << 8 | number) + word_sum(ends[0] + ends[1]))
    return _IPV4.pack(0x45, 0, total, 0, 0, _HOPS, number, checksum, *ends) + body


def mac_of(address: bytes) -> bytes:
    """A locally administered MAC address made of an IP address's last bytes."""
    return b"\x02\x00" + address[-4:]


def word_sum(data: bytes) -> int:
    """Sum of the 16-bit words, carries not folded."""
    return sum(int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2))


def fold(total: int) -> int:
    """The internet checksum (RFC 1071) of a sum of words."""
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
