"""The DPDK program on virtual devices: the replay's verdicts and bytes, a distributor, refusals."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import time
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from nfspec import built as made

from rss_synth.nf.catalogue import added_templates

EAL = ("--no-huge", "--no-pci", "--no-telemetry", "--no-shconf", "-m", "512", "--log-level", "lib.eal:error")
FLAGS = "CFLAGS=-O1 -Werror"
THREE = ("--lcores", "(0-2)@(0,1)")
"""More lcores than cores of a small machine."""
NFS = Path(__file__).parents[3] / "synth" / "rss_synth" / "nfs"


def has_dpdk():
    if not shutil.which("pkg-config"):
        return False
    return subprocess.run(["pkg-config", "--exists", "libdpdk"], check=False).returncode == 0


pytestmark = pytest.mark.skipif(not has_dpdk(), reason="libdpdk is not installed")


@dataclass(frozen=True, slots=True)
class Program:
    """A network function with its replay and its DPDK program."""

    folder: Path
    name: str
    replay: object

    def command(self, lcores, devices, *options):
        where = lcores if isinstance(lcores, tuple) else ("-l", lcores)
        return [self.folder / self.name, *where, *EAL, *devices, "--", *map(str, options)]

    def run(self, lcores, devices, *options, code=0):
        command = self.command(lcores, devices, *options)
        result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert result.returncode == code, result.stderr
        return result


def with_dpdk(lab, built, name):
    result = lab.make(built.folder, name, "CC=gcc", FLAGS)
    assert result.returncode == 0, result.stderr
    return Program(built.folder, name, built.replay)


@pytest.fixture(scope="module")
def firewall(lab, tmp_path_factory):
    problem = lab.a_problem(lab.an_nf(**lab.PORTS))
    folder = tmp_path_factory.mktemp("dpdk")
    return with_dpdk(lab, lab.build(folder, problem, lab.a_solution(problem), FLAGS), "firewall")


def a_spec(block, *names, nic="intel-x710", require=""):
    classes = "hash ipv4-tcp, ipv4-udp  traffic ipv4-tcp, ipv4-udp"
    ports = "\n".join(
        f"port {name} {{ device {device}  nic {nic}  queues 16  {classes} }}"
        for device, name in enumerate(names)
    )
    return f"{ports}\n{require}\nnf {block}\n"


# --- captures and what came of them -----------------------------------------------------------------


def frames(path):
    data, at, found = path.read_bytes(), 24, []
    while at < len(data):
        length = int.from_bytes(data[at + 8 : at + 12], "little")
        found.append(data[at + 16 : at + 16 + length])
        at += 16 + length
    return found


def vdevs(folder, ports, queues, cores):
    """A device per port that plays `PORT-QUEUE.pcap` and writes `out-PORT-CORE.pcap`."""
    found = []
    for number, port in enumerate(ports):
        files = [f"rx_pcap={folder}/{port}-{queue}.pcap" for queue in range(queues)]
        files += [f"tx_pcap={folder}/out-{port}-{core}.pcap" for core in range(cores)]
        found.append(f"--vdev=net_pcap{number}," + ",".join(files))
    return found


def sent_by_core(folder, ports, cores):
    """What left by port and core, in order, as a replay with `--show-core` wrote it."""
    left = {port: iter(frames(folder / "packets" / f"{port}.pcap")) for port in ports}
    sent = {(port, core): [] for port in ports for core in range(cores)}
    for line in (folder / "all").read_text().splitlines():
        came, _, *verdict, _, core = line.split()
        floods = [port for port in ports if port != came] if verdict[0] == "flood" else []
        for port in verdict[1:] or floods:
            sent[port, int(core)].append(next(left[port]))
    return sent


def per_core(folder, cores):
    return [(folder / f"core-{core}.txt").read_text() for core in range(cores)]


def written(folder, ports, cores):
    return {(p, c): frames(folder / f"out-{p}-{c}.pcap") for p in ports for c in range(cores)}


def counts(stderr):
    """Sums over cores by port, such as `counts["LAN", "received"]`."""
    found = Counter()
    for port, text in re.findall(r"^core \d+ (\w+): (received .*)$", stderr, re.M):
        for part in text.split(", "):
            name, number = part.split()
            found[port, name] += int(number)
    return found


def started(program, lcores, devices, *options):
    """Starts the program and waits until its ports are up; how many cores it has."""
    command = program.command(lcores, devices, *options)
    running = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    for line in running.stderr:
        if found := re.search(r"ports are up, (\d+) cores", line):
            return running, int(found[1])
    raise AssertionError(f"it ended with {running.wait()}")


def statistics(running, cores):
    """What it says of its cores when asked."""
    running.send_signal(signal.SIGUSR1)
    lines = []
    for line in running.stderr:
        lines.append(line)
        if line.startswith(f"core {cores - 1} flows"):
            break
    return "".join(lines)


def ended(running, number=signal.SIGTERM):
    """Ends it; what it printed last."""
    running.send_signal(number)
    _, errors = running.communicate(timeout=20)
    assert running.returncode == 0, errors
    return errors


def check_counts(stderr, ports, sent):
    """Whether what came in is accounted for, and what left was counted."""
    found = counts(stderr)
    for (port, _), out in sent.items():
        found[port, "forwarded"] -= len(out)
    assert all(found[port, "forwarded"] == 0 and found[port, "unsent"] == 0 for port in ports)
    copies = (len(ports) - 1) * sum(found[port, "flooded"] for port in ports)
    came = sum(found[port, "received"] - found[port, "dropped"] - found[port, "flooded"] for port in ports)
    assert came + copies == sum(map(len, sent.values()))


def check_captures(program, folder, ports, captures):
    """Holds two lcores against the replay, which splits the captures. How many packets each has."""
    parts, out = folder / "split", folder / "packets"
    program.replay(
        *("--cores", 2, "--presplit-out", parts, "--verdicts", folder / "expected"),
        *("--packets-out", out, "--show-core", "-o", folder / "all", *captures),
    )
    sent = sent_by_core(folder, ports, 2)
    result = program.run("0,1", vdevs(parts, ports, 2, 2), "--captures", "--verdicts", folder / "actual")
    expected = per_core(folder / "expected", 2)
    assert per_core(folder / "actual", 2) == expected
    assert written(parts, ports, 2) == sent
    check_counts(result.stderr, ports, sent)
    return [len(text.splitlines()) for text in expected]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_firewall_on_split_captures_does_what_the_replay_does(lab, firewall, tmp_path, seed):
    captures = lab.write_captures(tmp_path, lab.traffic(seed, 3000))
    assert min(check_captures(firewall, tmp_path, ("LAN", "WAN"), captures)) > 200


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
    assert min(check_captures(program, tmp_path, ("LAN", "WAN"), captures)) > 300
    assert (tmp_path / "all").read_text().count("forward LAN") == len(asked)


def answer(frame):
    """To what the NAT sent: ends swapped, without options or tags."""
    return frame[:26] + frame[30:34] + frame[26:30] + frame[36:38] + frame[34:36] + frame[38:]


HUB = """
static int nf_process(struct nf_pass *pass, const struct nf_hint *hint, struct packet *packet)
{
    (void)pass, (void)hint;
    unsigned wanted = packet->length > 5 ? packet->data[5] & 7 : 7;
    return wanted < NF_PORTS ? (int)wanted : wanted == NF_PORTS ? NF_DROP : NF_FLOOD;
}
"""


@pytest.fixture(scope="module")
def hub(lab, tmp_path_factory):
    """Three ports: the last byte of the destination says where to, or to flood or to drop."""
    folder = tmp_path_factory.mktemp("templates") / "hub"
    shutil.copytree(NFS / "nop", folder)
    text = (folder / "nf.toml").read_text().replace('["lan", "wan"]', '["red", "green", "blue"]')
    (folder / "nf.toml").write_text(text)
    code = (folder / "nf.c.j2").read_text()
    start, end = code.index("static int nf_process"), code.index('#include "nf/entry.h"')
    (folder / "nf.c.j2").write_text(code[:start] + HUB.lstrip() + "\n" + code[end:])
    with added_templates([folder]):
        spec = a_spec("hub { red RED  green GREEN  blue BLUE }", "RED", "GREEN", "BLUE")
        return with_dpdk(lab, made(lab, tmp_path_factory.mktemp("hub"), spec, FLAGS), "hub")


def test_three_ports_forward_and_flood(lab, hub, tmp_path):
    ports, captures = ("RED", "GREEN", "BLUE"), []
    for number, port in enumerate(ports):
        packets = [
            lab.Packet(f"10.0.{number}.{i % 200}", "10.9.9.9", 1000 + i, 80, l4="udp") for i in range(900)
        ]
        wires = [bytes(5) + bytes([i % 8]) + packet.wire[6:] for i, packet in enumerate(packets)]
        times = [1_700_000_000 * lab.SECOND + 3000 * i + 1000 * number for i in range(900)]
        path = lab.write_pcap(tmp_path / f"{port}.pcap", list(zip(times, wires, strict=True)))
        captures.append(f"{port}={path}")
    assert min(check_captures(hub, tmp_path, ports, captures)) >= 900
    assert (tmp_path / "all").read_text().count("flood") > 1000


def test_floods_give_their_packets_back(lab, hub, tmp_path):
    """One port plays packets for ever, all flooded: more of them than there are mbufs. What leaves by a
    third comes in by it again."""
    packets = [(i * 1000, bytes(5) + b"\x07" + lab.ARP[6:]) for i in range(200)]
    played = lab.write_pcap(tmp_path / "flood.pcap", packets, 1000)
    red = f"--vdev=net_pcap0,rx_pcap={played},tx_pcap=/dev/null,infinite_rx=1"
    running, cores = started(hub, "0", [red, "--vdev=net_null1,no-rx=1", "--vdev=net_ring0"])
    for _ in range(200):
        if counts(statistics(running, cores))["BLUE", "flooded"] > 20_000:
            break
        time.sleep(0.05)
    after = counts(ended(running))
    assert after["RED", "flooded"] > 10_000 and after["BLUE", "flooded"] > 20_000
    came = after["RED", "flooded"] + after["BLUE", "flooded"]
    left = sum(after[port, what] for port in ("RED", "GREEN", "BLUE") for what in ("forwarded", "unsent"))
    assert left == 2 * came


def test_simultaneous_packets_keep_their_order(lab, firewall, tmp_path):
    """A reply before its request in the same microsecond is dropped by both programs."""
    asked = [lab.Packet(f"10.0.0.{i + 1}", "93.0.0.1", 1000 + i, 80) for i in range(50)]
    events = [
        event
        for i, p in enumerate(asked)
        for event in (lab.Event(9, "WAN", p.reply), lab.Event(9 + i, "LAN", p))
    ]
    both = lab.write_pcap(tmp_path / "both.pcap", [(event.time, event.wire) for event in events])
    check_captures(firewall, tmp_path, ("LAN", "WAN"), ["--from", "LAN=10.0.0.0/8", both])
    assert (tmp_path / "all").read_text().count("drop") >= 1


@pytest.mark.parametrize("strategy", ["locks", "tm"])
def test_two_lcores_share_a_state(lab, firewall, tmp_path, strategy):
    """What the LAN sends passes, whatever the cores' order; of the rest only the numbers are certain."""
    captures = lab.write_captures(tmp_path, lab.traffic(5, 3000))
    split = ("--presplit-out", tmp_path / "split", "-o", tmp_path / "all")
    firewall.replay("--cores", 2, *split, *captures)
    devices = vdevs(tmp_path / "split", ("LAN", "WAN"), 2, 2)
    options = ("--captures", "--strategy", strategy, "--verdicts", tmp_path / "actual")
    result = firewall.run("0,1", devices, *options)
    check_counts(result.stderr, ("LAN", "WAN"), written(tmp_path / "split", ("LAN", "WAN"), 2))
    expected = Counter(lab.model_verdicts(lab.lan_first(lab.traffic(5, 3000)), classes=lab.IPV4))
    wanted = sum(n for line, n in expected.items() if line.endswith("forward WAN"))
    lines = "".join(per_core(tmp_path / "actual", 2)).splitlines()
    assert sum(line.endswith("forward WAN") for line in lines) == wanted
    assert sum(line.endswith("forward LAN") for line in lines) > 100
    assert len(lines) == 3000


