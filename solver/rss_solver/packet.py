"""Concrete packets: a class and field values, as text and as hash inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address

from rss_dsl.fields import INNER, packet_classes, width
from rss_dsl.problem import HashInput


@dataclass(frozen=True, slots=True)
class Packet:
    """A packet of a class. Fields that are not given read as their class's value, or zero."""

    packet_class: str
    fields: Mapping[str, int] = field(default_factory=dict)

    def value(self, canonical: str) -> int:
        """The value of a canonical field."""
        fixed = packet_classes()[self.packet_class].fixed
        return self.fields.get(canonical, fixed.get(canonical, 0))

    def hash_data(self, layout: HashInput) -> int:
        """The hash input, its first bit most significant."""
        data = 0
        for name in layout.fields:
            data = data << width(name) | self.value(name)
        return data

    def __str__(self) -> str:
        kind = packet_classes()[self.packet_class]
        names = set(kind.names.values())
        shown = {name for name in names if name.rsplit("_", 1)[-1] in ("src", "dst") and INNER not in name}
        rest = sorted(set(self.fields) - set(kind.fixed) - shown)
        ends = [_endpoint(self, names, end) for end in ("src", "dst")]
        extra = [f"{name}={show_value(name, self.value(name))}" for name in rest]
        return " ".join([self.packet_class, ends[0], ">", ends[1], *extra])


def _endpoint(packet: Packet, names: set[str], end: str) -> str:
    text = show_value("mac_src", packet.value(f"mac_{end}"))
    for name in (f"ipv4_{end}", f"ipv6_{end}"):
        if name in names:
            text = show_value(name, packet.value(name))
    for name in (f"tcp_{end}", f"udp_{end}", f"sctp_{end}", f"l4_{end}"):
        if name in names and (name in packet.fields or not name.startswith("l4")):
            text = f"[{text}]" if ":" in text else text
            text += f":{packet.value(name)}"
    return text


def show_value(canonical: str, value: int) -> str:
    """A field's value the way people write it."""
    name = canonical.removeprefix(INNER)
    if name.startswith("ipv4"):
        return str(IPv4Address(value))
    if name.startswith("ipv6"):
        return str(IPv6Address(value))
    if name.startswith("mac"):
        return value.to_bytes(6, "big").hex(":")
    if name in ("ether_type", "sctp_vtag", "esp_spi"):
        return f"0x{value:0{width(canonical) // 4}x}"
    return str(value)
