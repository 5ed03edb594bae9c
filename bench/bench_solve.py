"""How long solving and proving take: `python bench/bench_solve.py [RUNS]`.

The best of RUNS (default 5). Within one process: checking, solving, proving. As a process of its own:
`rssc solve SPEC` from start to exit, imports and proof included.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from rss_dsl.check import check
from rss_dsl.loading import load, loads
from rss_dsl.problem import Problem
from rss_dsl.spec import Spec
from rss_solver.proof import Proof, verify
from rss_solver.solve import Solved, solve

T = TypeVar("T")

SPECS = Path(__file__).parents[1] / "specs" / "nf"
NAMES = ("nop", "pol", "fw", "nat")
SYMMETRIC = """import "std/flows.rss"
port TAP { nic intel-x710  hash ipv4-tcp, ipv4-udp  queues 16  traffic ipv4-tcp, ipv4-udp }
require both: reversed(TAP, TAP')
"""


def best(work: Callable[[], T], runs: int) -> tuple[T, float]:
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        result = work()
        times.append(time.perf_counter() - start)
    return result, min(times)


def checked(spec: Spec) -> Problem:
    found = check(spec).problem
    if found is None:
        raise SystemExit("the spec has errors")
    return found


def solved(problem: Problem) -> Solved:
    found = solve(problem)
    if not isinstance(found, Solved):
        raise SystemExit("no key")
    return found


def row(name: str, spec: Spec, runs: int) -> str:
    problem, checking = best(lambda: checked(spec), runs)
    answer, solving = best(lambda: solved(problem), runs)
    verdict, proving = best(lambda: verify(problem, answer.solution), runs)
    if not isinstance(verdict, Proof):
        raise SystemExit("no proof")
    return f"| {name} | {1e3 * checking:.1f} | {1e3 * solving:.1f} | {1e3 * proving:.0f} |"


def process(path: Path, runs: int) -> float:
    command = [sys.executable, "-m", "rssc", "solve", str(path)]
    return best(lambda: subprocess.run(command, check=True, capture_output=True), runs)[1]


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    print("| spec | check ms | solve ms | prove ms | `rssc solve` s |\n|---|---|---|---|---|")
    for name in NAMES:
        path = SPECS / f"{name}.rss"
        print(f"{row(name, load(path), runs)} {process(path, runs):.2f} |", flush=True)
    print(f"{row('symmetric, one port', loads(SYMMETRIC), runs)} |")


if __name__ == "__main__":
    main()
