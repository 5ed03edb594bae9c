"""The DPDK program on captures, split or from a distributor: the replay's verdicts and bytes."""

from __future__ import annotations

import random
import re
from collections import Counter

import pytest
from nfdpdk import (
    FLAGS,
    a_spec,
    at_real_time,
    check_captures,
    check_counts,
    frames,
    lcores,
    needs_dpdk,
    per_core,
    split,
    vdevs,
    with_dpdk,
    written,
)
from nfspec import built as made

pytestmark = needs_dpdk

LAN_WAN = ("LAN", "WAN")
START = 1_700_000_000 * 10**9


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_firewall_on_split_captures_does_what_the_replay_does(lab, dpdk_firewall, tmp_path, seed):
    captures = lab.write_captures(tmp_path, lab.traffic(seed, 3000))
    assert min(check_captures(dpdk_firewall, tmp_path, LAN_WAN, captures)) > 200


def test_a_nat_on_split_captures_does_what_the_replay_does(lab, tmp_path):
    require = "require remote: LAN.ip_dst == WAN.ip_src && LAN.l4_dst == WAN.l4_src"
    block = "nat { lan LAN  wan WAN  external 203.0.113.1  capacity 2000 }"
    built = made(lab, tmp_path / "nat", a_spec(block, "LAN", "WAN", require=require), FLAGS)
    program = with_dpdk(lab, built, "nat")
    asked = [
        lab.Packet(f"10.0.0.{i % 7 + 1}", f"93.0.{i % 5}.{i % 11 + 1}", 1000 + i % 90, 443)
        for i in range(600)
    ]
    start = 1_700_000_000 * lab.SECOND
    lan = [(start + i * 10_000, packet.wire) for i, packet in enumerate(asked)]
    inside = f"LAN={lab.write_pcap(tmp_path / 'LAN.pcap', lan)}"
    program.replay("--cores", 2, "--packets-out", tmp_path / "first", "-o", tmp_path / "ignored", inside)
    answers = [answer(frame) for frame in frames(tmp_path / "first" / "WAN.pcap")]
    assert len(answers) == len(asked)
    wan = [(start + i * 10_000 + 5_000, frame) for i, frame in enumerate(answers)]
    captures = [inside, f"WAN={lab.write_pcap(tmp_path / 'WAN.pcap', wan)}"]
    assert min(check_captures(program, tmp_path, LAN_WAN, captures)) > 300
    assert (tmp_path / "all").read_text().count("forward LAN") == len(asked)


def answer(frame):
    """To what the NAT sent: ends swapped, without options or tags."""
    return frame[:26] + frame[30:34] + frame[26:30] + frame[36:38] + frame[34:36] + frame[38:]


@pytest.fixture(scope="module")
def bridge(lab, tmp_path_factory):
    spec = a_spec(
        "bridge { strategy locks  left LEFT  right RIGHT  capacity 64  expiry 300s }", "LEFT", "RIGHT"
    )
    return with_dpdk(lab, made(lab, tmp_path_factory.mktemp("bridge"), spec, FLAGS), "bridge")


def station(number):
    return bytes([2, 0, 0, 0, 0, number])


def bridged(lab, folder, count, pairs):
    """Captures of `count` IPv4 packets each way between the stations that `pairs` draws, by port."""
    rng, time, events = random.Random(count), START, {"LEFT": [], "RIGHT": []}
    for i in range(count):
        time += 400 * 10**9 if rng.random() < 0.002 else rng.randrange(1, 1000) * 1000
        port, source, destination = pairs(rng)
        packet = lab.Packet(f"10.0.0.{source}", f"10.0.1.{destination % 256}", 1000 + i % 50, 80, l4="udp")
        macs = station(destination) if destination < 256 else b"\xff" * 6
        events[port].append((time, macs + station(source) + packet.wire[12:]))
    return [f"{port}={lab.write_pcap(folder / f'{port}.pcap', events[port])}" for port in events]


def test_a_bridge_on_captures_does_what_the_replay_does(lab, bridge, tmp_path):
    """On one core, as the order of two that share what they learn is not certain. Stations move between
    ports, come back after they were forgotten, talk to their own segment, to all, to some that never speak,
    and do not all fit."""

    def pairs(rng):
        return rng.choice(("LEFT", "RIGHT")), rng.randrange(100), rng.choice((rng.randrange(110), 256))

    captures = bridged(lab, tmp_path, 4000, pairs)
    assert check_captures(bridge, tmp_path, ("LEFT", "RIGHT"), captures, cores=1) == [4000]
    verdicts = Counter(line.split()[2] for line in (tmp_path / "all").read_text().splitlines())
    assert min(verdicts[name] for name in ("flood", "forward", "drop")) > 200


