"""Indices computed from the packet (the thesis's condition B and figure 3.4).

A translation takes the index of a flow from a packet's port, asks the chain whether it is taken, and compares
the flow's cell with the packet. If packets that fail the comparison are treated exactly like packets whose
index is not taken, it does not matter on which core they are: only those that pass must be on the core of the
packet that filled the cell, and what the comparison makes equal says which those are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations, product

from rss_callpaths.accesses.access import Access, Accesses, PathAccesses, StateObject
from rss_callpaths.infer.bits import PacketBit, bits_of
from rss_callpaths.infer.ownership import Owned, Ownership, is_expiry
from rss_callpaths.infer.pairs import FIRST, Pairs
from rss_callpaths.infer.relation import Atom, Atoms, Is, Same
from rss_callpaths.infer.results import Use
from rss_callpaths.infer.shapes import place
from rss_callpaths.library import Kind
from rss_callpaths.packet.parts import Reading
from rss_callpaths.terms import Read, Term
from rss_callpaths.terms.bytewise import bytes_of as bytes_of_term
from rss_callpaths.terms.bytewise import nodes, symbols
from rss_callpaths.terms.conditions import Truth


@dataclass(frozen=True, slots=True)
class Tie:
    """A packet that passes the check meets the one that filled the cell."""

    writer: Use
    writer_reading: Reading
    reader: Use
    reader_reading: Reading
    atoms: Atoms
    """The writer's packet is the first."""
    unplaced: tuple[bool, bool] | None
    """Whether bytes of the writer's, of the reader's packet are compared that are of no field of theirs."""


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
    ties: list[Tie] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A path that asks whether an index computed from its packet is taken."""

    path: PathAccesses
    verify: Access
    cells: tuple[tuple[Access, Term], ...]
    """Cells of the group under the index: the access and what it gave."""
    others: tuple[Access, ...]
    """All accesses to the group under the index, this question included."""
    equal: tuple[tuple[StateObject, int, int], ...]
    """(vector, byte of the cell, byte of the packet) that are equal on the path."""

    @property
    def taken(self) -> bool:
        return self.verify.success is not Truth.REFUTED


def bypass(accesses: Accesses, ownership: Ownership, pairs: Pairs) -> Bypass:
    """Examines every chain that is asked about indices computed from packets."""
    found = Bypass()
    for chain in accesses.objects:
        if chain.type != "chain" or chain in ownership.broken:
            continue
        asked = [one for path in accesses.paths for one in _asked(path, chain, ownership, pairs)]
        if asked:
            _examine(chain, asked, accesses, ownership, found)
    return found


def _asked(path: PathAccesses, chain: StateObject, ownership: Ownership, pairs: Pairs) -> Iterator[_Asked]:
    for verify in path.accesses:
        if verify.kind is not Kind.VERIFY or verify.object != chain or verify.key is None:
            continue
        if ownership.owner(path, verify, verify.key) is not None:
            continue
        group = [
            a
            for a in path.accesses
            if a.object is not None and a.function.index == "key" and ownership.same(a.key, verify.key)
        ]
        cells = tuple((a, a.result) for a in group if a.kind is Kind.READ and a.result is not None)
        yield _Asked(path, verify, cells, tuple(group), tuple(_equalities(path, cells, pairs)))


def _equalities(
    path: PathAccesses, cells: Sequence[tuple[Access, Term]], pairs: Pairs
) -> Iterator[tuple[StateObject, int, int]]:
    """Bytes of cells and of the packet that the path's conditions force to be equal."""
    for access, cell in cells:
        own = symbols(cell)
        together = [c for c in path.path.constraints if symbols(c) & own]
        in_packet = sorted(
            {
                bit.byte
                for condition in together
                for node in nodes(condition)
                if isinstance(node, Read)
                for bit in bits_of(node)
                if isinstance(bit, PacketBit)
            }
        )
        read = {symbol for condition in together for symbol in symbols(condition)}
        flags = [pairs.flag(FIRST, condition) for condition in together]
        word = pairs.word(FIRST, cell)
        wanted = [
            (at, byte)
            for at in range(cell.width // 8)
            if _byte_symbols(cell, at) & read
            for byte in in_packet
        ]
        words = [(pairs.terms.extract(word, 8 * at, 8), pairs.byte(FIRST, byte)) for at, byte in wanted]
        for (at, byte), certain in zip(wanted, pairs.implied(flags, words), strict=True):
            if certain and access.object is not None:
                yield access.object, at, byte


def _byte_symbols(cell: Term, at: int) -> frozenset[object]:
    """Symbols of a byte of a borrowed cell, which is a run of bytes of one array."""
    reads = [node for node in nodes(cell) if isinstance(node, Read)]
    found = sorted((symbol for read in reads for symbol in symbols(read)), key=lambda s: (s[0].name, s[1]))
    return frozenset(found[at : at + 1]) if len(found) == cell.width // 8 else frozenset(found)


def _examine(
    chain: StateObject, asked: Sequence[_Asked], accesses: Accesses, ownership: Ownership, found: Bypass
) -> None:
    passing = [one for one in asked if one.taken and one.equal]
    failing = [one for one in asked if not (one.taken and one.equal)]
    if not passing:
        return  # no check: the accesses count by their indices
    failures = [*_changes(chain, failing, ownership), *_differences(chain, failing)]
    ties: list[Tie] = []
    for one in passing:
        failures += _overwritten(chain, one, accesses, ownership)
        for writer in _writers(chain, accesses, ownership):
            if _is_unrelated(one, writer):
                continue
            made = list(_ties(one, writer))
            if any(not tie.atoms and not tie.unplaced for tie in made):
                failures.append(Failure("unchecked", chain, one.verify, writer[1]))
            ties += made
    if failures:
        found.failures.append(failures[0])
        return
    found.ties += ties
    for one in asked:
        note = "passes the check" if one in passing else "goes as if the index were not taken"
        for access in one.others:
            found.excused[(access.path, access.call, access.object.address if access.object else -1)] = (
                f"its packet {note}: see `{chain.name}`"
            )


def _changes(chain: StateObject, failing: Sequence[_Asked], ownership: Ownership) -> Iterator[Failure]:
    """A packet that fails the check must change nothing."""
    for one in failing:
        for access in one.path.accesses:
            if not access.mutates or is_expiry(access):
                continue
            refreshed = (
                one.taken
                and access.kind is Kind.UPDATE
                and access.object == chain
                and ownership.same(access.key, one.verify.key)
            )
            yield Failure("refreshed" if refreshed else "changed", chain, one.verify, access)


def _differences(chain: StateObject, failing: Sequence[_Asked]) -> Iterator[Failure]:
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
    chain: StateObject, one: _Asked, accesses: Accesses, ownership: Ownership
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
        if read.kind is Kind.READ and read.object == write.object and ownership.same(read.key, write.key)
    ]
    if write.value is None:
        return False
    given = bytes_of_term(write.value, ownership.pool)
    cells = [bytes_of_term(cell, ownership.pool) for cell in lent if cell is not None]
    return any(all(given[at] is cell[at] for at in places) for cell in cells)


