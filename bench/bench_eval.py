"""How fast captures are read, decoded, hashed and counted: `python bench/bench_eval.py [PACKETS]`.

One core, a warm file, the best of three runs. Each stage is timed alone over the batches that the one before
it made; the total is `evaluate`, from the file to the counts. dpkt's reader is there for comparison where it
is installed. Memory is the peak of a process that runs `evaluate` once, imports included.
"""

from __future__ import annotations

import importlib
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np

from rss_dsl.nics import find
from rss_dsl.problem import HashInput, Port, Problem
from rss_dsl.source import Source
from rss_dsl.spec import Spec
from rss_solver.solution import PortSolution, Solution
from rss_solver.traffic import (
    Frames,
    Mix,
    Packets,
    PortCapture,
    bulk_toeplitz,
    decode,
    evaluate,
    generate,
    read_capture,
    write_pcap,
)
from rss_solver.traffic.load import Load

T = TypeVar("T")

RUNS = 3
SAMPLE = 50_000
KEY = np.random.default_rng(1).bytes(52)
INPUTS = tuple(
    HashInput(f"{ip}-{l4}", (f"{ip}_src", f"{ip}_dst", f"{l4}_src", f"{l4}_dst"))
    for ip in ("ipv4", "ipv6")
    for l4 in ("tcp", "udp")
)
MIXES = {
    "plain": Mix(packets=SAMPLE, conversations=5000),
    "vlan": Mix(packets=SAMPLE, conversations=5000, vlan=1.0),
    "ipv6": Mix(packets=SAMPLE, conversations=5000, ipv6=1.0),
    "mixed": Mix(packets=SAMPLE, conversations=5000, vlan=0.2, ipv6=0.3, sctp=0.05, icmp=0.05, fragments=0.1),
}


def pcapng(body: bytes) -> bytes:
    """A pcap file's records as pcapng, one enhanced packet block each."""
    parts = [
        struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28),
        struct.pack("<IIHHIHHBxxxI", 1, 28, 1, 0, 0, 9, 1, 9, 28),
    ]
    at = 24
    while at < len(body):
        seconds, fraction, captured, wire = struct.unpack_from("<IIII", body, at)
        time_ns = seconds * 1_000_000_000 + fraction
        size = 32 + (captured + 3 & ~3)
        parts.append(struct.pack("<IIIIIII", 6, size, 0, time_ns >> 32, time_ns & 0xFFFFFFFF, captured, wire))
        parts.append(body[at + 16 : at + 16 + captured].ljust(size - 32, b"\0") + struct.pack("<I", size))
        at += 16 + captured
    return b"".join(parts)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    print("million packets a second, best of", RUNS)
    print(
        f"{'traffic':8}{'bytes':>7}{'dpkt':>8}{'read':>8}{'decode':>8}{'hash':>8}{'total':>8}{'memory':>10}"
    )
    with tempfile.TemporaryDirectory() as folder:
        for name, mix in MIXES.items():
            path = Path(folder) / f"{name}.pcap"
            size = write_capture(path, mix, count)
            print(f"{name:8}{size:7.0f}" + row(path, count))
            if name == "plain":
                path.write_bytes(pcapng(path.read_bytes()))
                print(f"{'pcapng':8}{size:7.0f}" + row(path, count))
            path.unlink()


def write_capture(path: Path, mix: Mix, count: int) -> float:
    """Repeats a generated sample with other client addresses each time; the mean frame size."""
    sample = [(frame.time_ns, frame.data) for frame in generate(mix)]
    body = write_pcap(sample)
    header, records = body[:24], np.frombuffer(body, np.uint8, offset=24)
    starts = np.cumsum([0] + [16 + len(data) for _, data in sample[:-1]])
    rng = np.random.default_rng(0)
    with path.open("wb") as file:
        file.write(header)
        for _ in range(count // len(sample)):
            fresh = records.copy()
            # Bytes 44 to 46 are the ends of an IPv4 packet's addresses, or within an IPv6 packet's source.
            fresh[starts + 44] = rng.integers(0, 256, starts.size)
            fresh[starts + 45] = rng.integers(0, 256, starts.size)
            file.write(fresh.tobytes())
        rest = count % len(sample)
        file.write(records[: starts[rest] if rest else 0].tobytes())
    return float(np.mean([len(data) for _, data in sample]))


def row(path: Path, count: int) -> str:
    load, total = best(lambda: run(path))
    assert sum(load.cores) == count
    # Kept batches need fresh memory each, unlike in `evaluate`: none is kept while the reader is timed.
    _, read = best(lambda: sum(1 for _ in read_capture(path)))
    batches = [item for item in read_capture(path) if isinstance(item, Frames)]
    packets, decoding = best(lambda: [decode(batch) for batch in batches])
    _, hashing = best(lambda: [hashes(batch) for batch in packets])
    rates = "".join(f"{count / seconds / 1e6:8.2f}" for seconds in (read, decoding, hashing, total))
    return f"{dpkt_rate(path, count):>8}{rates}{memory(path):7.0f} MB"


def run(path: Path) -> Load:
    return evaluate(*PAIR, [PortCapture("LAN", path)])


def hashes(packets: Packets) -> int:
    """Hashes the packets of every hashed class; how many."""
    return sum(
        bulk_toeplitz(KEY, packets.columns(layout.fields, packets.of_class(layout.packet_class))).size
        for layout in INPUTS
    )


def dpkt_rate(path: Path, count: int) -> str:
    try:
        dpkt = importlib.import_module("dpkt")
    except ImportError:
        return "-"

    def walk() -> int:
        with path.open("rb") as file:
            return sum(1 for _ in dpkt.pcap.UniversalReader(file))

    _, seconds = best(walk)
    return f"{count / seconds / 1e6:.2f}"


def best(work: Callable[[], T]) -> tuple[T, float]:
    times = []
    for _ in range(RUNS):
        begin = time.perf_counter()
        result = work()
        times.append(time.perf_counter() - begin)
    return result, min(times)


def memory(path: Path) -> float:
    """Peak resident size of a process that evaluates the capture, MB."""
    answer = subprocess.run(
        [sys.executable, __file__, "--memory", str(path)], check=True, capture_output=True, text=True
    )
    return float(answer.stdout)


def make_pair() -> tuple[Problem, Solution]:
    nic = find("intel-x710")
    assert nic is not None
    port = Port(name="LAN", device=0, nic=nic, queues=16, table_size=512, inputs=INPUTS, switches=())
    solved = PortSolution(
        name="LAN", device=0, nic=nic.name, key=KEY, queues=16, table=tuple(i % 16 for i in range(512)),
        equality="hash", inputs=INPUTS, spread=(),
    )  # fmt: skip
    spec = Spec(source=Source("bench.rss", ""), statements=())
    return Problem(spec=spec, ports=(port,), lines=(), requirements=()), Solution(
        ports=(solved,), components=((0,),), seed=0
    )


PAIR = make_pair()

if __name__ == "__main__":
    if sys.argv[1:2] == ["--memory"]:
        run(Path(sys.argv[2]))
        # `ru_maxrss` would count what the parent held when it forked.
        status = Path("/proc/self/status").read_text()
        print(int(status.split("VmHWM:")[1].split()[0]) / 1024)
    else:
        main()
