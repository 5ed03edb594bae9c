"""When two accesses address the same cell, as far as their terms say: pairs of bytes that must be equal."""

from __future__ import annotations

from rss_callpaths.accesses.access import Access, PathAccesses
from rss_callpaths.terms import Const, Pool, Term
from rss_callpaths.terms.bytewise import bytes_of

Relation = tuple[tuple[Term, Term], ...]
"""Terms of the first and the second packet's path that are equal, all of them; of nothing: always."""


class Keys:
    """Compares keys, whose padding may hold anything, and indices.

    Comparing functions read fields, so keys that differ in padding alone are one key. Where a function reads
    padding too, fewer keys are equal, and more packets are asked about than can meet: what is proved holds.
    """

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self._shown: dict[tuple[str, int], tuple[int, ...] | None] = {}
        self._digits: dict[Term, tuple[Term | int, ...]] = {}

    def same_key(
        self, first: tuple[PathAccesses, Access], second: tuple[PathAccesses, Access]
    ) -> Relation | None:
        """What makes two keys equal; None if nothing does."""
        one, other = first[1].key, second[1].key
        if one is None or other is None:
            return ()
        parts = bytes_of(one, self.pool), bytes_of(other, self.pool)
        places = set(range(min(map(len, parts))))
        for shown in (self._fields(*first), self._fields(*second)):
            if shown is not None:
                places &= set(shown)
        return self._equal([(parts[0][at], parts[1][at]) for at in sorted(places)])

    def same_index(self, first: Term, second: Term) -> Relation | None:
        """What makes two indices equal; None if nothing does."""
        one, other = bytes_of(first, self.pool), bytes_of(second, self.pool)
        zero = self.pool.const(0, 8)
        size = max(len(one), len(other))
        padded = [part + (zero,) * (size - len(part)) for part in (one, other)]
        return self._equal(list(zip(*padded, strict=True)))

    def is_stored_as(self, path: PathAccesses, keyed: Access, stored: Term | None) -> bool:
        """Whether what is stored is the key of an access of the same path, in all that is shown of it."""
        if keyed.key is None or stored is None:
            return False
        key, value = bytes_of(keyed.key, self.pool), bytes_of(stored, self.pool)
        shown = self._fields(path, keyed)
        places = range(len(key)) if shown is None else shown
        return all(at < len(value) and key[at] is value[at] for at in places)

    def alike(self, first: Term | None, second: Term | None) -> bool:
        """Whether two terms of one path are the same number, by their form."""
        if first is None or second is None:
            return False
        return first is second or self.digits(first) == self.digits(second)

    def digits(self, term: Term) -> tuple[Term | int, ...]:
        """The bytes of a number, without leading zeros."""
        if term not in self._digits:
            found: list[Term | int] = [
                byte.value if isinstance(byte, Const) else byte for byte in bytes_of(term, self.pool)
            ]
            while found and found[-1] == 0:
                found.pop()
            self._digits[term] = tuple(found)
        return self._digits[term]

    def _equal(self, pairs: list[tuple[Term, Term]]) -> Relation | None:
        wanted: dict[tuple[Term, Term], None] = {}
        for one, other in pairs:
            if isinstance(one, Const) and isinstance(other, Const):
                if one.value != other.value:
                    return None
                continue
            wanted[one, other] = None
        return tuple(wanted)

    def _fields(self, path: PathAccesses, access: Access) -> tuple[int, ...] | None:
        """The key's bytes that its fields cover; None where they are not shown, or of something else."""
        place = path.path.name, access.call if access.key_call is None else access.key_call
        if place not in self._shown:
            self._shown[place] = self._covered(path, access, place[1])
        return self._shown[place]

    def _covered(self, path: PathAccesses, access: Access, at: int) -> tuple[int, ...] | None:
        call = path.path.calls[at]
        name = access.function.key
        if not name and access.key_call is not None:
            name = next((each.name for each in call.arguments if each.fields), "")
        argument = call.argument(name) if name else None
        if argument is None or not argument.fields or access.key is None:
            return None
        whole = bytes_of(access.key, self.pool)
        found: list[int] = []
        place = 0
        for each in argument.fields:
            pointee = each.value
            value = None if pointee is None else pointee.before or pointee.after
            if value is None:
                return None
            part = bytes_of(value, self.pool)
            while place + len(part) <= len(whole) and whole[place : place + len(part)] != part:
                place += 1
            if place + len(part) > len(whole):
                return None
            found += range(place, place + len(part))
            place += len(part)
        return tuple(found)
