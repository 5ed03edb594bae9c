"""The DPDK program on live devices: signals, floods, packets that devices refuse, what it refuses."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from dataclasses import replace

import pytest
from nfdpdk import (
    EAL,
    FLAGS,
    NULL,
    a_spec,
    at_real_time,
    counts,
    ended,
    lcores,
    needs_dpdk,
    split,
    started,
    statistics,
    vdevs,
    with_dpdk,
)
from nfspec import built as made

pytestmark = needs_dpdk


def stopped(program, lcores, devices, *options, number=signal.SIGTERM):
    """Runs for a moment, asking for statistics; what is printed at the end."""
    running, cores = started(program, lcores, devices, *options)
    time.sleep(1)
    assert re.search(r"^(core|distributor) 0 LAN: received \d+, ", statistics(running, cores), re.M)
    return ended(running, number).splitlines()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_one_core_runs_live_until_a_signal(lab, dpdk_firewall, tmp_path, number):
    events = lab.traffic(1, 500)
    captures = lab.write_captures(tmp_path, events)
    split(dpdk_firewall, tmp_path, ("LAN", "WAN"), captures, 1)
    devices = vdevs(tmp_path / "split", ("LAN", "WAN"), 1, 1)
    lines = stopped(dpdk_firewall, "0", devices, "--verdicts", tmp_path / "actual", number=number)
    # Live, the clock is the machine's and ports are polled in turn, so only the numbers are certain.
    found = counts("\n".join(lines))
    for port in ("LAN", "WAN"):
        assert found[port, "received"] == sum(event.port == port for event in events)
    assert len((tmp_path / "actual" / "core-0.txt").read_text().splitlines()) == len(events)


@pytest.mark.parametrize("real_time", [False, True])
@pytest.mark.parametrize("cpus", ["0", "0,1"])
def test_signals_get_through_to_lcores_that_never_rest(dpdk_firewall, real_time, cpus):
    """Devices that always have packets, rings that are always full, more lcores than CPUs. Further signals
    change nothing."""
    program = at_real_time(dpdk_firewall) if real_time else dpdk_firewall
    running, _ = started(program, lcores(4, cpus), NULL, "--distribute", 2, "--strategy", "locks")
    time.sleep(0.2)
    for number in (signal.SIGUSR1, signal.SIGTERM, signal.SIGINT, signal.SIGTERM):
        running.send_signal(number)
    lines = ended(running)
    last = lines[lines.rindex("device 0 LAN") :]
    found = counts(last)
    handed = re.findall(r"^distributor \d (\w+): received (\d+), lost at full rings (\d+)", last, re.M)
    taken = {port: int(came) - int(lost) for port, came, lost in handed}
    assert taken == {port: found[port, "received"] for port in ("LAN", "WAN")}
    assert sum(taken.values()) > 0


def test_a_signal_before_ports_are_up_waits_for_them(dpdk_firewall):
    def signalled():
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
        os.kill(os.getpid(), signal.SIGTERM)

    command = dpdk_firewall.command("0", NULL)
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, preexec_fn=signalled)
    assert result.returncode == 0
    assert "ports are up" in result.stderr and "core 0 flows" in result.stderr


def test_two_distributors_take_a_port_each(dpdk_firewall):
    lines = stopped(dpdk_firewall, lcores(4), NULL, "--distribute", 2, "--strategy", "locks")
    found = counts("\n".join(lines))
    assert found["LAN", "received"] > 0 and found["WAN", "received"] > 0
    assert found["LAN", "dropped"] == found["LAN", "received"]


# --- packets that many ports have, or none ----------------------------------------------------------


def test_floods_give_their_packets_back(lab, dpdk_hub, tmp_path):
    """One port plays packets for ever, all flooded: more of them than there are mbufs. What leaves by a
    third comes in by it again."""
    packets = [(i * 1000, bytes(5) + b"\x07" + lab.ARP[6:]) for i in range(200)]
    played = lab.write_pcap(tmp_path / "flood.pcap", packets, 1000)
    red = f"--vdev=net_pcap0,rx_pcap={played},tx_pcap=/dev/null,infinite_rx=1"
    running, cores = started(dpdk_hub, "0", [red, "--vdev=net_null1,no-rx=1", "--vdev=net_ring0"])
    for _ in range(200):
        if counts(statistics(running, cores))["BLUE", "flooded"] > 20_000:
            break
        time.sleep(0.05)
    after = counts(ended(running))
    assert after["RED", "flooded"] > 10_000 and after["BLUE", "flooded"] > 20_000
    came = after["RED", "flooded"] + after["BLUE", "flooded"]
    left = sum(after[port, what] for port in ("RED", "GREEN", "BLUE") for what in ("forwarded", "unsent"))
    assert left == 2 * came


def test_packets_that_a_device_refuses_are_counted_and_freed(lab, dpdk_hub, tmp_path):
    """All are flooded, more of them than there are mbufs. Core 1 sends to a ring of BLUE's that nobody reads;
    what core 0 sends to BLUE comes in by BLUE again."""
    packets = [lab.Packet("10.0.0.1", "10.9.9.9", 1000 + i, 80).wire for i in range(64)]
    floods = [(i * 1000, bytes(5) + b"\x07" + wire[6:]) for i, wire in enumerate(packets)]
    played = lab.write_pcap(tmp_path / "flood.pcap", floods, 1000)
    red = f"--vdev=net_pcap0,rx_pcap={played},tx_pcap=/dev/null,tx_pcap=/dev/null,infinite_rx=1"
    devices = [red, "--vdev=net_null1,no-rx=1", "--vdev=net_ring0"]
    running, cores = started(dpdk_hub, lcores(3), devices, "--distribute", 1)
    for _ in range(400):
        if counts(statistics(running, cores))["BLUE", "unsent"] > 30_000:
            break
        time.sleep(0.05)
    after = counts(ended(running))
    assert after["BLUE", "unsent"] > 30_000 and after["BLUE", "forwarded"] > 1000
    assert after["RED", "unsent"] == after["GREEN", "unsent"] == 0
    assert after["BLUE", "received"] == after["BLUE", "flooded"] > 1000
    for port, others in {"GREEN": ("RED", "BLUE"), "BLUE": ("RED",), "RED": ("BLUE",)}.items():
        came = sum(after[other, "flooded"] for other in others)
        assert after[port, "forwarded"] + after[port, "unsent"] == came


# --- keys and tables of devices ---------------------------------------------------------------------


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
    lines = stopped(generic, "0,1", NULL, "--strategy", strategy)
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
    lines = stopped(program, "0,1", NULL, "--strategy", "locks", "--rebalance", 50)
    moves = re.fullmatch(r"table entries: (\d+) moves in (\d+) rounds", lines[-1])
    assert int(moves[1]) >= 1 and int(moves[2]) >= 5
    assert not any("table" in line and "port" in line for line in lines[:-1])


# --- refusals ---------------------------------------------------------------------------------------


def test_devices_that_cannot_do_what_was_proven_are_refused(lab, dpdk_firewall, tmp_path):
    captures = lab.write_captures(tmp_path, lab.traffic(1, 20))
    split(dpdk_firewall, tmp_path, ("LAN", "WAN"), captures, 2)
    result = dpdk_firewall.run("0,1", vdevs(tmp_path / "split", ("LAN", "WAN"), 2, 2), code=1)
    assert "net_pcap can't hash the spec's classes: rss_hf 0x0 of 0x" in result.stderr
    assert "`--distribute 1`" in result.stderr
    assert "received" not in result.stderr
    result = dpdk_firewall.run("0,1", NULL, code=1)
    assert "the device's RSS key has ffffffff at byte 40, the spec's 00000000" in result.stderr
    result = dpdk_firewall.run("0,1", NULL, "--captures", code=1)
    assert "--captures needs devices that give packets times" in result.stderr
    assert (
        "port WAN is device 1, but the EAL has found 1 in all"
        in dpdk_firewall.run("0", ["--vdev=net_null0"], code=1).stderr
    )
    one_queue = vdevs(tmp_path / "split", ("LAN", "WAN"), 1, 1)
    result = dpdk_firewall.run("0,1", one_queue, "--captures", code=1)
    assert "net_pcap has 1 rx and 1 tx queues, 2 and 2 are needed" in result.stderr


def test_wrong_usage(dpdk_firewall):

    def refused(lcores, *options):
        return dpdk_firewall.run(lcores, NULL, *options, code=2).stderr

    assert "unknown option `--nonsense`" in refused("0", "--nonsense")
    assert "`--distribute 1` leaves no lcore for the function: lcores are 1" in refused(
        "0", "--distribute", 1
    )
    assert "distributors is a number from 1 to 2, not `3`" in refused(lcores(3), "--distribute", 3)
    assert "`sequential` is one core" in refused("0,1", "--strategy", "sequential")
    assert "no strategy `best`" in refused("0", "--strategy", "best")
    assert "needs `--distribute 1`" in refused("0,1", "--rebalance", 100)
    assert "packets are on their queues already" in refused(
        "0,1", "--strategy", "locks", "--rebalance", 100, "--captures"
    )
    assert "counted in one place" in refused(lcores(3), "--distribute", 2, "--rebalance", 100)
    assert "merges all ports by time" in refused(lcores(3), "--distribute", 2, "--captures")


def said(program, *arguments, code):
    """What it says with these arguments alone."""
    command = [program.folder / program.name, *arguments]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == code, result.stderr
    return result


def test_options_are_read_before_memory_is_looked_for(dpdk_firewall):
    """So that help and wrong options need no hugepages."""
    result = said(dpdk_firewall, "--", "--help", code=0)
    assert "--capacity-per-core N" in result.stdout and "--distribute N" in result.stdout
    assert result.stderr == ""
    wrong = said(dpdk_firewall, "-l", "0", "--", "--strategy", code=2)
    assert wrong.stderr == "firewall: `--strategy` needs a value (see --help)\n"
    usage = said(dpdk_firewall, "--help", code=0).stdout
    assert "--capacity-per-core N" in usage and "--lcores COREMAP" in usage


def test_what_the_eal_refuses(dpdk_firewall):
    assert "cannot initialise DPDK" in said(dpdk_firewall, "-l", "9999", *EAL, code=2).stderr
    assert "`stray` is no option" in said(dpdk_firewall, "stray", "-l", "0", *EAL, code=2).stderr


def test_tables_that_a_function_asks_must_stay(lab, tmp_path):
    block = "nat-homing { lan LAN  wan WAN  external 203.0.113.1  capacity 2000 }"
    built = made(lab, tmp_path, a_spec(block, "LAN", "WAN"), FLAGS)
    program = with_dpdk(lab, built, "nat-homing")
    result = program.run(lcores(3), NULL, "--distribute", 1, "--rebalance", 100, code=1)
    assert "tables must stay: nat-homing relies on where they send packets" in result.stderr
