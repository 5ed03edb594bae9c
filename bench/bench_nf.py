"""Packets per second of every network function, single-core and on two.

60-byte frames in memory, bursts of 32, processor time of each thread, the median of nine rounds and their
range (`runtime/bench`). Functions are fed on the port whose packets touch their state.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

from rssc.__main__ import main

ROOT = Path(__file__).parents[1]
SPECS = {
    "nop": "LAN",
    "fw": "LAN",
    "nat": "LAN",
    "nat_homing": "LAN",
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


def build(name: str, folder: Path, flags: str = FLAGS) -> Path:
    """The benchmark of a spec's network function."""
    out = folder / name
    arguments = ["synth", str(ROOT / "specs" / "nf" / f"{name}.rss"), "--target", "nf", "--out", str(out)]
    with redirect_stdout(StringIO()):
        if main(arguments) != 0:
            sys.exit(f"cannot generate {name}")
    (program,) = re.findall(r"^NAME := (.*)$", (out / "Makefile").read_text(), re.MULTILINE)
    subprocess.run(["make", "-s", "-C", out, f"{program}-bench", f"CFLAGS={flags}"], check=True)
    return out / f"{program}-bench"


def measure(program: Path, *options: str) -> str:
    """`median (least to most)` in millions of packets a second, with a mark where flows found no room."""
    out = subprocess.run([program, *options], check=True, capture_output=True, text=True).stdout
    found = re.search(r"median ([0-9.]+) Mpps \(([0-9.]+) to ([0-9.]+)\).*table full ([0-9]+)", out)
    if found is None:
        sys.exit(f"{program.name} said {out!r}")
    mark = "" if found[4] == "0" else " *"
    return f"{found[1]} ({found[2]} to {found[3]}){mark}"


def table(title: str, columns: list[str], rows: list[list[str]]) -> None:
    """One table of the page."""
    print(f"\n{title}\n")
    for row in (columns, ["---"] * len(columns), *rows):
        print(f"| {' | '.join(row)} |")


def run(folder: Path) -> None:
    """Every table."""
    programs = {
        name: build(name, folder) for name in SPECS if (ROOT / "specs" / "nf" / f"{name}.rss").is_file()
    }
    idle = measure(programs["nop"], "--idle")
    print(f"the loop without a function: {idle} Mpps")
    rows = []
    for name, program in programs.items():
        cells = []
        for flows, skew in TRAFFIC:
            skewed = ["--zipf"] if skew == "zipf" else []
            cells.append(measure(program, "--port", SPECS[name], "--flows", str(flows), *skewed))
        rows.append([name, *cells])
    table("Mpps, one core", ["function", *(f"{flows:,} {skew}" for flows, skew in TRAFFIC)], rows)
    rows = []
    for name, program in programs.items():
        options = ("--port", SPECS[name])
        cells = [measure(program, *options)]
        cells += [
            measure(program, *options, "--cores", "2", "--strategy", s) for s in ("shared-nothing", "locks")
        ]
        rows.append([name, *cells])
    columns = ["function", "one core", "two, shared-nothing", "two, locks"]
    table(
        "Mpps, 10,000 flows uniform, two cores (bridge and others that no key can serve: locks only)",
        columns,
        rows,
    )
    print("\n* some flows found no room")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        run(Path(folder))
