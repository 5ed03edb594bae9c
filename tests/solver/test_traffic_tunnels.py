"""Tunnels in captures: every shape against a slow decoder, hostile bytes included; loads by inner fields."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slowframes import PORTS, QTAG, TAG, eth, ext, geneve, gre, gtpu, ip4, ip6, slow, slow_inside, udp, vxlan

from rss_dsl.fields import TUNNELS, packet_classes, width
from rss_dsl.nics import find
from rss_dsl.problem import HashInput, Port, Problem
from rss_dsl.source import Source
from rss_dsl.spec import Spec
from rss_solver.solution import PortSolution, Solution
from rss_solver.toeplitz import toeplitz
from rss_solver.traffic import (
    CLASSES,
    Frames,
    Mix,
    PortCapture,
    decode,
    evaluate,
    generate,
    write_pcap,
)
from rss_solver.traffic.arrays import SLACK

TCP4, UDP6 = ip4(PORTS), ip6(PORTS, 17)
FRAME4, FRAME6 = eth(TCP4, 0x800), eth(UDP6, 0x86DD)
ALL = frozenset(packet_classes())


def in_udp(body: bytes) -> bytes:
    return eth(ip4(body, 17), 0x800)


SHAPES = {
    "vxlan": (in_udp(vxlan(FRAME4)), "vxlan-ipv4-tcp"),
    "vxlan6": (in_udp(vxlan(FRAME6)), "vxlan-ipv6-udp"),
    "vxlan in vlan": (eth(ip4(vxlan(FRAME4), 17), 0x800, TAG), "vxlan-ipv4-tcp"),
    "vxlan of vlan": (in_udp(vxlan(eth(TCP4, 0x800, QTAG, TAG))), "vxlan-ipv4-tcp"),
    "vxlan of fragment": (in_udp(vxlan(eth(ip4(PORTS, 17, fragment=3), 0x800))), "vxlan-ipv4-frag"),
    "vxlan with options": (eth(ip4(vxlan(FRAME4), 17, options=bytes(8)), 0x800), "vxlan-ipv4-tcp"),
    "offloaded vxlan": (eth(ip4(vxlan(FRAME4), 17, total=0), 0x800), "vxlan-ipv4-tcp"),
    "geneve": (in_udp(geneve(FRAME4)), "geneve-ipv4-tcp"),
    "geneve with options": (in_udp(geneve(FRAME6, words=7)), "geneve-ipv6-udp"),
    "gtpu": (in_udp(gtpu(TCP4)), "gtpu-ipv4-tcp"),
    "gtpu6": (in_udp(gtpu(UDP6)), "gtpu-ipv6-udp"),
    "gtpu sequence": (in_udp(gtpu(TCP4, flags=0x32, optional=bytes(4))), "gtpu-ipv4-tcp"),
    "gtpu session": (
        in_udp(gtpu(TCP4, flags=0x34, optional=bytes([0, 0, 0, 0x85, 1, 0, 9, 0]))),
        "gtpu-ipv4-tcp",
    ),
    "gtpu two extensions": (
        in_udp(gtpu(TCP4, flags=0x34, optional=bytes([0, 0, 0, 1, 1, 0, 9, 2]) + bytes([2, *[0] * 7]))),
        "gtpu-ipv4-tcp",
    ),
    "gre": (eth(ip4(gre(TCP4), 47), 0x800), "gre-ipv4-tcp"),
    "gre6": (eth(ip4(gre(UDP6, kind=0x86DD), 47), 0x800), "gre-ipv6-udp"),
    "gre key": (eth(ip4(gre(TCP4, flags=0x20), 47), 0x800), "gre-ipv4-tcp"),
    "gre all": (eth(ip4(gre(TCP4, flags=0xB0), 47), 0x800), "gre-ipv4-tcp"),
    "ipip": (eth(ip4(TCP4, 4), 0x800), "ipip-ipv4-tcp"),
    "6in4": (eth(ip4(ip6(ext(17) + PORTS, 0), 41), 0x800), "ipip-ipv6-udp"),
    "ipip of icmp": (eth(ip4(ip4(PORTS, 1), 4), 0x800), "ipip-ipv4-other"),
}

NONE = {
    "dns": in_udp(udp(FRAME4, 53)),
    "vxlan without flag": in_udp(vxlan(FRAME4, flags=0)),
    "vxlan of arp": in_udp(vxlan(eth(bytes(28), 0x806))),
    "geneve of ip": in_udp(geneve(TCP4, kind=0x800)),
    "geneve version 1": in_udp(geneve(FRAME4, words=64)),
    "gtpu echo": in_udp(gtpu(TCP4, message=1)),
    "gtp prime": in_udp(gtpu(TCP4, flags=0x20)),
    "gtpu extension of size 0": in_udp(gtpu(TCP4, flags=0x34, optional=bytes([0, 0, 0, 1, 0, 0, 0, 0]))),
    "gtpu endless": in_udp(gtpu(TCP4, flags=0x34, optional=bytes(3) + bytes([1, 1, 0, 0]) * 20)),
    "gre routed": eth(ip4(gre(TCP4, flags=0x40), 47), 0x800),
    "pptp": eth(ip4(gre(TCP4, version=1), 47), 0x800),
    "gre of ethernet": eth(ip4(gre(FRAME4, kind=0x6558), 47), 0x800),
    "ipip of ipv6 by 4": eth(ip4(UDP6, 4), 0x800),
    "empty": in_udp(udp(b"", 4789)),
    "outer fragment": eth(ip4(vxlan(FRAME4), 17, fragment=0x2000), 0x800),
    "outer ipv6": eth(ip6(vxlan(FRAME4), 17), 0x86DD),
    "tcp": FRAME4,
}  # fmt: skip


def frames(*data: bytes) -> Frames:
    buffer = np.frombuffer(b"".join(data) + bytes(SLACK), np.uint8)
    sizes = np.array([len(d) for d in data], np.int64)
    return Frames(buffer, np.cumsum(sizes) - sizes, sizes, sizes, np.arange(len(data)))


def check(data: list[bytes]) -> None:
    packets = decode(frames(*data), tunnels=True).seen_with(ALL)
    names = {n for c in packet_classes().values() if c.tunnel for n in c.names.values() if "mac" not in n}
    columns = {name: packets.field(name) for name in sorted(names)}
    for index, frame in enumerate(data):
        kind, truncated, fields = slow(frame)
        inside = slow_inside(frame)
        if inside is not None:
            kind, truncated, fields = inside[0], truncated or inside[1], fields | inside[2]
        assert CLASSES[packets.kind[index]] == kind
        assert bool(packets.truncated[index]) == truncated
        own = set(packet_classes()[kind].names.values()) - packet_classes()[kind].unknown
        for name, column in columns.items():
            expected = fields.get(name) if name in own else None
            assert column[index].tobytes() == (expected or bytes(column.shape[1])), (name, kind)


@pytest.mark.parametrize("name", SHAPES)
def test_class_of_each_shape(name: str) -> None:
    data, kind = SHAPES[name]
    packets = decode(frames(data), tunnels=True)
    assert CLASSES[packets.seen_with(ALL).kind[0]] == kind
    assert CLASSES[packets.kind[0]] == packet_classes()[kind].outer
    assert not packets.seen_with(ALL).truncated[0]


@pytest.mark.parametrize("name", NONE)
def test_what_cannot_be_looked_into_is_its_outer_packet(name: str) -> None:
    packets = decode(frames(NONE[name]), tunnels=True)
    assert CLASSES[packets.seen_with(ALL).kind[0]] == CLASSES[packets.kind[0]] == slow(NONE[name])[0]


def test_only_the_classes_asked_for_are_seen() -> None:
    packets = decode(frames(SHAPES["vxlan"][0], SHAPES["gtpu"][0]), tunnels=True)
    seen = packets.seen_with(frozenset({"gtpu-ipv4-tcp", "ipv4-udp"}))
    assert [CLASSES[kind] for kind in seen.kind] == ["ipv4-udp", "gtpu-ipv4-tcp"]
    assert seen.take(np.array([1])).columns(("gtpu_teid", "inner.ipv4_dst"), np.array([0]))[0].tobytes() == (
        bytes.fromhex("deadbeefc0000209")
    )


EVERYTHING = [*(data for data, _ in SHAPES.values()), *NONE.values()]


def test_all_shapes_at_once_against_the_slow_decoder() -> None:
    check(EVERYTHING)


@settings(max_examples=80)
@given(st.lists(st.tuples(st.sampled_from(EVERYTHING), st.integers(0, 180)), min_size=1, max_size=20))
def test_frames_cut_anywhere(choices: list[tuple[bytes, int]]) -> None:
    check([data[:size] for data, size in choices])


EDITS = st.lists(st.tuples(st.integers(12, 110), st.integers(0, 255)), max_size=4)


@settings(max_examples=200)
@given(st.lists(st.tuples(st.sampled_from(EVERYTHING), EDITS), min_size=1, max_size=8))
def test_frames_with_bytes_changed(choices: list[tuple[bytes, list[tuple[int, int]]]]) -> None:
    mutated = []
    for data, edits in choices:
        frame = bytearray(data)
        for at, value in edits:
            if at < len(frame):
                frame[at] = value
        mutated.append(bytes(frame))
    check(mutated)


@pytest.mark.parametrize("tunnel", TUNNELS)
def test_generated_tunnels_against_the_slow_decoder(tunnel: str) -> None:
    mix = Mix(
        packets=300,
        conversations=80,
        sctp=0.2,
        icmp=0.2,
        ipv6=0.4,
        vlan=0.3,
        fragments=0.5,
        lan_tunnel=tunnel,
    )
    made = generate(mix)
    check([frame.data for frame in made])
    packets = decode(frames(*(frame.data for frame in made)), tunnels=True).seen_with(ALL)
    tunnelled = {packet_classes()[CLASSES[kind]].tunnel for kind in packets.kind}
    assert tunnelled == {tunnel, None}
    assert all(
        (packet_classes()[CLASSES[kind]].tunnel == tunnel) == (frame.port == "LAN")
        for kind, frame in zip(packets.kind, made, strict=True)
    )
    assert not packets.truncated.any()


def test_load_by_inner_fields_packet_by_packet(tmp_path: Path) -> None:
    nic = find("generic")
    assert nic is not None
    inputs = (
        HashInput("ipv4-udp", ("ipv4_src", "udp_src")),
        HashInput("vxlan-ipv4-tcp", ("inner.ipv4_src", "inner.tcp_dst")),
        HashInput("vxlan-ipv6-udp", ("vxlan_vni", "inner.ipv6_dst")),
    )
    key, table = bytes(range(3, 43)), tuple(i % 8 for i in range(128))
    port = Port(name="LAN", device=0, nic=nic, queues=8, table_size=128, inputs=inputs, switches=())
    solved = PortSolution(
        name="LAN", device=0, nic="generic", key=key, queues=8, table=table, equality="hash",
        inputs=inputs, spread=(),
    )  # fmt: skip
    problem = Problem(
        spec=Spec(source=Source("t", ""), statements=()), ports=(port,), lines=(), requirements=()
    )
    made = [f for f in generate(Mix(packets=800, ipv6=0.4, udp=0.5, lan_tunnel="vxlan")) if f.port == "LAN"]
    path = tmp_path / "lan.pcap"
    path.write_bytes(write_pcap((frame.time_ns, frame.data) for frame in made))
    load = evaluate(
        problem, Solution(ports=(solved,), components=((0,),), seed=0), [PortCapture("LAN", path)]
    )
    expected, kinds = [0] * 8, set()
    for frame in made:
        kind, _, fields = slow(frame.data)
        inside = slow_inside(frame.data)
        if inside is not None and inside[0] in {layout.packet_class for layout in inputs}:
            kind, fields = inside[0], fields | inside[2]
        layout = next(layout for layout in inputs if layout.packet_class == kind)
        data = b"".join(fields[name] for name in layout.fields)
        bits = sum(width(name) for name in layout.fields)
        expected[table[toeplitz(key, int.from_bytes(data, "big"), bits) & 127]] += 1
        kinds.add(kind)
    assert kinds == {layout.packet_class for layout in inputs}
    assert load.ports[0].queues == tuple(expected)
    plain = replace(solved, inputs=inputs[:1])
    outer = evaluate(
        problem, Solution(ports=(plain,), components=((0,),), seed=0), [PortCapture("LAN", path)]
    )
    assert outer.ports[0].packets == len(made)
    assert outer.ports[0].unhashed == {}
