"""Paths that ask a chain whether an index computed from their packet is taken, and what they compare then."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rss_callpaths.accesses.access import Access, PathAccesses, StateObject
from rss_callpaths.infer.bits import PacketBit, bits_of
from rss_callpaths.infer.ownership import Ownership
from rss_callpaths.infer.pairs import FIRST, Pairs
from rss_callpaths.library import Kind
from rss_callpaths.terms import Read, Term
from rss_callpaths.terms.bytewise import nodes, symbols
from rss_callpaths.terms.conditions import Truth


@dataclass(frozen=True, slots=True)
class Asked:
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
        """Whether the index may be taken."""
        return self.verify.success is not Truth.REFUTED


def questions(path: PathAccesses, chain: StateObject, ownership: Ownership, pairs: Pairs) -> Iterator[Asked]:
    """What a path asks a chain."""
    for verify in path.accesses:
        if verify.kind is not Kind.VERIFY or verify.object != chain or verify.key is None:
            continue
        if ownership.owner(path, verify, verify.key) is not None:
            continue
        group = [
            a
            for a in path.accesses
            if a.object is not None
            and a.function.index == "key"
            and ownership.sources.same(a.key, verify.key)
        ]
        # Before an index was taken its cell holds what nobody wrote.
        taken = [a.call for a in path.accesses if a.kind is Kind.CREATE and a.object == chain]
        cells = tuple(
            (a, a.result)
            for a in group
            if a.kind is Kind.READ
            and a.result is not None
            and not any(a.call < call < verify.call for call in taken)
        )
        yield Asked(path, verify, cells, tuple(group), tuple(_equalities(path, cells, pairs)))


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
