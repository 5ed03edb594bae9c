"""What breaks the ownership of a chain's indices, on any path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rss_callpaths.accesses.access import Access, PathAccesses, StateObject
from rss_callpaths.infer.sources import Owned, Sources, is_expiry
from rss_callpaths.library import Kind
from rss_callpaths.terms import Const


@dataclass(frozen=True, slots=True)
class Broken:
    """Why indices of a chain prove nothing."""

    why: str
    at: Access


def broken(sources: Sources) -> dict[StateObject, Broken]:
    """By chain, the first access that breaks it."""
    found: dict[StateObject, Broken] = {}
    premises = _Premises(sources)
    for path, access in sources.every():
        if access.object is None or access.object.type != "chain":
            continue
        why = premises.broken(path, access, access.object)
        if why:
            found.setdefault(access.object, Broken(why, access))
    return found


class _Premises:
    def __init__(self, sources: Sources) -> None:
        self.sources = sources

    def broken(self, path: PathAccesses, access: Access, chain: StateObject) -> str:
        """What breaks it; empty if nothing does."""
        if is_expiry(access):
            return self._expired(path, access, chain)
        if access.kind is not Kind.DESTROY:
            return ""
        owned = self.sources.source(path, access, access.key)
        if owned is None or not owned.plain or owned.chain != chain:
            held = next(iter(self._maps(chain)), None)
            return "" if held is None else f"any index is freed, whatever its key in `{held.name}`"
        return self._freed(path, access, owned)

    def _maps(self, chain: StateObject) -> list[StateObject]:
        return [each for each, owner in self.sources.chain_of.items() if owner == chain]

    def _freed(self, path: PathAccesses, free: Access, owned: Owned) -> str:
        """An index is freed while a key still leads to it: the next owner would share its cells."""
        for each in self._maps(owned.chain):
            leading = [a for a in path.accesses if a.object == each and self._leads_to(a, free)]
            erased = all(self._is_erased(path, a) for a in leading)
            if not erased or not (leading or owned.fresh):
                return f"the index is freed, but its key stays in `{each.name}`"
        return ""

    def _leads_to(self, access: Access, free: Access) -> bool:
        index = {Kind.READ: access.result, Kind.WRITE: access.value}.get(access.kind)
        return self.sources.same(index, free.key)

    def _is_erased(self, path: PathAccesses, keyed: Access) -> bool:
        """Whether the path erases a key after it has found or stored it."""
        return any(
            a.object == keyed.object
            and a.kind is Kind.DESTROY
            and a.call > keyed.call
            and self.sources.same(a.key, keyed.key)
            for a in path.accesses
        )

    def _expired(self, path: PathAccesses, access: Access, chain: StateObject) -> str:
        """What expires with an index: all maps that hold it, by keys from cells that hold its key."""
        if not _is_at_its_index(path, access):
            return f"`{access.name}` takes keys from other cells than their own"
        group = [a.object for a in path.accesses if a.call == access.call and a.object is not None]
        for each in self._maps(chain):
            if each not in group:
                return f"an index expires while its key stays in `{each.name}`"
        for each in group:
            if each.type == "map" and self.sources.chain_of.get(each) != chain:
                return f"`{each.name}` also holds numbers that are no indices of it"
        pairs = [(k, v) for k in group for v in group if k.type == "map" and v.type == "vector"]
        return next((why for keys, vector in pairs if (why := self._misplaced(keys, vector))), "")

    def _misplaced(self, keys: StateObject, vector: StateObject) -> str:
        """Cells hold the key under which their index is stored: written with it, and never otherwise."""
        for path in self.sources.paths:
            written = [a for a in path.accesses if a.object == vector and a.kind is Kind.WRITE and a.mutates]
            for put in (*path.setup, *path.accesses):
                if put.object == keys and put.kind is Kind.WRITE and not self._is_kept(written, put):
                    return f"a key of `{keys.name}` is not in the cell of `{vector.name}`"
            if any(not self._is_put(path.accesses, write, keys) for write in written):
                return f"a cell of `{vector.name}` is no key of `{keys.name}`"
        return ""

    def _is_put(self, accesses: Sequence[Access], write: Access, keys: StateObject) -> bool:
        return any(
            a.object == keys and a.kind is Kind.WRITE and self.sources.same(a.value, write.key)
            for a in accesses
        )

    def _is_kept(self, written: Sequence[Access], put: Access) -> bool:
        last = [a for a in written if self.sources.same(a.key, put.value)][-1:]
        return bool(last) and self.sources.begins(last[0].value, put.key)


def _is_at_its_index(path: PathAccesses, access: Access) -> bool:
    """Whether the key that goes with an expired index is in the cell of that index."""
    name = access.function.offset
    offset = path.path.calls[access.call].argument(name) if name else None
    return not name or (offset is not None and isinstance(offset.value, Const) and offset.value.value == 0)