@pytest.mark.parametrize("strategy", ["locks", "tm"])
def test_a_bridge_on_two_lcores_loses_and_repeats_nothing(lab, bridge, tmp_path, strategy):
    """Stations talk across: known or not, all their packets leave by the other port, in each core's order."""

    def pairs(rng):
        left, source, destination = rng.random() < 0.5, rng.randrange(30), rng.randrange(30)
        return ("LEFT", source, 30 + destination) if left else ("RIGHT", 30 + source, destination)

    ports, captures = ("LEFT", "RIGHT"), bridged(lab, tmp_path, 4000, pairs)
    sent = split(bridge, tmp_path, ports, captures, 2)
    devices = vdevs(tmp_path / "split", ports, 2, 2)
    options = ("--captures", "--strategy", strategy, "--verdicts", tmp_path / "actual")
    result = bridge.run("0,1", devices, *options)
    assert written(tmp_path / "split", ports, 2) == sent
    check_counts(result.stderr, ports, sent)
    lines = "".join(per_core(tmp_path / "actual", 2)).splitlines()
    assert len(lines) == 4000 and not any(line.endswith("drop") for line in lines)
    assert sum("forward" in line for line in lines) > 1000


def hub_captures(lab, folder, wires):
    """`wires` by port, its packets a few µs apart and all at different times."""
    captures = []
    for number, (port, packets) in enumerate(wires.items()):
        times = [START + 3000 * i + 1000 * number for i in range(len(packets))]
        path = lab.write_pcap(folder / f"{port}.pcap", list(zip(times, packets, strict=True)))
        captures.append(f"{port}={path}")
    return captures


def test_three_ports_forward_and_flood(lab, dpdk_hub, tmp_path):
    wires = {}
    for number, port in enumerate(("RED", "GREEN", "BLUE")):
        packets = [
            lab.Packet(f"10.0.{number}.{i % 200}", "10.9.9.9", 1000 + i, 80, l4="udp") for i in range(900)
        ]
        wires[port] = [bytes(5) + bytes([i % 8]) + packet.wire[6:] for i, packet in enumerate(packets)]
    captures = hub_captures(lab, tmp_path, wires)
    assert min(check_captures(dpdk_hub, tmp_path, tuple(wires), captures)) >= 900
    assert (tmp_path / "all").read_text().count("flood") > 1000


def test_frames_of_any_length(lab, dpdk_hub, tmp_path):
    """Those of more than one mbuf are flooded and forwarded whole, those of less than a header, too."""
    lengths = (1, 5, 6, 13, 14, 15, 33, 60, 1514, 2047, 2048, 2049, 4095, 4096, 4097, 9000, 16000)
    rng, wires = random.Random(9), {}
    for number, port in enumerate(("RED", "GREEN", "BLUE")):
        whole = [
            bytes([0, 0, 0, 0, 0, i % 8])
            + lab.Packet(f"10.0.{number}.{i % 250}", "10.9.9.9", i, 80, tags=(0x8100,) * (i % 3)).wire[6:]
            + rng.randbytes(16000)
            for i in range(20 * len(lengths))
        ]
        wires[port] = [frame[: lengths[i % len(lengths)]] for i, frame in enumerate(whole)]
    captures = hub_captures(lab, tmp_path, wires)
    assert min(check_captures(dpdk_hub, tmp_path, tuple(wires), captures)) > 100


def test_simultaneous_packets_keep_their_order(lab, dpdk_firewall, tmp_path):
    """A reply before its request in the same microsecond is dropped by both programs."""
    asked = [lab.Packet(f"10.0.0.{i + 1}", "93.0.0.1", 1000 + i, 80) for i in range(50)]
    events = [
        event
        for i, p in enumerate(asked)
        for event in (lab.Event(9, "WAN", p.reply), lab.Event(9 + i, "LAN", p))
    ]
    both = lab.write_pcap(tmp_path / "both.pcap", [(event.time, event.wire) for event in events])
    check_captures(dpdk_firewall, tmp_path, LAN_WAN, ["--from", "LAN=10.0.0.0/8", both])
    assert (tmp_path / "all").read_text().count("drop") >= 1


@pytest.mark.parametrize("strategy", ["locks", "tm"])
def test_two_lcores_share_a_state(lab, dpdk_firewall, tmp_path, strategy):
    """What the LAN sends passes, whatever the cores' order; of the rest only the numbers are certain."""
    captures = lab.write_captures(tmp_path, lab.traffic(5, 3000))
    split(dpdk_firewall, tmp_path, LAN_WAN, captures, 2)
    devices = vdevs(tmp_path / "split", LAN_WAN, 2, 2)
    options = ("--captures", "--strategy", strategy, "--verdicts", tmp_path / "actual")
    result = dpdk_firewall.run("0,1", devices, *options)
    check_counts(result.stderr, LAN_WAN, written(tmp_path / "split", LAN_WAN, 2))
    expected = Counter(lab.model_verdicts(lab.lan_first(lab.traffic(5, 3000)), classes=lab.IPV4))
    wanted = sum(n for line, n in expected.items() if line.endswith("forward WAN"))
    lines = "".join(per_core(tmp_path / "actual", 2)).splitlines()
    assert sum(line.endswith("forward WAN") for line in lines) == wanted
    assert sum(line.endswith("forward LAN") for line in lines) > 100
    assert len(lines) == 3000


