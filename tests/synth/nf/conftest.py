"""A firewall to test: the problem and its keys by hand, packets, captures, and a model of it in Python."""

from __future__ import annotations

import random
import shutil
import struct
import subprocess
import sys
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from pathlib import Path
from types import ModuleType

import nfdpdk
import pytest
from nfspec import SANITIZED

from rss_dsl.nics import find
from rss_dsl.problem import AllOf, Compare, HashInput, Line, Port, Problem, Requirement, Slice
from rss_dsl.source import Source, Span
from rss_dsl.spec import Nf, NfItem, Spec, Value
from rss_solver.solution import PortSolution, Solution
from rss_synth.nf.target import NfTarget
from rss_synth.target import Provenance

SECOND = 10**9
ORIGIN = Provenance("0.1.0", "fw.rss", "ab" * 32)

# Thesis, table 4.4, zero-extended.
THESIS_LAN = bytes.fromhex("20002422242220002000242220002423") + bytes(36)
THESIS_WAN = bytes.fromhex("24222000200024222422200024222000") + bytes(36)
MICROSOFT = bytes.fromhex("6d5a56da255b0ec24167253d43a38fb0d0ca2bcbae7b30b477cb2da38030f20c6a42b73bbeac01fa")
PERIODIC = bytes.fromhex("6d5a" * 26)
"""Symmetric for any pair of fields at a distance of whole 16 bits, IPv6 included."""

IPV4 = ("ipv4-tcp", "ipv4-udp")
BOTH = (*IPV4, "ipv6-tcp", "ipv6-udp")


def tuple_of(packet_class: str) -> HashInput:
    version, l4 = packet_class.split("-")
    return HashInput(packet_class, (f"{version}_src", f"{version}_dst", f"{l4}_src", f"{l4}_dst"))


def a_port(
    name: str, device: int, classes: tuple[str, ...] = IPV4, queues: int = 16, nic: str = "intel-x710"
) -> Port:
    profile = find(nic)
    switches = tuple((s, 0) for s in profile.switches if set(s.classes) & set(classes))
    return Port(
        name=name,
        device=device,
        nic=profile,
        queues=queues,
        table_size=profile.default_table(queues),
        inputs=tuple(tuple_of(c) for c in classes),
        switches=switches,
    )


def equal(left: str, right: str) -> Compare:
    return Compare("==", Slice(0, left), Slice(1, right))


REVERSED = AllOf(
    (
        equal("ip_src", "ip_dst"),
        equal("ip_dst", "ip_src"),
        equal("l4_src", "l4_dst"),
        equal("l4_dst", "l4_src"),
    )
)


def an_nf(name: str = "firewall", **items: tuple[str, str | int]) -> Nf:
    """`an_nf(lan=("word", "LAN"), …)`, with a source text that spans can point into."""
    text = f"nf {name} {{ " + "  ".join(f"{key} {value}" for key, (_, value) in items.items()) + " }"
    source = Source("fw.rss", text)
    found = []
    for key, (kind, value) in items.items():
        start = text.index(f"{key} {value}")
        at, end = start + len(key) + 1, start + len(f"{key} {value}")
        node = Value(kind=kind, value=value, text=str(value), span=Span(source, at, end))
        found.append(NfItem(name=key, value=node, span=Span(source, start, end)))
    return Nf(name=name, items=tuple(found), span=Span(source, 0, len(text)))


PORTS = {"lan": ("word", "LAN"), "wan": ("word", "WAN")}


def a_problem(nf: Nf | None, classes: tuple[str, ...] = IPV4, condition=REVERSED) -> Problem:
    requirements = (Requirement(line=0, first=0, second=1, condition=condition),) if condition else ()
    return Problem(
        spec=Spec(source=Source("fw.rss", ""), statements=()),
        ports=(a_port("LAN", 0, classes), a_port("WAN", 1, classes)),
        lines=(Line("session"),),
        requirements=requirements,
        nf=nf,
    )


def a_solution(problem: Problem, lan: bytes = THESIS_LAN, wan: bytes = THESIS_WAN) -> Solution:
    ports = tuple(
        PortSolution(
            name=port.name,
            device=port.device,
            nic=port.nic.name,
            key=key,
            queues=port.queues,
            table=tuple(entry % port.queues for entry in range(port.table_size)),
            equality="hash",
            inputs=port.inputs,
            spread=(),
        )
        for port, key in zip(problem.ports, (lan, wan), strict=True)
    )
    return Solution(ports=ports, components=((0, 1),), seed=0)


# --- packets ----------------------------------------------------------------------------------------

PROTOCOLS = {"tcp": 6, "udp": 17, "sctp": 132, "icmp": 1, "ah": 51}


EXTENSIONS = ((51, 16, 2), (60, 8, 0), (43, 24, 2), (0, 8, 0))
"""IPv6 extension headers, innermost first: protocol number, bytes, and what the length field says."""


