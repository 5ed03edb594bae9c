"""The connection limiter against exact counts."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field

import pytest
from nfspec import QUICK, Frame, assert_every_strategy_does, built, limited, replay

SECOND = 10**9
LIMIT, EXPIRY = 3, 5 * SECOND
CLASSES = ("ipv4-tcp", "ipv4-udp", "ipv6-tcp", "ipv6-udp")
PORT = f"nic intel-x710  queues 16  hash {', '.join(CLASSES)}"
SPEC = f"""
port LAN {{ device 0  {PORT} }}
port WAN {{ device 1  {PORT} }}
require pair: WAN.ip_src == WAN'.ip_src && WAN.ip_dst == WAN'.ip_dst
nf cl {{ strategy shared-nothing  lan LAN  wan WAN  limit {LIMIT}  expiry 5s  ITEMS }}
"""


@dataclass(slots=True)
class Model:
    """Connections, and of each pair of hosts how many it opened and when one of them was last seen."""

    retries: bool = False
    """Whether a connection that was refused is admitted when it tries again."""
    seen: dict[tuple, int] = field(default_factory=dict)
    opened: dict[tuple, tuple[int, int]] = field(default_factory=dict)

    def passes(self, flow: tuple, now: int) -> bool:
        pair = flow[:2]
        count, last = self.opened.get(pair, (0, -(10**19)))
        count = 0 if now - last > EXPIRY else count
        known = now - self.seen.get(flow, -(10**19)) <= EXPIRY
        passes = known or count < LIMIT
        if passes or self.retries:
            self.seen[flow] = now
            self.opened[pair] = (count + (passes and not known), now)
        return passes


@pytest.fixture(scope="module", params=["refuse", "admit"])
def limiter(lab, request, tmp_path_factory):
    spec = SPEC.replace("ITEMS", f"capacity 4096  retries {request.param}")
    return built(lab, tmp_path_factory.mktemp("cl"), spec), request.param == "admit"


def made(lab, seed, retries=False, count=900):
    """Few pairs of hosts that open many connections, the same ones again, with pauses at which counts end."""
    rng, model, time, sent = random.Random(seed), Model(retries), 1_700_000_000 * SECOND, []

    def passes(packet, frame):
        return model.passes((packet.src, packet.dst, packet.sport, packet.dport, packet.l4), frame.time)

    for event in lab.traffic(seed, count):
        time += rng.choice((1, 1000, SECOND // 100, SECOND // 7))
        time += rng.choice((0,) * 150 + (EXPIRY - SECOND // 7, EXPIRY, EXPIRY + 1))
        packet = event.packet
        if event.port == "WAN" and not isinstance(packet, bytes) and rng.random() < 0.7:
            six = packet.version == 6
            packet = lab.Packet(
                src=f"5d00:{rng.randrange(1, 3)}::" if six else f"93.0.0.{rng.randrange(1, 4)}",
                dst="a00:1::" if six else f"10.0.0.{rng.randrange(1, 3)}",
                sport=rng.randrange(1024, 1027),
                dport=80,
                l4=rng.choice(("tcp", "udp")),
            )
        data = packet if isinstance(packet, bytes) else packet.wire
        sent.append((packet, Frame(time, event.port, data)))
    return limited(lab, sent, CLASSES, passes)


@pytest.mark.parametrize("seed", range(3))
def test_every_strategy_limits_as_the_model(lab, limiter, tmp_path, seed):
    program, retries = limiter
    frames, expected = made(lab, seed, retries)
    assert expected != made(lab, seed, not retries)[1]
    assert_every_strategy_does(expected, program, tmp_path, frames)


def openings(lab, seed, hosts):
    """New connections only, of many pairs of hosts, so that none is refused for its age."""
    rng = random.Random(seed)
    flows = [(f"93.0.{rng.randrange(hosts)}.1", "10.0.0.1", rng.randrange(9), 80, "tcp") for _ in range(400)]
    model = Model()
    verdicts = tuple("forward LAN" if model.passes(flow, at) else "drop" for at, flow in enumerate(flows, 1))
    return [Frame(at, "WAN", lab.Packet(*flow).wire) for at, flow in enumerate(flows, 1)], verdicts


@pytest.mark.parametrize(("width", "hosts"), [(2, 8), (4, 12), (16, 40)])
def test_a_narrow_sketch_refuses_more_and_says_which_may_be_wrong(lab, tmp_path, width, hosts):
    program = built(lab, tmp_path, SPEC.replace("ITEMS", f"width {width}"), QUICK)
    frames, exact = openings(lab, width, hosts)
    paths = lab.write_captures(tmp_path, [lab.Event(f.time, f.port, f.data) for f in frames])
    wrong = {}
    for how in (("--sequential",), ("--cores", 4), ("--strategy", "locks", "--cores", 4)):
        result = program.replay(*how, *paths)
        found = [line.split(maxsplit=2)[2] for line in result.stdout.splitlines()]
        refused = [one for one, other in zip(found, exact, strict=True) if one != other]
        assert set(refused) <= {"drop"}
        doubtful = sum(map(int, re.findall(r"(\d+) refused by shared counters", result.stderr)))
        assert len(refused) <= doubtful
        wrong[how] = len(refused)
    assert wrong[("--sequential",)] == wrong[("--strategy", "locks", "--cores", 4)] > 10
    assert wrong[("--cores", 4)] < wrong[("--sequential",)]


def test_a_connection_that_finds_no_room_passes_uncounted(lab, tmp_path):
    program = built(lab, tmp_path, SPEC.replace("ITEMS", "capacity 1"), QUICK)
    frames = [Frame(1 + i, "WAN", lab.Packet("93.0.0.1", "10.0.0.1", i, 80).wire) for i in range(9)]
    found = replay(program, tmp_path, frames, "--sequential")
    assert found.verdicts == ("forward LAN",) * 9
    assert found.full == 8
