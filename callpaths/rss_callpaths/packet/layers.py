"""Where bytes of a packet belong, by their offset: headers, fields, options."""

from __future__ import annotations

from dataclasses import dataclass

from rss_callpaths.packet.parts import Place
from rss_dsl.fields import packet_classes

ETHER_TYPES = {"ipv4": 0x0800, "ipv6": 0x86DD}
VLAN_TAG = 0x8100
PROTOCOLS = {"tcp": 6, "udp": 17, "sctp": 132, "esp": 50}
IPV6_FRAGMENT = 44

_ADDRESSES = 12
"""Bytes of an Ethernet header before its type (or tag)."""
_Fields = tuple[tuple[int, int, str], ...]
"""First byte, end, name."""
_IP_FIELDS: dict[str, _Fields] = {
    "ipv4": ((9, 10, "ip_proto"), (12, 16, "ipv4_src"), (16, 20, "ipv4_dst")),
    "ipv6": ((6, 7, "ip_proto"), (8, 24, "ipv6_src"), (24, 40, "ipv6_dst")),
}
_L4_FIELDS: _Fields = ((0, 2, "l4_src"), (2, 4, "l4_dst"), (4, 8, "sctp_vtag"))
_ESP_FIELDS: _Fields = ((0, 4, "esp_spi"),)


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of frame, as far as it decides where fields are."""

    packet_class: str
    vlan: bool = False
    options: bool = False

    @property
    def version(self) -> str | None:
        """`ipv4`, `ipv6` or None."""
        return packet_classes()[self.packet_class].version

    @property
    def layer3(self) -> int:
        """Where layer 3 begins in the frame."""
        return 18 if self.vlan else 14

    @property
    def layer4(self) -> int | None:
        """Where layer 4 begins in layer 3, None with options or without layer 4."""
        return {"ipv4": None if self.options else 20, "ipv6": 40, None: None}[self.version]

    @property
    def protocol(self) -> int | None:
        """The IP protocol, where the class has one."""
        return PROTOCOLS.get(self.packet_class.split("-")[-1])


def in_frame(frame: Format, offset: int) -> Place:
    """The place of a byte of the frame."""
    if offset >= frame.layer3:
        return _in_layer3(frame, offset - frame.layer3)
    if offset < _ADDRESSES:
        name = "mac_dst" if offset < 6 else "mac_src"
        return Place(2, None, offset, name, 8 * (offset % 6))
    if offset >= frame.layer3 - 2:
        return Place(2, None, offset, "ether_type", 8 * (offset - frame.layer3 + 2))
    match offset - _ADDRESSES:
        case 2:
            return Place(2, None, offset, "vlan", 0, 4)
        case 3:
            return Place(2, None, offset, "vlan", 4)
        case _:
            return Place(2, None, offset)


def in_layer4(frame: Format, offset: int) -> Place:
    """The place of a byte of layer 4 (or what follows the IP header instead)."""
    place = Place(4, frame.protocol, offset)
    if frame.packet_class.endswith("-frag"):
        # A fragment's payload: ports, if at all, in the first one, and no NIC hashes them.
        return place
    return _placed(frame, place, _ESP_FIELDS if frame.packet_class.endswith("-esp") else _L4_FIELDS)


def _in_layer3(frame: Format, offset: int) -> Place:
    if frame.version is None:
        return Place(3, None, offset)
    if frame.layer4 is not None and offset >= frame.layer4:
        return in_layer4(frame, offset - frame.layer4)
    return _placed(frame, Place(3, ETHER_TYPES[frame.version], offset), _IP_FIELDS[frame.version])


def _placed(frame: Format, place: Place, fields: _Fields) -> Place:
    names = packet_classes()[frame.packet_class].names
    for start, stop, name in fields:
        if start <= place.offset < stop and name in names:
            first = 8 * (place.offset - start)
            return Place(place.layer, place.protocol, place.offset, names[name], first)
    return place