_Writer = tuple[PathAccesses, Access, tuple[Access, ...]]
"""A path that takes an index, the call that does, and its writes under that index."""


def _writers(chain: StateObject, accesses: Accesses, ownership: Ownership) -> Iterator[_Writer]:
    for path in accesses.paths:
        for create in path.accesses:
            if create.object == chain and create.kind is Kind.CREATE and create.success is not Truth.REFUTED:
                cells = tuple(
                    a
                    for a in path.accesses
                    if a.kind is Kind.WRITE
                    and a.function.index == "key"
                    and ownership.same(a.key, create.result)
                )
                yield path, create, cells
        for write in path.accesses:
            owned = _under_index(write, path, ownership)
            if owned is not None and owned.chain == chain and not owned.fresh:
                yield path, write, (write,)


def _under_index(write: Access, path: PathAccesses, ownership: Ownership) -> Owned | None:
    if write.kind is not Kind.WRITE or write.function.index != "key" or not write.mutates:
        return None
    return ownership.owner(path, write, write.key)


def _is_unrelated(one: _Asked, writer: _Writer) -> bool:
    """A later change of a cell that is not compared with the packet."""
    _, access, cells = writer
    compared = {vector for vector, _, _ in one.equal}
    return access.kind is Kind.WRITE and not any(cell.object in compared for cell in cells)


def _ties(one: _Asked, writer: _Writer) -> Iterator[Tie]:
    path, access, cells = writer
    stored = {cell.object: cell for cell in cells}
    compared = {vector for vector, _, _ in one.equal}
    written = next((cell for cell in cells if cell.object in compared), access)
    read = next((cell for cell, _ in one.cells if cell.object in compared), one.verify)
    for port, reader_port in product(path.in_ports, one.path.in_ports):
        for first, second in product(path.readings, one.path.readings):
            atoms, unplaced = _atoms(one, stored, first, second)
            writing, reading = Use(path, written, port), Use(one.path, read, reader_port)
            yield Tie(writing, first, reading, second, atoms, unplaced)


def _atoms(
    one: _Asked, stored: dict[StateObject | None, Access], first: Reading, second: Reading
) -> tuple[Atoms, tuple[bool, bool] | None]:
    atoms: set[Atom] = set()
    unwritten = unread = False
    for vector, at, byte in one.equal:
        value = stored[vector].value if vector in stored else None
        if value is None:
            continue
        for bit, stored_bit in enumerate(bits_of(value)[8 * at : 8 * at + 8]):
            if stored_bit is None:
                continue
            read = place(PacketBit(byte, bit), second)
            source = place(stored_bit, first) if isinstance(stored_bit, PacketBit) else stored_bit
            unwritten |= source is None
            unread |= read is None
            match source, read:
                case int(), (_, _):
                    atoms.add(Is(1, read, source))
                case (_, _), (_, _):
                    atoms.add(Same(source, read))
    return frozenset(atoms), (unwritten, unread) if unwritten or unread else None