# --- the distributor --------------------------------------------------------------------------------


def in_one_order(lab, program, folder, seed, count):
    """Captures whose times are whole microseconds, all different; as `PORT-0.pcap` in `split`."""
    captures = lab.write_captures(folder, lab.traffic(seed, count))
    program.replay("--cores", 1, "--presplit-out", folder / "split", "-o", folder / "ignored", *captures)
    return [f"{port}={folder}/split/{port}-0.pcap" for port in ("LAN", "WAN")]


def test_a_distributor_does_what_the_nic_would(lab, firewall, tmp_path):
    captures, ports = in_one_order(lab, firewall, tmp_path, 4, 3000), ("LAN", "WAN")
    firewall.replay(
        *("--cores", 2, "--verdicts", tmp_path / "expected", "--packets-out", tmp_path / "packets"),
        *("--show-core", "-o", tmp_path / "all", *captures),
    )
    devices = vdevs(tmp_path / "split", ports, 1, 2)
    options = ("--captures", "--distribute", 1, "--verdicts", tmp_path / "actual")
    result = firewall.run(THREE, devices, *options)
    assert per_core(tmp_path / "actual", 2) == per_core(tmp_path / "expected", 2)
    sent = sent_by_core(tmp_path, ports, 2)
    assert written(tmp_path / "split", ports, 2) == sent
    check_counts(result.stderr, ports, sent)
    assert result.stderr.count("lost at full rings 0") == 2


