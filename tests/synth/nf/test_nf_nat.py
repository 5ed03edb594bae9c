"""The NATs against a model that is told which external port a connection got, and checks everything else."""

from __future__ import annotations

import random
import struct
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address
from itertools import pairwise
from pathlib import Path

import pytest
from nfspec import CORES, Frame, Replayed, built, replay

SECOND = 10**9
START = 1_700_000_000 * SECOND
EXPIRY = 5 * SECOND
EXTERNAL = "203.0.113.1"
FIRST_PORT = 63000
PROTOCOLS = {"tcp": 6, "udp": 17}
CHECKSUM_AT = {"tcp": 16, "udp": 6}
PORT = "nic intel-x710  queues 16  hash ipv4-tcp, ipv4-udp  traffic ipv4-tcp, ipv4-udp"
NAT = f"lan LAN  wan WAN  external {EXTERNAL}  first_port {FIRST_PORT}  capacity 1200  expiry 5s"
REQUIRED = {
    "nat": "require remote: LAN.ip_dst == WAN.ip_src && LAN.l4_dst == WAN.l4_src",
    "nat-homing": "",
}


def spec(name: str) -> str:
    ports = f"port LAN {{ device 0  {PORT} }}\nport WAN {{ device 1  {PORT} }}\n"
    return f"{ports}{REQUIRED[name]}\nnf {name} {{ strategy shared-nothing  {NAT} }}\n"


@pytest.fixture(scope="module", params=REQUIRED)
def nat(lab, tmp_path_factory, request):
    return built(lab, tmp_path_factory.mktemp(request.param), spec(request.param))


# --- packets ----------------------------------------------------------------------------------------


def ones_sum(data: bytes) -> int:
    """The one's complement sum, 0 for both of its zeros."""
    padded = data + b"\0" * (len(data) % 2)
    return sum(struct.unpack(f">{len(padded) // 2}H", padded)) % 0xFFFF


@dataclass(frozen=True, slots=True)
class Segment:
    """A TCP or UDP packet, checksums right unless `wrong` is added to them."""

    src: str
    dst: str
    sport: int
    dport: int
    l4: str
    payload: bytes = b""
    tags: int = 0
    options: int = 0
    wrong: int = 0
    unsummed: bool = False
    """UDP without a checksum."""

    @property
    def l3_at(self) -> int:
        return 14 + 4 * self.tags

    @property
    def l4_at(self) -> int:
        return self.l3_at + 20 + 4 * self.options

    @property
    def end(self) -> int:
        return self.l4_at + (20 if self.l4 == "tcp" else 8) + len(self.payload)

    @property
    def wire(self) -> bytes:
        length = self.end - self.l4_at
        ends = IPv4Address(self.src).packed + IPv4Address(self.dst).packed
        ports = struct.pack(">HH", self.sport, self.dport)
        rest = bytes(8) + b"\x50\x10\x01\x00" if self.l4 == "tcp" else struct.pack(">H", length)
        tail = bytes(2) + self.payload if self.l4 == "tcp" else self.payload
        pseudo = ends + struct.pack(">BBH", 0, PROTOCOLS[self.l4], length)
        checksum = self._sum(pseudo + ports + rest + tail)
        if self.l4 == "udp":
            checksum = 0 if self.unsummed else checksum or 0xFFFF
        start = struct.pack(
            ">BBHHHBB", 0x45 + self.options, 0, self.end - self.l3_at, 7, 0x4000, 9, PROTOCOLS[self.l4]
        )
        options = b"\1" * 4 * self.options
        head = start + struct.pack(">H", self._sum(start + ends + options)) + ends + options
        frame = bytes(range(12)) + b"\x81\x00\x00\x07" * self.tags + b"\x08\x00" + head
        return (frame + ports + rest + struct.pack(">H", checksum) + tail).ljust(60, b"\xee")

    def _sum(self, data: bytes) -> int:
        return (0xFFFF - ones_sum(data) + self.wrong) & 0xFFFF

    def residues(self, frame: bytes) -> tuple[int, int]:
        """What is left of both checksums: 0 where they are right."""
        l4 = frame[self.l4_at : self.end]
        pseudo = frame[self.l3_at + 12 : self.l3_at + 20] + struct.pack(">HH", PROTOCOLS[self.l4], len(l4))
        return ones_sum(frame[self.l3_at : self.l4_at]), ones_sum(pseudo + l4)


Endpoint = tuple[str, int]


def check_translated(segment: Segment, out: bytes, source: Endpoint, destination: Endpoint) -> None:
    """Whether what left is what came in but for its ends, its checksums as right as before."""
    (src, sport), (dst, dport) = source, destination
    before, expected = segment.wire, bytearray(segment.wire)
    ends = IPv4Address(src).packed + IPv4Address(dst).packed
    expected[segment.l3_at + 12 : segment.l3_at + 20] = ends
    expected[segment.l4_at : segment.l4_at + 4] = struct.pack(">HH", sport, dport)
    at = segment.l4_at + CHECKSUM_AT[segment.l4]
    for place in (segment.l3_at + 10, at):
        expected[place : place + 2] = out[place : place + 2]
    assert out == expected
    if segment.unsummed:
        assert out[at : at + 2] == b"\0\0"
        assert segment.residues(out)[0] == segment.residues(before)[0]
    else:
        assert segment.residues(out) == segment.residues(before)
        assert segment.l4 == "tcp" or out[at : at + 2] != b"\0\0"


