"""Which packets must meet: when two accesses to one object, of which one mutates, are to one cell.

The two may be the same access, made for two packets. A condition that cannot be expressed is weakened, so
that more packets must meet, never fewer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import product

from rss_callpaths.accesses.access import Access, Accesses, PathAccesses, StateObject
from rss_callpaths.infer.bits import PacketBit, bits_of
from rss_callpaths.infer.bypass import Bypass, Tie
from rss_callpaths.infer.clearing import clears_own
from rss_callpaths.infer.found import Clash, Doubt, Entry, Found, Seen, Unplaced
from rss_callpaths.infer.ownership import Owned, Ownership, is_expiry
from rss_callpaths.infer.pairs import FIRST, SECOND, Pairs
from rss_callpaths.infer.relation import Atom, Atoms, Same, relation
from rss_callpaths.infer.results import identity
from rss_callpaths.infer.shapes import Meeting, hashable_fields, meeting, place, shape
from rss_callpaths.library import Kind
from rss_callpaths.terms import Read, Term
from rss_callpaths.terms.bytewise import bytes_of, nodes
from rss_dsl.nic import NicProfile


def conflicts(
    accesses: Accesses, ownership: Ownership, checks: Bypass, pairs: Pairs, nic: NicProfile
) -> Found:
    """Every pair of accesses to every object."""
    found = Found()
    for each in accesses.objects:
        _Object(each, accesses, ownership, checks, pairs, nic, found).examine()
    for tie in checks.ties:
        _tie(tie, nic, found)
    return found


def _tie(tie: Tie, nic: NicProfile, found: Found) -> None:
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


class _Object:
    def __init__(
        self,
        each: StateObject,
        accesses: Accesses,
        ownership: Ownership,
        checks: Bypass,
        pairs: Pairs,
        nic: NicProfile,
        found: Found,
    ) -> None:
        self.object, self.nic, self.found, self.pairs = each, nic, found, pairs
        self.accesses, self.ownership, self.checks = accesses, ownership, checks

    @cached_property
    def _prefilled(self) -> bool:
        """Whether packets change cells under indices that no packet has stored in this map: what puts them
        there does not bring together those that find them."""
        chain = self.ownership.chain_of.get(self.object)
        if chain is None:
            return False
        paths = self.accesses.paths
        stored = any(
            a.object == self.object and a.kind is Kind.WRITE for path in paths for a in path.accesses
        )
        before = any(a.object == self.object and a.kind is Kind.WRITE for path in paths for a in path.setup)
        return (before or not stored) and any(
            access.mutates
            and access.function.index == "key"
            and (owned := self.ownership.owner(path, access, access.key)) is not None
            and owned.chain == chain
            for path in paths
            for access in path.accesses
        )

    @cached_property
    def _is_asked_whole(self) -> bool:
        return any(
            a.object == self.object and a.whole and a.kind in (Kind.READ, Kind.SCAN) and not a.mutates
            for path in self.accesses.paths
            for a in path.accesses
        )

    def examine(self) -> None:
        """All pairs."""
        every = [
            (path, a)
            for path in self.accesses.paths
            for a in path.accesses
            if a.object == self.object or a.object is None
        ]
        if not any(access.mutates for _, access in every) and not self._prefilled:
            self._ignore((a for _, a in every), "no packet changes it")
            return
        entries = [entry for path, access in every for entry in self._entries(path, access)]
        local = [entry for entry in entries if entry.owned is not None and not entry.whole]
        whole = [entry for entry in entries if entry.whole or entry.port is None]
        keyed = [entry for entry in entries if entry not in local and entry not in whole]
        self._local(local)
        self._against(whole, entries, "whole")
        self._against(keyed, local, "index")
        self._keyed(keyed)

    def _entries(self, path: PathAccesses, access: Access) -> Iterator[Entry]:
        key = identity(access)
        if key in self.checks.excused:
            self._ignore([access], self.checks.excused[key])
            return
        if is_expiry(access) and self._is_grouped(path, access):
            self._ignore([access], "expires what its own core has")
            return
        if self._clears_own(path, access):
            self._ignore([access], "clears cells of an index that its own core took")
            return
        addressed = access.function.index == "key" or access.kind is Kind.CREATE
        owned = None
        if access.kind is Kind.CREATE and self.object not in self.ownership.broken:
            owned = Owned(self.object, access.result, True, True) if access.result is not None else None
        elif addressed:
            owned = self.ownership.owner(path, access, access.key)
        is_whole = access.object is None or access.whole or access.key is None
        whole = is_whole and not (access.kind is Kind.CREATE and owned is not None)
        for port in access.in_ports or (None,):
            yield Entry(path, access, port, owned, whole)

    def _is_grouped(self, path: PathAccesses, access: Access) -> bool:
        """Whether all that expires with it belongs to the core: an object, or a group that is proved one,
        and no packet asks about all of the object."""
        if self._is_asked_whole:
            return False
        objects = [a.object for a in path.accesses if a.call == access.call and a.object is not None]
        chains = [each for each in objects if each.type == "chain"]
        if any(chain in self.ownership.broken for chain in chains):
            return False
        maps = [each for each in objects if each.type == "map"]
        return all(self.ownership.chain_of.get(each) in chains for each in maps)

    def _clears_own(self, path: PathAccesses, access: Access) -> bool:
        """A clearing of a range of cells that begins at one of an index that the core took on this path."""
        if access.kind is not Kind.SCAN or not access.mutates or is_expiry(access):
            return False
        return clears_own(self.ownership, path, access)

    def _ignore(self, accesses: Iterator[Access] | Sequence[Access], reason: str) -> None:
        for access in accesses:
            self.found.ignored.setdefault(identity(access), reason)

    # --- indices ------------------------------------------------------------------------------------------

    def _local(self, entries: Sequence[Entry]) -> None:
        """Indices of one chain differ wherever their owners do."""
        kinds: dict[tuple[object, ...], Entry] = {}
        for entry in entries:
            owned = entry.owned
            if owned is None:
                continue
            what = owned.chain.address, "" if owned.plain else (entry.access.path, entry.access.call)
            known = kinds.get(what)
            if known is None or (entry.access.mutates and not known.access.mutates):
                kinds[what] = entry
        every = list(kinds.values())
        for at, first in enumerate(every):
            for second in every[at:]:
                if first.owned is None or second.owned is None:
                    continue
                if not (first.access.mutates or second.access.mutates):
                    continue
                if first.owned.chain != second.owned.chain:
                    self._clash(first, second, "chains")
                elif not (first.owned.plain and second.owned.plain):
                    sides = [(e.path, e.access, e.owned) for e in (first, second) if e.owned is not None]
                    if not self.ownership.disjoint(sides[0], sides[1]):
                        self._clash(first, second, "overlap")
        self._ignore(
            (e.access for e in entries), "its index belongs to the core of the packets that have its key"
        )

    def _against(self, entries: Sequence[Entry], others: Sequence[Entry], why: str) -> None:
        for first, second in product(entries, others):
            if first.access.mutates or second.access.mutates:
                self._clash(first, second, "idle" if first.port is None else why)

    def _clash(self, first: Entry, second: Entry, why: str, unhashed: frozenset[str] = frozenset()) -> None:
        self.found.clashes.append(Clash(self.object, first.access, second.access, why, unhashed))

    # --- keys -----------------------------------------------------------------------------------------------

    def _keyed(self, entries: Sequence[Entry]) -> None:
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
        for at, byte in enumerate(bytes_of(key, self.ownership.pool)):
            if None in bits[8 * at : 8 * at + 8]:
                found |= _packet_bytes(byte)
        return sorted(found)

    def _changes(self, entry: Entry) -> bool:
        """Whether an access changes its cell, or finds an index under which its path changes something."""
        access = entry.access
        if access.mutates or access.kind is not Kind.READ or self.object not in self.ownership.chain_of:
            return access.mutates
        return self._prefilled or any(
            other.mutates and other.function.index == "key" and self.ownership.same(other.key, access.result)
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
            self._clash(first.entry, second.entry, _why(first, second, met), met.unhashed)
        else:
            self.found.add(made, (first.shape.packet_class, second.shape.packet_class), *accesses)

    def _implied(self, first: Seen, second: Seen) -> Atoms | None:
        """Bytes of fields that equal keys force to be equal; None: keys can't be equal."""
        one_key, other_key = first.entry.access.key, second.entry.access.key
        if one_key is None or other_key is None or one_key.width != other_key.width:
            return frozenset()
        keys = one_key, other_key
        pairs, flags = self.pairs, []
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
