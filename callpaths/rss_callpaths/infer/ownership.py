"""State groups: objects that share the indices of a chain, and the proof on every path that they do.

An index belongs to the core that took it from its chain if every path obtains it (a) from the chain itself or
(b) from a map in which all paths store only indices of that chain. The packets that find an index under a key
meet the one that stored it, since the map's accesses require that; so an object that is addressed by such
indices alone needs no requirement of its own. What breaks one of these premises is reported, and its accesses
count by their own keys.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rss_callpaths.accesses.access import Access, Accesses, PathAccesses, StateObject
from rss_callpaths.infer.pairs import FIRST, SECOND, Pairs
from rss_callpaths.library import Kind
from rss_callpaths.terms import Const, Pool, Term
from rss_callpaths.terms.bytewise import bytes_of, symbols
from rss_callpaths.terms.conditions import Truth
from rss_solver.smt.terms import Flag


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


@dataclass(frozen=True, slots=True)
class Broken:
    """Why indices of a chain prove nothing."""

    why: str
    at: Access


Addressed = tuple[PathAccesses, Access, Owned]
"""An access by an index that belongs to a core."""


class Ownership:
    """Which indices belong to a core."""

    def __init__(self, accesses: Accesses, pool: Pool, pairs: Pairs) -> None:
        self.pool, self.pairs = pool, pairs
        self._paths = accesses.paths
        self.chain_of: dict[StateObject, StateObject] = self._maps()
        """Map → the chain that all of its values are indices of."""
        self.broken: dict[StateObject, Broken] = {}
        """By chain."""
        for path, access in self.every():
            reason = self._breaks(path, access)
            if reason is not None and reason[0] not in self.broken:
                self.broken[reason[0]] = Broken(reason[1], access)

    def owner(self, path: PathAccesses, access: Access, index: Term | None) -> Owned | None:
        """Whose index an access uses, None if it is no chain's or nothing is proved of it."""
        found = self._source(path, access, index)
        return None if found is None or found.chain in self.broken else found

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

    def disjoint(
        self, first: tuple[PathAccesses, Access, Owned], second: tuple[PathAccesses, Access, Owned]
    ) -> bool:
        """Whether cells computed from different indices of a chain differ."""
        flags: list[Flag] = []
        words, bases = [], []
        for side, (path, access, owned) in zip((FIRST, SECOND), (first, second), strict=True):
            if access.key is None:
                return False
            flags += self.pairs.conditions(side, path, (), access.key)
            words.append(self.pairs.word(side, access.key))
            base = self.pairs.word(side, owned.base)
            bases.append(base)
            size = dict(owned.chain.parameters).get("index_range")
            if size is not None:
                terms = self.pairs.terms
                flags.append(terms.compare("ult", base, terms.number(size, owned.base.width)))
        terms = self.pairs.terms
        width = max(
            term.width for _, access, _ in (first, second) for term in [access.key] if term is not None
        )
        cells = [terms.zero_extend(word, width) for word in words]
        flags.append(terms.equal(cells[0], cells[1]))
        flags.append(terms.negation(terms.equal(bases[0], bases[1])))
        return not self.pairs.possible(flags)

    def every(self) -> Iterator[tuple[PathAccesses, Access]]:
        """Every access of every path, initialisation's too."""
        for path in self._paths:
            for access in (*path.setup, *path.accesses):
                yield path, access

    def _source(self, path: PathAccesses, user: Access, index: Term | None) -> Owned | None:
        if index is None or isinstance(index, Const):
            return None
        derived = None
        for access in (*path.setup, *path.accesses):
            if access.call > user.call or access.result is None or access.object is None:
                continue
            chain = self._produces(access)
            if chain is None:
                continue
            fresh = access.kind is Kind.CREATE
            if self.same(access.result, index):
                return Owned(chain, access.result, True, fresh)
            if symbols(access.result) and symbols(access.result) <= symbols(index):
                derived = derived or Owned(chain, access.result, False, fresh)
        return derived

    def _produces(self, access: Access) -> StateObject | None:
        """The chain that a call's result is an index of."""
        if access.success is not Truth.PROVED or access.object is None:
            return None
        if access.kind is Kind.CREATE:
            return access.object
        return self.chain_of.get(access.object) if access.kind is Kind.READ and not access.whole else None

    # --- maps -------------------------------------------------------------------------------------------

    def _maps(self) -> dict[StateObject, StateObject]:
        """The largest set of maps of which all puts store what the set itself proves to be indices."""
        puts: dict[StateObject, list[tuple[PathAccesses, Access]]] = {}
        for path, access in self.every():
            if access.object is not None and access.kind is Kind.WRITE and access.function.index == "value":
                puts.setdefault(access.object, []).append((path, access))
        self.chain_of = dict(self._coupled(puts))
        for found in puts:
            for path, access in puts[found]:
                chain = self._fresh(path, access)
                if chain is not None:
                    self.chain_of.setdefault(found, chain)
        while True:
            wrong = [
                found
                for found, chain in self.chain_of.items()
                for path, access in puts.get(found, ())
                if (source := self._source(path, access, access.value)) is None
                or not source.plain
                or source.chain != chain
            ]
            if not wrong:
                return self.chain_of
            self.chain_of = {found: chain for found, chain in self.chain_of.items() if found not in wrong}

    def _fresh(self, path: PathAccesses, put: Access) -> StateObject | None:
        for access in (*path.setup, *path.accesses):
            if access.kind is Kind.CREATE and access.call < put.call and self.same(access.result, put.value):
                return access.object
        return None

    def _coupled(
        self, puts: dict[StateObject, list[tuple[PathAccesses, Access]]]
    ) -> Iterator[tuple[StateObject, StateObject]]:
        """Maps that no path puts into and that expire with a chain: they can only hold its indices."""
        for path in self._paths:
            for call in {access.call for access in path.accesses if is_expiry(access)}:
                objects = [a.object for a in path.accesses if a.call == call and a.object is not None]
                chains = [each for each in objects if each.type == "chain"]
                for each in objects:
                    if chains and each.type == "map" and each not in puts:
                        yield each, chains[0]

    # --- premises ---------------------------------------------------------------------------------------

    def _breaks(self, path: PathAccesses, access: Access) -> tuple[StateObject, str] | None:
        if access.kind is Kind.DESTROY and access.object is not None and access.object.type == "chain":
            owned = self._source(path, access, access.key)
            if owned is None or not owned.plain or owned.chain != access.object:
                return self._freed_by_number(access.object)
            return self._freed(path, access, owned)
        if is_expiry(access) and access.object is not None and access.object.type == "map":
            return self._expired(path, access, access.object)
        return None

    def _freed_by_number(self, chain: StateObject) -> tuple[StateObject, str] | None:
        """An index is freed of which it is not known whose it is, so not which key leads to it."""
        held = next((found for found, owner in self.chain_of.items() if owner == chain), None)
        return None if held is None else (chain, f"any index is freed, whatever its key in `{held.name}`")

    def _freed(self, path: PathAccesses, free: Access, owned: Owned) -> tuple[StateObject, str] | None:
        """An index is freed while a key still leads to it: the next owner would share its cells."""
        maps = [found for found, chain in self.chain_of.items() if chain == owned.chain]
        for each in maps:
            put = any(
                a.object == each and a.kind is Kind.WRITE and self.same(a.value, free.key)
                for a in path.accesses
            )
            keys = [
                a.key
                for a in path.accesses
                if a.object == each and a.kind is Kind.READ and self.same(a.result, free.key)
            ]
            erased = any(
                a.object == each and a.kind is Kind.DESTROY and any(self.same(a.key, key) for key in keys)
                for a in path.accesses
            )
            if (keys or put or not owned.fresh) and not erased:
                return owned.chain, f"the index is freed, but its key stays in `{each.name}`"
        return None

    def _expired(
        self, path: PathAccesses, access: Access, keys: StateObject
    ) -> tuple[StateObject, str] | None:
        """Expiry takes keys from a vector: each must be the one under which its index is stored."""
        others = [a.object for a in path.accesses if a.call == access.call and a.object is not None]
        chain = next((each for each in others if each.type == "chain"), None)
        vector = next((each for each in others if each.type == "vector"), None)
        if chain is None:
            return None
        if self.chain_of.get(keys) != chain:
            return chain, f"`{keys.name}` also holds numbers that are no indices of it"
        for each, owner in self.chain_of.items():
            if owner == chain and each not in others:
                return chain, f"an index expires while its key stays in `{each.name}`"
        if vector is None:
            return None
        for each_path in self._paths:
            every = each_path.accesses
            for write in (other for other in every if other.kind is Kind.WRITE):
                if write.object == keys and not self._kept(every, write, vector):
                    return chain, f"a key of `{keys.name}` is not in the cell of `{vector.name}`"
                if write.object == vector and write.mutates and not self._is_key(every, write, keys):
                    return chain, f"a cell of `{vector.name}` is no key of `{keys.name}`"
        return None

    def _is_key(self, accesses: Sequence[Access], write: Access, keys: StateObject) -> bool:
        """Whether what is written into a cell is the key that its index is stored under or was found by."""
        return any(
            a.object == keys
            and self.same(a.value if a.kind is Kind.WRITE else a.result, write.key)
            and self.begins(write.value, a.key)
            for a in accesses
        )

    def _kept(self, accesses: Sequence[Access], put: Access, vector: StateObject) -> bool:
        return any(
            a.object == vector
            and a.kind is Kind.WRITE
            and self.same(a.key, put.value)
            and self.begins(a.value, put.key)
            for a in accesses
        )

    def begins(self, cell: Term | None, key: Term | None) -> bool:
        """Whether a cell's bytes are a key's; it may be longer, by padding."""
        if cell is None or key is None:
            return False
        ours, wanted = bytes_of(cell, self.pool), bytes_of(key, self.pool)
        return all(a is b for a, b in zip(ours, wanted, strict=False)) and len(ours) >= len(wanted)


def is_expiry(access: Access) -> bool:
    """Erases what is too old: on each core what that core has."""
    return access.kind is Kind.SCAN and access.mutates and bool(access.function.older)