# --- the model --------------------------------------------------------------------------------------


@dataclass(slots=True)
class Model:
    """Connections by inside end, remote end and protocol: their external port, when they were seen."""

    expiry: int = EXPIRY
    flows: dict[tuple[Endpoint, Endpoint, str], tuple[int, int]] = field(default_factory=dict)

    def check(self, frame: Frame, segment: Segment | None, verdict: str, out: bytes) -> None:
        """Whether that is right for a packet that is a segment or is not translated."""
        if segment is None:
            assert verdict == "drop"
        elif frame.port == "LAN":
            self._leaves(frame, segment, verdict, out)
        else:
            self._enters(frame, segment, verdict, out)

    def alive(self, now: int) -> dict[tuple[Endpoint, Endpoint, str], int]:
        return {key: port for key, (port, seen) in self.flows.items() if now - seen <= self.expiry}

    def _leaves(self, frame: Frame, segment: Segment, verdict: str, out: bytes) -> None:
        assert verdict == "forward WAN"
        remote = (segment.dst, segment.dport)
        key = ((segment.src, segment.sport), remote, segment.l4)
        (port,) = struct.unpack_from(">H", out, segment.l4_at)
        check_translated(segment, out, (EXTERNAL, port), remote)
        alive = self.alive(frame.time)
        if key in alive:
            assert port == alive[key]
        else:
            taken = {used for (_, there, l4), used in alive.items() if (there, l4) == (remote, segment.l4)}
            assert port >= FIRST_PORT and port not in taken
        self.flows[key] = (port, frame.time)

    def _enters(self, frame: Frame, segment: Segment, verdict: str, out: bytes) -> None:
        remote = (segment.src, segment.sport)
        found = [
            key
            for key, port in self.alive(frame.time).items()
            if key[1:] == (remote, segment.l4) and (segment.dst, segment.dport) == (EXTERNAL, port)
        ]
        if not found:
            assert verdict == "drop"
            return
        (key,) = found
        assert verdict == "forward LAN"
        check_translated(segment, out, remote, key[0])
        self.flows[key] = (self.flows[key][0], frame.time)


# --- traffic ----------------------------------------------------------------------------------------


def an_opening(rng: random.Random) -> Segment:
    return Segment(
        src=f"10.0.0.{rng.randrange(1, 4)}",
        dst=f"93.0.0.{rng.randrange(1, 6)}",
        sport=rng.choice((1024, 40000, 40001)),
        dport=rng.choice((53, 443)),
        l4=rng.choice(("tcp", "udp")),
        payload=rng.randbytes(rng.choice((0, 1, 30, 77))),
        tags=rng.choice((0, 0, 1, 2)),
        options=rng.choice((0, 0, 1, 10)),
        wrong=rng.choice((0, 0, 0, 0xFFFF, 1234)),
    )


def summed(rng: random.Random, segment: Segment) -> Segment:
    return replace(segment, unsummed=segment.l4 == "udp" and rng.random() < 0.3)


def an_answer(rng: random.Random, model: Model) -> Segment:
    """To a connection there was, most likely a late one, or to one that is nearly it."""
    flows = sorted(model.flows.items(), key=lambda flow: flow[1][1])
    (_, remote, l4), (port, _) = rng.choice(flows if rng.random() < 0.2 else flows[-15:])
    answer = replace(an_opening(rng), src=remote[0], sport=remote[1], dst=EXTERNAL, dport=port, l4=l4)
    if rng.random() < 0.7:
        return answer
    return rng.choice(
        (
            replace(answer, sport=answer.sport ^ 1),
            replace(answer, src="93.0.0.77"),
            replace(answer, l4="udp" if l4 == "tcp" else "tcp"),
            replace(answer, dst="203.0.113.2"),
            replace(answer, dport=rng.choice((port + 1, port - 1, FIRST_PORT - 1, 0, 65535)) & 0xFFFF),
        )
    )


def not_translated(lab, rng: random.Random) -> bytes:
    packet = lab.Packet("10.0.0.1", "93.0.0.1", 1024, 53)
    choices = [replace(packet, l4=l4) for l4 in ("icmp", "sctp")] + [replace(packet, fragment=True)]
    cut = an_opening(rng)
    short = cut.wire[: cut.l4_at + CHECKSUM_AT[cut.l4] + rng.choice((-2, 0, 1))]
    return rng.choice([lab.ARP, short, *(choice.wire for choice in choices), b"", bytes(9)])


Event = tuple[Frame, Segment | None]


