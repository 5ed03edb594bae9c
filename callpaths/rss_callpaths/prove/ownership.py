"""Indices that belong to a core: what is checked on the paths before indices are told apart by keys.

An index that a core takes from its chain stays with it if maps hand it out again only under the key that it
was stored under. For a chain and a map that is so if on all paths
* what is put into the map is an index that the path has just taken from the chain, under one key;
* whoever gives an index back erases its key in the same path;
* what expires with the chain is that map, by keys from cells that hold the key of their index.
Then different keys have different indices, and whose key it is tells whose index.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from rss_callpaths.accesses.access import Access, Accesses, PathAccesses, StateObject
from rss_callpaths.library import Kind
from rss_callpaths.prove.keys import Keys
from rss_callpaths.prove.uses import Use, at_its_index, expires, is_write, puts, together, writes_otherwise
from rss_callpaths.terms import Const, Term
from rss_callpaths.terms.bytewise import symbols
from rss_callpaths.terms.conditions import Truth


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose an index is."""

    chain: StateObject
    base: Term
    """The index of the chain."""
    plain: bool
    """The index itself, not something computed from it."""
    fresh: bool
    """Taken on this path."""
    keys: Mapping[StateObject, Use] = field(hash=False)
    """By map: the access under whose key the index is there."""


