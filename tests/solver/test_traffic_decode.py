"""Every shape of header against a slow decoder written here, straight from the RFCs."""

from __future__ import annotations

from ipaddress import IPv6Address
from struct import pack

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rss_dsl.fields import WIDTHS, packet_classes
from rss_solver.traffic import CLASSES, Frames, Mix, decode, generate
from rss_solver.traffic.arrays import SLACK

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

SHAPES = {
    "tcp": (eth(ip4(PORTS), 0x800), "ipv4-tcp"),
    "udp": (eth(ip4(PORTS, 17), 0x800), "ipv4-udp"),
    "sctp": (eth(ip4(PORTS, 132), 0x800), "ipv4-sctp"),
    "esp": (eth(ip4(PORTS, 50), 0x800), "ipv4-esp"),
    "icmp": (eth(ip4(PORTS, 1), 0x800), "ipv4-other"),
    "ah4": (eth(ip4(AH + PORTS, 51), 0x800), "ipv4-other"),
    "dont fragment": (eth(ip4(PORTS, fragment=0x4000), 0x800), "ipv4-tcp"),
    "reserved bit": (eth(ip4(PORTS, fragment=0x8000), 0x800), "ipv4-tcp"),
    "first fragment": (eth(ip4(PORTS, fragment=0x2000), 0x800), "ipv4-frag"),
    "later fragment": (eth(ip4(PORTS, fragment=0x0003), 0x800), "ipv4-frag"),
    "far fragment": (eth(ip4(PORTS, fragment=0x1F00), 0x800), "ipv4-frag"),
    "options": (eth(ip4(PORTS, options=bytes(12)), 0x800), "ipv4-tcp"),
    "most options": (eth(ip4(PORTS, options=bytes(40)), 0x800), "ipv4-tcp"),
    "offloaded": (eth(ip4(PORTS, total=0), 0x800), "ipv4-tcp"),
    "vlan": (eth(ip4(PORTS), 0x800, TAG), "ipv4-tcp"),
    "qinq": (eth(ip4(PORTS), 0x800, QTAG, TAG), "ipv4-tcp"),
    "eight tags": (eth(ip4(PORTS), 0x800, *[TAG] * 8), "ipv4-tcp"),
    "tcp6": (eth(ip6(PORTS), 0x86DD), "ipv6-tcp"),
    "udp6": (eth(ip6(PORTS, 17), 0x86DD), "ipv6-udp"),
    "sctp6": (eth(ip6(PORTS, 132), 0x86DD), "ipv6-sctp"),
    "esp6": (eth(ip6(PORTS, 50), 0x86DD), "ipv6-esp"),
    "icmp6": (eth(ip6(PORTS, 58), 0x86DD), "ipv6-other"),
    "no next header": (eth(ip6(b"", 59), 0x86DD), "ipv6-other"),
    "hop by hop": (eth(ip6(ext(6) + PORTS, 0), 0x86DD), "ipv6-tcp"),
    "routing": (eth(ip6(ext(17, 2) + PORTS, 43), 0x86DD), "ipv6-udp"),
    "destination": (eth(ip6(ext(6, 1) + PORTS, 60), 0x86DD), "ipv6-tcp"),
    "ah6": (eth(ip6(AH + PORTS, 51), 0x86DD), "ipv6-tcp"),
    "all extensions": (eth(ip6(ext(43) + ext(60, 1) + ext(51, 3) + AH + PORTS, 0), 0x86DD), "ipv6-tcp"),
    "fragment6 first": (eth(ip6(FRAG0 + PORTS, 44), 0x86DD), "ipv6-frag"),
    "fragment6 later": (eth(ip6(ext(44) + FRAG8 + PORTS, 0), 0x86DD), "ipv6-frag"),
    "vlan6": (eth(ip6(ext(6) + PORTS, 0), 0x86DD, TAG), "ipv6-tcp"),
    "arp": (eth(bytes(28), 0x806), "l2"),
    "llc": (eth(bytes(38), 38), "l2"),
}  # fmt: skip

