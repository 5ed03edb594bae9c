"""What the keys of a component reach, and how the tables of its ports are dealt accordingly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rss_dsl.problem import Problem
from rss_solver.choice.dealing import Reached, deal, masks, round_robin_halves
from rss_solver.choice.spread import reached
from rss_solver.choice.tables import Table, in_blocks, repeated, smallest_of
from rss_solver.keyspace.groups import Group, groups
from rss_solver.keyspace.statement import state
from rss_solver.nic.index import index_bits
from rss_solver.solution import Solution
from rss_solver.tied.live import Live

Keys = Mapping[int, bytes]


def dealt_tables(
    group: Group, component: Sequence[int], tables: Mapping[int, Table], keys: Keys
) -> dict[int, Table]:
    """Tables for the ports of a component: as given where these serve or cannot be written."""
    given = {i: tables[i] for i in component}
    if not _deals(group, component):
        return given
    first = component[0]
    table = smallest_of(group.ports[first], tables[first], group.smallest[first])
    found = deal(table, group.ports[first].queues, _classes(group, component, keys))
    return given if found == table else {i: repeated(group.ports[i], found) for i in component}


def masks_for_any_queues(problem: Problem, solution: Solution) -> tuple[tuple[int, ...], ...]:
    """By port, masks that number its entries so that equal intervals of places are any number of queues.

    None where round robin serves every power of two, or where software does not fill the table.
    """
    keys = {i: port.key for i, port in enumerate(solution.ports)}
    found: dict[int, tuple[int, ...]] = {}
    for group in groups(problem, state(problem)):
        for component in group.components:
            chosen = _masks(group, component, keys)
            for i in component:
                below = (
                    index_bits(group.ports[i].table_size) - len(chosen) if in_blocks(group.ports[i]) else 0
                )
                found[i] = tuple(mask << below for mask in chosen)
    return tuple(found[i] for i in range(len(problem.ports)))


def _masks(group: Group, component: Sequence[int], keys: Keys) -> tuple[int, ...]:
    bits = group.full_rank(component[0])
    known = _classes(group, component, keys) if _deals(group, component) else []
    return () if round_robin_halves(bits, known) else masks(bits, known)


def _deals(group: Group, component: Sequence[int]) -> bool:
    """Whether software fills the tables, and bits of the hash pick their entries."""
    return all(
        group.ports[i].nic.table_settable.value and len(group.picks[i]) == group.full_rank(i)
        for i in component
    )


def _classes(group: Group, component: Sequence[int], keys: Keys) -> list[Reached]:
    """What the live classes of the ports reach; those with the same inputs are looked at once."""
    found: dict[tuple[bytes, int, Live, int], Reached] = {}
    for i in component:
        for layout, inputs in group.live[i].items():
            nic = group.ports[i].nic
            known = keys[i], layout.bits, inputs, nic.hash_init.value
            if known not in found:
                found[known] = reached(keys[i], layout, inputs, nic, group.smallest[i])
    return list(found.values())