@dataclass(frozen=True, slots=True)
class Packet:
    """A packet as a person would describe it; `wire` is what the programs get."""

    src: str
    dst: str
    sport: int = 0
    dport: int = 0
    l4: str = "tcp"
    tags: tuple[int, ...] = ()
    """VLAN tag types."""
    options: int = 0
    """Words of IPv4 options, or IPv6 extension headers."""
    fragment: bool = False
    keep: int | None = None
    """Captured bytes."""

    @property
    def version(self) -> int:
        return ip_address(self.src).version

    @property
    def kind(self) -> str:
        """Its class, unless it is cut short."""
        l4 = "frag" if self.fragment else self.l4 if self.l4 in ("tcp", "udp", "sctp") else "other"
        return f"ipv{self.version}-{l4}"

    @property
    def reply(self) -> Packet:
        return replace(self, src=self.dst, dst=self.src, sport=self.dport, dport=self.sport)

    @property
    def wire(self) -> bytes:
        tags = b"".join(struct.pack(">HH", kind, 7) for kind in self.tags)
        body = self._ipv4() if self.version == 4 else self._ipv6()
        kind = 0x0800 if self.version == 4 else 0x86DD
        frame = bytes(12) + tags + struct.pack(">H", kind) + body
        return frame.ljust(60, b"\0")[: self.keep]

    def _transport(self) -> bytes:
        return struct.pack(">HH", self.sport, self.dport) + bytes(16)

    def _ipv4(self) -> bytes:
        payload = self._transport()
        size = 20 + 4 * self.options
        flags = 0x2000 if self.fragment else 0x4000
        head = struct.pack(
            ">BBHHHBBH", 0x40 | size // 4, 0, size + len(payload), 1, flags, 64, PROTOCOLS[self.l4], 0
        )
        ends = ip_address(self.src).packed + ip_address(self.dst).packed
        return head + ends + b"\1" * 4 * self.options + payload

    def _ipv6(self) -> bytes:
        following = PROTOCOLS[self.l4]
        payload = self._transport()
        if self.fragment:
            payload = struct.pack(">BBHI", following, 0, 1, 9) + payload
            following = 44
        for kind, size, length in EXTENSIONS[: self.options]:
            payload = struct.pack(">BB", following, length).ljust(size, b"\0") + payload
            following = kind
        head = struct.pack(">IHBB", 6 << 28, len(payload), following, 64)
        return head + ip_address(self.src).packed + ip_address(self.dst).packed + payload


ARP = bytes(12) + b"\x08\x06" + bytes(46)


@dataclass(frozen=True, slots=True)
class Event:
    """A packet coming in."""

    time: int
    port: str
    packet: Packet | bytes

    @property
    def wire(self) -> bytes:
        return self.packet if isinstance(self.packet, bytes) else self.packet.wire


