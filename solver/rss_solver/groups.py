"""The parts of a problem that can be solved apart: ports tied by requirements or by a shared key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rss_dsl.problem import Port, Problem
from rss_solver.keyspace import Inconsistent, KeySpace, solve_windows
from rss_solver.spread import index_bits
from rss_solver.statement import Statement, Window
from rss_solver.toeplitz import HASH_BITS

Modes = Mapping[int, str]
"""By port: `hash` if whole hashes have to agree, `index` if those bits that pick a table entry have to."""


@dataclass(frozen=True, slots=True)
class Group:
    """Ports to solve together and the equations between them."""

    ports: Mapping[int, Port]
    windows: tuple[Window, ...]
    pinned: Mapping[int, bytes]
    agree: Mapping[int, int]
    """By port: the low hash bits that pick a queue in its component, on which it has to agree; 0 if there is
    one queue only."""
    components: tuple[tuple[int, ...], ...]

    def first_hash_bit(self, modes: Modes) -> dict[int, int]:
        """By port, the first hash bit that must agree."""
        return {i: HASH_BITS - bits if modes[i] == "index" else 0 for i, bits in self.agree.items()}

    def space(self, modes: Modes) -> KeySpace | Inconsistent:
        """All keys under the ports' equality modes."""
        key_bits = {i: port.key_bits for i, port in self.ports.items()}
        return solve_windows(self.windows, key_bits, self.first_hash_bit(modes), self.pinned)

    def all(self, mode: str) -> Modes:
        """One mode for all ports."""
        return dict.fromkeys(self.ports, mode)


def groups(problem: Problem, statement: Statement) -> list[Group]:
    """The independent parts of a statement."""
    agree = {i: _agree(problem, members) for members in statement.components for i in members}
    home = {i: number for number, group in enumerate(statement.groups) for i in group}
    windows: list[list[Window]] = [[] for _ in statement.groups]
    for window in statement.windows:
        windows[home[window.terms[0][0]]].append(window)
    result = []
    for number, members in enumerate(statement.groups):
        ports = {i: problem.ports[i] for i in members}
        pinned = {i: port.pinned.key for i, port in ports.items() if port.pinned is not None}
        components = tuple(c for c in statement.components if c[0] in ports)
        own = {i: agree[i] for i in members}
        result.append(Group(ports, tuple(windows[number]), pinned, own, components))
    return result


def _agree(problem: Problem, component: tuple[int, ...]) -> int:
    """Low hash bits that pick a queue: none where there is nothing to choose and whole hashes don't count."""
    ports = [problem.ports[i] for i in component]
    if problem.equality != "hash" and all(port.queues == 1 for port in ports):
        return 0
    return index_bits(min(port.table_size for port in ports))


def weakest(problem: Problem) -> str:
    """The equality mode that leaves most keys, of those that the spec allows."""
    return "hash" if problem.equality == "hash" else "index"