CUT = {
    "runt": (MACS, "l2"),
    "nothing": (b"", "l2"),
    "tags without end": (eth(ip4(PORTS), 0x800, *[TAG] * 9), "l2"),
    "half a tag": (MACS + TAG, "l2"),
    "no ip header": (eth(ip4(PORTS)[:19], 0x800), "l2"),
    "version 5": (eth(b"\x55" + ip4(PORTS)[1:], 0x800), "l2"),
    "header of 16": (eth(b"\x44" + ip4(PORTS)[1:], 0x800), "l2"),
    "total below header": (eth(ip4(PORTS, total=19), 0x800), "l2"),
    "padding is no port": (eth(ip4(PORTS, total=22), 0x800), "ipv4-other"),
    "cut ports": (eth(ip4(PORTS[:3]), 0x800), "ipv4-other"),
    "cut sctp": (eth(ip4(PORTS[:7], 132), 0x800), "ipv4-other"),
    "cut options": (eth(ip4(PORTS, options=bytes(12))[:24], 0x800), "ipv4-other"),
    "no ipv6 header": (eth(ip6(PORTS)[:39], 0x86DD), "l2"),
    "ipv6 version 4": (eth(b"\x40" + ip6(PORTS)[1:], 0x86DD), "l2"),
    "payload too short": (eth(ip6(PORTS, payload=2), 0x86DD), "ipv6-other"),
    "cut extension": (eth(ip6(ext(6)[:7], 0), 0x86DD), "ipv6-other"),
    "extension past the end": (eth(ip6(ext(6, 9)[:20], 0), 0x86DD), "ipv6-other"),
    "extensions without end": (eth(ip6(ext(60) * 20 + PORTS, 60), 0x86DD), "ipv6-other"),
}


def frames(*data: bytes) -> Frames:
    buffer = np.frombuffer(b"".join(data) + bytes(SLACK), np.uint8)
    sizes = np.array([len(d) for d in data], np.int64)
    return Frames(buffer, np.cumsum(sizes) - sizes, sizes, sizes, np.arange(len(data)))


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


def check(data: list[bytes]) -> None:
    packets = decode(frames(*data))
    names = [n for n in WIDTHS if any(n in packet_classes()[c].names.values() for c in CLASSES)]
    columns = {name: packets.field(name) for name in names}
    for index, frame in enumerate(data):
        kind, truncated, fields = slow(frame)
        assert CLASSES[packets.kind[index]] == kind
        assert bool(packets.truncated[index]) == truncated
        for name, column in columns.items():
            expected = fields.get(name, bytes(column.shape[1]))
            known = name not in packet_classes()[kind].unknown
            usable = known and name in packet_classes()[kind].names.values()
            assert column[index].tobytes() == (expected if usable else bytes(column.shape[1])), (name, kind)


@pytest.mark.parametrize("name", SHAPES)
def test_class_of_each_shape(name: str) -> None:
    data, kind = SHAPES[name]
    packets = decode(frames(data))
    assert CLASSES[packets.kind[0]] == kind
    assert not packets.truncated[0]


@pytest.mark.parametrize("name", CUT)
def test_what_cannot_be_read_is_left_out(name: str) -> None:
    data, kind = CUT[name]
    packets = decode(frames(data))
    assert CLASSES[packets.kind[0]] == kind
    assert packets.truncated[0]


def test_all_shapes_at_once_against_the_slow_decoder() -> None:
    check([data for data, _ in (*SHAPES.values(), *CUT.values())])


@settings(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from([*SHAPES.values()]), st.integers(0, 120)), min_size=1, max_size=20))
def test_frames_cut_anywhere(choices: list[tuple[tuple[bytes, str], int]]) -> None:
    check([data[:size] for (data, _), size in choices])


@settings(max_examples=100)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([*SHAPES.values()]),
            st.lists(st.tuples(st.integers(12, 60), st.integers(0, 255)), max_size=4),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_frames_with_bytes_changed(choices: list[tuple[tuple[bytes, str], list[tuple[int, int]]]]) -> None:
    mutated = []
    for (data, _), edits in choices:
        frame = bytearray(data)
        for at, value in edits:
            if at < len(frame):
                frame[at] = value
        mutated.append(bytes(frame))
    check(mutated)


def test_generated_traffic_against_the_slow_decoder() -> None:
    mix = Mix(packets=600, conversations=120, sctp=0.2, icmp=0.2, ipv6=0.4, vlan=0.3, fragments=0.5)
    check([frame.data for frame in generate(mix)])


def test_columns_join_fields_bit_by_bit() -> None:
    packets = decode(frames(SHAPES["qinq"][0]))
    which = packets.of_class("ipv4-tcp")
    joined = packets.columns(("vlan", "ether_type", "ipv4_src", "tcp_dst"), which)
    bits = f"{0xFFF:012b}{0x800:016b}" + "".join(f"{b:08b}" for b in (10, 1, 2, 3)) + f"{0x50:016b}"
    assert joined[0].tobytes() == int(bits.ljust(80, "0"), 2).to_bytes(10, "big")
