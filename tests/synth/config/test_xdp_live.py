"""The XDP program in the kernel, on veth in a network namespace: queues by the reference hash, their CPUs."""

from __future__ import annotations

import ctypes
import ctypes.util
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from slowframes import FRAG0, PORTS, QTAG, TAG, eth, ext, ip4, ip6
from xdpcases import changed, every_input, expected

from rss_dsl.nic import Function
from rss_dsl.problem import HashInput

HELPER = Path(__file__).parent / "xdp_frames.py"
CPUS = 2
REFUSED = re.compile("Operation not permitted|Function not implemented")


def missing() -> str:
    """Why this machine can't run it, nothing where it seems that it can."""
    if os.geteuid() != 0:
        return "only root may load programs into the kernel"
    if shutil.which("ip") is None:
        return "no iproute2"
    return "" if (os.cpu_count() or 1) >= CPUS else "one CPU only"


pytestmark = pytest.mark.skipif(bool(missing()), reason=missing() or "not skipped")


def ip(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["ip", *words], capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def namespace() -> Iterator[str]:
    """A network namespace with the veth pairs a0-b0 and a1-b1, in which nothing else sends packets."""
    name = f"rssc-xdp-{os.getpid()}"
    if ip("netns", "add", name).returncode:
        pytest.skip("network namespaces cannot be made here")
    try:
        quiet = "echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6"
        ip("netns", "exec", name, "sh", "-c", quiet)
        for i in range(2):
            made = ip("-n", name, "link", "add", f"a{i}", "type", "veth", "peer", "name", f"b{i}")
            if made.returncode:
                pytest.skip(f"veth cannot be made here: {made.stderr.strip()}")
            for end in (f"a{i}", f"b{i}"):
                ip("-n", name, "link", "set", end, "addrgenmode", "none", "arp", "off", "up")
        yield name
    finally:
        ip("netns", "del", name)


class Running:
    """The loader in a namespace, from when it has attached the program until it is ended."""

    def __init__(self, namespace: str, loader: Path, *arguments: str) -> None:
        command = ["ip", "netns", "exec", namespace, str(loader), *arguments]
        self.namespace = namespace
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.line = self.process.stdout.readline()
        if not self.line:
            _, errors = self.process.communicate(timeout=30)
            if REFUSED.search(errors):
                pytest.skip(f"the kernel refuses: {errors.strip().splitlines()[-1]}")
            pytest.fail(errors)

    def send(self, frames: list[bytes]) -> dict[str, int]:
        """CPUs of frames by source MAC address."""
        command = [
            "ip",
            "netns",
            "exec",
            self.namespace,
            sys.executable,
            "-S",
            "-E",
            str(HELPER),
            "b0",
            "a0",
            str(CPUS),
        ]
        text = json.dumps([frame.hex() for frame in frames])
        done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def end(self) -> dict[tuple[str, int], tuple[int, int]]:
        """Takes the program off: packets and unhashed ones by port and queue."""
        self.process.send_signal(signal.SIGINT)
        text, errors = self.process.communicate(timeout=30)
        assert (self.process.returncode, errors) == (0, "")
        lines = [
            line.split() for line in text.splitlines() if not line.startswith("port ") and ":" not in line
        ]
        return {(words[0], int(words[2])): (int(words[4]), int(words[5])) for words in lines}


@pytest.fixture
def start(namespace: str) -> Iterator[Callable[..., Running]]:
    """Starts loaders, of which none outlives the test."""
    started = []

    def run(loader: Path, *arguments: str) -> Running:
        started.append(Running(namespace, loader, *arguments))
        return started[-1]

    yield run
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
            one.process.communicate(timeout=30)


def inputs(function: Function = Function.TOEPLITZ) -> tuple[HashInput, ...]:
    """Addresses and ports of every class that has them."""
    found = []
    for version in ("ipv4", "ipv6"):
        ends = (f"{version}_src", f"{version}_dst")
        for l4 in ("tcp", "udp", "sctp"):
            found.append(HashInput(f"{version}-{l4}", (*ends, f"{l4}_src", f"{l4}_dst"), function=function))
        for other in ("frag", "other"):
            found.append(HashInput(f"{version}-{other}", ends, function=function))
    return tuple(found)


def frames(count: int) -> list[bytes]:
    """Frames of every class, whose source MAC addresses number them."""
    rng = random.Random(7)
    made = []
    for number in range(count):
        ports = rng.randbytes(4) + PORTS[4:]
        proto = rng.choice((6, 17, 132, 1, 50))
        four = ip4(ports, proto, options=bytes(rng.choice((0, 4, 40))), fragment=rng.choice((0, 0, 0x2000)))
        chain, following = rng.choice(
            ((b"", proto), (ext(proto), 0), (ext(60) + ext(proto, 2), 43), (FRAG0, 44))
        )
        six = ip6(chain + ports, following)
        tags = [rng.choice((TAG, QTAG)) for _ in range(rng.choice((0, 0, 1, 2)))]
        whole = rng.choice(
            (
                eth(four[:12] + rng.randbytes(8) + four[20:], 0x800, *tags),
                eth(six[:8] + rng.randbytes(32) + six[40:], 0x86DD, *tags),
                eth(bytes(46), 0x88B5),
            )
        )
        made.append((whole[:6] + b"\x02RSS" + number.to_bytes(2, "big") + whole[12:]).ljust(60, b"\0"))
    return made


def predicted(sent: list[bytes], case) -> dict[int, tuple[int, int]]:
    """Packets and unhashed ones of every queue that has some."""
    landed = [expected(frame, case) for frame in sent]
    packets = Counter(queue for _, queue in landed)
    unhashed = Counter(queue for hash_value, queue in landed if hash_value is None)
    return {queue: (count, unhashed[queue]) for queue, count in packets.items()}


def got(counts: dict[tuple[str, int], tuple[int, int]], port: str) -> dict[int, tuple[int, int]]:
    return {number: count for (name, number), count in counts.items() if name == port and count != (0, 0)}


@pytest.mark.parametrize("mode", ["--native", "--generic"])
def test_queues_and_cpus(namespace: str, start, loader, build, mode: str) -> None:
    case = changed(build(nic="generic", queues=5), inputs())
    sent = frames(400)
    program = start(loader(case), "LAN=a0", mode, "--cpus", "1,0")
    cpus = program.send(sent)
    assert got(program.end(), "LAN") == predicted(sent, case)
    # Queue 0 is on CPU 1, queue 1 on CPU 0, and so on.
    assert cpus == {frame[6:12].hex(): (expected(frame, case)[1] + 1) % 2 for frame in sent}
    assert "xdp" not in ip("-n", namespace, "link", "show", "a0").stdout


def test_a_table_is_changed_while_packets_flow(start, loader, build) -> None:
    bpf = ctypes.CDLL(ctypes.util.find_library("bpf"))
    case = changed(build(nic="generic", queues=4), inputs())
    sent = [frame for frame in frames(100) if expected(frame, case)[0] is not None]
    program = start(loader(case), "LAN=a0")
    descriptor = bpf.bpf_map_get_fd_by_id(ctypes.c_uint32(int(program.line.rsplit(maxsplit=1)[1])))
    assert descriptor >= 0
    for entry in range(case[1].ports[0].table_size):
        key, value = ctypes.c_uint32(entry), ctypes.c_uint32(3)
        assert (
            bpf.bpf_map_update_elem(descriptor, ctypes.byref(key), ctypes.byref(value), ctypes.c_uint64(0))
            == 0
        )
    os.close(descriptor)
    seen = program.send(sent)
    assert got(program.end(), "LAN") == {3: (len(sent), 0)}
    assert len(seen) == len(sent)


@pytest.mark.parametrize("function", [f for f in Function if f is not Function.TOEPLITZ])
def test_the_verifier_takes_every_function(start, loader, build, function) -> None:
    case = changed(build(nic="generic", names=["LAN"]), every_input(function))
    start(loader(case), "LAN=a0").end()


def test_what_is_in_the_way_is_said(namespace: str, start, loader, build) -> None:
    path = loader(build(nic="generic", queues=4))
    first = start(path, "LAN=a0")
    for arguments, words in (
        (["WAN=a0"], "there is another XDP program"),
        (["WAN=a1", "--cpus", "4095"], "CPU 4095: WAN (a1): cannot fill the maps"),
    ):
        command = ["ip", "netns", "exec", namespace, str(path), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 1 and words in done.stderr
    first.end()
    # A process that is killed leaves nothing behind.
    killed = start(path, "LAN=a0")
    killed.process.kill()
    killed.process.communicate(timeout=30)
    start(path, "LAN=a0").end()