def write_pcap(path: Path, frames: list[tuple[int, bytes]], unit: int = 1) -> Path:
    """A capture with times in `unit` nanoseconds: 1 or 1000."""
    magic = 0xA1B23C4D if unit == 1 else 0xA1B2C3D4
    parts = [struct.pack("<IHHiIII", magic, 2, 4, 0, 0, 1 << 18, 1)]
    for time, data in frames:
        seconds, rest = divmod(time, SECOND)
        parts.append(struct.pack("<IIII", seconds, rest // unit, len(data), len(data)) + data)
    path.write_bytes(b"".join(parts))
    return path


# --- traffic ----------------------------------------------------------------------------------------


def _host(rng: random.Random, inside: bool, six: bool) -> str:
    if six:
        return f"2001:db8:{1 if inside else 2}::{rng.randrange(1, 6):x}"
    return f"{10 if inside else 93}.0.{rng.randrange(3)}.{rng.randrange(1, 5)}"


def _opening(rng: random.Random) -> Packet:
    six = rng.random() < 0.2
    return Packet(
        src=_host(rng, True, six),
        dst=_host(rng, False, six),
        sport=rng.choice((1024, 1025, 40000, 40001)),
        dport=rng.choice((53, 80, 443)),
        l4=rng.choice(("tcp",) * 5 + ("udp",) * 5 + ("sctp", "icmp")),
        tags=rng.choice(((), (), (), (0x8100,), (0x88A8, 0x8100))),
        options=rng.choice((0, 0, 0, 1, 4)),
        fragment=rng.random() < 0.05,
        keep=rng.choice((None,) * 30 + (10, 20, 36, 45)),
    )


def _gap(rng: random.Random) -> int:
    if rng.random() < 0.03:
        return rng.choice((60 * SECOND, 60 * SECOND + 1, 61 * SECOND, 25 * SECOND, 25 * SECOND))
    return rng.choice((0, 1, 500, SECOND // 50, SECOND // 2))


def traffic(seed: int, count: int = 400) -> list[Event]:
    """Two-way traffic in time order: openings, replies, scans, reused ports, long pauses."""
    rng = random.Random(seed)
    time, opened, events = 1_700_000_000 * SECOND, [_opening(rng)], []
    for _ in range(count):
        time += _gap(rng)
        what = rng.random()
        if what < 0.4:
            opened.append(_opening(rng))
            events.append(Event(time, "LAN", opened[-1]))
        elif what < 0.8:
            events.append(Event(time, "WAN", rng.choice(opened[-30:]).reply))
        elif what < 0.95:
            events.append(Event(time, "WAN", _opening(rng).reply))
        else:
            events.append(Event(time, rng.choice(("LAN", "WAN")), ARP))
    return events


def lan_first(events: list[Event]) -> list[Event]:
    """The order in which the replay merges two captures: at the same time, by argument."""
    return sorted(events, key=lambda event: (event.time, event.port))


def write_captures(folder: Path, events: list[Event], unit: int = 1) -> list[str]:
    """One capture per port, as arguments of the replay."""
    folder.mkdir(parents=True, exist_ok=True)
    arguments = []
    for port in ("LAN", "WAN"):
        frames = [(event.time, event.wire) for event in events if event.port == port]
        arguments.append(f"{port}={write_pcap(folder / f'{port}.pcap', frames, unit)}")
    return arguments


# --- the model --------------------------------------------------------------------------------------


@dataclass(slots=True)
class Model:
    """What the firewall is, without tables, cores or parsing."""

    classes: tuple[str, ...]
    expiry: int = 60 * SECOND
    pass_other: bool = False
    last: dict[tuple, int] = field(default_factory=dict)

    def verdict(self, event: Event) -> str:
        out = "forward WAN" if event.port == "LAN" else "forward LAN"
        packet = event.packet
        if not self.has_state(packet):
            return out if self.pass_other else "drop"
        asked = packet if event.port == "LAN" else packet.reply
        key = (asked.src, asked.dst, asked.sport, asked.dport, asked.l4)
        known = event.time - self.last.get(key, -(10**19)) <= self.expiry
        if event.port == "WAN" and not known:
            return "drop"
        self.last[key] = event.time
        return out

    def has_state(self, packet: Packet | bytes) -> bool:
        if isinstance(packet, bytes) or packet.kind not in self.classes:
            return False
        return packet.keep is None or packet.keep >= self._ports_end(packet)

    @staticmethod
    def _ports_end(packet: Packet) -> int:
        extensions = sum(size for _, size, _ in EXTENSIONS[: packet.options])
        fixed = 20 + 4 * packet.options if packet.version == 4 else 40 + extensions
        return 14 + 4 * len(packet.tags) + fixed + (8 if packet.l4 == "sctp" else 4)


def model_verdicts(events: list[Event], **parameters) -> list[str]:
    """Lines as the replay prints them."""
    model, seen, lines = Model(**parameters), {"LAN": 0, "WAN": 0}, []
    for event in events:
        seen[event.port] += 1
        lines.append(f"{event.port} {seen[event.port]} {model.verdict(event)}")
    return lines


# --- building and running ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Built:
    """A generated directory that was built."""

    folder: Path

    def replay(self, *arguments: object, code: int = 0) -> subprocess.CompletedProcess:
        program = next(self.folder.glob("*-replay"))
        result = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, timeout=120)
        assert result.returncode == code, result.stderr
        return result

    def verdicts(self, *arguments: object) -> list[str]:
        return self.replay(*arguments).stdout.splitlines()


def emit(folder: Path, problem: Problem, solution: Solution) -> Path:
    for artifact in NfTarget().emit(problem, solution, ORIGIN):
        path = folder / artifact.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(artifact.text)
    return folder


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess:
    command = ["make", "-C", folder, "-s", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


def build(folder: Path, problem: Problem, solution: Solution, *arguments: str) -> Built:
    if not shutil.which("make") or not shutil.which("gcc"):
        pytest.skip("gcc and make are not installed")
    emit(folder, problem, solution)
    name = problem.nf.name
    result = make(folder, f"{name}-replay", "CC=gcc", *arguments)
    if "needs libpcap" in result.stderr:
        pytest.skip("libpcap's headers are not installed")
    assert result.returncode == 0, result.stderr
    return Built(folder)


@pytest.fixture(scope="session")
def firewall(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The thesis's firewall: X710, IPv4 TCP and UDP, its keys; under the sanitizers."""
    problem = a_problem(an_nf(**PORTS))
    return build(tmp_path_factory.mktemp("fw"), problem, a_solution(problem), *SANITIZED)


@pytest.fixture(scope="session")
def firewall6(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """IPv6 as well, other packets passed."""
    problem = a_problem(an_nf(**PORTS, other=("word", "pass")), BOTH)
    return build(tmp_path_factory.mktemp("fw6"), problem, a_solution(problem, PERIODIC, PERIODIC), *SANITIZED)


@pytest.fixture(scope="session")
def lab() -> ModuleType:
    """This module: importlib mode has no other way to share it between test files."""
    return sys.modules[__name__]


dpdk_firewall = nfdpdk.dpdk_firewall
dpdk_hub = nfdpdk.dpdk_hub
