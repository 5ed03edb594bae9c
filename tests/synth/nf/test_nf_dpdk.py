"""The DPDK program on virtual devices: the replay's verdicts on pre-split captures, refusals, a clean end."""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from dataclasses import replace

import pytest

EAL = ("--no-huge", "--no-pci", "--no-telemetry", "--no-shconf", "-m", "512", "--log-level", "lib.eal:error")


def has_dpdk():
    if not shutil.which("pkg-config"):
        return False
    return subprocess.run(["pkg-config", "--exists", "libdpdk"], check=False).returncode == 0


pytestmark = pytest.mark.skipif(not has_dpdk(), reason="libdpdk is not installed")


def build(lab, folder, problem, solution):
    built = lab.build(folder, problem, solution, "CFLAGS=-O2 -Werror")
    result = lab.make(folder, "firewall", "CC=gcc", "CFLAGS=-O2 -Werror")
    assert result.returncode == 0, result.stderr
    return built


@pytest.fixture(scope="module")
def program(lab, tmp_path_factory):
    problem = lab.a_problem(lab.an_nf(**lab.PORTS))
    return build(lab, tmp_path_factory.mktemp("dpdk"), problem, lab.a_solution(problem))


def vdev(number, port, folder, cores):
    queues = [f"rx_pcap={folder}/{port}-{core}.pcap" for core in range(cores)]
    queues += [f"tx_pcap={folder}/out-{port}-{core}.pcap" for core in range(cores)]
    return f"--vdev=net_pcap{number}," + ",".join(queues)


def command(built, lcores, devices, *options):
    return [built.folder / "firewall", "-l", lcores, *EAL, *devices, "--", *options]


def run(built, lcores, devices, *options, code=0):
    result = subprocess.run(
        command(built, lcores, devices, *options), capture_output=True, text=True, timeout=60, check=False
    )
    assert result.returncode == code, result.stderr
    return result


def presplit(lab, built, folder, events, cores):
    """Splits captures of the events; the devices that play them, and the replay's verdicts per core."""
    captures = lab.write_captures(folder, events)
    built.replay(
        *("--cores", cores, "--presplit-out", folder / "split", "--verdicts", folder / "expected"),
        *("-o", folder / "all", *captures),
    )
    return [vdev(number, port, folder / "split", cores) for number, port in enumerate(("LAN", "WAN"))]


def per_core(folder, cores):
    return [(folder / f"core-{core}.txt").read_text() for core in range(cores)]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_presplit_gives_exactly_the_replays_verdicts(lab, program, tmp_path, seed):
    events = lab.traffic(seed, 3000)
    devices = presplit(lab, program, tmp_path, events, 2)
    result = run(program, "0,1", devices, "--presplit", "--verdicts", tmp_path / "actual")
    expected = per_core(tmp_path / "expected", 2)
    assert per_core(tmp_path / "actual", 2) == expected
    assert all(len(text.splitlines()) > 200 for text in expected)
    forwarded = sum(text.count("forward") for text in expected)
    written = sum(frames(path) for path in (tmp_path / "split").glob("out-*.pcap"))
    assert written == forwarded
    assert sum(int(line.split("forwarded ")[1].split(",")[0]) for line in stats(result)) == forwarded


def test_simultaneous_packets_keep_their_order(lab, program, tmp_path):
    """A reply before its request in the same microsecond is dropped by both programs."""
    asked = [lab.Packet(f"10.0.0.{i + 1}", "93.0.0.1", 1000 + i, 80) for i in range(50)]
    events = [
        event
        for i, p in enumerate(asked)
        for event in (lab.Event(9, "WAN", p.reply), lab.Event(9 + i, "LAN", p))
    ]
    both = lab.write_pcap(tmp_path / "both.pcap", [(event.time, event.wire) for event in events])
    split = (
        "--presplit-out",
        tmp_path / "split",
        "--verdicts",
        tmp_path / "expected",
        "-o",
        tmp_path / "all",
    )
    program.replay("--cores", 2, *split, "--from", "LAN=10.0.0.0/8", both)
    devices = [vdev(number, port, tmp_path / "split", 2) for number, port in enumerate(("LAN", "WAN"))]
    run(program, "0,1", devices, "--presplit", "--verdicts", tmp_path / "actual")
    assert per_core(tmp_path / "actual", 2) == per_core(tmp_path / "expected", 2)
    assert (tmp_path / "all").read_text().count("drop") >= 1


def frames(path):
    data, at, count = path.read_bytes(), 24, 0
    while at < len(data):
        at += 16 + int.from_bytes(data[at + 8 : at + 12], "little")
        count += 1
    return count


def stats(result):
    return [line for line in result.stderr.splitlines() if line.startswith("core ")]


def test_more_queues_than_the_device_can_steer_are_refused(lab, program, tmp_path):
    devices = presplit(lab, program, tmp_path, lab.traffic(1, 20), 2)
    result = run(program, "0,1", devices, code=1)
    assert "net_pcap can't hash the spec's classes: rss_hf 0x0 of 0x" in result.stderr
    assert stats(result) == []
    null = ["--vdev=net_null0", "--vdev=net_null1"]
    assert "the device did not take the RSS key" in run(program, "0,1", null, code=1).stderr
    result = run(program, "0,1", null, "--presplit", code=1)
    assert "--presplit needs devices that give packets times" in result.stderr
    assert "there are 1 devices" in run(program, "0", ["--vdev=net_null0"], code=1).stderr


def test_wrong_usage(program):
    nothing = ["--vdev=net_null0", "--vdev=net_null1"]
    assert (
        "unknown or incomplete option `--nonsense`" in run(program, "0", nothing, "--nonsense", code=2).stderr
    )
    assert "--capacity-per-core N" in run(program, "0", nothing, "--help").stdout


def stopped(built, lcores, devices, *options):
    """Runs for a moment, then ends by a signal."""
    running = subprocess.Popen(command(built, lcores, devices, *options), stderr=subprocess.PIPE, text=True)
    time.sleep(2)
    assert running.poll() is None, running.stderr.read()
    running.send_signal(signal.SIGTERM)
    _, errors = running.communicate(timeout=20)
    assert running.returncode == 0, errors
    return [line for line in errors.splitlines() if line.startswith("core ")]


def test_one_core_runs_live_until_a_signal(lab, program, tmp_path):
    events = lab.traffic(1, 500)
    devices = presplit(lab, program, tmp_path, events, 1)
    (line,) = stopped(program, "0", devices, "--verdicts", tmp_path / "actual")
    # Live, the clock is the machine's and ports are polled in turn, so only the counts are certain.
    received = {port: sum(event.port == port for event in events) for port in ("LAN", "WAN")}
    assert f"received {received['LAN']} on LAN and {received['WAN']} on WAN" in line
    assert len((tmp_path / "actual" / "core-0.txt").read_text().splitlines()) == len(events)


def test_a_device_that_takes_key_and_table_runs_on_two_cores(lab, tmp_path):
    """net_null keeps what it is told, so what was written is read back."""
    problem = lab.a_problem(lab.an_nf(**lab.PORTS))
    ports = tuple(lab.a_port(name, device, nic="generic") for device, name in enumerate(("LAN", "WAN")))
    problem = replace(problem, ports=ports)
    built = build(lab, tmp_path, problem, lab.a_solution(problem, lab.PERIODIC[:40], lab.PERIODIC[:40]))
    lines = stopped(built, "0,1", ["--vdev=net_null0", "--vdev=net_null1"])
    assert len(lines) == 2 and all("unsent 0" in line for line in lines)
