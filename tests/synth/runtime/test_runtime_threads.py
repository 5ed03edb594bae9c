"""Cores as real threads: lock and shared table under the thread sanitizer, and a network function written for
Vigor under every strategy, whose packets in the order in which they took effect do what a model does."""

from __future__ import annotations

import struct
import subprocess
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

LAN, WAN, DROP = 0, 1, -1
EXPIRY = 1_000_000
CAPACITY = 8
THREAD = ("-fsanitize=thread",)
ADDRESS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")


def run(program: Path, *arguments: int) -> subprocess.CompletedProcess:
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    return done


def test_readers_and_writers_of_a_shared_table(lab, tmp_path: Path) -> None:
    sources = (lab.DRIVERS / "sharing.c", lab.DRIVERS / "config.c", lab.RUNTIME / "state" / "table.c")
    program = lab.compile_c(tmp_path / "sharing", sources, "-DNF_LOCKS", *THREAD)
    run(program, 4, 5000)


def ones_sum(*words: bytes) -> int:
    total = sum(struct.unpack(f">{len(b''.join(words)) // 2}H", b"".join(words)))
    return total % 0xFFFF


@dataclass(slots=True)
class Model:
    """Flows by number, with the time each was seen last; and the names that a NAT gives."""

    translates: bool
    last: dict[int, int] = field(default_factory=dict)
    names: dict[int, int] = field(default_factory=dict)
    counted: Counter[str] = field(default_factory=lambda: Counter(created=0, expired=0, full=0))

    def decide(self, port: int, time: int, number: int) -> int | None:
        """The flow that a packet belongs to, None if it is dropped. `number` is the flow's, or its name."""
        for old in [known for known, seen in self.last.items() if seen < time - EXPIRY]:
            del self.last[old], self.names[old]
            self.counted["expired"] += 1
        flow = number
        if port == WAN and self.translates:
            flow = next((known for known, name in self.names.items() if name == number), -1)
        if flow in self.last:
            self.last[flow] = max(self.last[flow], time)
            return flow
        if port == WAN:
            return None
        if len(self.last) == CAPACITY:
            self.counted["full"] += 1
            return None if self.translates else flow
        self.last[flow] = time
        self.names[flow] = min(set(range(CAPACITY)) - set(self.names.values()))
        self.counted["created"] += 1
        return flow

    def follow(self, port: int, time: int, number: int) -> tuple[int, bytes | None]:
        """The verdict, and the addresses and ports of what is sent."""
        flow = self.decide(port, time, number)
        if flow is None:
            return DROP, None
        inside, outside = bytes((10, 0, 0, flow)), bytes((93, 0, 0, 1))
        port_in, port_out = struct.pack(">H", 1000 + flow), struct.pack(">H", 53)
        if port == WAN:
            return LAN, outside + inside + port_out + port_in
        if self.translates:
            inside, port_in = bytes((1, 2, 3, 4)), struct.pack(">H", 1000 + self.names[flow])
        return WAN, inside + outside + port_in + port_out


def check_line(model: Model, line: str) -> None:
    *numbers, sent = line.split()
    port, time, number, verdict = map(int, numbers)
    data = bytes.fromhex(sent)
    expected, ends = model.follow(port, time, number)
    assert verdict == expected
    if ends is None:
        return
    assert data[12:24] == ends
    was_in, was_out = (
        struct.pack(">4BH", 10, 0, 0, number, 1000 + number),
        struct.pack(">4BH", 93, 0, 0, 1, 53),
    )
    # The driver's packets have an IP checksum of 0, and 0x1234 for UDP: as wrong after as before.
    ip_gain = ones_sum(ends[:8]) - ones_sum(was_in[:4], was_out[:4])
    gain = ones_sum(ends) - ones_sum(was_in, was_out)
    assert struct.unpack(">H", data[10:12])[0] % 0xFFFF == -ip_gain % 0xFFFF
    assert struct.unpack(">H", data[26:28])[0] % 0xFFFF == (0x1234 - gain) % 0xFFFF


@pytest.mark.parametrize("name", ["fw", "nat"])
@pytest.mark.parametrize(
    ("strategy", "cores", "sanitizer"),
    [
        ("plain", 1, ADDRESS),
        ("locks", 1, ADDRESS),
        ("locks", 2, ()),
        ("locks", 4, THREAD),
        ("tm", 1, ()),
        ("tm", 4, ()),
    ],
)
def test_a_function_written_for_vigor(
    lab, tmp_path: Path, name: str, strategy: str, cores: int, sanitizer: tuple[str, ...]
) -> None:
    sources = (
        lab.DRIVERS / "threads.c",
        lab.DRIVERS / "config.c",
        lab.HERE / "nfs" / f"{name}.c",
        *lab.runtime_sources("libvig", "packet"),
    )
    program = lab.compile_c(tmp_path / name, sources, *lab.STRATEGIES[strategy], *sanitizer)
    for seed in range(2):
        done = run(program, cores, 4000, seed)
        lines = done.stdout.splitlines()
        assert len(lines) == 4000 * cores
        model = Model(translates=name == "nat")
        for line in lines:
            check_line(model, line)
        created, expired, full, writes = map(int, done.stderr.split())
        assert Counter(created=created, expired=expired, full=full) == model.counted
        assert min(model.counted.values()) > 100
        assert (writes > 0) == (strategy == "locks")
        assert writes < len(lines) / 2