def test_a_distributor_that_rebalances_gives_one_cores_packets(lab, firewall, tmp_path):
    captures, ports = in_one_order(lab, firewall, tmp_path, 6, 6000), ("LAN", "WAN")
    one = ("--sequential", "--packets-out", tmp_path / "packets", "-o", tmp_path / "all")
    firewall.replay(*one, *captures)
    devices = vdevs(tmp_path / "split", ports, 1, 2)
    options = ("--captures", "--distribute", 1, "--rebalance", 500, "--capacity-per-core", 65536)
    result = firewall.run(THREE, devices, *options)
    moves = re.search(r"table entries: (\d+) moves in (\d+) rounds", result.stderr)
    assert int(moves[1]) > 50 and int(moves[2]) > 50
    for port in ports:
        out = [frame for core in range(2) for frame in frames(tmp_path / "split" / f"out-{port}-{core}.pcap")]
        assert Counter(out) == Counter(frames(tmp_path / "packets" / f"{port}.pcap"))


def test_two_distributors_take_a_port_each(firewall):
    null = ["--vdev=net_null0", "--vdev=net_null1"]
    lines = stopped(firewall, ("--lcores", "(0-3)@(0,1)"), null, "--distribute", 2, "--strategy", "locks")
    found = counts("\n".join(lines))
    assert found["LAN", "received"] > 0 and found["WAN", "received"] > 0
    assert found["LAN", "dropped"] == found["LAN", "received"]


