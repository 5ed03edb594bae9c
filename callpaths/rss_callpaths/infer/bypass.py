"""Indices computed from the packet (the thesis's condition B and figure 3.4).

A translation takes the index of a flow from a packet's port, asks the chain whether it is taken, and compares
the flow's cell with the packet. If packets that fail the comparison are treated exactly like packets whose
index is not taken, it does not matter on which core they are: only those that pass must be on the core of the
packet that filled the cell, and what the comparison makes equal says which those are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from rss_callpaths.accesses.access import Access, Accesses, PathAccesses, StateObject
from rss_callpaths.infer.asked import Asked, questions
from rss_callpaths.infer.ownership import Ownership
from rss_callpaths.infer.pairs import Pairs
from rss_callpaths.infer.results import identity
from rss_callpaths.infer.ties import Tie, ties, writers
from rss_callpaths.library import Kind
from rss_callpaths.terms.bytewise import bytes_of, symbols


@dataclass(frozen=True, slots=True)
class Failure:
    """Why the check makes no difference clear."""

    rule: str
    """`refreshed`, `changed`, `differs`, `unchecked`."""
    chain: StateObject
    first: Access
    second: Access


@dataclass(slots=True)
class Bypass:
    """What the checks of all paths come to."""

    excused: dict[tuple[str, int, int], str] = field(default_factory=dict)
    """Accesses by identity, and why they impose nothing beyond the ties."""
    checked: dict[tuple[str, int, int], StateObject] = field(default_factory=dict)
    """Of those the ones that pass their check: the chain whose owners' cells, and no others', they reach."""
    ties: list[Tie] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)


def bypass(accesses: Accesses, ownership: Ownership, pairs: Pairs) -> Bypass:
    """Examines every chain that is asked about indices computed from packets."""
    found = Bypass()
    for chain in accesses.objects:
        if chain.type != "chain" or chain in ownership.broken:
            continue
        asked = [one for path in accesses.paths for one in questions(path, chain, ownership, pairs)]
        if asked:
            _examine(chain, asked, accesses, ownership, found)
    return found


def _examine(
    chain: StateObject, asked: Sequence[Asked], accesses: Accesses, ownership: Ownership, found: Bypass
) -> None:
    passing = [one for one in asked if one.taken and one.equal]
    failing = [one for one in asked if not (one.taken and one.equal)]
    if not passing:
        return  # no check: the accesses count by their indices
    failures = [
        *_changes(chain, failing, ownership),
        *_differences(chain, failing),
        *_filled_by_nobody(chain, passing[0], accesses),
    ]
    made_ties: list[Tie] = []
    for one in passing:
        failures += _overwritten(chain, one, accesses, ownership)
        for writer in writers(chain, accesses, ownership):
            made = list(ties(one, writer))
            if any(not tie.atoms and not tie.unplaced for tie in made):
                failures.append(Failure("unchecked", chain, one.verify, writer[1]))
            made_ties += made
    if failures:
        found.failures.append(failures[0])
        return
    found.ties += made_ties
    for one in asked:
        note = "passes the check" if one in passing else "goes as if the index were not taken"
        for access in one.others:
            found.excused[identity(access)] = f"its packet {note}: see `{chain.name}`"
            if one in passing:
                found.checked[identity(access)] = chain


def _filled_by_nobody(chain: StateObject, one: Asked, accesses: Accesses) -> Iterator[Failure]:
    """Indices that initialisation takes are taken on every core, so their cells are nobody's."""
    for path in accesses.paths:
        for access in path.setup:
            if access.object == chain and access.kind is Kind.CREATE:
                yield Failure("unchecked", chain, access, one.verify)


def _changes(chain: StateObject, failing: Sequence[Asked], ownership: Ownership) -> Iterator[Failure]:
    """A packet that fails the check must change nothing."""
    for one in failing:
        for access in one.path.accesses:
            if not access.mutates or ownership.sources.by_the_clock(one.path, access):
                continue
            refreshed = (
                one.taken
                and access.kind is Kind.UPDATE
                and access.object == chain
                and ownership.sources.same(access.key, one.verify.key)
            )
            yield Failure("refreshed" if refreshed else "changed", chain, one.verify, access)


def _differences(chain: StateObject, failing: Sequence[Asked]) -> Iterator[Failure]:
    """All of them must leave in the same way, and none with what a core happens to hold under the index."""
    for one in failing:
        held = {symbol for _, cell in one.cells for symbol in symbols(cell)}
        if one.path.sends and any(symbols(each.new) & held for each in one.path.rewrites):
            yield Failure("differs", chain, one.verify, one.verify)
    for one, other in combinations(failing, 2):
        if set(one.path.in_ports) & set(other.path.in_ports) and _leaves(one.path) != _leaves(other.path):
            yield Failure("differs", chain, one.verify, other.verify)


def _leaves(path: PathAccesses) -> object:
    """Where the packet goes and what is changed in it; None stands for what cannot be compared."""
    if path.reshaped or any(send.open for send in path.sends):
        return path.path.name
    state = {access.call for access in path.accesses}
    if path.sends and any(state.intersection(path.producers_of(each.new)) for each in path.rewrites):
        return path.path.name
    sends = tuple((send.ports, send.flood) for send in path.sends)
    rewrites = frozenset((each.byte, each.new) for each in path.rewrites) if path.sends else frozenset()
    return sends, rewrites


def _overwritten(
    chain: StateObject, one: Asked, accesses: Accesses, ownership: Ownership
) -> Iterator[Failure]:
    """What the check compares must be what the index's owner wrote."""
    compared = {(vector, at) for vector, at, _ in one.equal}
    for path in accesses.paths:
        for write in path.accesses:
            if write.kind is not Kind.WRITE or not write.mutates or write.object is None:
                continue
            places = [at for vector, at in compared if vector == write.object]
            owned = ownership.owner(path, write, write.key)
            if owned is not None and owned.plain and owned.chain == chain:
                continue
            if places and not _keeps(path, write, places, ownership):
                yield Failure("unchecked", chain, one.verify, write)


def _keeps(path: PathAccesses, write: Access, places: Sequence[int], ownership: Ownership) -> bool:
    """Whether a cell is given back with these bytes as they were lent."""
    lent = [
        read.result
        for read in path.accesses
        if read.kind is Kind.READ
        and read.object == write.object
        and ownership.sources.same(read.key, write.key)
    ]
    if write.value is None:
        return False
    given = bytes_of(write.value, ownership.sources.pool)
    cells = [bytes_of(cell, ownership.sources.pool) for cell in lent if cell is not None]
    return any(all(given[at] is cell[at] for at in places) for cell in cells)
