"""Loads against packet-by-packet counting with the reference hash; the split by prefix; evenness."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path

import pytest

from rss_dsl.diagnostics import RssError
from rss_dsl.fields import width
from rss_dsl.nic import DefaultQueue, Fact
from rss_dsl.nics import find
from rss_dsl.problem import HashInput, Port, Problem
from rss_dsl.source import Source
from rss_dsl.spec import Spec
from rss_solver.solution import PortSolution, Solution
from rss_solver.toeplitz import toeplitz
from rss_solver.traffic import (
    CLASSES,
    Evenness,
    Frames,
    Mix,
    PortCapture,
    SplitCapture,
    decode,
    evaluate,
    evenness,
    generate,
    parse_origin,
    read_capture,
    write_pcap,
)

INPUTS = (
    HashInput("ipv4-tcp", ("ipv4_src", "ipv4_dst", "tcp_src", "tcp_dst")),
    HashInput("ipv4-udp", ("vlan", "ipv4_src", "udp_dst")),
    HashInput("ipv6-tcp", ("ipv6_src", "ipv6_dst")),
    HashInput("l2", ("ether_type",)),
)
INIT = 0x1234ABCD
MIX = Mix(seed=4, packets=900, conversations=150, sctp=0.1, icmp=0.1, ipv6=0.3, vlan=0.3, fragments=0.3)


def make(default: DefaultQueue = DefaultQueue.TABLE_0) -> tuple[Problem, Solution]:
    nic = find("generic")
    assert nic is not None
    nic = replace(
        nic,
        default_queue=Fact(default, "test", nic.default_queue.evidence),
        hash_init=Fact(INIT, "test", nic.hash_init.evidence),
    )
    ports, solved = [], []
    for device, (name, queues, size) in enumerate([("LAN", 4, 128), ("WAN", 3, 64)]):
        table = tuple((entry + 1) % queues for entry in range(size))
        key = bytes((37 * (i + device) + 11) % 256 for i in range(40))
        ports.append(
            Port(
                name=name,
                device=device,
                nic=nic,
                queues=queues,
                table_size=size,
                inputs=INPUTS,
                switches=(),
            )
        )
        solved.append(
            PortSolution(
                name=name,
                device=device,
                nic=nic.name,
                key=key,
                queues=queues,
                table=table,
                equality="hash",
                inputs=INPUTS,
                spread=(),
            )
        )
    spec = Spec(source=Source("test.rss", ""), statements=())
    problem = Problem(spec=spec, ports=tuple(ports), lines=(), requirements=())
    return problem, Solution(ports=tuple(solved), components=((0,), (1,)), seed=0)


def queue_of(solved: PortSolution, kind: str, values: dict[str, int], default: int) -> int:
    layout = next((i for i in solved.inputs if i.packet_class == kind), None)
    if layout is None:
        return default
    data = 0
    for name in layout.fields:
        data = data << width(name) | values[name]
    return solved.table[toeplitz(solved.key, data, layout.bits, init=INIT) % solved.table_size]


def slow_count(path: Path, solved: PortSolution, default: int) -> tuple[list[int], Counter[str]]:
    queues, kinds = [0] * solved.queues, Counter[str]()
    for batch in read_capture(path):
        assert isinstance(batch, Frames)
        packets = decode(batch)
        for index in range(len(packets)):
            kind = CLASSES[packets.kind[index]]
            kinds[kind] += 1
            names = {name for layout in solved.inputs for name in layout.fields}
            values = {name: int.from_bytes(packets.field(name)[index].tobytes(), "big") for name in names}
            values["vlan"] >>= 4
            queues[queue_of(solved, kind, values, default)] += 1
    return queues, kinds


@pytest.fixture
def captures(tmp_path: Path) -> dict[str, Path]:
    frames = generate(MIX)
    paths = {name: tmp_path / f"{name}.pcap" for name in ("LAN", "WAN", "both")}
    for name, path in paths.items():
        path.write_bytes(write_pcap((f.time_ns, f.data) for f in frames if name in (f.port, "both")))
    return paths


@pytest.mark.parametrize("default", DefaultQueue)
def test_counts_equal_the_reference(captures: dict[str, Path], default: DefaultQueue) -> None:
    problem, solution = make(default)
    load = evaluate(problem, solution, [PortCapture(name, captures[name]) for name in ("LAN", "WAN")])
    for port, solved in zip(load.ports, solution.ports, strict=True):
        queue = solved.table[0] if default is DefaultQueue.TABLE_0 else 0
        queues, kinds = slow_count(captures[port.name], solved, queue)
        assert port.queues == tuple(queues)
        assert port.packets == sum(queues) == sum(kinds.values())
        hashed = {layout.packet_class for layout in INPUTS}
        assert port.unhashed == {kind: count for kind, count in kinds.items() if kind not in hashed}
        assert sum(port.entries) + port.unhashed_packets == port.packets
        assert port.default_queue == queue
    lan, wan = (port.queues for port in load.ports)
    assert load.components == (lan, wan)
    assert load.cores == tuple(a + b for a, b in zip(lan, (*wan, 0), strict=True))
    assert (load.unassigned, load.warnings) == (0, ())


def test_a_split_capture_counts_like_the_two(captures: dict[str, Path]) -> None:
    problem, solution = make()
    apart = evaluate(problem, solution, [PortCapture(name, captures[name]) for name in ("LAN", "WAN")])
    clients = parse_origin("LAN=10.0.0.0/16,2001:db8:1::/64")
    servers = parse_origin("WAN=0.0.0.0/0,::/0")
    for origins in ((clients,), (servers, clients)):
        together = evaluate(problem, solution, [SplitCapture(captures["both"], origins)])
        assert together == apart


def test_packets_of_no_prefix_are_reported(captures: dict[str, Path]) -> None:
    problem, solution = make()
    origins = (parse_origin("LAN=10.0.0.0/16"), parse_origin("WAN=198.18.0.0/15"))
    load = evaluate(problem, solution, [SplitCapture(captures["both"], origins)])
    ipv6 = sum(f.data[12:14] == b"\x86\xdd" or f.data[16:18] == b"\x86\xdd" for f in generate(MIX))
    assert load.unassigned == ipv6 > 0
    assert sum(port.packets for port in load.ports) == len(generate(MIX)) - ipv6
    assert [d.rule.code for d in load.warnings] == ["RSS528"]


def test_reasons_name_class_port_and_queue(captures: dict[str, Path]) -> None:
    problem, solution = make()
    load = evaluate(problem, solution, [PortCapture("LAN", captures["LAN"])])
    count = load.ports[0].unhashed["ipv4-sctp"]
    assert f"class ipv4-sctp is not hashed on LAN: {count} to queue 1" in load.ports[0].reasons


def raised(*arguments: PortCapture | SplitCapture) -> list[str]:
    with pytest.raises(RssError) as caught:
        evaluate(*make(), arguments)
    return [d.rule.code for d in caught.value.diagnostics]


def test_every_mistake_at_once(tmp_path: Path) -> None:
    origins = (parse_origin("LAN=10.0.0.0/8"), parse_origin("WAN=10.0.0.0/8"), parse_origin("WAM=::/0"))
    assert raised(PortCapture("LAM", tmp_path), SplitCapture(tmp_path, origins)) == [
        "RSS101",
        "RSS101",
        "RSS527",
    ]


def test_captures_that_cannot_be_used_stop(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"text")
    captures = [PortCapture("LAN", tmp_path / name) for name in ("a", "absent")]
    assert raised(*captures) == ["RSS520", "RSS002"]


def test_a_cut_capture_counts_with_a_warning(captures: dict[str, Path]) -> None:
    path = captures["LAN"]
    path.write_bytes(path.read_bytes()[:-3])
    load = evaluate(*make(), [PortCapture("LAN", path)])
    assert [d.rule.code for d in load.warnings] == ["RSS521"]
    assert load.ports[0].packets == sum(f.port == "LAN" for f in generate(MIX)) - 1


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("LAN", ["LAN"]),
        ("=10.0.0.0/8", ["=10.0.0.0/8"]),
        ("LAN=", ["LAN="]),
        ("LAN=10.0.0.1/8,x,::/0,1.2.3.4/33", ["10.0.0.1/8", "x", "1.2.3.4/33"]),
        ("LAN=10.0.0.0/8,", [""]),
    ],
)
def test_bad_origins(text: str, places: list[str]) -> None:
    with pytest.raises(RssError) as caught:
        parse_origin(text)
    assert [d.span.text for d in caught.value.diagnostics] == places
    assert {d.rule.code for d in caught.value.diagnostics} == {"RSS526"}


def test_a_prefix_with_host_bits_is_corrected() -> None:
    with pytest.raises(RssError) as caught:
        parse_origin("LAN=10.0.0.1/8")
    assert caught.value.diagnostics[0].help == "write `10.0.0.0/8`"


def test_origins_hold_both_versions() -> None:
    origin = parse_origin("LAN=10.1.0.0/16,2001:db8::/32,192.0.2.7")
    inside = ("10.1.9.9", "2001:db8::1", "192.0.2.7")
    assert all(ip_address(a) in p for a, p in zip(inside, origin.prefixes, strict=True))


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([5, 5, 5, 5], Evenness(20, 0, 1.0, 1.0, 0)),
        ([0, 12, 0, 0], Evenness(12, 1, 4.0, 0.25, 3)),
        ([0, 0], Evenness(0, 0, 0.0, 0.0, 2)),
        ([1, 3], Evenness(4, 1, 1.5, 0.8, 0)),
    ],
)
def test_evenness(counts: list[int], expected: Evenness) -> None:
    assert evenness(counts) == expected
