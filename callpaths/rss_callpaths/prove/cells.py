"""Which cell an access touches, and when two accesses touch the same one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rss_callpaths.accesses.access import Access, PathAccesses
from rss_callpaths.library import Kind
from rss_callpaths.prove.keys import Keys, Relation
from rss_callpaths.prove.ownership import Owner, Ownership
from rss_callpaths.prove.packets import Packets
from rss_callpaths.prove.uses import Use, is_write, puts, together
from rss_callpaths.prove.verdict import Assumed
from rss_callpaths.terms import Op, Term
from rss_callpaths.terms.conditions import Truth
from rss_solver.smt.terms import Flag


@dataclass(frozen=True, slots=True)
class Local:
    """The cells differ, or belong to the core of either packet; what that takes for granted."""

    assumed: tuple[Assumed, ...] = ()


class Cells:
    """Compares the cells of accesses to one object."""

    def __init__(self, ownership: Ownership, keys: Keys, packets: Packets) -> None:
        self.ownership, self.keys, self.packets = ownership, keys, packets
        self._apart: dict[tuple[str, Term, str, Term], bool] = {}
        self._ranges: dict[tuple[str, int], bool] = {}

    def meet(self, one: Use, other: Use) -> Relation | Local | None:
        """When two packets touch one cell; None: never."""
        for mine, theirs in ((one, other), (other, one)):
            if self.ownership.is_ageing(*mine):
                return () if self._unowned(theirs) else Local((Assumed.CLOCKS,))
            if self._clears_own(mine):
                return () if self._unowned(theirs) else Local((Assumed.ALLOCATION,))
        if one[1].whole or other[1].whole:
            return self._whole(one, other)
        if one[1].function.index == "key" and other[1].function.index == "key":
            return self._indexed(one, other)
        return self.keys.same_key(one, other)

    def _unowned(self, use: Use) -> bool:
        """Whether it asks about all, or addresses a cell by an index that nobody is known to own, a chain
        by an index that is not its own."""
        path, access = use
        if access.whole:
            return access.kind in (Kind.READ, Kind.SCAN) and not access.mutates
        if access.function.index != "key":
            return False
        owner = self.ownership.cell_owner(path, access)
        of_another = owner is not None and access.object in self.ownership.chains - {owner.chain}
        return owner is None or of_another

    # --- whole objects and new indices ------------------------------------------------------------------

    def _whole(self, one: Use, other: Use) -> Relation | Local | None:
        first, second = self.takes(one), self.takes(other)
        if first and second:
            return Local((Assumed.ALLOCATION, Assumed.CAPACITY))
        for takes, mine, theirs in ((first, one, other), (second, other, one)):
            if not takes or theirs[1].whole:
                continue
            if not self._unowned(theirs):
                return Local((Assumed.ALLOCATION,))
            if mine[1].success is Truth.REFUTED:
                return Local((Assumed.CAPACITY,))
            if mine[1].result is not None and theirs[1].key is not None and mine[1].success is Truth.PROVED:
                terms = (mine[1].result, theirs[1].key) if mine is one else (theirs[1].key, mine[1].result)
                return self.keys.same_index(*terms)
        return ()

    def takes(self, use: Use) -> bool:
        """Whether it takes a new index from a chain of which owners are known."""
        _, access = use
        return access.kind is Kind.CREATE and access.object not in self.ownership.broken

    # --- cells by index ---------------------------------------------------------------------------------

    def _indexed(self, one: Use, other: Use) -> Relation | Local | None:
        first, second = one[1].key, other[1].key
        if first is None or second is None:
            return ()
        owners = self.ownership.cell_owner(*one), self.ownership.cell_owner(*other)
        mine, theirs = owners
        if mine is None or theirs is None or mine.chain != theirs.chain:
            return self.keys.same_index(first, second)
        if not (mine.plain and theirs.plain) and not self._keep_apart(one, mine, other, theirs):
            return self.keys.same_index(first, second)
        found = self._same_owner(mine, theirs)
        return self.keys.same_index(first, second) if found is None else found[0]

    def _same_owner(self, mine: Owner, theirs: Owner) -> tuple[Relation | Local | None] | None:
        """When two indices have one owner; None if that is not known."""
        for each, use in mine.keys.items():
            if each in theirs.keys:
                return (self.keys.same_key(use, theirs.keys[each]),)
        owning = self.ownership
        stored = all(
            each in owning.filled and each not in owning.prefilled for each in (*mine.keys, *theirs.keys)
        )
        # Both packets meet the one that stored the index: their accesses to the maps say so. What no packet
        # stored is under the keys of either map on every core.
        return (Local((Assumed.ALLOCATION,)),) if stored else None

    def _keep_apart(self, one: Use, mine: Owner, other: Use, theirs: Owner) -> bool:
        """Whether cells computed from different indices differ."""
        first, second = one[1].key, other[1].key
        if first is None or second is None:
            return False
        place = one[0].path.name, first, other[0].path.name, second
        if place not in self._apart:
            flags = self._different(one, mine, other, theirs)
            cells = self.packets.equal(first, second)
            self._apart[place] = self.packets.impossible(one[0], other[0], [*flags, cells], (first, second))
        return self._apart[place]

    def _different(self, one: Use, mine: Owner, other: Use, theirs: Owner) -> list[Flag]:
        """The indices are of the chain and not the same."""
        flags: list[Flag] = [self.packets.negated(self.packets.equal(mine.base, theirs.base))]
        size = dict(mine.chain.parameters).get("index_range")
        if size is not None:
            flags += [self.packets.below(side, owner.base, size) for side, owner in enumerate((mine, theirs))]
        return flags

    # --- ranges of cells --------------------------------------------------------------------------------

    def _clears_own(self, use: Use) -> bool:
        """Whether it erases the keys in a range of cells that belong to one index (and their map entries)."""
        path, access = use
        if access.kind is not Kind.SCAN or not access.function.count:
            return False
        place = path.path.name, access.call
        if place not in self._ranges:
            self._ranges[place] = self._is_own_range(path, access)
        return self._ranges[place]

    def _is_own_range(self, path: PathAccesses, access: Access) -> bool:
        span = self._span(path, access)
        owner = self.ownership.owner(path, access, span[0]) if span else None
        group = [each for each in together(path, access) if each is not None]
        vectors = [each for each in group if each.type == "vector"]
        maps = [each for each in group if each.type != "vector"]
        if owner is None or span is None or len(vectors) != 1 or len(maps) != 1:
            return False
        return all(
            self._outside((path, access), owner, span, use)
            for use in self.ownership.every()
            if use[1].object == vectors[0] and use[1] in use[0].accesses
        ) and all(
            self._is_in_a_cell(other, put, vectors)
            for other, put in self.ownership.every()
            if put.object == maps[0] and (puts(put) or put.mutates) and put.kind is Kind.WRITE
        )

    def _span(self, path: PathAccesses, access: Access) -> tuple[Term, Term] | None:
        """The first cell that is cleared, and the first after it that is not."""
        call = path.path.calls[access.call]
        start, count = call.argument(access.function.start), call.argument(access.function.count)
        if start is None or count is None or start.value.width != count.value.width:
            return None
        return start.value, self.keys.pool.apply(Op.ADD, start.value.width, (start.value, count.value))

    def _outside(self, mine: Use, owner: Owner, span: tuple[Term, Term], use: Use) -> bool:
        """Whether another owner's access is to none of the cells."""
        path, access = use
        packets = self.packets
        first: Term | None
        last: Term | None = None
        if access.kind is Kind.SCAN:
            cleared = self._span(path, access)
            if cleared is None:
                return False
            first, last = cleared
            theirs = self.ownership.owner(path, access, first)
        else:
            first, theirs = access.key, self.ownership.cell_owner(path, access)
        if first is None or theirs is None or theirs.chain != owner.chain:
            return False
        flags = self._different(mine, owner, use, theirs)
        flags.append(
            packets.less((0, span[0]), (1, last)) if last else packets.at_most((0, span[0]), (1, first))
        )
        flags.append(packets.less((1, first), (0, span[1])))
        return packets.impossible(mine[0], path, flags, (*span, first))

    def _is_in_a_cell(self, path: PathAccesses, put: Access, vectors: Sequence[object]) -> bool:
        """Whether a path that stores a key also stores it in a cell that belongs to an index."""
        return any(
            each.object in vectors
            and is_write(each)
            and self.ownership.cell_owner(path, each) is not None
            and self.keys.is_stored_as(path, put, each.value)
            for each in path.accesses
        )
