"""Indices that packets bring along: checks that make them the business of one core, or of none.

A translation looks up the cell of a packet's destination port. Each core has its own cells, so this is right
only if a packet that passes the check against the cell's content is on the core that filled the cell, and if
all packets that fail it, or find nothing, are treated alike: then it does not matter what the cell held.
Both are proved here, for every path that asks a chain whether such an index is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations_with_replacement

from rss_callpaths.accesses.access import Access, Accesses, PathAccesses, StateObject
from rss_callpaths.library import Kind
from rss_callpaths.prove.behaviour import Behaviours
from rss_callpaths.prove.keys import Keys, Relation
from rss_callpaths.prove.ownership import Ownership
from rss_callpaths.prove.packets import Packets
from rss_callpaths.prove.uses import Use, is_write
from rss_callpaths.prove.verdict import Refuted, Undecided
from rss_callpaths.terms.bytewise import bytes_of
from rss_callpaths.terms.conditions import Truth

Meet = Callable[[Relation, Use, Use], Refuted | Undecided | None]
"""Whether packets of two accesses that satisfy a relation can be on different cores."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A path that asks whether an index is taken of which it is not known whose it is."""

    path: PathAccesses
    verify: Access
    uses: tuple[Access, ...]
    """Everything that the path does to the chain and to vectors under that index."""