def more(lab, rng: random.Random, model: Model, time: int, count: int = 60) -> list[Event]:
    """Packets after a time, whose answers are to what a model knows."""
    events: list[Event] = []
    for _ in range(count):
        time += rng.choice((1, 1000, SECOND // 100) * 80 + (SECOND, EXPIRY - SECOND, EXPIRY, EXPIRY + 1))
        kind = rng.random()
        if kind < 0.1:
            events.append((Frame(time, rng.choice(("LAN", "WAN")), not_translated(lab, rng)), None))
        elif kind < 0.6 or not model.flows:
            segment = summed(rng, an_opening(rng))
            events.append((Frame(time, "LAN", segment.wire), segment))
        else:
            segment = summed(rng, an_answer(rng, model))
            events.append((Frame(time, "WAN", segment.wire), segment))
    return events


def run(nat, folder: Path, events: list[Event], *arguments: object) -> tuple[Model, Replayed]:
    """Replays, and holds everything that came of it against the model."""
    found, model = replay(nat, folder, [frame for frame, _ in events], *arguments), Model()
    for (frame, segment), verdict, out in zip(events, found.verdicts, found.packets, strict=True):
        model.check(frame, segment, verdict, out)
    return model, found


@pytest.mark.parametrize("strategy", ["sequential", "shared-nothing", "locks", "tm"])
def test_a_nat_does_what_the_model_does(lab, nat, tmp_path, strategy):
    """In rounds, as answers need to know the ports that connections got: each repeats the ones before."""
    for cores in (1,) if strategy == "sequential" else CORES:
        rng, model, events = random.Random(f"{strategy} {cores}"), Model(), []
        arguments = ["--strategy", strategy] + (["--cores", cores] if cores > 1 else [])
        for _ in range(10):
            events += more(lab, rng, model, events[-1][0].time if events else START)
            model, found = run(nat, tmp_path, events, *arguments)
        assert found.full == 0
        counts = [found.verdicts.count(text) for text in ("drop", "forward LAN", "forward WAN")]
        assert min(counts) > 25, counts


def opening(number: int) -> Segment:
    return Segment("10.0.0.1", f"93.0.{number // 200}.{number % 200 + 1}", 1000 + number, 443, "tcp")


def test_connections_without_room_are_dropped_until_others_expire(nat, tmp_path):
    events = [(Frame(START + i, "LAN", opening(i).wire), opening(i)) for i in range(10)]
    frames = [frame for frame, _ in events]
    found = replay(nat, tmp_path, frames, "--sequential", "--capacity-per-core", 7)
    assert found.verdicts == ("forward WAN",) * 7 + ("drop",) * 3
    assert found.full == 3
    later = [replace(frame, time=frame.time + EXPIRY + 7) for frame in frames[7:]]
    found = replay(nat, tmp_path, frames + later, "--sequential", "--capacity-per-core", 7)
    assert found.verdicts[10:] == ("forward WAN",) * 3


@pytest.mark.parametrize("cores", [1, 16])
def test_every_connection_of_the_capacity_has_a_port(nat, tmp_path, cores):
    count = 1000
    events = [(Frame(START + i, "LAN", opening(i).wire), opening(i)) for i in range(count)]
    arguments = ["--cores", cores, "--capacity-per-core", 1200]
    model, found = run(nat, tmp_path, events, *arguments)
    assert found.full == 0 and len(model.flows) == count
    answers = [
        Segment(remote[0], EXTERNAL, remote[1], port, l4)
        for (_, remote, l4), (port, _) in model.flows.items()
    ]
    events += [(Frame(START + count + i, "WAN", each.wire), each) for i, each in enumerate(answers)]
    _, found = run(nat, tmp_path, events, *arguments)
    assert found.verdicts[count:] == ("forward LAN",) * count


def test_ports_come_round_without_meeting(nat, tmp_path):
    """Connections that live on keep theirs while more are opened and forgotten than there are ports."""

    def from_host(host: int, number: int) -> Segment:
        return Segment(f"10.0.0.{host}", "93.0.0.1", 1000 + number, 443, "tcp")

    rounds, staying, passing = 14, 100, 200
    segments = [
        from_host(1, i) if i < staying else from_host(2 + turn, i)
        for turn in range(rounds)
        for i in range(staying + passing)
    ]
    times = [START + turn * (EXPIRY - SECOND) + i for turn in range(rounds) for i in range(staying + passing)]
    frames = [Frame(time, "LAN", each.wire) for time, each in zip(times, segments, strict=True)]
    for arguments in (["--sequential"], ["--cores", 4, "--capacity-per-core", 1200]):
        found = replay(nat, tmp_path, frames, *arguments)
        assert found.full == 0
        ports = [out[34:36] for out in found.packets]
        turns = [ports[i : i + staying + passing] for i in range(0, len(ports), staying + passing)]
        for before, now in pairwise(turns):
            assert now[:staying] == turns[0][:staying]
            assert len({*before, *now[staying:]}) == staying + 2 * passing
