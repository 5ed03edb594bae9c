"""Instructions per packet of network functions under callgrind, which counts the same on every machine.

`python bench/instructions.py` prints the table and, with `--record`, writes `instructions.json`, against which
the tests hold the functions. Counted is what `nf_burst` does with packets of flows that are known.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from bench_nf import SPECS, build, table

RECORD = Path(__file__).with_suffix(".json")
FLAGS = "-O2 -g"
PACKETS = 4096


def compiler() -> str:
    """Name and major version: another one makes other code."""
    version = subprocess.run(["gcc", "-dumpversion"], check=True, capture_output=True, text=True).stdout
    return f"gcc {version.split('.')[0].strip()}"


def instructions(program: Path, port: str) -> float:
    """Per packet: what one round more adds."""
    one, two = (_collected(program, port, rounds) for rounds in (1, 2))
    return round((two - one) / PACKETS, 1)


def _collected(program: Path, port: str, rounds: int) -> int:
    valgrind = ["valgrind", "--tool=callgrind", "--toggle-collect=nf_burst", "--callgrind-out-file=/dev/null"]
    options = ["--port", port, "--packets", str(PACKETS), "--flows", "1000", "--rounds", str(rounds)]
    command = [*valgrind, str(program), "--strategy", "shared-nothing", *options]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stderr
    found = re.search(r"Collected : ([0-9]+)", said)
    if found is None:
        raise RuntimeError(f"valgrind said {said!r}")
    return int(found[1])


def run(folder: Path, record: bool) -> None:
    """All of them."""
    counts = {name: instructions(build(name, folder, FLAGS), port) for name, port in SPECS.items()}
    table(
        f"Instructions per packet, {compiler()}, {FLAGS}",
        ["function", "instructions"],
        [[name, f"{count:.0f}"] for name, count in counts.items()],
    )
    if record:
        RECORD.write_text(json.dumps({"compiler": compiler(), "instructions": counts}, indent=2) + "\n")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        run(Path(folder), "--record" in sys.argv[1:])
