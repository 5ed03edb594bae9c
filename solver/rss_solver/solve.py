"""Problem → Solution | Conflict: one straight function, group by group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from rss_dsl.problem import Port, Problem
from rss_solver.choose import Choice, choose
from rss_solver.conflict import Conflict, explain_conflict
from rss_solver.groups import Group, groups, modes
from rss_solver.keyspace import Inconsistent, KeySpace
from rss_solver.solution import PortSolution, Solution
from rss_solver.statement import state
from rss_solver.tables import fill


@dataclass(frozen=True, slots=True)
class Solved:
    """A solution with the key spaces it was chosen from."""

    solution: Solution
    spaces: tuple[Mapping[str, KeySpace], ...]
    """Per group of ports: by equality mode, the key spaces that were computed."""


def solve(problem: Problem, seed: int | None = None) -> Solved | Conflict:
    """Keys and tables for a problem without findings (`support.unsupported`, `support.component_errors`).

    `seed` replaces the spec's. The same problem and seed give the same keys.
    """
    statement = state(problem)
    tables = fill(problem.ports, statement.components)
    used_seed = problem.seed if seed is None else seed
    chosen: dict[int, PortSolution] = {}
    spaces = []
    for group in groups(problem, statement):
        found = _solve_group(problem, group, tables, used_seed)
        if found is None:
            return explain_conflict(problem, statement, group)
        mode, choice, searched = found
        spaces.append(searched)
        for i, port in group.ports.items():
            chosen[i] = _port_solution(port, tables[i], choice, i, mode)
    ports = tuple(chosen[i] for i in range(len(problem.ports)))
    return Solved(Solution(ports=ports, components=statement.components, seed=used_seed), tuple(spaces))


def _solve_group(
    problem: Problem, group: Group, tables: Sequence[tuple[int, ...]], seed: int
) -> tuple[str, Choice, Mapping[str, KeySpace]] | None:
    """The mode to use and the keys: `hash` as soon as it spreads over as many queues as `index` does."""
    spaces: dict[str, KeySpace] = {}
    choices: dict[str, Choice] = {}
    own_tables = {i: tables[i] for i in group.ports}
    names = " ".join(port.name for port in group.ports.values())
    for mode in modes(problem):
        space = group.space(mode)
        if isinstance(space, Inconsistent):
            continue
        choice = choose(space, group.ports, own_tables, Random(f"{seed} {mode} {names}"))
        if choice is not None:
            spaces[mode], choices[mode] = space, choice
    if not choices:
        return None
    mode = "hash" if "hash" in choices and _as_good(choices, group.ports) else next(iter(choices))
    return mode, choices[mode], spaces


def _as_good(choices: Mapping[str, Choice], ports: Mapping[int, Port]) -> bool:
    """Whether min(rank, ceil(log2 queues)), plain and clustered, is the same for hashes and entries."""
    if "index" not in choices:
        return True
    for i, port in ports.items():
        needed = (port.queues - 1).bit_length()
        pairs = zip(choices["hash"].spread[i], choices["index"].spread[i], strict=True)
        for whole, entry in pairs:
            if min(whole.rank, needed) < min(entry.rank, needed):
                return False
            if min(whole.clustered_rank, needed) < min(entry.clustered_rank, needed):
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
