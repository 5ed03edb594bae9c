"""Indirection tables of a component: equal low hash bits must mean equal queues on every port.

The ports of a component agree on log2(smallest table) hash bits. The smallest table is filled round robin and
larger ones repeat it, so that entry and entry mod smallest always name the same queue.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rss_dsl.problem import Port

Table = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Two ports of a component whose tables send one hash value to different queues."""

    first: int
    second: int
    hash_value: int
    queues: tuple[int, int]


def fill(ports: Sequence[Port], components: Sequence[Sequence[int]]) -> list[Table]:
    """A table for every port. Ports whose table cannot be written keep the NIC's round robin."""
    tables: list[Table] = [()] * len(ports)
    for component in components:
        smallest = min(ports[i].table_size for i in component)
        for i in component:
            port = ports[i]
            period = smallest if port.nic.table_settable.value else port.table_size
            tables[i] = tuple(entry % period % port.queues for entry in range(port.table_size))
    return tables


def disagreement(component: Sequence[int], tables: Sequence[Table]) -> Disagreement | None:
    """A hash value that two ports of a component send to different queues, None if there is none."""
    first = min(component, key=lambda i: len(tables[i]))
    for second in component:
        if second != first and (found := _differ(tables[first], tables[second])) is not None:
            queues = tables[first][found % len(tables[first])], tables[second][found]
            return Disagreement(first, second, found, queues)
    return None


def _differ(small: Table, large: Table) -> int | None:
    """The first entry of the larger table that does not repeat the smaller one."""
    return next((h for h, queue in enumerate(large) if queue != small[h % len(small)]), None)
