"""Packets as text: `ipv4-tcp 66.9.149.187:2794 > 161.142.100.80:1766 vlan=7`, and back.

A packet in a tunnel stands behind the word `inner`, with its fields' names as they are outside of tunnels:
`vxlan-ipv4-tcp 192.0.2.1:49152 > 192.0.2.2:4789 vxlan_vni=7 inner 10.0.0.1:1024 > 10.0.0.2:443`. The outer
packet's ends may be left out, since the NIC hashes the inner packet.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from ipaddress import IPv4Address, IPv6Address

from rss_dsl.codes import BAD_PACKET
from rss_dsl.diagnostics import Diagnostic, RssError
from rss_dsl.fields import INNER, PacketClass, packet_classes, width
from rss_dsl.source import Source, Span
from rss_solver.packets.packet import Packet

_BRACKETED = re.compile(r"\[([^\]]*)\](?::(\d{1,6}))?")
_PLAIN = re.compile(r"([^:]*)(?::(\d{1,6}))?")
_MAC = re.compile(r"[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}")
_NUMBER = re.compile(r"0[xX][0-9a-fA-F]{1,32}|\d{1,40}")

EXAMPLE = "ipv4-tcp 66.9.149.187:2794 > 161.142.100.80:1766"
L2_EXAMPLE = "l2 02:00:00:00:00:01 > 02:00:00:00:00:02"
TUNNEL_EXAMPLE = "vxlan-ipv4-tcp inner 10.0.0.1:1024 > 10.0.0.2:443"
_WITHIN = "inner"


class _BadPacketError(Exception):
    """What is wrong, and what to do about it."""

    def __init__(self, message: str, way_out: str = f"write it as `{EXAMPLE}`") -> None:
        self.message, self.way_out = message, way_out
        super().__init__(message)


def parse_packet(text: str) -> Packet:
    """A packet from `CLASS SOURCE[:PORT] > DESTINATION[:PORT] [FIELD=VALUE …] [inner …]`.

    RssError if it is none.
    """
    try:
        return _packet(text)
    except _BadPacketError as error:
        span = Span(Source("<packet>", text), 0, len(text))
        finding = Diagnostic(rule=BAD_PACKET, message=error.message, span=span, help=error.way_out)
        raise RssError([finding]) from None


def _packet(text: str) -> Packet:
    words = text.replace(">", " > ").split()
    if not words:
        raise _BadPacketError("an empty packet")
    kind = packet_classes().get(words[0])
    if kind is None:
        close = get_close_matches(words[0], packet_classes(), 1)
        hint = (
            f"did you mean `{close[0]}`?" if close else "classes are named like `ipv4-tcp`, `ipv6-frag`, `l2`"
        )
        raise _BadPacketError(f"no packet class `{words[0]}`", hint)
    if kind.tunnel is None:
        return Packet(kind.name, _part(kind, "", words[1:]))
    if _WITHIN not in words:
        raise _BadPacketError(f"the inner packet of `{kind.name}` is missing", _as_in(kind))
    at = words.index(_WITHIN)
    return Packet(kind.name, _part(kind, "", words[1:at]) | _part(kind, INNER, words[at + 1 :]))


def _part(kind: PacketClass, prefix: str, words: list[str]) -> dict[str, int]:
    """The fields of the outer packet, or with the prefix `inner.` of the one in the tunnel."""
    fields: dict[str, int] = {}
    settings = [word for word in words if "=" in word]
    ends = [word for word in words if "=" not in word]
    carries = kind.tunnel is not None and not prefix
    if ends or not carries:
        if len(ends) != 3 or ends[1] != ">":
            place = f"`{_WITHIN}`" if prefix else "the class"
            raise _BadPacketError(f"expected `SOURCE > DESTINATION` after {place}", _as_in(kind))
        for end, word in (("src", ends[0]), ("dst", ends[2])):
            fields |= _endpoint(kind, prefix, end, word)
    for setting in settings:
        fields |= _setting(kind, prefix, setting)
    if not carries:
        _need_ports(kind, prefix, fields)
    return fields


def _as_in(kind: PacketClass) -> str:
    plain = EXAMPLE if "ip_proto" in kind.names else L2_EXAMPLE
    return f"as in `{TUNNEL_EXAMPLE if kind.tunnel else plain}`"


def _need_ports(kind: PacketClass, prefix: str, fields: dict[str, int]) -> None:
    """Ports of a class that always has them are said."""
    for end, which in (("src", "source"), ("dst", "destination")):
        name = kind.canonical(f"{prefix}l4_{end}")
        if name is not None and name not in kind.unknown and name not in fields:
            raise _BadPacketError(
                f"the {which} port is missing",
                f"`{kind.name}` has ports: write `ADDRESS:PORT`, {_as_in(kind)}",
            )


def _endpoint(kind: PacketClass, prefix: str, end: str, text: str) -> dict[str, int]:
    if f"{prefix}ip_proto" not in kind.names:
        if not _MAC.fullmatch(text):
            raise _BadPacketError(f"`{text}` is not a MAC address", _as_in(kind))
        return {f"mac_{end}": int(text.replace(":", ""), 16)}
    match = _BRACKETED.fullmatch(text) or _PLAIN.fullmatch(text)
    address, port = (match[1], match[2]) if match else (text, None)
    name = kind.names[f"{prefix}ip_{end}"]
    found = {name: _address(name.removeprefix(INNER), address)}
    if port is not None:
        l4 = kind.canonical(f"{prefix}l4_{end}")
        if l4 is None:
            raise _BadPacketError(f"packets of `{kind.name}` have no ports", "leave the ports out")
        if int(port) > 65535:
            raise _BadPacketError(f"port {port} is past 65535", "ports have 16 bits")
        found[l4] = int(port)
    return found


def _address(name: str, text: str) -> int:
    try:
        return int(IPv4Address(text)) if name.startswith("ipv4") else int(IPv6Address(text))
    except ValueError:
        version = "IPv4" if name.startswith("ipv4") else "IPv6"
        way_out = (
            "write IPv6 with a port as `[2001:db8::1]:443`" if version == "IPv6" else f"as in `{EXAMPLE}`"
        )
        raise _BadPacketError(f"`{text}` is not an {version} address", way_out) from None


def _setting(kind: PacketClass, prefix: str, text: str) -> dict[str, int]:
    name, value = text.split("=", 1)
    canonical = kind.canonical(prefix + name)
    if canonical is None:
        own = sorted(n.removeprefix(prefix) for n in kind.names if n.startswith(INNER) == bool(prefix))
        close = get_close_matches(name, own, 1)
        hint = f"did you mean `{close[0]}`?" if close else f"it has {', '.join(own)}"
        raise _BadPacketError(f"packets of `{kind.name}` have no field `{name}`", hint)
    bare = canonical.removeprefix(INNER)
    if bare.startswith(("ipv4", "ipv6")):
        return {canonical: _address(bare, value)}
    if bare.startswith("mac") and _MAC.fullmatch(value):
        return {canonical: int(value.replace(":", ""), 16)}
    if not _NUMBER.fullmatch(value) or (number := int(value, 0 if "x" in value.lower() else 10)) >> width(
        canonical
    ):
        raise _BadPacketError(f"`{value}` is no value of `{name}`", f"`{name}` has {width(canonical)} bits")
    return {canonical: number}
