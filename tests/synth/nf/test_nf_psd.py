"""The port-scan detector against a set of ports for each source."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest
from nfspec import QUICK, Frame, assert_every_strategy_does, built, limited, replay

SECOND = 10**9
LIMIT, EXPIRY = 11, 5 * SECOND
CLASSES = ("ipv4-tcp", "ipv4-udp", "ipv6-tcp", "ipv6-udp")
PORT = f"nic intel-x710  queues 16  hash {', '.join(CLASSES)}"
SPEC = """
port LAN {{ device 0  {port} }}
port WAN {{ device 1  {port} }}
require source: WAN.ip_src == WAN'.ip_src
nf psd {{ strategy shared-nothing  lan LAN  wan WAN  limit {limit}  capacity {capacity}  expiry 5s }}
"""


@dataclass(slots=True)
class Model:
    """When each source was last seen, and what it has touched since it was forgotten."""

    limit: int = LIMIT
    last: dict[str, int] = field(default_factory=dict)
    ports: dict[str, set[int]] = field(default_factory=dict)

    def passes(self, source: str, port: int, now: int) -> bool:
        if now - self.last.get(source, -(10**19)) > EXPIRY:
            self.ports[source] = set()
        self.last[source] = now
        touched = self.ports[source]
        if port not in touched and len(touched) == self.limit:
            return False
        touched.add(port)
        return True


@pytest.fixture(scope="module")
def psd(lab, tmp_path_factory):
    return built(lab, tmp_path_factory.mktemp("psd"), SPEC.format(port=PORT, limit=LIMIT, capacity=4096))


def made(lab, seed, count=900):
    """Traffic of the firewall's kind among scans: up, down, of the same ports again, and after pauses."""
    rng, model, time, sent = random.Random(seed), Model(), 1_700_000_000 * SECOND, []

    def passes(packet, frame):
        return model.passes(packet.src, packet.dport, frame.time)

    for event in lab.traffic(seed, count):
        time += rng.choice((1, 1000, SECOND // 100, SECOND // 10))
        time += rng.choice((0,) * 60 + (EXPIRY - SECOND // 10, EXPIRY, EXPIRY + 1))
        packet = event.packet
        if event.port == "WAN" and not isinstance(packet, bytes) and rng.random() < 0.7:
            six = packet.version == 6
            packet = lab.Packet(
                src=f"2001:db8:2::{rng.randrange(1, 4)}" if six else f"93.0.0.{rng.randrange(1, 6)}",
                dst="2001:db8:1::1" if six else f"10.0.0.{rng.randrange(1, 3)}",
                sport=rng.randrange(1024, 1030),
                dport=rng.choice((0, 1, 0x100, 0xFFFF, 0xFF00, *range(20, 34))),
                l4=rng.choice(("tcp", "udp")),
            )
        data = packet if isinstance(packet, bytes) else packet.wire
        sent.append((packet, Frame(time, event.port, data)))
    return limited(lab, sent, CLASSES, passes)


@pytest.mark.parametrize("seed", range(4))
def test_every_strategy_detects_as_the_model(lab, psd, tmp_path, seed):
    frames, expected = made(lab, seed)
    assert_every_strategy_does(expected, psd, tmp_path, frames)


@pytest.mark.parametrize("limit", [1, 7, 8, 9, 12, 64, 500])
def test_no_port_is_taken_for_another_at_any_limit(lab, tmp_path, limit):
    """One source touches ports that differ in few bits; another has had its room before it."""
    scanner = built(lab, tmp_path, SPEC.format(port=PORT, limit=limit, capacity=1), "CFLAGS=-O2 -Werror")
    rng, model = random.Random(limit), Model(limit)
    time, frames, expected = SECOND, [], []
    for source in ("93.0.0.1", "2001:db8::1", "93.0.0.2"):
        ports = [rng.choice((0, 0x8000, 0xFF00)) ^ 1 << rng.randrange(16) ^ n for n in range(limit + 4)]
        for port in (*ports, *rng.sample(ports, len(ports)), 0, 0xFFFF):
            time += 1
            packet = lab.Packet(source, "10.0.0.1" if "." in source else "2001:db8::9", 9, port)
            frames.append(Frame(time, "WAN", packet.wire))
            expected.append("forward LAN" if model.passes(source, port, time) else "drop")
        time += EXPIRY + 1
    assert replay(scanner, tmp_path, frames, "--sequential").verdicts == tuple(expected)


def test_a_source_that_finds_no_room_is_dropped_and_counted(lab, tmp_path):
    full = built(lab, tmp_path, SPEC.format(port=PORT, limit=1, capacity=2), QUICK)
    frames = [
        Frame(SECOND + i, "WAN", lab.Packet(f"93.0.0.{i % 3}", "10.0.0.1", 9, 80).wire) for i in range(6)
    ]
    found = replay(full, tmp_path, frames, "--sequential")
    assert found.verdicts == ("forward LAN", "forward LAN", "drop") * 2
    assert found.full == 2
