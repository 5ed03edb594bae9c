"""The usual table of a network function: a map, its keys, a chain of indices and a number for each entry."""

from __future__ import annotations

from dataclasses import dataclass

from generate.describe import Chain, Map, State, Vector
from generate.layouts import COUNTER
from generate.libvig.chains import dchain_allocate_new_index, dchain_rejuvenate_index, expire_items_single_map
from generate.libvig.maps import map_get, map_put
from generate.libvig.vectors import vector_borrow, vector_return
from generate.run import Run
from generate.words import Record, Struct, Word

EXPIRY = 100_000_000_000


@dataclass(frozen=True, slots=True)
class Table:
    """A state group: objects that share indices."""

    entries: Map
    keys: Vector
    ages: Chain
    counters: Vector

    @property
    def state(self) -> tuple[State, ...]:
        """Its objects."""
        return self.entries, self.keys, self.ages, self.counters

    def expire(self, run: Run) -> None:
        """Forget old entries."""
        expire_items_single_map(run, self.ages, self.keys, self.entries, EXPIRY)

    def find(self, run: Run, key: Record) -> Word | None:
        """The index of an entry, made young; None if there is none."""
        index = map_get(run, self.entries, key)
        if index is not None:
            dchain_rejuvenate_index(run, self.ages, index)
        return index

    def add(self, run: Run, key: Record) -> Word | None:
        """The index of a new entry; None if the table is full."""
        index = dchain_allocate_new_index(run, self.ages)
        if index is not None:
            owner = vector_borrow(run, self.keys, index)
            owner.copy(key)
            map_put(run, self.entries, owner, index)
            vector_return(run, self.keys, index, owner)
        return index

    def count(self, run: Run, key: Record) -> None:
        """Count a key, as a new entry if it is not there; not if the table is full."""
        index = self.find(run, key)
        if index is None:
            index = self.add(run, key)
        if index is not None:
            increment(run, self.counters, index)


def table(name: str, key: Struct, capacity: int = 65536) -> Table:
    """A table with objects called after it."""
    return Table(
        Map(name, key, capacity),
        Vector(f"{name}_keys", key, capacity),
        Chain(f"{name}_chain", capacity),
        Vector(f"{name}_counters", COUNTER, capacity, initialiser="null_init"),
    )


def increment(run: Run, counters: Vector, index: Word | int) -> Word:
    """Add one to a cell; what it was before."""
    counter = vector_borrow(run, counters, index)
    before = counter.value
    counter.store(before + 1)
    vector_return(run, counters, index, counter)
    return before
