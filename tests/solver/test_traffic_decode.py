"""Every shape of header against a slow decoder, straight from the RFCs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slowframes import AH, FRAG0, FRAG8, MACS, PORTS, QTAG, TAG, eth, ext, ip4, ip6, slow

from rss_dsl.fields import WIDTHS, packet_classes
from rss_solver.traffic import CLASSES, Frames, Mix, decode, generate
from rss_solver.traffic.arrays import SLACK

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


def check(data: list[bytes]) -> None:
    packets = decode(frames(*data))
    names = [
        n for n in WIDTHS if any(n in c.names.values() for c in packet_classes().values() if not c.tunnel)
    ]
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