class Bypass:
    """What is proved of such indices."""

    def __init__(self, accesses: Accesses, ownership: Ownership, packets: Packets, meet: Meet) -> None:
        self.paths, self.ownership, self.packets, self.meet = accesses.paths, ownership, packets, meet
        self.keys: Keys = ownership.keys
        self.excused: set[tuple[str, int, StateObject | None]] = set()
        """Accesses (path, call, object) that impose nothing further."""
        self.checked: dict[tuple[str, int, StateObject | None], StateObject] = {}
        """Accesses to the cell of an index that its packet was checked for, and the index's chain."""
        self.lemmas: list[str] = []
        self.failed: dict[StateObject | None, str] = {}
        """Objects of which that could not be proved, and why."""
        self.found: list[Refuted | Undecided] = []
        """What became of that instead: packets that fill and read a cell on different cores."""
        self._met: dict[str, list[Refuted | Undecided]] = {}
        self._behaviours = Behaviours(accesses.library, ownership, packets)
        for chain in accesses.objects:
            if chain.type == "chain" and chain not in ownership.broken:
                self._examine(chain)

    def _examine(self, chain: StateObject) -> None:
        vectors = self._vectors(chain)
        asked = [each for path in self.paths for each in self._asked(path, chain)]
        if not asked:
            return
        anchors = [vector for vector in vectors if self._is_anchor(vector, chain)]
        passing = [each for each in asked if self._passes(each, anchors)]
        failing = [each for each in asked if each not in passing]
        why, which = self._difference(failing)
        for each in passing:
            self.checked |= {(a.path, a.call, a.object): chain for a in each.uses}
        if not why:
            self.excused |= {(a.path, a.call, a.object) for each in failing for a in each.uses}
        if why:
            self.failed |= dict.fromkeys((chain, *vectors), why)
            self.found += [
                replace(found, why=why) if isinstance(found, Refuted) else found
                for each in which
                for found in self._met.get(each.path.path.name, ())
            ]
            return
        checked = ", ".join(f"`{vector.name}`" for vector in anchors)
        if passing:
            self.lemmas.append(
                f"packets that pass their check of a cell of {checked} are on the core that filled it; "
                f"those that do not are treated as if their index of `{chain.name}` were not taken"
            )

    def _vectors(self, chain: StateObject) -> list[StateObject]:
        """The vectors that are addressed by indices of a chain."""
        found: dict[StateObject, None] = {}
        for path in self.paths:
            for access in path.accesses:
                if access.object is not None and access.object.type == "vector":
                    owner = self.ownership.cell_owner(path, access)
                    if owner is not None and owner.chain == chain:
                        found[access.object] = None
        return list(found)

    def _asked(self, path: PathAccesses, chain: StateObject) -> Iterator[_Asked]:
        seen: list[Access] = []
        for verify in path.accesses:
            if verify.kind is not Kind.VERIFY or verify.object != chain or verify.key is None:
                continue
            if self.ownership.cell_owner(path, verify) is not None:
                continue
            if any(self.keys.alike(verify.key, other.key) for other in seen):
                continue
            seen.append(verify)
            uses = tuple(
                access
                for access in path.accesses
                if access.object is not None
                and (access.object == chain or access.object.type == "vector")
                and access.function.index == "key"
                and self.keys.alike(access.key, verify.key)
            )
            yield _Asked(path, verify, uses)

    # --- packets that pass ------------------------------------------------------------------------------

    def _is_anchor(self, vector: StateObject, chain: StateObject) -> bool:
        """Whether a cell holds what the packet stored that took its index, or a later one of its owner."""
        for path in self.paths:
            if any(each.kind is Kind.CREATE and each.object == chain for each in path.setup):
                return False
            written = [each for each in path.accesses if each.object == vector and is_write(each)]
            for each in written:
                owner = self.ownership.cell_owner(path, each)
                if owner is None or owner.chain != chain or not owner.plain:
                    return False
            taken = [
                each.result
                for each in path.accesses
                if each.kind is Kind.CREATE and each.object == chain and each.success is not Truth.REFUTED
            ]
            if not all(any(self.keys.alike(each.key, index) for each in written) for index in taken):
                return False
        return True

    def _passes(self, asked: _Asked, anchors: Sequence[StateObject]) -> bool:
        """Whether the path's packets are on the core of whoever filled a cell that they read."""
        if asked.verify.success is not Truth.PROVED:
            return False
        return any(
            self._meets_writers(asked, read)
            for read in asked.uses
            if read.kind is Kind.READ and read.object in anchors and not self._taken_since(asked, read)
        )

    def _taken_since(self, asked: _Asked, read: Access) -> bool:
        """Whether the index may have been taken only after its cell was read."""
        return any(
            each.kind is Kind.CREATE
            and each.object == asked.verify.object
            and read.call < each.call < asked.verify.call
            for each in asked.path.accesses
        )

    def _meets_writers(self, asked: _Asked, read: Access) -> bool:
        writers = [
            (path, each)
            for path in self.paths
            for each in path.accesses
            if each.object == read.object and is_write(each)
        ]
        for writer in writers:
            relation = self._filled(writer[1], read)
            found = None if relation is None else self.meet(relation, writer, (asked.path, read))
            if found is not None:
                self._met.setdefault(asked.path.path.name, []).append(found)
                return False
        return bool(writers)

    def _filled(self, write: Access, read: Access) -> Relation | None:
        """The cell read holds what was written; None if it cannot."""
        if write.key is None or read.key is None or write.value is None or read.result is None:
            return ()
        cell = self.keys.same_index(write.key, read.key)
        pool = self.keys.pool
        content = tuple(zip(bytes_of(write.value, pool), bytes_of(read.result, pool), strict=False))
        return None if cell is None else (*cell, *content)

    # --- packets that do not ----------------------------------------------------------------------------

    def _difference(self, failing: Sequence[_Asked]) -> tuple[str, tuple[_Asked, ...]]:
        """What tells packets apart that fail the check or find nothing, and their paths; empty if nothing."""
        for one in failing:
            changed = next((each for each in one.uses if each.mutates), None)
            if changed is not None:
                why = (
                    f"`{changed.name}` in line {changed.source_line} of `{one.path.path.name}` changes a "
                    "cell by an index that the packet brings along, and no check on that path puts it on the "
                    "core of the cell's owner"
                )
                return why, (one,)
        for one, other in combinations_with_replacement(failing, 2):
            if set(one.path.in_ports) & set(other.path.in_ports):
                what = self._behaviours.difference(one.path, other.path)
                if what:
                    return _told_apart(one.path, other.path, what), (one, other)
        return "", ()


def _told_apart(one: PathAccesses, other: PathAccesses, what: str) -> str:
    if one is other:
        return (
            f"packets of `{one.path.name}` {what}, depending on what the core finds under the packet's index"
        )
    return (
        f"packets of `{one.path.name}` and `{other.path.name}` {what}, and only "
        "what the core finds under the packet's index decides which path they take"
    )
