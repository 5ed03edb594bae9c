"""Problem → Solution | Conflict: one straight function, group by group."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from random import Random

from rss_dsl.problem import Port, Problem
from rss_solver.choice.choose import Choice, choose, dealt, judged, perfect
from rss_solver.choice.preference_report import Settled, outcomes
from rss_solver.choice.preferences import Chooser, SoftBit, not_constant, satisfying, soft_bits, spread_first
from rss_solver.choice.tables import fill
from rss_solver.conflicts.conflict import Conflict, explain_conflict
from rss_solver.keyspace.groups import Group, Modes, groups
from rss_solver.keyspace.space import Inconsistent, KeySpace
from rss_solver.keyspace.statement import Statement, state
from rss_solver.keyspace.trace import Tracer
from rss_solver.smt.engine import find_keys
from rss_solver.smt.statement import Wish, key_name, of_group
from rss_solver.solution import ClassSpread, PortSolution, Solution

ENGINES = ("algebra", "smt")
"""How keys are found: in the key space in closed form, or by Z3 alone."""


@dataclass(frozen=True, slots=True)
class Solved:
    """Keys exist, and these were chosen."""

    solution: Solution


def solve(problem: Problem, seed: int | None = None, engine: str = "algebra") -> Solved | Conflict:
    """Keys and tables for a problem without findings (`support.unsupported`, `support.component_errors`).

    `seed` replaces the spec's. The same problem, seed and engine give the same keys. Engine `smt` satisfies
    the statement by Z3 alone: no class is stuck, but its keys are not chosen by how well they spread.
    """
    statement = state(problem)
    tables = fill(problem.ports, statement.components)
    used_seed = problem.seed if seed is None else seed
    wishes = soft_bits(problem, used_seed)
    chosen: dict[int, PortSolution] = {}
    settled: list[Settled] = []
    most = True
    conflicts: list[Conflict] = []
    for group in groups(problem, statement):
        own_tables = {i: tables[i] for i in group.ports}
        own_wishes = tuple(soft for soft in wishes if soft.port in group.ports)
        kind = _AlgebraSearch if engine == "algebra" else _SmtSearch
        search = kind(problem, statement, group, own_tables, used_seed, own_wishes)
        found = search.auto() if problem.equality == "auto" else search.under(group.all(problem.equality))
        if found is None:
            conflicts.append(explain_conflict(problem, statement, group))
            continue
        if own_wishes:
            found = search.preferred(found)
            most = most and found.most
            settled.append(search.settled(found))
        for i, port in group.ports.items():
            chosen[i] = _port_solution(port, found.choice, i, found.modes[i])
    if conflicts:
        return min(conflicts, key=lambda conflict: len(conflict.lines))
    return Solved(
        Solution(
            ports=tuple(chosen[i] for i in range(len(problem.ports))),
            components=statement.components,
            seed=used_seed,
            preferences=outcomes(problem, settled),
            preferred_most=most,
        )
    )


@dataclass(frozen=True, slots=True)
class _Found:
    modes: Modes
    space: KeySpace
    """What wishes over rank leave of the key space."""
    choice: Choice
    most: bool = True
    """Whether the wishes looked at so far are known to be satisfied as far as possible."""


class _AlgebraSearch:
    """Looks for a group's keys under equality modes."""

    def __init__(
        self,
        problem: Problem,
        statement: Statement,
        group: Group,
        tables: Mapping[int, tuple[int, ...]],
        seed: int,
        wishes: tuple[SoftBit, ...],
    ) -> None:
        self.problem, self.statement, self.group = problem, statement, group
        self.tables, self.seed, self.wishes = tables, seed, wishes
        self.over = [soft for soft in wishes if problem.preferences[soft.preference].over_rank]
        self.plain = [soft for soft in wishes if not problem.preferences[soft.preference].over_rank]

    def under(self, modes: Modes) -> _Found | None:
        """The best keys under given modes, None if there are none."""
        space = self.group.space(modes)
        if isinstance(space, Inconsistent):
            return None
        choice = choose(space, self.group, self.tables, self._random(modes))
        if choice is None or not self.over:
            return None if choice is None else _Found(modes, space, choice)
        base, classes = not_constant(space, self.group, choice)
        best = Chooser(space, self.over).best(base, classes, self._random(modes))
        space = satisfying(space, self.over, best.chosen)
        choice = choose(space, self.group, self.tables, self._random(modes))
        return None if choice is None else _Found(modes, space, choice, best.exact)

    def preferred(self, found: _Found) -> _Found:
        """The keys that satisfy most wishes, of those that spread as well through the same tables."""
        base, classes = spread_first(found.space, self.group, found.choice)
        best = Chooser(found.space, self.plain).best(base, classes, self._random(found.modes))
        choice = judged(self.group, found.choice.tables, found.space.keys(best.chosen))
        return replace(found, choice=choice, most=found.most and best.exact)

    def settled(self, found: _Found) -> Settled:
        """What explains which wishes hold."""
        group, choice = self.group, found.choice
        space = group.space(found.modes)
        if isinstance(space, Inconsistent):
            raise ValueError("keys were found where there are none")
        chosen, classes = spread_first(space, group, choice)
        _, least = not_constant(space, group, choice)
        tracer = Tracer(self.statement, group, found.modes)
        return Settled(space, self.wishes, {False: classes, True: least}, chosen, choice.keys, tracer)

    def _random(self, modes: Modes) -> Random:
        names = " ".join(f"{port.name} {modes[i]}" for i, port in self.group.ports.items())
        return Random(f"{self.seed} {names}")

    def auto(self) -> _Found | None:
        """Whole hashes agree in every component where that costs no queues."""
        whole = self.under(self.group.all("hash"))
        if whole is not None and perfect(self.group, whole.choice):
            return whole
        least = self.under(self.group.all("index"))
        if least is None:
            return None
        if whole is not None and _as_good(whole.choice, least.choice, self.group.ports):
            return whole
        found = least
        if len(self.group.components) > 1:
            for component in self.group.components:
                trial = self.under({**found.modes, **dict.fromkeys(component, "hash")})
                if trial is not None and _as_good(trial.choice, least.choice, self.group.ports):
                    found = trial
        return found


