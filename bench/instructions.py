"""Instructions per packet of network functions under callgrind, which counts the same on every machine.

    python bench/instructions.py                   prints the table
    python bench/instructions.py --record          and writes `instructions.json`
    python bench/instructions.py --check fw nat    fails where one needs clearly more than recorded

Counted is what `nf_burst` does with packets of flows that are known.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from bench_nf import SPECS, build, table

RECORD = Path(__file__).with_suffix(".json")
FLAGS = "-O2 -g"
PACKETS = 4096
SLACK = 1.05
"""Compilers of one version differ a little by their distribution."""


def compiler() -> str:
    """Name and major version: another one makes other code."""
    version = subprocess.run(["gcc", "-dumpversion"], check=True, capture_output=True, text=True).stdout
    return f"gcc {version.split('.')[0].strip()}"


def counts(names: Iterable[str]) -> dict[str, float]:
    """Instructions per packet, by spec."""
    with tempfile.TemporaryDirectory() as folder:
        return {name: _count(build(name, Path(folder), FLAGS), SPECS[name]) for name in names}


def _count(program: Path, port: str) -> float:
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


def check(names: list[str]) -> int:
    """1 where a function needs more than recorded; 77 where another compiler makes that meaningless."""
    record = json.loads(RECORD.read_text())
    if record["compiler"] != compiler():
        print(f"recorded with {record['compiler']}, this is {compiler()}")
        return 77
    slower = 0
    for name, count in counts(names).items():
        before = record["instructions"][name]
        slower |= count > SLACK * before
        print(f"{name}: {count} instructions a packet, recorded {before}")
    return int(slower)


def main(arguments: list[str]) -> int:
    """See the module."""
    if arguments[:1] == ["--check"]:
        return check(arguments[1:] or list(SPECS))
    found = counts(SPECS)
    rows = [[name, f"{count:.0f}"] for name, count in found.items()]
    table(f"Instructions per packet, {compiler()}, {FLAGS}", ["function", "instructions"], rows)
    if arguments == ["--record"]:
        RECORD.write_text(json.dumps({"compiler": compiler(), "instructions": found}, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
