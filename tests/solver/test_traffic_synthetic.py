"""Made traffic is what its description says: reproducible, in order, well-formed, two-way."""

from __future__ import annotations

from collections import Counter
from ipaddress import ip_network
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rss_solver.traffic import CLASSES, Frames, Mix, conversations, decode, frames_of, generate
from rss_solver.traffic.arrays import SLACK

EVERYTHING = Mix(
    seed=2, packets=2000, conversations=300, sctp=0.1, icmp=0.1, ipv6=0.3, vlan=0.3, fragments=0.3
)


def words(data: bytes) -> int:
    """One's complement sum, folded."""
    total = sum(int.from_bytes(data[at : at + 2].ljust(2, b"\0"), "big") for at in range(0, len(data), 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def network_part(frame: bytes) -> bytes:
    return frame[18:] if frame[12:14] == b"\x81\x00" else frame[14:]


def test_the_same_seed_makes_the_same_frames() -> None:
    assert generate(EVERYTHING) == generate(EVERYTHING)
    assert generate(EVERYTHING) != generate(Mix(seed=3))


def test_frames_come_in_time_order_and_sizes() -> None:
    frames = generate(EVERYTHING)
    assert [f.time_ns for f in frames] == sorted(f.time_ns for f in frames)
    assert all(60 <= len(f.data) <= 1518 for f in frames)
    assert 1500 < len(frames) < 3000


def test_every_class_appears_and_nothing_is_malformed() -> None:
    frames = generate(EVERYTHING)
    sizes = np.array([len(f.data) for f in frames], np.int64)
    buffer = np.frombuffer(b"".join(f.data for f in frames) + bytes(SLACK), np.uint8)
    packets = decode(Frames(buffer, np.cumsum(sizes) - sizes, sizes, sizes, sizes))
    assert not packets.truncated.any()
    expected = {f"ipv{v}-{kind}" for v in (4, 6) for kind in ("tcp", "udp", "sctp", "other", "frag")}
    assert {CLASSES[kind] for kind in packets.kind} == expected


def test_lengths_and_checksums() -> None:
    checked = Counter[str]()
    for frame in generate(EVERYTHING):
        ip = network_part(frame.data)
        if ip[0] >> 4 == 4:
            assert words(ip[:20]) == 0xFFFF
            size = int.from_bytes(ip[2:4], "big")
            fragment, proto, addresses, l4 = ip[6] & 0x3F or ip[7], ip[9], ip[12:20], ip[20:size]
        else:
            size = 40 + int.from_bytes(ip[4:6], "big")
            fragment, proto, addresses, l4 = ip[6] == 44, ip[6], ip[8:40], ip[40:size]
        assert len(ip) == max(size, 60 - len(frame.data) + len(ip))
        if fragment or proto == 132:
            continue
        pseudo = b"" if proto == 1 else addresses + bytes([0, proto]) + len(l4).to_bytes(2, "big")
        assert words(pseudo + l4) == 0xFFFF
        checked[str(proto)] += 1
    assert set(checked) == {"1", "6", "17", "58"}


def test_fragments_join_to_the_datagram() -> None:
    mix = Mix(seed=5, packets=200, conversations=10, udp=1, fragments=1, scans=0)
    whole = next(c for c in conversations(mix) if any(s.payload >= 200 for s in c.steps))
    parts = [f for f in frames_of(whole) if network_part(f.data)[6] & 0x20]
    assert parts
    for first in parts:
        frames = [f for f in frames_of(whole) if f.time_ns == first.time_ns]
        headers = [network_part(f.data) for f in frames]
        bodies = [ip[20 : int.from_bytes(ip[2:4], "big")] for ip in headers]
        assert (int.from_bytes(headers[1][6:8], "big") & 0x1FFF) * 8 == len(bodies[0])
        assert int.from_bytes(bodies[0][4:6], "big") == len(b"".join(bodies))


def test_replies_turn_the_endpoints_round() -> None:
    mix = Mix(seed=1, packets=400, conversations=40, scans=0)
    for conversation in conversations(mix):
        there, back, *_ = frames_of(conversation)
        one, other = network_part(there.data), network_part(back.data)
        assert (there.port, back.port) == ("LAN", "WAN")
        assert (one[12:16], one[16:20], one[20:22], one[22:24]) == (
            other[16:20], other[12:16], other[22:24], other[20:22],
        )  # fmt: skip


@settings(max_examples=25)
@given(
    st.builds(
        Mix,
        seed=st.integers(0, 999),
        packets=st.integers(1, 300),
        conversations=st.integers(1, 40),
        zipf=st.none() | st.floats(0.5, 2),
        udp=st.floats(0, 1),
        ipv6=st.floats(0, 1),
        scans=st.floats(0, 1),
        pauses=st.floats(0, 1),
    )
)
def test_sources_lie_in_their_ports_prefixes(mix: Mix) -> None:
    for conversation in conversations(mix):
        inside = conversation.initiator.address in (
            ip_network(mix.clients) if conversation.initiator.address.version == 4 else mix.clients6
        )
        assert conversation.initiator_port == (mix.lan if inside else mix.wan)
        times = [step.time_ns for step in conversation.steps]
        assert times == sorted(set(times))
        if not inside:
            assert not any(step.reply for step in conversation.steps)


def test_pauses_outlast_an_expiry() -> None:
    mix = Mix(packets=600, conversations=50, pauses=1, scans=0)
    for conversation in conversations(mix):
        times = [step.time_ns for step in conversation.steps]
        assert max(b - a for a, b in pairwise(times)) >= mix.pause_ns


@pytest.mark.parametrize(("zipf", "share"), [(None, 0.03), (1.5, 0.3)])
def test_zipf_makes_elephants(zipf: float | None, share: float) -> None:
    sizes = [len(c.steps) for c in conversations(Mix(packets=5000, conversations=100, zipf=zipf, scans=0))]
    assert (max(sizes) / sum(sizes) > share) == (zipf is not None)
