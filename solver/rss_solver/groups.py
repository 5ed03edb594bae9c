"""The parts of a problem that can be solved apart: ports tied by requirements or by a shared key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rss_dsl.problem import Port, Problem
from rss_solver.keyspace import Inconsistent, KeySpace, solve_windows
from rss_solver.spread import index_bits
from rss_solver.statement import Statement, Window
from rss_solver.toeplitz import HASH_BITS


@dataclass(frozen=True, slots=True)
class Group:
    """Ports to solve together and the equations between them."""

    ports: Mapping[int, Port]
    windows: tuple[Window, ...]
    pinned: Mapping[int, bytes]
    agree: Mapping[int, int]
    """By port: the low hash bits its component must agree on to agree on entries."""

    def first_hash_bit(self, mode: str) -> dict[int, int]:
        """By port, the first hash bit that must agree under an equality mode, `hash` or `index`."""
        return {i: HASH_BITS - bits if mode == "index" else 0 for i, bits in self.agree.items()}

    def space(self, mode: str) -> KeySpace | Inconsistent:
        """All keys under an equality mode."""
        key_bits = {i: port.key_bits for i, port in self.ports.items()}
        return solve_windows(self.windows, key_bits, self.first_hash_bit(mode), self.pinned)


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
        result.append(Group(ports, tuple(windows[number]), pinned, {i: agree[i] for i in members}))
    return result


def modes(problem: Problem) -> tuple[str, ...]:
    """The equality modes to try, the weakest (with the most keys) first."""
    return ("index", "hash") if problem.equality == "auto" else (problem.equality,)
