"""Packets as bytes on the wire, and what a NIC sees in them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rss_solver.packets.packet import Packet

ETHERNET, IPV4 = 14, 20
PROTOCOLS = {"tcp": 6, "udp": 17, "sctp": 132, "esp": 50, "icmp": 1}
TAG = b"\x81\x00"
PORTED = ("tcp", "udp", "sctp")


@dataclass(frozen=True, slots=True)
class Header:
    """What a frame is made of. Numbers have the first byte on the wire most significant."""

    protocol: str = "tcp"
    """A key of `PROTOCOLS`, or `arp`: then there is no IP header."""
    source: int = 0
    destination: int = 0
    source_port: int = 0
    destination_port: int = 0
    fragment: int | None = None
    """Offset in units of eight bytes; the first fragment is 0."""
    options: bool = False
    vlan: int | None = None
    identification: int = 0
    service: int = 0
    """Type of service."""
    mac_source: int = 0x020000000001
    mac_destination: int = 0x020000000002
    size: int = 64

    def reversed(self) -> Header:
        """Of an answer."""
        return replace(
            self,
            source=self.destination,
            destination=self.source,
            source_port=self.destination_port,
            destination_port=self.source_port,
            mac_source=self.mac_destination,
            mac_destination=self.mac_source,
        )

    def frame(self) -> bytes:
        """The bytes, padded to the size."""
        macs = self.mac_destination.to_bytes(6, "big") + self.mac_source.to_bytes(6, "big")
        macs += b"" if self.vlan is None else TAG + self.vlan.to_bytes(2, "big")
        if self.protocol == "arp":
            return (macs + b"\x08\x06").ljust(self.size, b"\x01")
        words = 6 if self.options else 5
        fragment = 0 if self.fragment is None else self.fragment | (0x2000 if self.fragment < 2 else 0)
        ip = bytes([0x40 | words, self.service]) + (self.size - ETHERNET).to_bytes(2, "big")
        ip += self.identification.to_bytes(2, "big")
        ip += fragment.to_bytes(2, "big") + bytes([64, PROTOCOLS[self.protocol]]) + b"\0\0"
        ip += self.source.to_bytes(4, "big") + self.destination.to_bytes(4, "big")
        ip += b"\x94\x04\0\0" if self.options else b""
        ports = self.source_port.to_bytes(2, "big") + self.destination_port.to_bytes(2, "big")
        return (macs + b"\x08\x00" + ip + ports).ljust(self.size, b"\x01")

    @property
    def packet_class(self) -> str:
        if self.protocol == "arp":
            return "l2"
        if self.fragment is not None:
            return "ipv4-frag"
        return "ipv4-other" if self.protocol == "icmp" else f"ipv4-{self.protocol}"

    @property
    def packet(self) -> Packet:
        """As the NIC's hash sees it."""
        fields = {"mac_src": self.mac_source, "mac_dst": self.mac_destination}
        if self.protocol != "arp":
            fields |= {"ipv4_src": self.source, "ipv4_dst": self.destination}
        if self.protocol in PORTED and self.fragment is None:
            fields |= {
                f"{self.protocol}_src": self.source_port,
                f"{self.protocol}_dst": self.destination_port,
            }
        return Packet(self.packet_class, fields)


def header_of(frame: tuple[int | None, ...]) -> Header:
    """The header of a frame that `Header.frame` made and a network function rewrote."""

    def number(start: int, stop: int) -> int:
        return int.from_bytes(bytes(0 if byte is None else byte for byte in frame[start:stop]), "big")

    macs = {"mac_destination": number(0, 6), "mac_source": number(6, 12), "size": len(frame)}
    vlan, ip = (number(14, 16), ETHERNET + 4) if number(12, 14) == 0x8100 else (None, ETHERNET)
    if number(ip - 2, ip) != 0x0800:
        return Header("arp", vlan=vlan, **macs)
    fragment, l4 = number(ip + 6, ip + 8), ip + 4 * (number(ip, ip + 1) & 0xF)
    return Header(
        next(name for name, value in PROTOCOLS.items() if value == frame[ip + 9]),
        number(ip + 12, ip + 16),
        number(ip + 16, ip + 20),
        number(l4, l4 + 2),
        number(l4 + 2, l4 + 4),
        fragment & 0x1FFF if fragment else None,
        l4 > ip + IPV4,
        vlan,
        number(ip + 4, ip + 6),
        number(ip + 1, ip + 2),
        **macs,
    )
