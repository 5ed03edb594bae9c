"""Heavy hitters against buckets of fractions, one for each prefix."""

from __future__ import annotations

import random
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from fractions import Fraction
from ipaddress import ip_network

import pytest
from nfspec import QUICK, Frame, assert_every_strategy_does, built, limited
from nfspec import replay as run

SECOND = 10**9
RATES, BURST = (700, 400, 170), 900
FILL = BURST * SECOND // 170
LENGTHS = {4: (8, 16, 24), 6: (32, 48, 64)}
CLASSES = ("ipv4-tcp", "ipv4-udp", "ipv4-frag", "ipv6-tcp", "ipv6-udp")
PORT = f"nic intel-x710  queues 16  hash {', '.join(CLASSES)}"
SPEC = f"""
port LAN {{ device 0  {PORT} }}
port WAN {{ device 1  {PORT} }}
require WAN.ipv4_src[0:8] == WAN'.ipv4_src[0:8]
require WAN.ipv6_src[0:32] == WAN'.ipv6_src[0:32]
nf hhh {{
  strategy shared-nothing  lan LAN  wan WAN  burst {BURST}
  wide {RATES[0]}  middle {RATES[1]}  narrow {RATES[2]}  ITEMS
}}
"""


@dataclass(slots=True)
class Model:
    """A bucket of bytes for each prefix, exact, that nobody forgets."""

    passing: bool
    heavy: int = 0
    """Packets over a limit."""
    buckets: dict[str, tuple[Fraction, int]] = field(default_factory=dict)

    def passes(self, packet, size: int, now: int) -> bool:
        prefixes = [str(ip_network((packet.src, bits), strict=False)) for bits in LENGTHS[packet.version]]
        found = [self._tokens(p, r, now) for p, r in zip(prefixes, RATES, strict=True)]
        heavy = min(found) <= size
        if not heavy or self.passing:
            for prefix, tokens in zip(prefixes, found, strict=True):
                if tokens > size:
                    self.buckets[prefix] = (tokens - size, now)
        self.heavy += heavy
        return self.passing or not heavy

    def _tokens(self, prefix: str, rate: int, now: int) -> Fraction:
        tokens, last = self.buckets.get(prefix, (Fraction(BURST), now))
        return min(Fraction(BURST), tokens + Fraction(rate * (now - last), SECOND))


@pytest.fixture(scope="module", params=["drop", "pass"])
def hitters(lab, request, tmp_path_factory):
    spec = SPEC.replace("ITEMS", f"heavy {request.param}  capacity 4096")
    return built(lab, tmp_path_factory.mktemp("hhh"), spec), request.param == "pass"


def made(lab, seed, passing, count=700):
    """Frames, what is to become of them, and how many are heavy: near sources, pauses that just refill."""
    rng, model, time, sent = random.Random(seed), Model(passing), 1_700_000_000 * SECOND, []

    def passes(packet, frame):
        return model.passes(packet, len(frame.data), frame.time)

    for event in lab.traffic(seed, count):
        time += rng.choice((1, SECOND // 100, SECOND // 7, SECOND // 170, SECOND // 2, SECOND))
        time += rng.choice(
            (0,) * 40 + (BURST * SECOND // 700, BURST * SECOND // 170, BURST * SECOND // 170 + 1)
        )
        packet = event.packet
        if not isinstance(packet, bytes):
            packet = near(rng, packet) if event.port == "WAN" else replace(packet, keep=None)
        data = packet if isinstance(packet, bytes) else packet.wire
        data = data.ljust(rng.choice((0, 60, 61, 99, 350, 899, 900, 901)), b"\0")
        sent.append((packet, Frame(time, event.port, data)))
    return *limited(lab, sent, CLASSES, passes), model.heavy


def near(rng, packet):
    """A packet whose source has some prefixes in common with others, and which is not cut off."""
    low = [rng.randrange(1, 3) for _ in range(3)]
    source = f"2001:{low[0]}:{low[1]}:{low[2]}::{rng.randrange(9):x}"
    if packet.version == 4:
        source = f"93.{low[0]}.{low[1]}.{rng.randrange(256)}"
    return replace(packet, src=source, keep=None)


@pytest.mark.parametrize("seed", range(3))
def test_every_strategy_finds_what_the_model_finds(lab, hitters, tmp_path, seed):
    program, passing = hitters
    frames, expected, heavy = made(lab, seed, passing)
    assert heavy > 50
    assert_every_strategy_does(expected, program, tmp_path, frames)


@pytest.mark.parametrize("cores", [2, 3, 4, 16])
def test_cores_have_equal_shares_of_the_prefixes(lab, hitters, tmp_path, cores):
    """Entries with an even number are reached: round robin would leave every second core idle."""
    program, _ = hitters
    packets = [lab.Packet(f"{first}.1.1.1", "10.0.0.1", 1, 2).wire for first in range(256)]
    paths = lab.write_captures(tmp_path, [lab.Event(1 + i, "WAN", data) for i, data in enumerate(packets)])
    shown = program.verdicts("--cores", cores, "--show-core", *paths)
    counts = Counter(int(line.rsplit(" core ", 1)[1]) for line in shown)
    assert sorted(counts) == list(range(cores))
    assert max(counts.values()) <= 256 // cores + 1


@pytest.mark.parametrize("cores", [2, 16])
def test_entries_move_on_dealt_tables(lab, hitters, tmp_path, cores):
    program, passing = hitters
    frames, expected, _ = made(lab, 11, passing)
    assert run(program, tmp_path, frames, "--cores", cores, "--rebalance", 500).verdicts == expected


def test_heavy_hitters_that_pass_are_counted(lab, hitters, tmp_path):
    program, passing = hitters
    frames, _, heavy = made(lab, 7, passing)
    paths = lab.write_captures(tmp_path, [lab.Event(f.time, f.port, f.data) for f in frames])
    for how in (("--sequential",), ("--cores", 5), ("--strategy", "locks", "--cores", 5)):
        summary = program.replay(*how, *paths).stderr
        assert sum(map(int, re.findall(r"(\d+) over a limit", summary))) == heavy


def test_prefixes_that_find_no_room_are_not_limited(lab, tmp_path):
    """One prefix of each length is remembered; the second has a wide one in common with it."""
    program = built(lab, tmp_path, SPEC.replace("ITEMS", "capacity 1"), QUICK)
    sources = ("93.1.1.1",) * 7 + ("93.2.1.1",) * 7 + ("94.1.1.1",) * 20
    frames = [Frame(1 + i, "WAN", lab.Packet(s, "10.0.0.1", 1, 2).wire[:60]) for i, s in enumerate(sources)]
    size = len(frames[0].data)
    found = run(program, tmp_path, frames, "--sequential").verdicts
    assert found[14:] == ("forward LAN",) * 20
    assert found[:14].count("forward LAN") == min(14, (BURST - 1) // size)
