"""Packets per second of every network function, single-core and on two.

60-byte frames in memory, bursts of 32, processor time of each thread, the median of nine rounds and their
range (`runtime/bench`). Functions are fed on the port whose packets touch their state.

`python bench/bench_nf.py` prints tables; with `--record` it measures every strategy on one core and two and
writes `results/nf.json`, which `plot_nf.py` draws.
"""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass
from io import StringIO
from pathlib import Path

from rssc.__main__ import main

ROOT = Path(__file__).parents[1]
SPECS = {
    "nop": "LAN",
    "fw": "LAN",
    "nat": "LAN",
    "nat-homing": "LAN",
    "pol": "WAN",
    "sbridge": "LEFT",
    "bridge": "LEFT",
    "lb": "WAN",
    "lb-static": "WAN",
    "cl": "WAN",
    "psd": "WAN",
    "hhh": "WAN",
}
"""By spec, the port that is fed."""
FLAGS = "-O3 -march=native -g"
TRAFFIC = [(flows, skew) for flows in (10_000, 64_000) for skew in ("uniform", "zipf")]
RECORD = Path(__file__).parent / "results" / "nf.json"
RECORDED_FLOWS = 10_000
RECORDED_CORES = (1, 2)


@dataclass(frozen=True, slots=True)
class Rate:
    """Millions of packets a second, all cores together: the median of the rounds and their range."""

    median: float
    low: float
    high: float
    full: int
    """Packets that found no room for their flow."""

    def __str__(self) -> str:
        mark = " *" if self.full else ""
        return f"{self.median} ({self.low} to {self.high}){mark}"


def build(name: str, folder: Path, flags: str = FLAGS) -> Path:
    """The benchmark of a spec's network function."""
    out = folder / name
    arguments = ["synth", str(ROOT / "specs" / "nf" / f"{name}.rss"), "--target", "nf", "--out", str(out)]
    with redirect_stdout(StringIO()):
        if main(arguments) != 0:
            sys.exit(f"cannot generate {name}")
    program = f"{program_name(out)}-bench"
    subprocess.run(["make", "-s", "-C", out, program, f"CFLAGS={flags}"], check=True)
    return out / program


def program_name(folder: Path) -> str:
    """The network function's name, which its programs' begin with."""
    (name,) = re.findall(r"^NAME := (.*)$", (folder / "Makefile").read_text(), re.MULTILINE)
    return str(name)


def measure(program: Path, *options: str) -> Rate:
    """What the benchmark says with these options."""
    out = subprocess.run([program, *options], check=True, capture_output=True, text=True).stdout
    found = re.search(r"median ([0-9.]+) Mpps \(([0-9.]+) to ([0-9.]+)\).*table full ([0-9]+)", out)
    if found is None:
        sys.exit(f"{program.name} said {out!r}")
    return Rate(float(found[1]), float(found[2]), float(found[3]), int(found[4]))


def table(title: str, columns: list[str], rows: list[list[str]]) -> None:
    """One table of the page."""
    print(f"\n{title}\n")
    for row in (columns, ["---"] * len(columns), *rows):
        print(f"| {' | '.join(row)} |")


def run(folder: Path) -> None:
    """Every table."""
    programs = {name: build(name, folder) for name in SPECS}
    print(f"the loop without a function: {measure(programs['nop'], '--idle')} Mpps")
    columns = ["function", *(f"{flows:,} {skew}" for flows, skew in TRAFFIC)]
    table("Mpps, one core", columns, [_by_traffic(name, program) for name, program in programs.items()])
    columns = ["function", "one core", "two, shared-nothing", "two, locks"]
    title = "Mpps, 10,000 flows uniform, on one core and two (none: no keys serve the function)"
    table(title, columns, [_by_cores(name, program) for name, program in programs.items()])
    print("\n* some flows found no room")


def _by_traffic(name: str, program: Path) -> list[str]:
    """A function's row: one core."""
    options = [("--flows", str(flows), *(["--zipf"] if skew == "zipf" else [])) for flows, skew in TRAFFIC]
    return [name, *(str(measure(program, "--port", SPECS[name], *each)) for each in options)]


def _by_cores(name: str, program: Path) -> list[str]:
    """A function's row: one core and two."""
    fed = ("--port", SPECS[name])
    two = (*fed, "--cores", "2", "--strategy")
    shared_nothing = str(measure(program, *two, "shared-nothing")) if served(program.parent) else "none"
    return [name, str(measure(program, *fed)), shared_nothing, str(measure(program, *two, "locks"))]


def machine() -> str:
    """The processor, how many of them, and the compiler."""
    models = re.findall(r"^model name\s*:\s*(.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    model = re.sub(r"\(R\)|\(TM\)| Processor$", "", models[0]) if models else platform.machine()
    version = subprocess.run(["gcc", "-dumpfullversion"], check=True, capture_output=True, text=True).stdout
    return f"{model}, {os.cpu_count()} processors, gcc {version.strip()}"


def served(folder: Path) -> bool:
    """Whether the keys of a generated function's spec serve it with a state per core."""
    return ".keys_serve = true" in (folder / "config.c").read_text()


def runs(folder: Path) -> Iterator[tuple[str, int]]:
    """Strategy and cores: one core alone first; shared-nothing only where the spec's keys serve it."""
    yield "sequential", 1
    for strategy in (*(("shared-nothing",) if served(folder) else ()), "locks", "tm"):
        for cores in RECORDED_CORES:
            yield strategy, cores


def recorded(name: str, port: str, folder: Path) -> dict[str, object]:
    """A network function's entry of the record."""
    program = build(name, folder)
    measured = []
    for strategy, cores in runs(program.parent):
        traffic = ("--port", port, "--flows", str(RECORDED_FLOWS))
        rate = measure(program, *traffic, "--strategy", strategy, "--cores", str(cores))
        print(f"{name} {strategy} {cores}: {rate}", file=sys.stderr)
        measured.append({"strategy": strategy, "cores": cores, **asdict(rate)})
    return {"spec": name, "port": port, "runs": measured}


def record(folder: Path) -> None:
    """Writes the record: network functions by the names that `nf` blocks give."""
    functions = {}
    for name, port in SPECS.items():
        entry = recorded(name, port, folder)
        functions[program_name(folder / name)] = entry
    about = {"machine": machine(), "flags": FLAGS, "frame": 60, "flows": RECORDED_FLOWS, "skew": "uniform"}
    RECORD.parent.mkdir(exist_ok=True)
    RECORD.write_text(json.dumps({**about, "functions": functions}, indent=1) + "\n")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        if "--record" in sys.argv[1:]:
            record(Path(folder))
        else:
            run(Path(folder))
