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
    """By port: the low hash bits that pick a queue in its component."""
    components: tuple[tuple[int, ...], ...]
    idle: frozenset[int]
    """Ports with nothing to agree on: their component has one queue, and whole hashes don't count."""

    def first_hash_bit(self, modes: Modes) -> dict[int, int]:
        """By port, the first hash bit that must agree; 32 if none has to."""
        used = self.first_used_bit(modes)
        return {i: HASH_BITS if i in self.idle and modes[i] == "index" else used[i] for i in self.ports}

    def first_used_bit(self, modes: Modes) -> dict[int, int]:
        """By port, the first hash bit that counts: of the whole hash, or of those that pick a queue."""
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
    agree = {
        i: index_bits(min(problem.ports[j].table_size for j in component))
        for component in statement.components
        for i in component
    }
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
        idle = frozenset(i for component in components if _idle(problem, component) for i in component)
        result.append(Group(ports, tuple(windows[number]), pinned, own, components, idle))
    return result


def _idle(problem: Problem, component: tuple[int, ...]) -> bool:
    return problem.equality != "hash" and all(problem.ports[i].queues == 1 for i in component)


def weakest(problem: Problem) -> str:
    """The equality mode that leaves most keys, of those that the spec allows."""
    return "hash" if problem.equality == "hash" else "index"
