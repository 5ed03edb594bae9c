"""Clearing a range of cells: whether they all belong to the index that the core has just taken."""

from __future__ import annotations

from rss_callpaths.accesses.access import Access, PathAccesses, StateObject
from rss_callpaths.infer.ownership import Ownership
from rss_callpaths.infer.pairs import FIRST, SECOND
from rss_callpaths.infer.sources import Owned
from rss_callpaths.library import Kind
from rss_callpaths.terms import Term


def clears_own(ownership: Ownership, path: PathAccesses, access: Access) -> bool:
    """Whether no other index has a cell in the range, and the keys in its cells are the owner's."""
    start, count = (_given(path, access, name) for name in (access.function.start, access.function.count))
    owned = ownership.owner(path, access, start)
    if start is None or count is None or owned is None or not owned.fresh:
        return False
    together = [a.object for a in path.accesses if a.call == access.call]
    maps = [each for each in together if each is not None and each.type == "map"]
    for other_path, other in ownership.sources.every():
        if other.object not in together or other.object in maps or other not in other_path.accesses:
            continue
        place = _given(other_path, other, other.function.start) if other.kind is Kind.SCAN else other.key
        theirs = ownership.owner(other_path, other, place)
        if place is None or theirs is None or theirs.chain != owned.chain:
            return False
        if _reaches(ownership, (path, owned, start, count), (other_path, theirs, place)):
            return False
        if (
            other.kind is Kind.WRITE
            and other.mutates
            and not _holds_a_key(ownership, other_path, other, maps)
        ):
            return False
    return True


def _given(path: PathAccesses, access: Access, name: str) -> Term | None:
    argument = path.path.calls[access.call].argument(name)
    return None if argument is None else argument.value


def _reaches(
    ownership: Ownership,
    mine: tuple[PathAccesses, Owned, Term, Term],
    theirs: tuple[PathAccesses, Owned, Term],
) -> bool:
    """Whether the range may hold a cell of another index."""
    pairs, terms = ownership.pairs, ownership.pairs.terms
    path, owned, start, count = mine
    other_path, other, place = theirs
    flags = [
        *pairs.conditions(FIRST, path, (), start, count),
        *pairs.conditions(SECOND, other_path, (), place),
    ]
    bases = []
    for side, each in ((FIRST, owned), (SECOND, other)):
        bases.append(pairs.word(side, each.base))
        size = dict(each.chain.parameters).get("index_range")
        if size is not None:
            flags.append(terms.compare("ult", bases[-1], terms.number(size, each.base.width)))
    first, cell, cells = pairs.word(FIRST, start), pairs.word(SECOND, place), pairs.word(FIRST, count)
    width = max(start.width, place.width, count.width)
    first, cell, cells = (terms.zero_extend(word, width) for word in (first, cell, cells))
    flags += [
        terms.negation(terms.equal(*bases)),
        terms.compare("ule", first, cell),
        terms.compare("ult", terms.binary("sub", cell, first), cells),
    ]
    return pairs.possible(flags)


def _holds_a_key(ownership: Ownership, path: PathAccesses, write: Access, maps: list[StateObject]) -> bool:
    """Whether what is written into a cell is a key that the path puts into the maps."""
    return any(
        a.object in maps and a.kind is Kind.WRITE and ownership.sources.begins(write.value, a.key)
        for a in path.accesses
    )
