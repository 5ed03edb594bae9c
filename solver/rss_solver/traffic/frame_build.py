"""One datagram as Ethernet frames: lengths and checksums as they must be, payload bytes zero."""

from __future__ import annotations

from dataclasses import dataclass, field
from struct import Struct
from typing import Literal

from rss_solver.traffic.encapsulate import fold, mac_of, word_sum, wrap

_MINIMUM_FRAME = 60
"""Bytes of the shortest Ethernet frame, without its check sequence."""
_NUMBERS = {"tcp": 6, "udp": 17, "sctp": 132, "icmp": 1}
_ICMPV6 = 58
_FRAGMENT_HEADER = 44
_HOPS = 64
_SYN, _PSH, _ACK = 0x02, 0x08, 0x10
_WINDOW = 64240

_TCP = Struct(">HHIIBBHHH")
_UDP = Struct(">HHHH")
_SCTP = Struct(">HHIIBBHIHHI")
_ICMP = Struct(">BBHHH")
_IPV4 = Struct(">BBHHHBBH4s4s")
_IPV6 = Struct(">IHBB16s16s")
_FRAGMENT = Struct(">BBHI")


@dataclass(frozen=True, slots=True)
class Flow:
    """One direction of a conversation."""

    protocol: Literal["tcp", "udp", "sctp", "icmp"]
    source: bytes
    """An address in network order; its length tells the IP version."""
    target: bytes
    source_port: int
    target_port: int
    vlan: int | None
    reply: bool
    tunnel: str | None = None
    """The tunnel that its packets come in (`rss_dsl.fields.TUNNELS`), between two gateways."""
    pseudo: int = field(init=False)
    """Sum of the pseudo header's addresses and protocol, for transport checksums."""
    ethernet: bytes = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "pseudo", word_sum(self.source + self.target) + self.number)
        tag = b"" if self.vlan is None else b"\x81\x00" + self.vlan.to_bytes(2, "big")
        kind = b"\x08\x00" if self.version == 4 or self.tunnel else b"\x86\xdd"
        object.__setattr__(self, "ethernet", mac_of(self.target) + mac_of(self.source) + tag + kind)

    @property
    def version(self) -> int:
        """The IP version."""
        return 4 if len(self.source) == 4 else 6

    @property
    def number(self) -> int:
        """The IP protocol number."""
        return _ICMPV6 if self.protocol == "icmp" and self.version == 6 else _NUMBERS[self.protocol]


@dataclass(frozen=True, slots=True)
class Segment:
    """One datagram of a flow."""

    number: int
    """Its place in the conversation, both directions counted."""
    sent: int
    """Sequence space used so far in this direction."""
    received: int
    """The same of the other one."""
    payload: int
    fragmented: bool


def build(flow: Flow, segment: Segment) -> list[bytes]:
    """The frames of a datagram: one, or two if it comes in fragments."""
    transport = _transport(flow, segment)
    if not segment.fragmented or segment.payload < 16:
        return [_frame(flow, segment, transport)]
    middle = len(transport) // 2 & ~7
    first = _frame(flow, segment, transport[:middle], offset=0, more=True)
    return [first, _frame(flow, segment, transport[middle:], offset=middle, more=False)]


def _frame(flow: Flow, segment: Segment, body: bytes, *, offset: int = 0, more: bool = False) -> bytes:
    header = _ipv4 if flow.version == 4 else _ipv6
    packet = header(flow, segment, len(body), offset, more) + body
    if flow.tunnel is not None:
        packet = wrap(flow.tunnel, packet, flow.source, flow.target, flow.source_port ^ flow.target_port)
    return (flow.ethernet + packet).ljust(_MINIMUM_FRAME, b"\0")


def _ipv4(flow: Flow, segment: Segment, size: int, offset: int, more: bool) -> bytes:
    dont_fragment = 0 if segment.fragmented else 0x4000
    flags = (0x2000 if more else dont_fragment) | offset // 8
    identity = segment.number & 0xFFFF
    words = (0x4500, 20 + size, identity, flags, _HOPS << 8 | flow.number)
    checksum = fold(sum(words) + flow.pseudo - flow.number)
    return _IPV4.pack(
        0x45, 0, 20 + size, identity, flags, _HOPS, flow.number, checksum, flow.source, flow.target
    )


def _ipv6(flow: Flow, segment: Segment, size: int, offset: int, more: bool) -> bytes:
    part = more or offset > 0
    extension = _FRAGMENT.pack(flow.number, 0, offset | more, segment.number) if part else b""
    following = _FRAGMENT_HEADER if part else flow.number
    fixed = _IPV6.pack(6 << 28, len(extension) + size, following, _HOPS, flow.source, flow.target)
    return fixed + extension


def _transport(flow: Flow, segment: Segment) -> bytes:
    match flow.protocol:
        case "tcp":
            return _tcp(flow, segment)
        case "udp":
            return _udp(flow, segment)
        case "sctp":
            return _sctp(flow, segment)
        case "icmp":
            return _icmp(flow, segment)


def _tcp(flow: Flow, segment: Segment) -> bytes:
    flags = (_SYN if segment.number < 2 else _PSH) | (_ACK if segment.number else 0)
    acknowledged = segment.received if segment.number else 0
    ports = flow.source_port, flow.target_port
    head = _TCP.pack(*ports, segment.sent, acknowledged, 5 << 4, flags, _WINDOW, 0, 0)
    checksum = fold(word_sum(head) + flow.pseudo + len(head) + segment.payload)
    return head[:16] + checksum.to_bytes(2, "big") + head[18:] + bytes(segment.payload)


def _udp(flow: Flow, segment: Segment) -> bytes:
    size = _UDP.size + segment.payload
    checksum = fold(flow.source_port + flow.target_port + 2 * size + flow.pseudo) or 0xFFFF
    return _UDP.pack(flow.source_port, flow.target_port, size, checksum) + bytes(segment.payload)


def _sctp(flow: Flow, segment: Segment) -> bytes:
    """A DATA chunk. The CRC32c is left zero: nothing that steers packets looks at it."""
    padded = segment.payload + 3 & ~3
    tag = 0x5EED0000 | flow.target_port
    ports = flow.source_port, flow.target_port
    head = _SCTP.pack(*ports, tag, 0, 0, 3, 16 + segment.payload, segment.number, 0, 0, 0)
    return head + bytes(padded)


def _icmp(flow: Flow, segment: Segment) -> bytes:
    kinds = (8, 0) if flow.version == 4 else (128, 129)
    kind, sequence = kinds[flow.reply], segment.number & 0xFFFF
    total = (kind << 8) + flow.source_port + sequence
    if flow.version == 6:
        total += flow.pseudo + _ICMP.size + segment.payload
    return _ICMP.pack(kind, 0, fold(total), flow.source_port, sequence) + bytes(segment.payload)
