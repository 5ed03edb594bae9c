"""Accesses that count by their own keys: packets meet that have equal ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rss_callpaths.accesses.access import Access, StateObject
from rss_callpaths.infer.bits import PacketBit, bits_of
from rss_callpaths.infer.found import Doubt, Entry, Found, Seen
from rss_callpaths.infer.ownership import Ownership
from rss_callpaths.infer.pairs import FIRST, SECOND
from rss_callpaths.infer.relation import Atom, Atoms, Same, relation
from rss_callpaths.infer.shapes import Meeting, hashable_fields, meeting, place, shape
from rss_callpaths.library import Kind
from rss_callpaths.terms import Read, Term
from rss_callpaths.terms.bytewise import bytes_of, nodes
from rss_dsl.nic import NicProfile


class Keyed:
    """Those to one object."""

    def __init__(
        self, each: StateObject, ownership: Ownership, prefilled: bool, nic: NicProfile, found: Found
    ) -> None:
        """`prefilled`: packets change cells under indices that no packet has stored in this map."""
        self.object, self.ownership, self.nic, self.found = each, ownership, nic, found
        self._prefilled = prefilled

    def examine(self, entries: Sequence[Entry]) -> None:
        """All pairs."""
        seen: dict[Seen, list[Access]] = {}
        for entry in entries:
            key = entry.access.key
            bits = bits_of(key) if key is not None else ()
            computed = self._computed(key) if key is not None else ()
            if entry.port is None:
                continue
            for reading in entry.path.readings:
                made = shape(bits, computed, reading)
                changes = self._changes(entry)
                source = (entry.path.path.name, key) if None in bits else None
                name = reading.name if made.unplaced else ""
                one = Seen(entry.port, made, changes, entry.access.mutates, source, name, entry, reading)
                seen.setdefault(one, []).append(entry.access)
        every = list(seen)
        for at, first in enumerate(every):
            for second in every[at:]:
                if first.mutates or second.mutates:
                    self._pair(first, second, {*seen[first], *seen[second]})

    def _computed(self, key: Term) -> list[int]:
        """The bytes of the packet that a key is computed from and does not consist of."""
        bits = bits_of(key)
        if None not in bits:
            return []
        found: set[int] = set()
        for at, byte in enumerate(bytes_of(key, self.ownership.sources.pool)):
            if None in bits[8 * at : 8 * at + 8]:
                found |= _packet_bytes(byte)
        return sorted(found)

    def _changes(self, entry: Entry) -> bool:
        """Whether an access changes its cell, or finds an index under which its path changes something."""
        access, sources = entry.access, self.ownership.sources
        if access.mutates or access.kind is not Kind.READ or self.object not in sources.chain_of:
            return access.mutates
        return self._prefilled or any(
            other.mutates and other.function.index == "key" and sources.same(other.key, access.result)
            for other in entry.path.accesses
        )

    def _pair(self, first: Seen, second: Seen, accesses: set[Access]) -> None:
        met = meeting(first.shape, second.shape, self.nic)
        if met is None:
            return
        atoms = met.atoms
        if met.open and (_opaque(first) or _opaque(second)):
            more = self._implied(first, second)
            if more is None:
                return
            atoms |= more
        made = relation(first.port, second.port, atoms)
        if first.shape.unplaced or second.shape.unplaced:
            self.found.doubtful.append(Doubt(self.object, made, first, second))
        elif not atoms:
            self.found.clash(self.object, first.entry, second.entry, _why(first, second, met), met.unhashed)
        else:
            self.found.add(made, (first.shape.packet_class, second.shape.packet_class), *accesses)

    def _implied(self, first: Seen, second: Seen) -> Atoms | None:
        """Bytes of fields that equal keys force to be equal; None: keys can't be equal."""
        one_key, other_key = first.entry.access.key, second.entry.access.key
        if one_key is None or other_key is None or one_key.width != other_key.width:
            return frozenset()
        keys = one_key, other_key
        pairs, flags = self.ownership.pairs, []
        for side, one, key in zip((FIRST, SECOND), (first, second), keys, strict=True):
            flags += pairs.conditions(side, one.entry.path, one.reading.condition, key)
        flags.append(pairs.terms.equal(pairs.word(FIRST, keys[0]), pairs.word(SECOND, keys[1])))
        if not pairs.possible(flags):
            return None
        wanted = [(a, b) for a in self._computed(keys[0]) for b in self._computed(keys[1])]
        words = [(pairs.byte(FIRST, a), pairs.byte(SECOND, b)) for a, b in wanted]
        atoms: set[Atom] = set()
        for (a, b), certain in zip(wanted, pairs.implied(flags, words), strict=True):
            if certain:
                atoms |= set(self._byte(first, second, a, b))
        return frozenset(atoms)

    def _byte(self, first: Seen, second: Seen, one: int, other: int) -> Iterator[Atom]:
        for bit in range(8):
            a = place(PacketBit(one, bit), first.reading)
            b = place(PacketBit(other, bit), second.reading)
            if not (isinstance(a, tuple) and isinstance(b, tuple)):
                continue
            ours = hashable_fields(self.nic, first.shape.packet_class)
            if a[0] in ours and b[0] in hashable_fields(self.nic, second.shape.packet_class):
                yield Same(a, b)


def _why(first: Seen, second: Seen, met: Meeting) -> str:
    if met.unhashed:
        return "unhashed"
    if _opaque(first) or _opaque(second):
        return "symbol"
    return "constant"


def _opaque(one: Seen) -> bool:
    """Whether the key has bits that are neither constants nor bits of the packet."""
    return one.entry.access.key is not None and None in bits_of(one.entry.access.key)


def _packet_bytes(term: Term) -> set[int]:
    found: set[int] = set()
    for node in nodes(term):
        if isinstance(node, Read):
            found |= {bit.byte for bit in bits_of(node) if isinstance(bit, PacketBit)}
    return found