# --- running live, signals --------------------------------------------------------------------------


def stopped(program, lcores, devices, *options, number=signal.SIGTERM):
    """Runs for a moment, asking for statistics; what is printed at the end."""
    running, cores = started(program, lcores, devices, *options)
    time.sleep(1)
    assert re.search(r"^(core|distributor) 0 LAN: received \d+, ", statistics(running, cores), re.M)
    return ended(running, number).splitlines()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_one_core_runs_live_until_a_signal(lab, firewall, tmp_path, number):
    events = lab.traffic(1, 500)
    captures = lab.write_captures(tmp_path, events)
    firewall.replay("--cores", 1, "--presplit-out", tmp_path / "split", "-o", tmp_path / "all", *captures)
    devices = vdevs(tmp_path / "split", ("LAN", "WAN"), 1, 1)
    lines = stopped(firewall, "0", devices, "--verdicts", tmp_path / "actual", number=number)
    # Live, the clock is the machine's and ports are polled in turn, so only the numbers are certain.
    found = counts("\n".join(lines))
    for port in ("LAN", "WAN"):
        assert found[port, "received"] == sum(event.port == port for event in events)
    assert len((tmp_path / "actual" / "core-0.txt").read_text().splitlines()) == len(events)


@pytest.fixture(scope="module")
def generic(lab, tmp_path_factory):
    """For net_null, which keeps the key and the table that it is told."""
    problem = lab.a_problem(lab.an_nf(**lab.PORTS))
    ports = tuple(lab.a_port(name, device, nic="generic") for device, name in enumerate(("LAN", "WAN")))
    problem = replace(problem, ports=ports)
    folder = tmp_path_factory.mktemp("generic")
    keys = lab.PERIODIC[:40], lab.PERIODIC[:40]
    return with_dpdk(lab, lab.build(folder, problem, lab.a_solution(problem, *keys), FLAGS), "firewall")


@pytest.mark.parametrize("strategy", ["shared-nothing", "locks", "tm"])
def test_a_device_that_takes_key_and_table_runs_on_two_cores(generic, strategy):
    lines = stopped(generic, "0,1", ["--vdev=net_null0", "--vdev=net_null1"], "--strategy", strategy)
    found = [line for line in lines if "received" in line]
    assert len(found) == 4 and all("unsent 0" in line for line in found)
    assert not any("received 0," in line for line in found)


def test_the_table_of_a_device_follows_the_load(lab, tmp_path):
    """Two ports, each with one busy entry, both on core 0 at first. The frames of net_null are no IP, so the
    program is told that the device hashes others."""
    spec = a_spec("nop { lan LAN  wan WAN }", "LAN", "WAN", nic="generic")
    built = made(lab, tmp_path, spec, FLAGS)
    config = built.folder / "config.c"
    hashes = "            .inputs = {\n"
    assert config.read_text().count(hashes) == 2
    told = hashes + "                [PACKET_L2] = {1, {FIELD_MAC_DST}},\n"
    config.write_text(config.read_text().replace(hashes, told))
    program = with_dpdk(lab, built, "nop")
    null = ["--vdev=net_null0", "--vdev=net_null1"]
    lines = stopped(program, "0,1", null, "--strategy", "locks", "--rebalance", 50)
    moves = re.fullmatch(r"table entries: (\d+) moves in (\d+) rounds", lines[-1])
    assert int(moves[1]) >= 1 and int(moves[2]) >= 5
    assert not any("table" in line and "port" in line for line in lines[:-1])


