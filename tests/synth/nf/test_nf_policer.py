"""The policer against buckets of fractions."""

from __future__ import annotations

import random
import struct
from dataclasses import dataclass, field
from fractions import Fraction

import pytest
from nfspec import Frame, assert_every_strategy_does, built, limited, replay

SECOND = 10**9
RATE, BURST, EXPIRY = 333, 700, 5 * SECOND
PAUSES = (1, 1000, SECOND // 100, SECOND // RATE, SECOND // RATE + 1, SECOND, EXPIRY, EXPIRY + 1)
CLASSES = ("ipv4-tcp", "ipv4-udp", "ipv6-tcp", "ipv6-udp")
HASH = ", ".join(f"{name} ({name[:4]}_dst)" for name in CLASSES)
PORT = f"nic intel-e810  queues 16  hash {HASH}  traffic {', '.join(CLASSES)}"
SPEC = f"""
port LAN {{ device 0  {PORT} }}
port WAN {{ device 1  {PORT} }}
require user: WAN.ip_dst == WAN'.ip_dst
nf policer {{ lan LAN  wan WAN  rate {RATE}  burst {BURST}  capacity 4096  expiry 5s }}
"""


@dataclass(slots=True)
class Model:
    """A bucket of bytes for each user, exact."""

    buckets: dict[str, tuple[Fraction, int]] = field(default_factory=dict)

    def passes(self, user: str, size: int, now: int) -> bool:
        tokens, last = self.buckets.get(user, (Fraction(BURST), now))
        gained = tokens + Fraction(RATE * (now - last), SECOND)
        tokens = Fraction(BURST) if now - last > EXPIRY else min(Fraction(BURST), gained)
        passes = tokens > size
        self.buckets[user] = (tokens - size if passes else tokens, now)
        return passes


@pytest.fixture(scope="module")
def policer(lab, tmp_path_factory):
    return built(lab, tmp_path_factory.mktemp("policer"), SPEC)


def made(lab, seed, count=600):
    """Frames and what is to become of them: sizes and pauses at which buckets just do or don't suffice."""
    rng, model, time, sent = random.Random(seed), Model(), 1_700_000_000 * SECOND, []

    def passes(packet, frame):
        return model.passes(packet.dst, len(frame.data), frame.time)

    for event in lab.traffic(seed, count):
        time += rng.choice(PAUSES)
        cut = isinstance(event.packet, bytes) or event.packet.keep
        data = event.wire.ljust(0 if cut else rng.choice((0, 60, 61, 99, 350, 699, 700, 701)), b"\0")
        sent.append((event.packet, Frame(time, event.port, data)))
    return limited(lab, sent, CLASSES, passes)


@pytest.mark.parametrize("seed", range(2))
def test_every_strategy_polices_as_the_model(lab, policer, tmp_path, seed):
    frames, expected = made(lab, seed)
    assert_every_strategy_does(expected, policer, tmp_path, frames)


def test_a_bucket_is_exact_to_the_nanosecond(lab, policer, tmp_path):
    """Emptied to one byte: the next frame of 60 passes when there are more than 60 in it, and not before."""
    start, wait = 1_700_000_000 * SECOND, 59 * SECOND // RATE
    for more, expected in ((0, "drop"), (1, "forward LAN")):
        packet = lab.Packet("93.0.0.1", "10.0.0.1", 53, 1024)
        frames = [Frame(start, "WAN", packet.wire.ljust(BURST - 1, b"\0"))]
        frames += [Frame(start + wait + more, "WAN", packet.wire)]
        # Between the two, what does not pass takes nothing and rounds nothing away.
        frames += [Frame(start + 7 * i, "WAN", packet.wire) for i in range(1, 50)]
        expected_all = ["forward LAN"] + ["drop"] * 49 + [expected]
        tokens = Fraction(1) + Fraction(RATE * (max(f.time for f in frames) - start), SECOND)
        assert (tokens > 60) == (expected == "forward LAN"), tokens
        assert list(replay(policer, tmp_path, frames, "--sequential").verdicts) == expected_all


def test_frames_that_a_capture_cut_count_whole(lab, policer, tmp_path):
    start, packet = 1_700_000_000 * SECOND, lab.Packet("93.0.0.1", "10.0.0.1", 53, 1024)
    path = lab.write_pcap(tmp_path / "WAN.pcap", [(start + i, packet.wire) for i in range(3)])
    cut = bytearray(path.read_bytes())
    for i in range(3):
        struct.pack_into("<I", cut, 24 + i * (16 + len(packet.wire)) + 12, 300)
    path.write_bytes(cut)
    verdicts = policer.replay("--sequential", f"WAN={path}").stdout.splitlines()
    assert verdicts == ["WAN 1 forward LAN", "WAN 2 forward LAN", "WAN 3 drop"]
    split = policer.replay("--sequential", "--presplit-out", tmp_path / "split", f"WAN={path}")
    assert "drop" not in split.stdout, "DPDK's program reads the capture's part alone"


def test_users_without_room_are_dropped(lab, policer, tmp_path):
    start = 1_700_000_000 * SECOND
    frames = [
        Frame(start + i, "WAN", lab.Packet("93.0.0.1", f"10.0.0.{i + 1}", 53, 1024).wire) for i in range(10)
    ]
    found = replay(policer, tmp_path, frames, "--sequential", "--capacity-per-core", 7)
    assert found.verdicts == ("forward LAN",) * 7 + ("drop",) * 3
    assert found.full == 3
