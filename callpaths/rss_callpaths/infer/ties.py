"""What a check of an index ties: packets that pass it, and those that filled the cells that it compares."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from rss_callpaths.accesses.access import Access, Accesses, PathAccesses, StateObject
from rss_callpaths.infer.asked import Asked
from rss_callpaths.infer.bits import PacketBit, bits_of
from rss_callpaths.infer.found import Found, Unplaced
from rss_callpaths.infer.ownership import Ownership
from rss_callpaths.infer.relation import Atom, Atoms, Is, Same, relation
from rss_callpaths.infer.results import Use
from rss_callpaths.infer.shapes import hashable_fields, place
from rss_callpaths.infer.sources import Owned
from rss_callpaths.library import Kind
from rss_callpaths.packet.parts import Reading
from rss_callpaths.terms.conditions import Truth
from rss_dsl.nic import NicProfile


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


Writer = tuple[PathAccesses, Access, tuple[Access, ...]]
"""A path that takes an index, the call that does, and its writes under that index."""


def writers(chain: StateObject, accesses: Accesses, ownership: Ownership) -> Iterator[Writer]:
    """Whoever fills cells under indices of a chain."""
    for path in accesses.paths:
        for create in path.accesses:
            if create.object == chain and create.kind is Kind.CREATE and create.success is not Truth.REFUTED:
                cells = tuple(
                    a
                    for a in path.accesses
                    if a.kind is Kind.WRITE
                    and a.function.index == "key"
                    and ownership.sources.same(a.key, create.result)
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


def _is_unrelated(one: Asked, writer: Writer) -> bool:
    """A later change of a cell that is not compared with the packet."""
    _, access, cells = writer
    compared = {vector for vector, _, _ in one.equal}
    return access.kind is Kind.WRITE and not any(cell.object in compared for cell in cells)


def ties(one: Asked, writer: Writer) -> Iterator[Tie]:
    """For every port and kind of packet of both; none if the check does not compare what is written."""
    if _is_unrelated(one, writer):
        return
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
    one: Asked, stored: dict[StateObject | None, Access], first: Reading, second: Reading
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


def require(tie: Tie, nic: NicProfile, found: Found) -> None:
    """Add to what is found that the two meet, or that the NIC cannot tell which do."""
    atoms = frozenset(a for a in tie.atoms if _is_hashed(a, tie, nic))
    made = relation(tie.writer.port, tie.reader.port, atoms)
    sides = (tie.writer, tie.writer_reading), (tie.reader, tie.reader_reading)
    if tie.unplaced:
        found.unplaced += [
            Unplaced(use.port, reading.name, use.access)
            for bad, (use, reading) in zip(tie.unplaced, sides, strict=True)
            if bad
        ]
    else:
        classes = tie.writer_reading.packet_class, tie.reader_reading.packet_class
        found.add(made, classes, tie.writer.access, tie.reader.access)


def _is_hashed(atom: Atom, tie: Tie, nic: NicProfile) -> bool:
    if isinstance(atom, Same):
        first = atom.first[0] in hashable_fields(nic, tie.writer_reading.packet_class)
        return first and atom.second[0] in hashable_fields(nic, tie.reader_reading.packet_class)
    reading = (tie.writer_reading, tie.reader_reading)[atom.side]
    return atom.bit[0] in hashable_fields(nic, reading.packet_class)
