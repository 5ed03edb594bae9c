"""The static load balancer: who serves a connection is a function of it and of the table."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from nfspec import SANITIZED, Frame, replay

from rss_dsl.check import check
from rss_dsl.loading import loads
from rss_solver.solve import solve
from rss_synth.nf.params import NfParams, read_params

CLASSES = ("ipv4-tcp", "ipv4-udp", "ipv6-tcp", "ipv6-udp")
PORT = f"nic intel-x710  queues 16  hash {', '.join(CLASSES)}"
SPEC = f"""
port LAN {{ device 0  {PORT} }}
port WAN {{ device 1  {PORT} }}
nf lb-static {{ lan LAN  wan WAN  backends servers.txt }}
"""
SERVERS = {f"10.0.0.{i}": f"02:00:00:00:00:{i:02x}" for i in range(1, 11)} | {"fd00::9": "02:00:00:00:00:99"}


def problem_of(folder, lines):
    (folder / "servers.txt").write_text("".join(f"{line}\n" for line in lines))
    problem = check(loads(SPEC, str(folder / "nf.rss"))).problem
    assert problem is not None
    return problem


def balancer(lab, folder, servers):
    folder.mkdir(exist_ok=True)
    lines = ["# address and station", "", *(f"{address} {mac} # {mac}" for address, mac in servers.items())]
    problem = problem_of(folder, lines)
    return lab.build(folder / "built", problem, solve(problem).solution, *SANITIZED)


def flows(lab, count=600):
    rng = random.Random(1)
    for number in range(count):
        six = number % 10 == 0
        ends = ("2001:db8::1", "fd01::1") if six else (f"93.0.{rng.randrange(256)}.1", "198.51.100.7")
        yield lab.Packet(*ends, rng.randrange(65536), 443, rng.choice(("tcp", "udp")))


def served(program, folder, packets, *arguments):
    frames = [Frame(1 + at, "WAN", packet.wire) for at, packet in enumerate(packets)]
    found = replay(program, folder, frames, *arguments)
    assert set(found.verdicts) == {"forward LAN"}
    ends = []
    for packet, left in zip(packets, found.packets, strict=True):
        at, size = (30, 4) if packet.version == 4 else (38, 16)
        assert left[6:14] + left[14:24] == packet.wire[6:14] + packet.wire[14:24]
        assert left[at + size :][:4] == packet.wire[at + size :][:4]
        ends.append((left[at : at + size], left[:6]))
    return ends


def test_every_core_picks_the_same_backend_and_all_are_picked_alike(lab, tmp_path):
    packets = list(flows(lab)) * 2
    ends = served(balancer(lab, tmp_path, SERVERS), tmp_path, packets, "--sequential")
    assert ends[: len(ends) // 2] == ends[len(ends) // 2 :]
    counts = Counter(mac for address, mac in ends if len(address) == 4)
    assert len(counts) == 10
    assert all(address[-1] == mac[-1] for address, mac in ends if len(address) == 4)
    assert max(counts.values()) < 2 * min(counts.values())
    assert {mac[-1] for address, mac in ends if len(address) == 16} == {0x99}
    program = lab.Built(tmp_path / "built")
    for strategy in ("shared-nothing", "locks", "tm"):
        assert served(program, tmp_path, packets, "--strategy", strategy, "--cores", 4) == ends


def test_the_order_of_the_table_does_not_matter_and_leaving_moves_few(lab, tmp_path):
    packets = [packet for packet in flows(lab) if packet.version == 4]
    before = served(balancer(lab, tmp_path / "all", SERVERS), tmp_path, packets, "--sequential")
    turned = dict(reversed(SERVERS.items()))
    assert served(balancer(lab, tmp_path / "turned", turned), tmp_path, packets, "--sequential") == before
    fewer = {address: mac for address, mac in SERVERS.items() if address != "10.0.0.3"}
    after = served(balancer(lab, tmp_path / "fewer", fewer), tmp_path, packets, "--sequential")
    stayed = [one == other for one, other in zip(before, after, strict=True) if one[1][-1] != 3]
    assert all(mac[-1] != 3 for _, mac in after)
    assert stayed.count(False) < len(stayed) / 5


def test_packets_without_a_connection_or_a_backend_are_dropped(lab, tmp_path):
    program = balancer(lab, tmp_path, {"10.0.0.1": "02:00:00:00:00:01"})
    packets = (lab.Packet("2001:db8::1", "fd01::1", 1, 2), lab.Packet("93.0.0.1", "10.0.0.9", l4="icmp"))
    frames = [Frame(1 + at, "WAN", packet.wire) for at, packet in enumerate(packets)]
    frames.append(Frame(9, "LAN", packets[0].wire))
    assert replay(program, tmp_path, frames).verdicts == ("drop", "drop", "forward WAN")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("10.0.0.1", "a backend is two words, not 1"),
        ("10.0.0.1 02:00:00:00:00:01 WAN", "a backend is two words, not 3"),
        ("10.0.0.1/8 02:00:00:00:00:01", "`10.0.0.1/8` is no IP address"),
        ("10.0.0.256 02:00:00:00:00:01", "`10.0.0.256` is no IP address"),
        ("02:00:00:00:00:01 10.0.0.1", "`02:00:00:00:00:01` is no IP address"),
        ("10.0.0.1 10.0.0.2", "`10.0.0.2` is no station's Ethernet address"),
        ("10.0.0.1 03:00:00:00:00:01", "`03:00:00:00:00:01` is no station's Ethernet address"),
        ("10.0.0.7 02:00:00:00:00:01", "`10.0.0.7` is in the table already"),
        ("FD00:0::7 02:00:00:00:00:01", "`FD00:0::7` is in the table already"),
    ],
)
def test_every_wrong_line_is_reported_at_its_place(tmp_path, line, message):
    good = ["10.0.0.7 02:00:00:00:00:07", "fd00::7 02:00:00:00:00:07"]
    problem = problem_of(tmp_path, [*good, f"  {line}  # which"])
    found = read_params(problem, problem.nf)
    assert not isinstance(found, NfParams)
    assert message in [one.message for one in found]
    assert all(one.span.source.path.endswith("servers.txt") for one in found)
    assert all(one.span.text in line for one in found)


def test_an_empty_table_is_reported(tmp_path):
    problem = problem_of(tmp_path, ["# nobody"])
    (found,) = read_params(problem, problem.nf)
    assert found.message == "`servers.txt` names no backends"