class _SmtSearch(_AlgebraSearch):
    """Has Z3 satisfy the quantifier-free statement; what nobody wishes for is wished at random."""

    def under(self, modes: Modes) -> _Found | None:
        """Keys under given modes, None if there are none."""
        text = of_group(self.problem, self.statement, self.group, modes, self._all_wishes(modes))
        sizes = {i: port.key_bits for i, port in self.group.ports.items()}
        names = {i: key_name(self.problem, i) for i in sizes}
        values = find_keys(text, {names[i]: bits for i, bits in sizes.items()})
        space = self.group.space(modes)
        if values is None or isinstance(space, Inconsistent):
            return None
        keys = {i: values[names[i]].to_bytes(bits // 8, "big") for i, bits in sizes.items()}
        return _Found(modes, space, dealt(self.group, self.tables, keys))

    def preferred(self, found: _Found) -> _Found:
        """Z3 has seen to the wishes already."""
        return found

    def _all_wishes(self, modes: Modes) -> Iterator[Wish]:
        """The spec's wishes, each bit of which outweighs all random ones together."""
        random = self._random(modes)
        total = sum(port.key_bits for port in self.group.ports.values())
        for soft in self.wishes:
            yield Wish(soft.port, soft.bit, soft.value, soft.weight * (total + 1))
        for i, port in self.group.ports.items():
            bits = random.getrandbits(port.key_bits)
            yield from (Wish(i, bit, bits >> bit & 1, 1) for bit in range(port.key_bits))


def _as_good(whole: Choice, entries: Choice, ports: Mapping[int, Port]) -> bool:
    """Whether whole hashes cost neither queues nor, up to ceil(log2 queues), rank, plain and clustered."""
    for i, port in ports.items():
        enough = (port.queues - 1).bit_length()
        for a, b in zip(whole.spread[i], entries.spread[i], strict=True):
            if any(x < y for x, y in zip(_worth(a, enough), _worth(b, enough), strict=True)):
                return False
    return True


def _worth(found: ClassSpread, enough: int) -> tuple[int, int, int, int]:
    ranks = min(found.rank, enough), min(found.clustered_rank, enough)
    return (*ranks, found.queues, found.clustered_queues)


def _port_solution(port: Port, choice: Choice, i: int, mode: str) -> PortSolution:
    return PortSolution(
        name=port.name,
        device=port.device,
        nic=port.nic.name,
        key=choice.keys[i],
        queues=port.queues,
        table=choice.tables[i],
        equality=mode,
        inputs=port.inputs,
        spread=choice.spread[i],
    )
