"""The parts of a problem that can be solved apart: ports tied by requirements or by a shared key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rss_dsl.problem import HashInput, Port, Problem
from rss_solver.keyspace.space import Inconsistent, KeySpace, solve_windows
from rss_solver.keyspace.statement import Statement, Window
from rss_solver.nic.index import WHOLE, Picks, common_picks, index_bits
from rss_solver.tied.live import Live, live
from rss_solver.toeplitz import HASH_BITS

Modes = Mapping[int, str]
"""By port: `hash` if whole hashes have to agree, `index` if those bits that pick a table entry have to."""


@dataclass(frozen=True, slots=True)
class Group:
    """Ports to solve together and the equations between them."""

    ports: Mapping[int, Port]
    windows: tuple[Window, ...]
    pinned: Mapping[int, bytes]
    smallest: Mapping[int, int]
    """By port: the entries of the smallest table in its component."""
    picks: Mapping[int, Picks]
    """By port: what picks an entry of that table; whole hashes where the index is not linear."""
    live: Mapping[int, Mapping[HashInput, Live]]
    """By port: the inputs of each live class, without those that the assumptions leave no packets."""
    components: tuple[tuple[int, ...], ...]
    idle: frozenset[int]
    """Ports with nothing to agree on: their component has one queue, and whole hashes don't count."""

    def required(self, modes: Modes) -> dict[int, Picks]:
        """By port, the sums of hash bits that must agree."""
        used = self.used(modes)
        return {i: () if i in self.idle and modes[i] == "index" else used[i] for i in self.ports}

    def used(self, modes: Modes) -> dict[int, Picks]:
        """By port, the sums of hash bits that count: the whole hash, or what picks a queue."""
        return {i: picks if modes[i] == "index" else WHOLE for i, picks in self.picks.items()}

    def full_rank(self, port: int) -> int:
        """The rank at which a class reaches every entry of the component's smallest table."""
        return index_bits(self.smallest[port])

    def first_used_bit(self, modes: Modes) -> dict[int, int]:
        """By port, the first hash bit that counts; 32 if none does."""
        return {
            i: min((min(bits) for bits in picks), default=HASH_BITS) for i, picks in self.used(modes).items()
        }

    def space(self, modes: Modes) -> KeySpace | Inconsistent:
        """All keys under the ports' equality modes."""
        key_bits = {i: port.key_bits for i, port in self.ports.items()}
        return solve_windows(self.windows, key_bits, self.required(modes), self.pinned)

    def all(self, mode: str) -> Modes:
        """One mode for all ports."""
        return dict.fromkeys(self.ports, mode)


def groups(problem: Problem, statement: Statement) -> list[Group]:
    """The independent parts of a statement."""
    smallest: dict[int, int] = {}
    picked: dict[int, Picks] = {}
    for component in statement.components:
        ports_ = [problem.ports[i] for i in component]
        smallest |= dict.fromkeys(component, min(port.table_size for port in ports_))
        found = common_picks(ports_)
        picked |= dict.fromkeys(component, WHOLE if found is None else found)
    home = {i: number for number, group in enumerate(statement.groups) for i in group}
    windows: list[list[Window]] = [[] for _ in statement.groups]
    for window in statement.windows:
        windows[home[window.terms[0][0]]].append(window)
    result = []
    for number, members in enumerate(statement.groups):
        ports = {i: problem.ports[i] for i in members}
        pinned = {i: port.pinned.key for i, port in ports.items() if port.pinned is not None}
        components = tuple(c for c in statement.components if c[0] in ports)
        idle = frozenset(i for component in components if _idle(problem, component) for i in component)
        result.append(
            Group(
                ports=ports,
                windows=tuple(windows[number]),
                pinned=pinned,
                smallest={i: smallest[i] for i in members},
                picks={i: picked[i] for i in members},
                live={i: dict(_live(problem, i)) for i in members},
                components=components,
                idle=idle,
            )
        )
    return result


def _live(problem: Problem, port: int) -> Iterator[tuple[HashInput, Live]]:
    for layout in problem.ports[port].live:
        if (found := live(problem, port, layout)) is not None:
            yield layout, found


def _idle(problem: Problem, component: tuple[int, ...]) -> bool:
    return problem.equality != "hash" and all(problem.ports[i].queues == 1 for i in component)


def weakest(problem: Problem) -> str:
    """The equality mode that leaves most keys, of those that the spec allows."""
    return "hash" if problem.equality == "hash" else "index"
