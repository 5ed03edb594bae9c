"""In-process solving and proving of every spec in `specs/`: `python bench/bench_general.py [RUNS]`.

Medians of RUNS (default 5), each in a process of its own that has solved another spec and called Z3 before:
everything is loaded, and nothing of this spec is remembered. A spec that is refused shows the codes.
Allowed: 30 ms where every condition is a combination of equalities, 1 s for others, 5 s with IPv6.
"""

from __future__ import annotations

import multiprocessing
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from rss_dsl.diagnostics import RssError
from rss_dsl.problem import AllOf, AnyOf, Compare, Condition, Const, Problem, Slice
from rss_solver.conflicts.conflict import Conflict
from rss_solver.proof import verify
from rss_solver.smt.booleans import pick_nonzero
from rss_solver.solve import solve
from rssc.pipeline import ready

SPECS = Path(__file__).parents[1] / "specs"
WARM_UP = SPECS / "nf" / "nop.rss"
ALLOWED = {"equalities": 0.03, "general": 1.0, "general, IPv6": 5.0}


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one spec; seconds."""

    kind: str
    outcome: str
    solving: float
    proving: float


def run(path: Path) -> Run:
    """Solve and prove a spec once."""
    solve(ready(WARM_UP).problem)
    pick_nonzero([[2]])
    try:
        problem = ready(path).problem
    except RssError as error:
        return Run("", " ".join(found.rule.code for found in error.diagnostics), 0.0, 0.0)
    begin = time.perf_counter()
    found = solve(problem)
    solving = time.perf_counter() - begin
    if isinstance(found, Conflict):
        return Run(kind(problem), "no key", solving, 0.0)
    begin = time.perf_counter()
    verdict = verify(problem, found.solution)
    return Run(kind(problem), type(verdict).__name__.lower(), solving, time.perf_counter() - begin)


def kind(problem: Problem) -> str:
    """What a spec asks of the solver."""
    conditions = [part.condition for part in (*problem.requirements, *problem.assumptions)]
    if all(map(_equalities, conditions)):
        return "equalities"
    wide = any(
        name.startswith(("ipv6", "inner.ipv6"))
        for port in problem.ports
        for layout in port.live
        for name in layout.fields
    )
    return "general, IPv6" if wide else "general"


def _equalities(condition: Condition) -> bool:
    match condition:
        case AllOf(parts) | AnyOf(parts):
            return all(map(_equalities, parts))
        case Compare("==", left, right):
            return isinstance(left, Slice | Const) and isinstance(right, Slice | Const)
        case _:
            return False


def main() -> None:
    """Print the table; `over` marks what takes longer than allowed."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    print("| spec | conditions | outcome | solve ms | prove ms | |\n|---|---|---|---|---|---|")
    spawn = multiprocessing.get_context("spawn")
    for path in sorted(path for path in SPECS.rglob("*.rss") if path.parent.name != "std"):
        times = []
        for _ in range(runs):
            with ProcessPoolExecutor(1, mp_context=spawn) as pool:
                times.append(pool.submit(run, path).result())
        solving = median(each.solving for each in times)
        proving = median(each.proving for each in times)
        first = times[0]
        over = "over" if solving > ALLOWED.get(first.kind, 0.0) else ""
        name = path.relative_to(SPECS).with_suffix("")
        spent = f"{1e3 * solving:.1f} | {1e3 * proving:.0f}"
        print(f"| {name} | {first.kind} | {first.outcome} | {spent} | {over} |", flush=True)


if __name__ == "__main__":
    main()