# --- the distributor --------------------------------------------------------------------------------


def in_one_order(lab, program, folder, seed, count):
    """Captures whose times are whole microseconds, all different; as `PORT-0.pcap` in `single`."""
    captures = lab.write_captures(folder, lab.traffic(seed, count))
    program.replay("--cores", 1, "--presplit-out", folder / "single", "-o", folder / "ignored", *captures)
    return [f"{port}={folder}/single/{port}-0.pcap" for port in LAN_WAN]


def test_a_distributor_does_what_the_nic_would(lab, dpdk_firewall, tmp_path):
    captures = in_one_order(lab, dpdk_firewall, tmp_path, 4, 3000)
    sent = split(dpdk_firewall, tmp_path, LAN_WAN, captures, 2)
    devices = vdevs(tmp_path / "single", LAN_WAN, 1, 2)
    options = ("--captures", "--distribute", 1, "--verdicts", tmp_path / "actual")
    result = dpdk_firewall.run(lcores(3), devices, *options)
    assert per_core(tmp_path / "actual", 2) == per_core(tmp_path / "expected", 2)
    assert written(tmp_path / "single", LAN_WAN, 2) == sent
    check_counts(result.stderr, LAN_WAN, sent)
    assert result.stderr.count("lost at full rings 0") == 2


def test_cores_behind_a_distributor_can_share_a_tx_queue(lab, dpdk_firewall, tmp_path):
    """As devices that cannot hash often have but one."""
    captures = in_one_order(lab, dpdk_firewall, tmp_path, 5, 6000)
    sent = split(dpdk_firewall, tmp_path, LAN_WAN, captures, 2)
    devices = vdevs(tmp_path / "single", LAN_WAN, 1, 1)
    result = dpdk_firewall.run(lcores(3), devices, "--captures", "--distribute", 1)
    check_counts(result.stderr, LAN_WAN, sent)
    for port in LAN_WAN:
        out = frames(tmp_path / "single" / f"out-{port}-0.pcap")
        assert Counter(out) == Counter(sent[port, 0] + sent[port, 1])


def test_a_distributor_that_rebalances_gives_one_cores_packets(lab, dpdk_firewall, tmp_path):
    captures = in_one_order(lab, dpdk_firewall, tmp_path, 6, 6000)
    one = ("--sequential", "--packets-out", tmp_path / "packets", "-o", tmp_path / "all")
    dpdk_firewall.replay(*one, *captures)
    devices = vdevs(tmp_path / "single", LAN_WAN, 1, 2)
    options = ("--captures", "--distribute", 1, "--rebalance", 500, "--capacity-per-core", 65536)
    result = dpdk_firewall.run(lcores(3), devices, *options)
    moves = re.search(r"table entries: (\d+) moves in (\d+) rounds", result.stderr)
    assert int(moves[1]) > 50 and int(moves[2]) > 50
    sent = written(tmp_path / "single", LAN_WAN, 2)
    for port in LAN_WAN:
        expected = Counter(frames(tmp_path / "packets" / f"{port}.pcap"))
        assert Counter(sent[port, 0] + sent[port, 1]) == expected


def test_a_distributor_waits_for_cores_on_its_own_cpu(lab, dpdk_firewall, tmp_path):
    """With rings that are always full, at a real-time priority: whoever waits has to let the others run."""
    captures = in_one_order(lab, dpdk_firewall, tmp_path, 8, 9000)
    split(dpdk_firewall, tmp_path, LAN_WAN, captures, 2)
    one_each = vdevs(tmp_path / "single", LAN_WAN, 1, 2)
    options = ("--captures", "--distribute", 1, "--verdicts", tmp_path / "actual")
    at_real_time(dpdk_firewall).run(lcores(3, "0"), one_each, *options)
    assert per_core(tmp_path / "actual", 2) == per_core(tmp_path / "expected", 2)


def test_captures_that_devices_lose_packets_of_are_no_success(lab, dpdk_firewall, tmp_path):
    """The distributor takes what rings hold at once, and there are not as many mbufs for packets so large."""
    large = lab.Packet("10.0.0.1", "93.0.0.1", 1, 80).wire + bytes(60_000)
    captures = {"LAN": [(START + i * 1000, large) for i in range(400)], "WAN": []}
    for port, events in captures.items():
        lab.write_pcap(tmp_path / f"{port}-0.pcap", events)
    devices = [f"--vdev=net_pcap{i},rx_pcap={tmp_path}/{port}-0.pcap" for i, port in enumerate(LAN_WAN)]
    options = ("--captures", "--distribute", 1)
    result = at_real_time(dpdk_firewall).run(lcores(2, "0"), devices, *options, code=1)
    assert re.search(
        r"^firewall: port LAN: the device lost \d+ packets of its captures$", result.stderr, re.M
    )
