"""Problem → Solution | Conflict: one straight function, group by group."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from rss_dsl.problem import Port, Problem
from rss_solver.choose import Choice, choose
from rss_solver.conflict import Conflict, explain_conflict
from rss_solver.groups import Group, Modes, groups
from rss_solver.keyspace import Inconsistent
from rss_solver.solution import PortSolution, Solution
from rss_solver.statement import state
from rss_solver.tables import fill


@dataclass(frozen=True, slots=True)
class Solved:
    """Keys exist, and these were chosen."""

    solution: Solution


def solve(problem: Problem, seed: int | None = None) -> Solved | Conflict:
    """Keys and tables for a problem without findings (`support.unsupported`, `support.component_errors`).

    `seed` replaces the spec's. The same problem and seed give the same keys.
    """
    statement = state(problem)
    tables = fill(problem.ports, statement.components)
    used_seed = problem.seed if seed is None else seed
    chosen: dict[int, PortSolution] = {}
    for group in groups(problem, statement):
        own_tables = {i: tables[i] for i in group.ports}
        search = _Search(group, own_tables, used_seed)
        found = search.auto() if problem.equality == "auto" else search.under(group.all(problem.equality))
        if found is None:
            return explain_conflict(problem, statement, group)
        for i, port in group.ports.items():
            chosen[i] = _port_solution(port, tables[i], found.choice, i, found.modes[i])
    ports = tuple(chosen[i] for i in range(len(problem.ports)))
    return Solved(Solution(ports=ports, components=statement.components, seed=used_seed))


@dataclass(frozen=True, slots=True)
class _Found:
    modes: Modes
    choice: Choice


class _Search:
    """Looks for a group's keys under equality modes."""

    def __init__(self, group: Group, tables: Mapping[int, tuple[int, ...]], seed: int) -> None:
        self.group, self.tables, self.seed = group, tables, seed

    def under(self, modes: Modes) -> _Found | None:
        """The best keys under given modes, None if there are none."""
        space = self.group.space(modes)
        if isinstance(space, Inconsistent):
            return None
        names = " ".join(f"{port.name} {modes[i]}" for i, port in self.group.ports.items())
        choice = choose(space, self.group, self.tables, Random(f"{self.seed} {names}"))
        return None if choice is None else _Found(modes, choice)

    def auto(self) -> _Found | None:
        """Whole hashes agree in every component where that costs no queues."""
        least = self.under(self.group.all("index"))
        if least is None:
            return None
        found = least
        whole = self.under(self.group.all("hash"))
        if whole is not None and _as_good(whole.choice, least.choice, self.group.ports):
            return whole
        if len(self.group.components) > 1:
            for component in self.group.components:
                trial = self.under({**found.modes, **dict.fromkeys(component, "hash")})
                if trial is not None and _as_good(trial.choice, least.choice, self.group.ports):
                    found = trial
        return found


def _as_good(whole: Choice, entries: Choice, ports: Mapping[int, Port]) -> bool:
    """Whether min(rank, ceil(log2 queues)), plain and clustered, is the same for hashes and entries."""
    for i, port in ports.items():
        enough = (port.queues - 1).bit_length()
        for a, b in zip(whole.spread[i], entries.spread[i], strict=True):
            if min(a.rank, enough) < min(b.rank, enough):
                return False
            if min(a.clustered_rank, enough) < min(b.clustered_rank, enough):
                return False
    return True


def _port_solution(port: Port, table: tuple[int, ...], choice: Choice, i: int, mode: str) -> PortSolution:
    return PortSolution(
        name=port.name,
        device=port.device,
        nic=port.nic.name,
        key=choice.keys[i],
        queues=port.queues,
        table=table,
        equality=mode,
        inputs=port.inputs,
        spread=choice.spread[i],
    )
