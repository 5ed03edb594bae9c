"""Packets as text: `ipv4-tcp 66.9.149.187:2794 > 161.142.100.80:1766 vlan=7`, and back."""

from __future__ import annotations

import re
from difflib import get_close_matches
from ipaddress import IPv4Address, IPv6Address

from rss_dsl.codes import BAD_PACKET
from rss_dsl.diagnostics import Diagnostic, RssError
from rss_dsl.fields import INNER, PacketClass, packet_classes, width
from rss_dsl.source import Source, Span
from rss_solver.packet import Packet

_BRACKETED = re.compile(r"\[([^\]]*)\](?::(\d{1,6}))?")
_PLAIN = re.compile(r"([^:]*)(?::(\d{1,6}))?")
_MAC = re.compile(r"[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}")
_NUMBER = re.compile(r"0[xX][0-9a-fA-F]{1,32}|\d{1,40}")

EXAMPLE = "ipv4-tcp 66.9.149.187:2794 > 161.142.100.80:1766"
L2_EXAMPLE = "l2 02:00:00:00:00:01 > 02:00:00:00:00:02"


class _BadPacketError(Exception):
    """What is wrong, and what to do about it."""

    def __init__(self, message: str, way_out: str = f"write it as `{EXAMPLE}`") -> None:
        self.message, self.way_out = message, way_out
        super().__init__(message)


def parse_packet(text: str) -> Packet:
    """A packet from `CLASS SOURCE[:PORT] > DESTINATION[:PORT] [FIELD=VALUE …]`; RssError if it is none."""
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
    fields: dict[str, int] = {}
    settings = [word for word in words[1:] if "=" in word]
    ends = [word for word in words[1:] if "=" not in word]
    if len(ends) != 3 or ends[1] != ">":
        raise _BadPacketError("expected `SOURCE > DESTINATION` after the class", _as_in(kind))
    for end, word in (("src", ends[0]), ("dst", ends[2])):
        fields |= _endpoint(kind, end, word)
    for setting in settings:
        fields |= _setting(kind, setting)
    _need_ports(kind, fields)
    return Packet(kind.name, fields)


def _as_in(kind: PacketClass) -> str:
    return f"as in `{EXAMPLE if 'ip_proto' in kind.names else L2_EXAMPLE}`"


def _need_ports(kind: PacketClass, fields: dict[str, int]) -> None:
    """Ports of a class that always has them are said; for a tunnel's outer ones zero does."""
    if any(name.startswith(INNER) for name in kind.names):
        return
    for end, which in (("src", "source"), ("dst", "destination")):
        name = kind.canonical(f"l4_{end}")
        if name is not None and not name.startswith("l4_") and name not in fields:
            raise _BadPacketError(
                f"the {which} port is missing",
                f"`{kind.name}` has ports: write `ADDRESS:PORT`, {_as_in(kind)}",
            )


def _endpoint(kind: PacketClass, end: str, text: str) -> dict[str, int]:
    if "ip_proto" not in kind.names:
        if not _MAC.fullmatch(text):
            raise _BadPacketError(f"`{text}` is not a MAC address", _as_in(kind))
        return {f"mac_{end}": int(text.replace(":", ""), 16)}
    match = _BRACKETED.fullmatch(text) or _PLAIN.fullmatch(text)
    address, port = (match[1], match[2]) if match else (text, None)
    name = kind.names[f"ip_{end}"]
    found = {name: _address(name, address)}
    if port is not None:
        l4 = kind.canonical(f"l4_{end}")
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


def _setting(kind: PacketClass, text: str) -> dict[str, int]:
    name, value = text.split("=", 1)
    canonical = kind.canonical(name)
    if canonical is None:
        close = get_close_matches(name, kind.names, 1)
        hint = f"did you mean `{close[0]}`?" if close else f"it has {', '.join(sorted(kind.names))}"
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
