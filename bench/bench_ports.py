"""Time and memory against size: many ports in tied pairs, full meshes, many requirements.

Every row is a process of its own, so that its peak memory is its own. `mesh` has four classes a port, so 16
class pairs a requirement; `same` repeats one condition, `distinct` has another constant in each.
Run: python bench/bench_ports.py [pairs|mesh|same|distinct [SIZE …]]
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from itertools import combinations, pairwise

from rss_dsl.check import check
from rss_dsl.loading import loads
from rss_solver.proof import Proof, verify
from rss_solver.solve import Solved, solve

LIBRARY = 'import "std/flows.rss"\n'
CARD = "nic intel-x710  queues 16  hash ipv4-tcp, ipv4-udp"
PAIR = "\n".join(f"port {name} {{ {CARD}  traffic ipv4-tcp, ipv4-udp }}" for name in ("A", "B"))


def pairs(ports: int) -> str:
    """Half as many firewalls as ports."""
    lines = [f"require reversed(P{i}, P{i + 1})" for i in range(0, ports, 2)]
    return "\n".join([*(f"port P{i} {{ {CARD} }}" for i in range(ports)), *lines])


def mesh(ports: int) -> str:
    """Every pair of ports is a requirement of its own."""
    lines = [f"require reversed(P{i}, P{j})" for i, j in combinations(range(ports), 2)]
    return "\n".join([f"ports P[{ports}] {{ {CARD}, ipv6-tcp, ipv6-udp }}", *lines])


def same(count: int) -> str:
    """One condition, many times."""
    return "\n".join([PAIR, *(f"require r{i}: reversed(A, B)" for i in range(count))])


def distinct(count: int) -> str:
    """A requirement for every customer, who is known by an Ethernet address."""
    conditions = (
        f"reversed(A, B) && A.mac_src == 02:00:00:00:{i // 256:02x}:{i % 256:02x}" for i in range(count)
    )
    return "\n".join([PAIR, *(f"require r{i}: {condition}" for i, condition in enumerate(conditions))])


SHAPES: dict[str, tuple[Callable[[int], str], tuple[int, ...]]] = {
    "pairs": (pairs, (10, 100, 1000)),
    "mesh": (mesh, (16, 32, 64, 128)),
    "same": (same, (100, 1000, 10_000)),
    "distinct": (distinct, (100, 1000, 10_000)),
}


def row(shape: str, size: int) -> str:
    """One line of the table."""
    text = LIBRARY + SHAPES[shape][0](size)
    times = [time.perf_counter()]
    spec = loads(text)
    times.append(time.perf_counter())
    problem = check(spec).problem
    if problem is None:
        raise SystemExit("the spec has errors")
    times.append(time.perf_counter())
    found = solve(problem)
    times.append(time.perf_counter())
    if not isinstance(found, Solved) or not isinstance(verify(problem, found.solution), Proof):
        raise SystemExit("no proven keys")
    times.append(time.perf_counter())
    spent = " | ".join(f"{b - a:.2f}" for a, b in pairwise(times))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sizes = f"{shape} | {len(problem.ports)} | {len(problem.requirements)}"
    return f"| {sizes} | {spent} | {times[-1] - times[0]:.2f} | {memory:.0f} |"


def main(arguments: list[str]) -> None:
    """Print the table for one shape and its sizes, or for all."""
    shapes = arguments[:1] or list(SHAPES)
    print("| shape | ports | requirements | parse s | check s | solve s | prove s | all s | peak MB |")
    print("|---|---|---|---|---|---|---|---|---|")
    spawn = multiprocessing.get_context("spawn")
    for shape in shapes:
        for size in map(int, arguments[1:] or SHAPES[shape][1]):
            with ProcessPoolExecutor(1, mp_context=spawn) as pool:
                print(pool.submit(row, shape, size).result(), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