# --- refusals ---------------------------------------------------------------------------------------


def test_devices_that_cannot_do_what_was_proven_are_refused(lab, firewall, tmp_path):
    captures = lab.write_captures(tmp_path, lab.traffic(1, 20))
    firewall.replay("--cores", 2, "--presplit-out", tmp_path / "split", "-o", tmp_path / "all", *captures)
    result = firewall.run("0,1", vdevs(tmp_path / "split", ("LAN", "WAN"), 2, 2), code=1)
    assert "net_pcap can't hash the spec's classes: rss_hf 0x0 of 0x" in result.stderr
    assert "`--distribute 1`" in result.stderr
    assert "received" not in result.stderr
    null = ["--vdev=net_null0", "--vdev=net_null1"]
    result = firewall.run("0,1", null, code=1)
    assert "the device's RSS key has ffffffff at byte 40, the spec's 00000000" in result.stderr
    result = firewall.run("0,1", null, "--captures", code=1)
    assert "--captures needs devices that give packets times" in result.stderr
    assert "there are 1 devices" in firewall.run("0", ["--vdev=net_null0"], code=1).stderr
    one_queue = vdevs(tmp_path / "split", ("LAN", "WAN"), 1, 1)
    result = firewall.run("0,1", one_queue, "--captures", code=1)
    assert "net_pcap has 1 rx and 1 tx queues, 2 and 2 are needed" in result.stderr


def test_wrong_usage(firewall):
    null = ["--vdev=net_null0", "--vdev=net_null1"]

    def refused(lcores, *options):
        return firewall.run(lcores, null, *options, code=2).stderr

    assert "unknown option `--nonsense`" in refused("0", "--nonsense")
    assert "`--distribute 1` leaves no lcore for the function: lcores are 1" in refused("0", "--distribute", 1)
    assert "distributors is a number from 1 to 2, not `3`" in refused(THREE, "--distribute", 3)
    assert "`sequential` is one core" in refused("0,1", "--strategy", "sequential")
    assert "no strategy `best`" in refused("0", "--strategy", "best")
    assert "needs `--distribute 1`" in refused("0,1", "--rebalance", 100)
    assert "packets are on their queues already" in refused(
        "0,1", "--strategy", "locks", "--rebalance", 100, "--captures"
    )
    assert "counted in one place" in refused(THREE, "--distribute", 2, "--rebalance", 100)
    assert "merges all ports by time" in refused(THREE, "--distribute", 2, "--captures")


def said(program, *arguments, code):
    """What it says with these arguments alone."""
    command = [program.folder / program.name, *arguments]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == code, result.stderr
    return result


def test_options_are_read_before_memory_is_looked_for(firewall):
    """So that help and wrong options need no hugepages."""
    result = said(firewall, "--", "--help", code=0)
    assert "--capacity-per-core N" in result.stdout and "--distribute N" in result.stdout
    assert result.stderr == ""
    wrong = said(firewall, "-l", "0", "--", "--strategy", code=2)
    assert wrong.stderr == "firewall: `--strategy` needs a value (see --help)\n"
    usage = said(firewall, "--help", code=0).stdout
    assert "--capacity-per-core N" in usage and "--lcores COREMAP" in usage


def test_what_the_eal_refuses(firewall):
    assert "cannot initialise DPDK" in said(firewall, "-l", "9999", *EAL, code=2).stderr
    assert "`stray` is no option" in said(firewall, "stray", "-l", "0", *EAL, code=2).stderr


def test_tables_that_a_function_asks_must_stay(lab, tmp_path):
    block = "nat-homing { lan LAN  wan WAN  external 203.0.113.1  capacity 2000 }"
    built = made(lab, tmp_path, a_spec(block, "LAN", "WAN"), FLAGS)
    program = with_dpdk(lab, built, "nat-homing")
    null = ["--vdev=net_null0", "--vdev=net_null1"]
    result = program.run(THREE, null, "--distribute", 1, "--rebalance", 100, code=1)
    assert "tables must stay: nat-homing relies on where they send packets" in result.stderr