class Ownership:
    """What holds of the chains of a network function."""

    def __init__(self, accesses: Accesses, keys: Keys) -> None:
        self.keys, self.paths, self.library = keys, accesses.paths, accesses.library
        self.chains = frozenset(each for each in accesses.objects if each.type == "chain")
        self.broken: dict[StateObject, str] = {}
        """Chains whose indices prove nothing, and why."""
        self.maps: dict[StateObject, StateObject] = {}
        """Map → the chain whose indices it holds."""
        self.filled: set[StateObject] = set()
        """Maps that some path puts something into."""
        self.prefilled: set[StateObject] = set()
        """Maps that initialisation puts something into: on every core the same."""
        self._owners: dict[tuple[str, int, Term], Owner | None] = {}
        self._ageing: dict[tuple[str, int], bool] = {}
        self._find_maps()
        self._check_chains()
        self._check_expiry()
        self._owners.clear()

    # --- questions --------------------------------------------------------------------------------------

    def owner(self, path: PathAccesses, access: Access, term: Term | None) -> Owner | None:
        """Whose index an access uses; None if that is not known."""
        if term is None or isinstance(term, Const):
            return None
        key = path.path.name, access.call, term
        if key not in self._owners:
            self._owners[key] = self._owner(path, access, term)
        found = self._owners[key]
        return None if found is None or found.chain in self.broken else found

    def cell_owner(self, path: PathAccesses, access: Access) -> Owner | None:
        """The owner of the cell that an access addresses by an index."""
        if access.function.index == "result" and access.kind is Kind.CREATE:
            return self.owner(path, access, access.result)
        return self.owner(path, access, access.key) if access.function.index == "key" else None

    def is_ageing(self, path: PathAccesses, access: Access) -> bool:
        """Whether a call erases only what is too old, and that among what this core owns."""
        if not expires(access) or not self._by_the_clock(path, access):
            return False
        call = path.path.name, access.call
        if call not in self._ageing:
            self._ageing[call] = self._ages_own(path, access)
        return self._ageing[call]

    def _ages_own(self, path: PathAccesses, access: Access) -> bool:
        group = [each for each in together(path, access) if each is not None]
        chains = [each for each in group if each.type == "chain"]
        if not chains:
            return len(group) == 1 and not access.function.touches
        chain = chains[0]
        if chain in self.broken or len(chains) > 1:
            return False
        return all(
            each == chain
            or self.maps.get(each) == chain
            or (each.type == "vector" and self._written_by_owners(each, chain))
            for each in group
        )

    def _by_the_clock(self, path: PathAccesses, access: Access) -> bool:
        """Whether nothing but the time decides what is too old."""
        call = path.path.calls[access.call]
        age = call.argument(access.function.older)
        if age is None:
            return False
        kinds = [
            None if each not in path.producers else self._kind_of(path, path.producers[each])
            for each in symbols(age.value)
        ]
        return all(kind is Kind.CLOCK for kind in kinds)

    def _kind_of(self, path: PathAccesses, call: int) -> Kind:
        return self.library.of(path.path.calls[call].function).kind

    def lemmas(self) -> Iterator[str]:
        """What was proved and used, one sentence for each map."""
        for each, chain in self.maps.items():
            if chain not in self.broken:
                yield f"different keys of `{each.name}` have different indices of `{chain.name}`"

    def every(self) -> Iterator[Use]:
        """Every access of every path, initialisation's too."""
        for path in self.paths:
            for access in (*path.setup, *path.accesses):
                yield path, access

    # --- owners -----------------------------------------------------------------------------------------

    def _owner(self, path: PathAccesses, user: Access, term: Term) -> Owner | None:
        derived: Owner | None = None
        read = symbols(term)
        for access in (*path.setup, *path.accesses):
            if access.call > user.call:
                break
            chain = self._gives(access)
            if chain is None or access.result is None or self._may_be_anothers(path, chain, access, user):
                continue
            plain = self.keys.alike(access.result, term)
            base = symbols(access.result)
            if plain or (derived is None and base and base <= read):
                fresh = access.kind is Kind.CREATE
                keys = self._stored(path, access.result) if fresh else self._found(path, access)
                found = Owner(chain, access.result, plain, fresh, keys)
                if plain:
                    return found
                derived = found
        return derived

    def _may_be_anothers(self, path: PathAccesses, chain: StateObject, given: Access, used: Access) -> bool:
        """Whether indices were freed since one was handed out, and then one was taken: that may be it."""
        between = [
            each for each in path.accesses if given.call < each.call < used.call and each.object == chain
        ]
        freed = [each.call for each in between if each.kind in (Kind.DESTROY, Kind.SCAN) and each.mutates]
        return any(each.kind is Kind.CREATE and each.call > min(freed, default=each.call) for each in between)

    def _gives(self, access: Access) -> StateObject | None:
        """The chain of which a call's result is an index."""
        if access.success is not Truth.PROVED or access.object is None or access.function.index != "result":
            return None
        if access.kind is Kind.CREATE:
            return access.object
        return self.maps.get(access.object) if access.kind is Kind.READ else None

    def _stored(self, path: PathAccesses, index: Term) -> dict[StateObject, Use]:
        return {
            each.object: (path, each)
            for each in (*path.setup, *path.accesses)
            if puts(each) and each.object in self.maps and self.keys.alike(each.value, index)
            if each.object is not None
        }

    def _found(self, path: PathAccesses, access: Access) -> dict[StateObject, Use]:
        return {access.object: (path, access)} if access.object is not None else {}

    # --- maps -------------------------------------------------------------------------------------------

    def _find_maps(self) -> None:
        sources: dict[StateObject, set[StateObject | None]] = {}
        for path, access in self.every():
            if access.object is None or not puts(access):
                continue
            self.filled.add(access.object)
            if access in path.setup:
                self.prefilled.add(access.object)
            sources.setdefault(access.object, set()).add(self._fresh(path, access))
        for found, chains in sources.items():
            only = next(iter(chains)) if len(chains) == 1 else None
            if only is not None:
                self.maps[found] = only
        for path, access in self.every():
            if access.object is not None and writes_otherwise(access):
                self.maps.pop(access.object, None)
                self.filled.add(access.object)
            if expires(access) and access.object is not None and access.object.type == "chain":
                for each in together(path, access):
                    if each is not None and each.type in ("map", "dmap") and each not in self.filled:
                        self.maps.setdefault(each, access.object)

    def _fresh(self, path: PathAccesses, put: Access) -> StateObject | None:
        """The chain of which a put stores an index just taken, and under one key only."""
        earlier = (*path.setup, *path.accesses)
        chain = next(
            (
                each.object
                for each in earlier
                if each.kind is Kind.CREATE
                and each.success is Truth.PROVED
                and each.call < put.call
                and self.keys.alike(each.result, put.value)
            ),
            None,
        )
        twice = any(
            each.object == put.object
            and each.call != put.call
            and puts(each)
            and self.keys.alike(each.value, put.value)
            and each.key is not put.key
            for each in earlier
        )
        return None if twice else chain

    # --- premises ---------------------------------------------------------------------------------------

    def _check_chains(self) -> None:
        for path, access in self.every():
            if access.object is None and access.mutates:
                for chain in self.chains:
                    self.broken.setdefault(chain, f"`{access.name}` may do anything to it")
            elif access.object is not None and access.object.type == "chain":
                if access.kind is Kind.DESTROY and not self._frees_rightly(path, access):
                    self.broken.setdefault(access.object, "an index is given back while its key stays")
                elif access.kind is Kind.SCAN and access.mutates and not expires(access):
                    self.broken.setdefault(access.object, f"`{access.name}` takes indices back")

    def _frees_rightly(self, path: PathAccesses, free: Access) -> bool:
        maps = [each for each, chain in self.maps.items() if chain == free.object]
        if not maps:
            return True
        owner = self.owner(path, free, free.key)
        if owner is None or not owner.plain or owner.chain != free.object:
            return False
        holding = [each for each in maps if not owner.fresh or each in owner.keys]
        return all(each in owner.keys and self._erased(path, each, owner.keys[each][1]) for each in holding)

    def _erased(self, path: PathAccesses, each: StateObject, keyed: Access) -> bool:
        return any(
            other.object == each
            and other.kind is Kind.DESTROY
            and other.call > keyed.call
            and self.keys.alike(other.key, keyed.key)
            for other in path.accesses
        )

    def _check_expiry(self) -> None:
        for path, access in self.every():
            chain = access.object
            if chain is None or chain.type != "chain" or not expires(access):
                continue
            if not at_its_index(path, access):
                self.broken.setdefault(chain, f"`{access.name}` takes keys from other cells than their own")
            group = together(path, access)
            for held, owner in self.maps.items():
                if owner == chain and held not in group and held in self.filled:
                    self.broken.setdefault(chain, f"indices expire, but keys stay in `{held.name}`")
            for vector in group:
                if vector is not None and vector.type == "vector":
                    for each in group:
                        if each is not None and self.maps.get(each) == chain:
                            self._check_cells(chain, each, vector)

    def _check_cells(self, chain: StateObject, held: StateObject, vector: StateObject) -> None:
        """Cells hold the key of their index: written with each put, and never otherwise."""
        why = f"cells of `{vector.name}` do not hold the keys of `{held.name}`"
        for path in self.paths:
            written = [each for each in path.accesses if each.object == vector and is_write(each)]
            for put in (*path.setup, *path.accesses):
                if put.object == held and puts(put):
                    last = [each for each in written if self.keys.alike(each.key, put.value)][-1:]
                    if not last or not self.keys.is_stored_as(path, put, last[0].value):
                        self.broken.setdefault(chain, why)
            for write in written:
                if not any(
                    put.object == held and puts(put) and self.keys.alike(write.key, put.value)
                    for put in path.accesses
                ):
                    self.broken.setdefault(chain, why)

    def _written_by_owners(self, vector: StateObject, chain: StateObject) -> bool:
        for path, access in self.every():
            if access.object == vector and is_write(access) and access in path.accesses:
                owner = self.cell_owner(path, access)
                if owner is None or owner.chain != chain or not owner.plain:
                    return False
        return True
