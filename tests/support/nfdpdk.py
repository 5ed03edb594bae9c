"""The DPDK program of a network function on virtual devices: building it, running it, what came of it."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from nfspec import QUICK as FLAGS
from nfspec import built as made

from rss_synth.nf.catalogue import added_templates

EAL = ("--no-huge", "--no-pci", "--no-telemetry", "--no-shconf", "-m", "512", "--log-level", "lib.eal:error")
NULL = ("--vdev=net_null0", "--vdev=net_null1")
NFS = Path(__file__).parents[2] / "synth" / "rss_synth" / "nfs"


def has_dpdk():
    if not shutil.which("pkg-config"):
        return False
    return subprocess.run(["pkg-config", "--exists", "libdpdk"], check=False).returncode == 0


needs_dpdk = pytest.mark.skipif(not has_dpdk(), reason="libdpdk is not installed")


def lcores(count, cpus="0,1"):
    """More lcores than a small machine has CPUs."""
    return "--lcores", f"(0-{count - 1})@({cpus})"


@dataclass(frozen=True, slots=True)
class Program:
    """A network function with its replay and its DPDK program."""

    folder: Path
    name: str
    replay: object
    before: tuple[str, ...] = ()
    """What runs the program, such as `chrt`."""

    def command(self, lcores, devices, *options):
        where = lcores if isinstance(lcores, tuple) else ("-l", lcores)
        program = self.folder / self.name
        return [*self.before, program, *where, *EAL, *devices, "--", *map(str, options)]

    def run(self, lcores, devices, *options, code=0):
        command = self.command(lcores, devices, *options)
        result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert result.returncode == code, result.stderr
        return result


def with_dpdk(lab, built, name):
    result = lab.make(built.folder, name, "CC=gcc", FLAGS)
    assert result.returncode == 0, result.stderr
    return Program(built.folder, name, built.replay)


def at_real_time(program):
    """The program at a real-time priority, where a thread runs for as long as it has something to do."""
    before = ("chrt", "--fifo", "1")
    tried = subprocess.run(["sh", "-c", f"{' '.join(before)} true"], capture_output=True, check=False)
    if tried.returncode != 0:
        pytest.skip("real-time priorities are not allowed")
    return replace(program, before=before)


def a_spec(block, *names, nic="intel-x710", require=""):
    classes = "hash ipv4-tcp, ipv4-udp  traffic ipv4-tcp, ipv4-udp"
    ports = "\n".join(
        f"port {name} {{ device {device}  nic {nic}  queues 16  {classes} }}"
        for device, name in enumerate(names)
    )
    return f"{ports}\n{require}\nnf {block}\n"


@pytest.fixture(scope="session")
def dpdk_firewall(lab, tmp_path_factory):
    problem = lab.a_problem(lab.an_nf(**lab.PORTS))
    folder = tmp_path_factory.mktemp("dpdk")
    return with_dpdk(lab, lab.build(folder, problem, lab.a_solution(problem), FLAGS), "firewall")


HUB = """
static int nf_process(struct nf_pass *pass, const struct nf_hint *hint, struct packet *packet)
{
    (void)pass, (void)hint;
    unsigned wanted = packet->length > 5 ? packet->data[5] & 7 : 7;
    return wanted < NF_PORTS ? (int)wanted : wanted == NF_PORTS ? NF_DROP : NF_FLOOD;
}
"""


HUB_SPEC = a_spec("hub { red RED  green GREEN  blue BLUE }", "RED", "GREEN", "BLUE")


def hub_template(folder):
    """Three ports: the last byte of the destination says where to, or to flood or to drop."""
    shutil.copytree(NFS / "nop", folder / "hub")
    text = (folder / "hub" / "nf.toml").read_text().replace('["lan", "wan"]', '["red", "green", "blue"]')
    (folder / "hub" / "nf.toml").write_text(text)
    code = (folder / "hub" / "nf.c.j2").read_text()
    start, end = code.index("static int nf_process"), code.index('#include "nf/entry.h"')
    (folder / "hub" / "nf.c.j2").write_text(code[:start] + HUB.lstrip() + "\n" + code[end:])
    return folder / "hub"


@pytest.fixture(scope="session")
def dpdk_hub(lab, tmp_path_factory):
    with added_templates([hub_template(tmp_path_factory.mktemp("templates"))]):
        return with_dpdk(lab, made(lab, tmp_path_factory.mktemp("hub"), HUB_SPEC, FLAGS), "hub")


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
    running.communicate()
    raise AssertionError(f"it ended with {running.returncode}")


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


def split(program, folder, ports, captures, cores, *options):
    """Has the replay deal captures to cores, into `folder`. What left by port and core, in order."""
    program.replay(
        *("--cores", cores, "--presplit-out", folder / "split", "--verdicts", folder / "expected"),
        *("--packets-out", folder / "packets", "--show-core", "-o", folder / "all", *options, *captures),
    )
    return sent_by_core(folder, ports, cores)


def check_captures(program, folder, ports, captures, cores=2):
    """Holds lcores against the replay, which splits the captures: verdicts by core, bytes by core and port,
    both in order, and the counts. How many packets each core has."""
    sent = split(program, folder, ports, captures, cores)
    devices = vdevs(folder / "split", ports, cores, cores)
    cpus = ",".join(map(str, range(cores)))
    result = program.run(cpus, devices, "--captures", "--verdicts", folder / "actual")
    expected = per_core(folder / "expected", cores)
    assert per_core(folder / "actual", cores) == expected
    assert written(folder / "split", ports, cores) == sent
    check_counts(result.stderr, ports, sent)
    return [len(text.splitlines()) for text in expected]
