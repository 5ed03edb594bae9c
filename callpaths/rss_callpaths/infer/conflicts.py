"""Which packets must meet: when two accesses to one object, of which one mutates, are to one cell.

The two may be the same access, made for two packets. A condition that cannot be expressed is weakened, so
that more packets must meet, never fewer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import product

from rss_callpaths.accesses.access import Access, Accesses, PathAccesses, StateObject
from rss_callpaths.infer.bypass import Bypass
from rss_callpaths.infer.clearing import clears_own
from rss_callpaths.infer.found import Entry, Found
from rss_callpaths.infer.keyed import Keyed
from rss_callpaths.infer.ownership import Ownership
from rss_callpaths.infer.results import identity
from rss_callpaths.infer.sources import Owned, is_expiry
from rss_callpaths.infer.ties import require
from rss_callpaths.library import Kind
from rss_dsl.nic import NicProfile


def conflicts(accesses: Accesses, ownership: Ownership, checks: Bypass, nic: NicProfile) -> Found:
    """Every pair of accesses to every object."""
    found = Found()
    for each in accesses.objects:
        _Object(each, accesses, ownership, checks, nic, found).examine()
    for tie in checks.ties:
        require(tie, nic, found)
    return found


class _Object:
    def __init__(
        self,
        each: StateObject,
        accesses: Accesses,
        ownership: Ownership,
        checks: Bypass,
        nic: NicProfile,
        found: Found,
    ) -> None:
        self.object, self.nic, self.found = each, nic, found
        self.accesses, self.ownership, self.checks = accesses, ownership, checks

    @cached_property
    def _prefilled(self) -> bool:
        """Whether packets change cells under indices that no packet has stored in this map: what puts them
        there does not bring together those that find them."""
        chain = self.ownership.sources.chain_of.get(self.object)
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
        checked = [entry for path, access in every for entry in self._checked(path, access)]
        keyed = [entry for entry in entries if entry not in local and entry not in whole]
        self._local(local)
        self._against(whole, entries, "whole")
        self._against(keyed, local, "index")
        self._against(checked, [entry for entry in entries if not self._is_owners(entry, checked)], "index")
        for chain in {self._chain(entry) for entry in checked}:
            mine = [entry for entry in checked if self._chain(entry) == chain]
            self._against(mine, [entry for entry in checked if entry not in mine], "chains")
        Keyed(self.object, self.ownership, self._prefilled, self.nic, self.found).examine(keyed)

    def _entries(self, path: PathAccesses, access: Access) -> Iterator[Entry]:
        key = identity(access)
        if key in self.checks.excused:
            self._ignore([access], self.checks.excused[key])
            return
        if self.ownership.sources.by_the_clock(path, access) and self._is_grouped(path, access):
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

    def _checked(self, path: PathAccesses, access: Access) -> Iterator[Entry]:
        """An access by a packet's index that passes its check: to the cell of the index's owner."""
        if identity(access) in self.checks.checked:
            for port in access.in_ports or (None,):
                yield Entry(path, access, port, None, False)

    def _is_owners(self, entry: Entry, checked: Sequence[Entry]) -> bool:
        """Whether an access reaches only cells of its own index, one of the chain that checked the others."""
        owned = entry.owned
        return owned is not None and all(owned.plain and self._chain(each) == owned.chain for each in checked)

    def _chain(self, checked: Entry) -> StateObject:
        return self.checks.checked[identity(checked.access)]

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
        return all(self.ownership.sources.chain_of.get(each) in chains for each in maps)

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
            what = owned.chain, owned.maps, "" if owned.plain else (entry.access.path, entry.access.call)
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
                    self.found.clash(self.object, first, second, "chains")
                elif not self.ownership.have_one_owner(first.owned, second.owned):
                    self.found.clash(self.object, first, second, "setup")
                elif not (first.owned.plain and second.owned.plain):
                    sides = [(e.path, e.access, e.owned) for e in (first, second) if e.owned is not None]
                    if not self.ownership.disjoint(sides[0], sides[1]):
                        self.found.clash(self.object, first, second, "overlap")
        self._ignore(
            (e.access for e in entries), "its index belongs to the core of the packets that have its key"
        )

    def _against(self, entries: Sequence[Entry], others: Sequence[Entry], why: str) -> None:
        for first, second in product(entries, others):
            if first.access.mutates or second.access.mutates:
                self.found.clash(self.object, first, second, "idle" if first.port is None else why)
