"""Concrete packets: a class and field values, as text and as hash inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address

from rss_dsl.fields import INNER, packet_classes, width
from rss_dsl.problem import HashInput
from rss_solver.nic.functions import prepare


@dataclass(frozen=True, slots=True)
class Packet:
    """A packet of a class. Fields that are not given read as their class's value, or zero."""

    packet_class: str
    fields: Mapping[str, int] = field(default_factory=dict)

    def value(self, canonical: str) -> int:
        """The value of a canonical field."""
        fixed = packet_classes()[self.packet_class].fixed
        return self.fields.get(canonical, fixed.get(canonical, 0))

    def selected(self, layout: HashInput) -> int:
        """The bits that the NIC selects, the first most significant; zeroed fields keep their places."""
        total = layout.selected_bits
        return sum(self.value(name) << total - at - width(name) for name, at in layout.places)

    def hash_data(self, layout: HashInput) -> int:
        """What the Toeplitz hash reads: the selected bits after the layout's function."""
        return prepare(layout, self.selected(layout))

    def __str__(self) -> str:
        """As `rss_solver.packets.text` reads it."""
        kind = packet_classes()[self.packet_class]
        outer = f"{self.packet_class} {_part(self, '')}"
        return f"{outer} inner {_part(self, INNER)}" if kind.tunnel else outer


def _part(packet: Packet, prefix: str) -> str:
    """The outer packet, or with the prefix `inner.` the one in the tunnel: ends and what else is given."""
    kind = packet_classes()[packet.packet_class]
    names = {name for name in kind.names.values() if name.startswith(INNER) == bool(prefix)}
    framed = f"{prefix}ip_proto" in names
    shown = {name for name in names if name.endswith(("_src", "_dst")) and not (framed and "mac_" in name)}
    rest = sorted((names & set(packet.fields)) - set(kind.fixed) - shown)
    ends = [_endpoint(packet, names, prefix, end) for end in ("src", "dst")]
    extra = [f"{name.removeprefix(prefix)}={show_value(name, packet.value(name))}" for name in rest]
    return " ".join([ends[0], ">", ends[1], *extra])


def _endpoint(packet: Packet, names: set[str], prefix: str, end: str) -> str:
    text = show_value("mac_src", packet.value(f"{prefix}mac_{end}"))
    for name in (f"{prefix}ipv4_{end}", f"{prefix}ipv6_{end}"):
        if name in names:
            text = show_value(name, packet.value(name))
    for name in (f"{prefix}{l4}_{end}" for l4 in ("tcp", "udp", "sctp", "l4")):
        if name in names and (name in packet.fields or not name.startswith(f"{prefix}l4")):
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
