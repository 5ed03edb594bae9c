"""Indirection tables of a component: hashes that agree where they must lead to one queue on every port.

The smallest table is filled, at first round robin, and larger ones repeat it: entry after entry where the
index is a remainder (low bits, modulo, folded bytes), in blocks where it is made of high bits. Corresponding
entries always name the same queue so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import lcm

import numpy as np
from numpy.typing import NDArray

from rss_dsl.nic import Index
from rss_dsl.problem import Port
from rss_solver.nic.index import entry_of
from rss_solver.toeplitz import HASH_BITS

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
            size = smallest if ports[i].nic.table_settable.value else ports[i].table_size
            tables[i] = repeated(ports[i], tuple(entry % ports[i].queues for entry in range(size)))
    return tables


def repeated(port: Port, smallest: Table) -> Table:
    """The port's table, where the smallest of its component is given."""
    size = port.table_size
    if size == len(smallest):
        return smallest
    if in_blocks(port):
        return tuple(smallest[entry * len(smallest) // size] for entry in range(size))
    return tuple(smallest[entry % len(smallest)] for entry in range(size))


def smallest_of(port: Port, table: Table, size: int) -> Table:
    """The smallest table of the component, which the port's repeats."""
    return table[:: len(table) // size] if in_blocks(port) else table[:size]


def in_blocks(port: Port) -> bool:
    """Whether entries next to each other stand for one of the smallest table."""
    return port.nic.index.value is Index.HIGH_BITS


def disagreement(
    ports: Sequence[Port], component: Sequence[int], tables: Sequence[Table]
) -> Disagreement | None:
    """A hash value that two ports of a component send to different queues, None if there is none."""
    first = min(component, key=lambda i: len(tables[i]))
    known = {(tables[first], ports[first].nic.index.value)}
    for second in component:
        indexed = tables[second], ports[second].nic.index.value
        if indexed not in known:
            known.add(indexed)
            sides = (ports[first].nic.index.value, tables[first]), (indexed[1], indexed[0])
            if (found := _apart(*sides)) is not None:
                return Disagreement(first, second, *found)
    return None


def _apart(first: tuple[Index, Table], second: tuple[Index, Table]) -> tuple[int, tuple[int, int]] | None:
    """A hash value that two tables send to different queues, with the queues."""
    hashes = _representatives((first[0], len(first[1])), (second[0], len(second[1])))
    a, b = (
        np.asarray(table, dtype=np.int64)[entry_of(hashes, len(table), index)]
        for index, table in (first, second)
    )
    places = np.flatnonzero(a != b)
    return (int(hashes[places[0]]), (int(a[places[0]]), int(b[places[0]]))) if places.size else None


def _representatives(*indexed: tuple[Index, int]) -> NDArray[np.int64]:
    """Hash values that show every pair of entries which one hash value can pick.

    A table by high bits sees intervals of hashes, each longer than the period of a table by remainder. Folded
    bytes can be made anything by one byte that the other table does not read.
    """
    starts, period, step = {0}, 1, 0
    for index, size in indexed:
        match index:
            case Index.HIGH_BITS:
                starts |= {-(-(entry << HASH_BITS) // size) for entry in range(size)}
            case Index.LSB | Index.MODULO:
                period = lcm(period, size)
            case Index.XOR_FOLD8:
                step = 1
    if step and period > 1:
        step = 1 << 16
    bases = np.array(sorted(starts), dtype=np.int64)[:, None, None]
    folded = np.arange(0, 256 * step or 1, step or 1, dtype=np.int64)[None, :, None]
    values = (bases + folded + np.arange(period, dtype=np.int64)).reshape(-1)
    return values[values < 1 << HASH_BITS]
