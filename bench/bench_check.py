"""How long parsing and checking take: requirements of four equalities, and port groups in a full mesh.

Run as `python bench/bench_check.py`; the times are the best of three, in seconds.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from rss_dsl.check import check
from rss_dsl.loading import loads

R = TypeVar("R")

REQUIREMENTS = (500, 1000, 2000, 5000)
GROUPS = (16, 32, 64, 128)

RELATION = """relation reversed(a, b) {
  a.ip_src == b.ip_dst && a.ip_dst == b.ip_src && a.l4_src == b.l4_dst && a.l4_dst == b.l4_src
}
"""


def many_requirements(count: int) -> str:
    ports = "\n".join(f"port P{i} {{ nic generic hash ipv4-tcp queues 16 }}" for i in range(64))
    lines = [ports]
    for i in range(count):
        a, b = f"P{i % 64}", f"P{i * 7 % 64}'"
        lines.append(
            f"require r{i}: {a}.ipv4_src == {b}.ipv4_dst && {a}.ipv4_dst == {b}.ipv4_src"
            f" && {a}.l4_src == {b}.l4_dst && {a}.l4_dst == {b}.l4_src"
        )
    return "\n".join(lines)


def full_mesh(size: int) -> str:
    group = f"ports P[{size}] {{ nic generic hash ipv4-tcp, ipv4-udp queues 16 }}\n"
    return RELATION + group + "require mesh: reversed(P[*], P[*]')\n"


def best(action: Callable[[], R]) -> tuple[float, R]:
    times = []
    for _ in range(3):
        start = time.perf_counter()
        result = action()
        times.append(time.perf_counter() - start)
    return min(times), result


def row(name: str, text: str) -> str:
    parsed, spec = best(lambda: loads(text))
    checked, result = best(lambda: check(spec))
    expanded = 0 if result.problem is None else len(result.problem.requirements)
    return f"{name:<24}{expanded:>12}{parsed:>10.3f}{checked:>10.3f}{parsed + checked:>10.3f}"


def main() -> None:
    print(f"{'spec':<24}{'expanded':>12}{'parse':>10}{'check':>10}{'both':>10}")
    for count in REQUIREMENTS:
        print(row(f"{count} requirements", many_requirements(count)))
    for size in GROUPS:
        print(row(f"mesh of {size} ports", full_mesh(size)))


if __name__ == "__main__":
    main()
