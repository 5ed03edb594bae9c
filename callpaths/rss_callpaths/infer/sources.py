"""Where indices come from: a chain, or maps in which all paths store only what a chain has just given."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rss_callpaths.accesses.access import Access, Accesses, PathAccesses, StateObject
from rss_callpaths.library import Kind
from rss_callpaths.terms import Const, Pool, Term
from rss_callpaths.terms.bytewise import bytes_of, symbols
from rss_callpaths.terms.conditions import Truth

MAPS = ("map", "dmap")


@dataclass(frozen=True, slots=True)
class Owned:
    """An index that belongs to a core: one of `chain`, or computed from one."""

    chain: StateObject
    base: Term
    """The index of the chain."""
    plain: bool
    """The very index."""
    fresh: bool
    """Taken from the chain on this path."""
    maps: frozenset[StateObject] = frozenset()
    """The maps that it was found in, or that the path stores it in."""


class Sources:
    """What all paths say of chains, and of the maps that hold their indices."""

    def __init__(self, accesses: Accesses, pool: Pool) -> None:
        self.pool, self.paths, self.library = pool, accesses.paths, accesses.library
        self.chain_of: dict[StateObject, StateObject] = {}
        """Map → the chain that all of its values are indices of."""
        self.filled_first = frozenset(
            access.object
            for path in self.paths
            for access in path.setup
            if access.object is not None and access.kind is Kind.WRITE
        )
        """What initialisation fills, on every core the same."""
        self.filled_later = frozenset(
            access.object
            for path in self.paths
            for access in path.accesses
            if access.object is not None and access.kind is Kind.WRITE
        )
        """What packets fill."""
        self.chain_of = self._maps()

    def every(self) -> Iterator[tuple[PathAccesses, Access]]:
        """Every access of every path, initialisation's too."""
        for path in self.paths:
            for access in (*path.setup, *path.accesses):
                yield path, access

    def source(self, path: PathAccesses, user: Access, index: Term | None) -> Owned | None:
        """Whose index an access uses, whether or not it proves anything."""
        if index is None or isinstance(index, Const):
            return None
        derived = None
        for access in (*path.setup, *path.accesses):
            if access.call > user.call or access.result is None or access.object is None:
                continue
            chain = self._produces(access)
            if chain is None or self._may_be_anothers(path, chain, access, user):
                continue
            fresh = access.kind is Kind.CREATE
            maps = self._stored(path, access.result) if fresh else frozenset({access.object})
            if self.same(access.result, index):
                return Owned(chain, access.result, True, fresh, maps)
            if symbols(access.result) and symbols(access.result) <= symbols(index):
                derived = derived or Owned(chain, access.result, False, fresh, maps)
        return derived

    def by_the_clock(self, path: PathAccesses, access: Access) -> bool:
        """Whether a call erases what is too old, and nothing but the time decides what that is."""
        if not is_expiry(access):
            return False
        age = path.path.calls[access.call].argument(access.function.older)
        return age is not None and all(
            symbol in path.producers
            and self.library.of(path.path.calls[path.producers[symbol]].function).kind is Kind.CLOCK
            for symbol in symbols(age.value)
        )

    def same(self, first: Term | None, second: Term | None) -> bool:
        """Whether two terms are the same number, by their form."""
        if first is None or second is None:
            return False
        return first is second or self.digits(first) == self.digits(second)

    def digits(self, term: Term) -> tuple[Term | int, ...]:
        """The bytes of a number without leading zeros."""
        found: list[Term | int] = [
            byte.value if isinstance(byte, Const) else byte for byte in bytes_of(term, self.pool)
        ]
        while found and found[-1] == 0:
            found.pop()
        return tuple(found)

    def begins(self, cell: Term | None, key: Term | None) -> bool:
        """Whether a cell's bytes are a key's; it may be longer, by padding."""
        if cell is None or key is None:
            return False
        ours, wanted = bytes_of(cell, self.pool), bytes_of(key, self.pool)
        return all(a is b for a, b in zip(ours, wanted, strict=False)) and len(ours) >= len(wanted)

    def _produces(self, access: Access) -> StateObject | None:
        """The chain that a call's result is an index of."""
        if access.success is not Truth.PROVED or access.object is None:
            return None
        if access.kind is Kind.CREATE:
            return access.object
        return self.chain_of.get(access.object) if access.kind is Kind.READ and not access.whole else None

    def _stored(self, path: PathAccesses, index: Term) -> frozenset[StateObject]:
        return frozenset(
            each.object
            for each in (*path.setup, *path.accesses)
            if each.object is not None and _puts(each) and self.same(each.value, index)
        )

    def _may_be_anothers(self, path: PathAccesses, chain: StateObject, given: Access, used: Access) -> bool:
        """Whether indices were freed since one was handed out, and then one was taken: that may be it."""
        freed = self._freed(path, chain, given, used)
        return any(
            each.object == chain and each.kind is Kind.CREATE and min(freed) < each.call < used.call
            for each in path.accesses
            if freed
        )

    def _freed(self, path: PathAccesses, chain: StateObject, given: Access, used: Access) -> list[int]:
        """The calls between two others that may take indices back."""
        return [
            each.call
            for each in path.accesses
            if given.call < each.call < used.call
            and each.object == chain
            and each.kind in (Kind.DESTROY, Kind.SCAN)
            and each.mutates
        ]

    # --- maps -------------------------------------------------------------------------------------------

    def _maps(self) -> dict[StateObject, StateObject]:
        """Maps in which each path stores only indices that it has just taken, of one chain, under one key."""
        chains: dict[StateObject, set[StateObject | None]] = {}
        for path, access in self.every():
            if access.object is None or access.object.type not in MAPS or access.kind is not Kind.WRITE:
                continue
            fresh = self._fresh(path, access) if _puts(access) else None
            chains.setdefault(access.object, set()).add(fresh)
        found = dict(self._coupled())
        for each, every in chains.items():
            found.pop(each, None)
            only = next(iter(every)) if len(every) == 1 else None
            if only is not None:
                found[each] = only
        return found

    def _fresh(self, path: PathAccesses, put: Access) -> StateObject | None:
        """The chain that has just given what is stored; None if it may be free again, or has another key."""
        earlier = (*path.setup, *path.accesses)
        taken = next(
            (
                each
                for each in earlier
                if each.kind is Kind.CREATE
                and each.success is Truth.PROVED
                and each.call < put.call
                and self.same(each.result, put.value)
            ),
            None,
        )
        if taken is None or taken.object is None or self._freed(path, taken.object, taken, put):
            return None
        twice = any(
            each.object == put.object
            and each.call != put.call
            and _puts(each)
            and self.same(each.value, put.value)
            and each.key is not put.key
            for each in earlier
        )
        return None if twice else taken.object

    def _coupled(self) -> Iterator[tuple[StateObject, StateObject]]:
        """Maps that expire with a chain: if no path puts into them, they can only hold its indices."""
        for path in self.paths:
            for call in {access.call for access in path.accesses if is_expiry(access)}:
                objects = [a.object for a in path.accesses if a.call == call and a.object is not None]
                chains = [each for each in objects if each.type == "chain"]
                for each in objects:
                    if chains and each.type in MAPS:
                        yield each, chains[0]


def _puts(access: Access) -> bool:
    return access.kind is Kind.WRITE and access.function.index == "value"


def is_expiry(access: Access) -> bool:
    """Erases what is too old: on each core what that core has."""
    return access.kind is Kind.SCAN and access.mutates and bool(access.function.older)
