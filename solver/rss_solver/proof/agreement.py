"""On what tied packets must agree, and whether tables can still send them to different queues."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import lcm

from rss_dsl.nic import Index
from rss_dsl.problem import Problem, Requirement
from rss_solver.gf2 import Elimination, kernel, parity
from rss_solver.nic.index import entry_of, picks
from rss_solver.nic.steering import Landing
from rss_solver.solution import PortSolution, Solution
from rss_solver.toeplitz import HASH_BITS

WHOLE = tuple(1 << bit for bit in reversed(range(HASH_BITS)))
"""All hash bits, each as a mask."""
ENTRY_BITS = 16
"""Wide enough for an entry of any table: the catalogue's largest has 2,048."""

MAX_PERIOD = 1 << 20
"""Tables picked by remainders that repeat later than that are not compared entry by entry."""


@dataclass(frozen=True, slots=True)
class Need:
    """What tied packets of a component must have in common."""

    forms: tuple[int, ...]
    """Masks of hash bits; the sums of the bits that each chooses must be the same."""
    entries: bool = False
    """Entries are what counts and not linear in the hash: agreeing on all forms is enough, not necessary."""
    alike: bool = False
    """All ports pick entries in one way, so that different entries part packets."""

    def parted(self, first: Landing, second: Landing) -> bool:
        """Whether two packets break the need, or land on different queues."""
        if first.queue != second.queue:
            return True
        if first.hash is None or second.hash is None:
            return False
        if self.entries:
            return self.alike and first.entry != second.entry
        return any(parity((first.hash ^ second.hash) & form) for form in self.forms)


@dataclass(frozen=True, slots=True)
class Lookup:
    """How a port picks a queue. An unhashed class has a table of one entry."""

    table: tuple[int, ...]
    index: Index

    @property
    def forms(self) -> tuple[int, ...] | None:
        """The index bits as masks of hash bits, the most significant first; None if it is not linear."""
        return _forms(len(self.table), self.index)

    def entry(self, value: int) -> int:
        """The entry of a hash value."""
        return entry_of(value, len(self.table), self.index)


@lru_cache(maxsize=256)
def _forms(size: int, index: Index) -> tuple[int, ...] | None:
    bits = picks(size, index)
    return None if bits is None else tuple(sum(1 << HASH_BITS - 1 - b for b in form) for form in bits)


def needs(problem: Problem, solution: Solution, possible: Callable[[Requirement], bool]) -> tuple[Need, ...]:
    """By port: what its packets must have in common with those that requirements tie to them.

    Under `equality hash` all hash bits, else what picks an entry of the smallest table among the ports tied
    together. A port with one queue counts as a table of one entry: nothing has to agree there. `possible`
    says whether any hashed packets satisfy a requirement; it is asked only where that can matter.
    """
    if problem.equality == "hash":
        return (Need(WHOLE),) * len(problem.ports)
    lookups = [
        _lookup(own, port.nic.index.value) for port, own in zip(problem.ports, solution.ports, strict=True)
    ]
    found: list[Need] = [Need(())] * len(lookups)
    for component in _components(len(lookups), problem.requirements):
        mixed = len({(len(lookups[i].table), lookups[i].index) for i in component}) > 1
        parts = [component]
        if mixed:
            inside = [r for r in problem.requirements if r.first in component and possible(r)]
            parts = [part for part in _components(len(lookups), inside) if part[0] in component]
        for part in parts:
            need = _need([lookups[i] for i in part])
            for i in part:
                found[i] = need
    return tuple(found)


def _lookup(own: PortSolution, index: Index) -> Lookup:
    return Lookup(own.table, index) if own.queues > 1 else Lookup(own.table[:1], Index.LSB)


def _need(lookups: Sequence[Lookup]) -> Need:
    least = min(lookups, key=lambda lookup: len(lookup.table)).forms
    for lookup in lookups:
        forms = lookup.forms
        if least is None or forms is None or not _contains(forms, least):
            alike = len({(len(other.table), other.index) for other in lookups}) == 1
            return Need(WHOLE, entries=True, alike=alike)
    return Need(least or ())


def _contains(forms: Sequence[int], others: Sequence[int]) -> bool:
    system = Elimination()
    for form in forms:
        system.add(form)
    return not any(system.reduce(other)[0] for other in others)


def _components(ports: int, requirements: Iterable[Requirement]) -> list[list[int]]:
    parent = list(range(ports))

    def find(port: int) -> int:
        while parent[port] != port:
            parent[port] = port = parent[parent[port]]
        return port

    for requirement in requirements:
        parent[find(requirement.first)] = find(requirement.second)
    found: dict[int, list[int]] = {}
    for port in range(ports):
        found.setdefault(find(port), []).append(port)
    return list(found.values())


@lru_cache(maxsize=4096)
def tables_may_part(first: Lookup, second: Lookup, agreed: tuple[int, ...]) -> bool:
    """Whether hashes that agree in these forms could lead to different queues.

    All other sums of hash bits are taken as free, so True calls for a closer look.
    """
    if len({*first.table, *second.table}) == 1:
        return False
    if first == second and (len(agreed) == HASH_BITS or _contains(agreed, first.forms or WHOLE)):
        return False
    if first.forms is not None and second.forms is not None:
        return any(
            first.table[a] != second.table[b] for a, b in _entry_pairs(first.forms, second.forms, agreed)
        )
    remainders = {first.index, second.index} <= {Index.LSB, Index.MODULO}
    period = lcm(len(first.table), len(second.table))
    if not remainders or len(agreed) < HASH_BITS or period > MAX_PERIOD:
        return True
    return any(
        first.table[first.entry(value)] != second.table[second.entry(value)] for value in range(period)
    )


def _entry_pairs(
    first: Sequence[int], second: Sequence[int], agreed: Sequence[int]
) -> Iterator[tuple[int, int]]:
    """Every pair of entries that hashes which agree in some forms can pick."""
    steps = [(bit, bit) for bit in WHOLE] + [(0, free) for free in kernel(agreed, HASH_BITS)]
    images = [picked(first, a) << ENTRY_BITS | picked(second, b) for a, b in steps]
    for entries, _ in reachable(0, images):
        yield entries >> ENTRY_BITS, entries & (1 << ENTRY_BITS) - 1


def picked(forms: Sequence[int], value: int) -> int:
    """The entry that a hash value picks."""
    entry = 0
    for form in forms:
        entry = entry << 1 | parity(value & form)
    return entry


def reachable(start: int, steps: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Everything that `start` and sums of `steps` reach, with the steps chosen (a bit set)."""
    system = Elimination()
    for number, step in enumerate(steps):
        system.add(step, 1 << number)
    found = [(start, 0)]
    for image, why in system.rows.values():
        found += [(value ^ image, chosen ^ why) for value, chosen in found]
    yield from found
