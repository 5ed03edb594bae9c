"""Full meshes of `reversed` requirements: time and memory of solving and proving by number of ports.

Four classes a port (IPv4 and IPv6, TCP and UDP), so 16 class pairs a requirement.
Run: python bench/bench_mesh.py [PORTS …]
"""

from __future__ import annotations

import resource
import sys
import time
from itertools import pairwise

from rss_dsl.check import check
from rss_dsl.loading import loads
from rss_solver.keyspace.statement import state
from rss_solver.proof import Proof, verify
from rss_solver.solve import Solved, solve

SPEC = """
import "std/flows.rss"
ports P[{ports}] {{ nic intel-x710  hash ipv4-tcp, ipv4-udp, ipv6-tcp, ipv6-udp  queues 16 }}
"""


def spec(ports: int) -> str:
    """Each pair of ports once, as a requirement of its own."""
    pairs = ((i, j) for i in range(ports) for j in range(i + 1, ports))
    return SPEC.format(ports=ports) + "\n".join(f"require reversed(P{i}, P{j})" for i, j in pairs)


def main() -> None:
    print("| ports | requirements | class pairs | check s | state s | solve s | prove s | peak MB |")
    print("|---|---|---|---|---|---|---|---|")
    for ports in map(int, sys.argv[1:] or (8, 16, 32, 64)):
        times = [time.perf_counter()]
        problem = check(loads(spec(ports))).problem
        if problem is None:
            raise SystemExit("the spec has errors")
        times.append(time.perf_counter())
        state(problem)
        times.append(time.perf_counter())
        solved = solve(problem)
        times.append(time.perf_counter())
        if not isinstance(solved, Solved) or not isinstance(verify(problem, solved.solution), Proof):
            raise SystemExit("no proven keys")
        times.append(time.perf_counter())
        spent = " | ".join(f"{b - a:.2f}" for a, b in pairwise(times))
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        count = len(problem.requirements)
        print(f"| {ports} | {count} | {16 * count} | {spent} | {memory:.0f} |", flush=True)


if __name__ == "__main__":
    main()
