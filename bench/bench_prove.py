"""How long it takes from call paths to a proof. Prints a table; specs are made in a temporary folder.

python bench/bench_prove.py [NAME…]

Names are folders of `specs/callpaths`; by default all whose spec can be solved. Each command is a process of
its own, from its start to its exit; processor time, the least of three.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

SPECS = Path(__file__).parents[1] / "specs" / "callpaths"
RUNS = 3


def spent() -> float:
    """Processor time of all processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def seconds(*arguments: str | Path) -> float | None:
    """How long `rssc` takes with these arguments; None if it refuses."""
    took = []
    for _ in range(RUNS):
        begin = spent()
        done = subprocess.run([sys.executable, "-m", "rssc", *map(str, arguments)], capture_output=True)
        took.append(spent() - begin)
        if done.returncode:
            return None
    return min(took)


def row(paths: Path) -> str | None:
    """A line of the table, None for what cannot be sharded."""
    with tempfile.TemporaryDirectory() as folder:
        spec = Path(folder) / "nf.rss"
        imported = seconds("import", paths, "--out", spec)
        solved = None if imported is None else seconds("solve", spec, "--write")
        proved = None if solved is None else seconds("prove", paths, "--keys", f"{spec}.lock")
    if proved is None:
        return None
    count = len(list(paths.glob("*.call_path")))
    return f"{paths.name:<18} {count:>5} {imported:>9.2f} {solved:>8.2f} {proved:>8.2f}"


def main(names: Sequence[str]) -> None:
    """Print the table for these network functions."""
    every = sorted(each.name for each in SPECS.iterdir() if list(each.glob("*.call_path")))
    print("network function   paths  import s  solve s  prove s")
    for name in names or every:
        found = row(SPECS / name)
        if found is not None:
            print(found, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
