"""Network functions built from specs, and what their replays print and emit."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from rss_dsl.check import check
from rss_dsl.loading import loads
from rss_dsl.problem import Problem
from rss_solver.solution import Solution
from rss_solver.solve import solve

NANOSECONDS = 10**9
CORES = (2, 4, 16)
QUICK = "CFLAGS=-O1 -g -Werror"
"""For all that need no other flags, so that ccache knows the runtime already."""
SANITIZED = (QUICK, "SANITIZE=1")


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came of every packet, in the order in which they came in."""

    verdicts: tuple[str, ...]
    """`drop`, `flood` or `forward PORT`."""
    packets: tuple[bytes, ...]
    """What left, for a flood as often as it did; empty where a packet was dropped."""
    full: int
    """Packets that found no room."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A packet coming in."""

    time: int
    port: str
    data: bytes


def solved(spec: str, path: str | Path = "nf.rss") -> tuple[Problem, Solution]:
    """A spec's problem and keys. `path`: where the spec would be."""
    problem = check(loads(spec, str(path))).problem
    assert problem is not None
    solution = solve(problem).solution
    assert isinstance(solution, Solution)
    return problem, solution


def built(lab: ModuleType, folder: Path, spec: str, *flags: str, path: str | Path = "nf.rss"):
    """A spec's network function, with solved keys. `path`: where the spec would be."""
    problem, solution = solved(spec, path)
    return lab.build(folder, problem, solution, *(flags or SANITIZED))


def replay(built, folder: Path, frames: Sequence[Frame], *arguments: object) -> Replayed:
    """Replays frames whose times differ, and sorts what left by when it came in."""
    folder.mkdir(parents=True, exist_ok=True)
    assert len({frame.time for frame in frames}) == len(frames)
    ports = sorted({frame.port for frame in frames} | {"LAN", "WAN"})
    inputs = [f"{port}={_write(folder / f'{port}.pcap', frames, port)}" for port in ports]
    out = folder / "out"
    result = built.replay("--packets-out", out, *arguments, *inputs)
    verdicts = [line.split(maxsplit=2)[2] for line in result.stdout.splitlines()]
    left = {port: dict(_read(out / f"{port}.pcap")) for port in ports}
    by_time = sorted(frames, key=lambda frame: frame.time)
    packets = [b"".join(left[port].get(frame.time, b"") for port in ports) for frame in by_time]
    full = sum(map(int, re.findall(r"(\d+) table full", result.stderr)))
    return Replayed(tuple(verdicts), tuple(packets), full)


def limited(
    lab: ModuleType, sent: Sequence[tuple], classes: Sequence[str], passes: Callable[..., bool]
) -> tuple[list[Frame], tuple[str, ...]]:
    """Frames and verdicts of a function that lets the LAN's packets out and asks whether the WAN's pass.

    `sent`: packets, as bytes where they are nothing that has a state, with their frames; `passes` takes both.
    """
    verdicts, model = [], lab.Model(tuple(classes))
    for packet, frame in sent:
        if not model.has_state(packet):
            verdicts.append("drop")
        elif frame.port == "LAN":
            verdicts.append("forward WAN")
        else:
            verdicts.append("forward LAN" if passes(packet, frame) else "drop")
    return [frame for _, frame in sent], tuple(verdicts)


def assert_every_strategy_does(
    expected: tuple[str, ...], built, folder: Path, frames: Sequence[Frame]
) -> None:
    """One core's verdicts are those expected, of every kind; what passes leaves as it came; so on several."""
    assert min(expected.count(text) for text in ("drop", "forward LAN", "forward WAN")) > 30
    one = replay(built, folder, frames, "--sequential")
    assert one.verdicts == expected
    left = (b"" if verdict == "drop" else frame.data for verdict, frame in zip(expected, frames, strict=True))
    assert one.packets == tuple(left)
    for strategy in ("shared-nothing", "locks", "tm"):
        for cores in CORES:
            assert replay(built, folder, frames, "--strategy", strategy, "--cores", cores) == one


def _write(path: Path, frames: Sequence[Frame], port: str) -> Path:
    parts = [struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 1 << 18, 1)]
    for frame in sorted(frames, key=lambda frame: frame.time):
        if frame.port == port:
            seconds, rest = divmod(frame.time, NANOSECONDS)
            parts.append(struct.pack("<IIII", seconds, rest, len(frame.data), len(frame.data)) + frame.data)
    path.write_bytes(b"".join(parts))
    return path


def _read(path: Path) -> list[tuple[int, bytes]]:
    data, at, found = path.read_bytes(), 24, []
    assert struct.unpack_from("<I", data)[0] == 0xA1B23C4D, "times are nanoseconds"
    while at < len(data):
        seconds, rest, length, _ = struct.unpack_from("<IIII", data, at)
        found.append((seconds * NANOSECONDS + rest, data[at + 16 : at + 16 + length]))
        at += 16 + length
    return found
