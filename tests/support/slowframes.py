"""Frames made byte by byte, and a slow decoder of them, straight from the RFCs: no code of the package."""

from __future__ import annotations

from ipaddress import IPv6Address
from struct import pack

MACS = bytes.fromhex("0200000000aa0200000000bb")
A6, B6 = IPv6Address("2001:db8::1").packed, IPv6Address("2001:db8::2").packed
PORTS = bytes.fromhex("303900500102030405060708090a0b0c0d0e0f10")
TAG, QTAG = bytes.fromhex("8100a064"), bytes.fromhex("88a80fff")


def eth(payload: bytes, kind: int, *tags: bytes) -> bytes:
    return MACS + b"".join(tags) + pack(">H", kind) + payload


def ip4(
    body: bytes, proto: int = 6, *, options: bytes = b"", fragment: int = 0, total: int | None = None
) -> bytes:
    size = 20 + len(options)
    length = size + len(body) if total is None else total
    head = pack(">BBHHHBBH", 0x40 | size // 4, 0, length, 7, fragment, 64, proto, 0)
    return head + bytes([10, 1, 2, 3, 192, 0, 2, 9]) + options + body


def ip6(body: bytes, following: int = 6, *, payload: int | None = None) -> bytes:
    return pack(">IHBB", 6 << 28, len(body) if payload is None else payload, following, 64) + A6 + B6 + body


def ext(following: int, units: int = 0) -> bytes:
    return bytes([following, units]) + bytes(6 + 8 * units)


FRAG0, FRAG8 = pack(">BBHI", 17, 0, 1, 5), pack(">BBHI", 17, 0, 8, 5)
AH = bytes([6, 4]) + bytes(22)


def slow(data: bytes) -> tuple[str, bool, dict[str, bytes]]:
    """Class, truncated, fields. One frame, one byte after the other."""
    if len(data) < 14:
        return "l2", True, {}
    at, tags = 12, 0
    while data[at : at + 2] in (b"\x81\x00", b"\x88\xa8") and at + 6 <= len(data) and tags < 8:
        at, tags = at + 4, tags + 1
    kind = data[at : at + 2]
    fields = {"mac_dst": data[:6], "mac_src": data[6:12], "ether_type": kind}
    if tags:
        fields["vlan"] = pack(">H", (data[14] << 8 | data[15]) << 4 & 0xFFFF)
    if kind in (b"\x81\x00", b"\x88\xa8"):
        return "l2", True, fields
    if kind == b"\x08\x00":
        return slow4(data[at + 2 :], fields)
    if kind == b"\x86\xdd":
        return slow6(data[at + 2 :], fields)
    return "l2", False, fields


def slow4(ip: bytes, fields: dict[str, bytes]) -> tuple[str, bool, dict[str, bytes]]:
    if len(ip) < 20 or ip[0] >> 4 != 4 or ip[0] & 15 < 5:
        return "l2", True, fields
    size, total = ip[0] % 16 * 4, int.from_bytes(ip[2:4], "big")
    if 0 < total < size:
        return "l2", True, fields
    fields |= {"ipv4_src": ip[12:16], "ipv4_dst": ip[16:20], "ip_proto": ip[9:10]}
    whole = ip[:total] if total else ip
    if int.from_bytes(ip[6:8], "big") & 0x3FFF:
        return "ipv4-frag", len(whole) < size, fields
    return slow_transport("ipv4", ip[9], whole[size:], len(whole) < size, fields)


def slow6(ip: bytes, fields: dict[str, bytes]) -> tuple[str, bool, dict[str, bytes]]:
    if len(ip) < 40 or ip[0] >> 4 != 6:
        return "l2", True, fields
    fields |= {"ipv6_src": ip[8:24], "ipv6_dst": ip[24:40]}
    payload, proto = int.from_bytes(ip[4:6], "big"), ip[6]
    rest, cut = ip[40:][: payload or None], False
    for _ in range(16):
        if proto not in (0, 43, 60, 44, 51) or len(rest) < 8:
            break
        size = 8 if proto == 44 else (rest[1] + 2) * 4 if proto == 51 else (rest[1] + 1) * 8
        if proto == 44:
            return "ipv6-frag", False, fields | {"ip_proto": rest[:1]}
        proto, cut, rest = rest[0], len(rest) < size, rest[size:]
    fields["ip_proto"] = bytes([proto])
    if proto in (0, 43, 60, 44, 51):
        return "ipv6-other", True, fields
    return slow_transport("ipv6", proto, rest, cut, fields)


def slow_transport(
    version: str, proto: int, l4: bytes, cut: bool, fields: dict[str, bytes]
) -> tuple[str, bool, dict[str, bytes]]:
    name = {6: "tcp", 17: "udp", 132: "sctp", 50: "esp"}.get(proto, "other")
    if cut or len(l4) < {"other": 0, "sctp": 8}.get(name, 4):
        return f"{version}-other", True, fields
    if name == "esp":
        fields["esp_spi"] = l4[:4]
    elif name != "other":
        fields |= {f"{name}_src": l4[:2], f"{name}_dst": l4[2:4]}
        fields |= {"sctp_vtag": l4[4:8]} if name == "sctp" else {}
    return f"{version}-{name}", False, fields


# --- tunnels ----------------------------------------------------------------------------------------


def udp(body: bytes, port: int) -> bytes:
    return pack(">HHHH", 40000, port, 8 + len(body), 0) + body


def vxlan(frame: bytes, *, flags: int = 8, vni: int = 0xABCDEF) -> bytes:
    return udp(bytes([flags, 0, 0, 0]) + vni.to_bytes(3, "big") + b"\0" + frame, 4789)


def geneve(frame: bytes, *, words: int = 0, kind: int = 0x6558, vni: int = 0x123456) -> bytes:
    head = bytes([words, 0]) + pack(">H", kind) + vni.to_bytes(3, "big") + b"\0"
    return udp(head + bytes(range(4 * words)) + frame, 6081)


def gtpu(packet: bytes, *, flags: int = 0x30, message: int = 255, optional: bytes = b"") -> bytes:
    head = bytes([flags, message]) + pack(">HI", len(optional) + len(packet), 0xDEADBEEF)
    return udp(head + optional + packet, 2152)


def gre(packet: bytes, *, flags: int = 0, version: int = 0, kind: int = 0x800) -> bytes:
    fields = sum(1 for bit in (0x80, 0x20, 0x10) if flags & bit)
    return bytes([flags, version]) + pack(">H", kind) + bytes(range(4 * fields)) + packet


def slow_inside(data: bytes) -> tuple[str, bool, dict[str, bytes]] | None:
    """Tunnel class, truncated, fields of tunnel and inner packet; None without a readable tunnel."""
    kind, cut, fields = slow(data)
    if kind not in ("ipv4-udp", "ipv4-other") or (cut and kind == "ipv4-other"):
        return None
    at = 12
    while data[at : at + 2] in (b"\x81\x00", b"\x88\xa8"):
        at += 4
    ip = data[at + 2 :]
    total = int.from_bytes(ip[2:4], "big")
    body = (ip[:total] if total else ip)[ip[0] % 16 * 4 :]
    if kind == "ipv4-udp":
        port = int.from_bytes(fields["udp_dst"], "big")
        found = {4789: slow_vxlan, 6081: slow_geneve, 2152: slow_gtpu}.get(port, lambda _: None)(body[8:])
    else:
        found = slow_in_ip(fields["ip_proto"][0], body)
    if found is None:
        return None
    name, tunnel, (inner, truncated, carried) = found
    if inner == "l2":
        return None
    return (
        f"{name}-{inner}",
        truncated,
        tunnel | {f"inner.{field}": value for field, value in carried.items()},
    )


Found = tuple[str, dict[str, bytes], tuple[str, bool, dict[str, bytes]]]


def slow_vxlan(body: bytes) -> Found | None:
    if len(body) < 8 or not body[0] & 8:
        return None
    return "vxlan", {"vxlan_vni": body[4:7]}, slow(body[8:])


def slow_geneve(body: bytes) -> Found | None:
    if len(body) < 8 or body[0] >= 64 or body[2:4] != b"\x65\x58":
        return None
    return "geneve", {"geneve_vni": body[4:7]}, slow(body[8 + 4 * body[0] :])


def slow_gtpu(body: bytes) -> Found | None:
    if len(body) < 8 or body[0] >> 4 != 3 or body[1] != 255:
        return None
    at, following = 8, 0
    if body[0] & 7:
        at = 12
        following = body[11] if body[0] & 4 and len(body) > 11 else 0
    for _ in range(8):
        if not following or at + 4 > len(body):
            break
        size = 4 * body[at]
        if not size:
            return None
        at += size
        following = body[at - 1] if at <= len(body) else 0
    if following:
        return None
    return "gtpu", {"gtpu_teid": body[4:8]}, slow_ip(body[at:])


def slow_in_ip(proto: int, body: bytes) -> Found | None:
    if proto == 4:
        return "ipip", {}, slow4(body, {})
    if proto == 41:
        return "ipip", {}, slow6(body, {})
    if proto != 47 or len(body) < 4 or body[0] & 0x40 or body[1] & 7:
        return None
    packet = body[4 + 4 * sum(1 for bit in (0x80, 0x20, 0x10) if body[0] & bit) :]
    kind = body[2:4]
    if kind == b"\x08\x00":
        return "gre", {}, slow4(packet, {})
    return ("gre", {}, slow6(packet, {})) if kind == b"\x86\xdd" else None


def slow_ip(packet: bytes) -> tuple[str, bool, dict[str, bytes]]:
    version = packet[0] >> 4 if packet else 0
    return slow4(packet, {}) if version == 4 else slow6(packet, {}) if version == 6 else ("l2", True, {})
