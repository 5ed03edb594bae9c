"""Cores as real threads: lock and shared table under the thread sanitizer, and a network function written for
Vigor under every strategy, whose packets in the order in which they took effect do what a model does."""

from __future__ import annotations

import subprocess
from collections import Counter
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


def model(lines: list[tuple[int, ...]]) -> tuple[list[int], Counter[str]]:
    """The verdict of every packet, and what happened on the way."""
    last: dict[int, int] = {}
    verdicts, counted = [], Counter(created=0, expired=0, full=0)
    for port, time, flow, _ in lines:
        for old in [known for known, seen in last.items() if seen < time - EXPIRY]:
            del last[old]
            counted["expired"] += 1
        if flow in last:
            last[flow] = max(last[flow], time)
        elif port == LAN and len(last) < CAPACITY:
            last[flow] = time
            counted["created"] += 1
        elif port == LAN:
            counted["full"] += 1
        verdicts.append(WAN if port == LAN else LAN if flow in last else DROP)
    return verdicts, counted


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
    lab, tmp_path: Path, strategy: str, cores: int, sanitizer: tuple[str, ...]
) -> None:
    sources = (
        lab.DRIVERS / "threads.c",
        lab.DRIVERS / "config.c",
        lab.HERE / "nfs" / "fw.c",
        *lab.runtime_sources("libvig", "packet", "state"),
    )
    program = lab.compile_c(tmp_path / "fw", sources, *lab.STRATEGIES[strategy], *sanitizer)
    for seed in range(3):
        done = run(program, cores, 4000, seed)
        lines = [tuple(map(int, line.split())) for line in done.stdout.splitlines()]
        assert len(lines) == 4000 * cores
        verdicts, counted = model(lines)
        assert [verdict for *_, verdict in lines] == verdicts
        created, expired, full, writes = map(int, done.stderr.split())
        assert Counter(created=created, expired=expired, full=full) == counted
        assert min(counted.values()) > 100
        assert (writes > 0) == (strategy == "locks")
        assert writes < len(lines) / 2
