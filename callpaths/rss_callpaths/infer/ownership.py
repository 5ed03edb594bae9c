"""State groups: objects that share the indices of a chain, and the proof on every path that they do.

An index belongs to the core that took it from its chain if every path obtains it (a) from the chain itself or
(b) from a map in which all paths store only indices of that chain. The packets that find an index under a key
meet the one that stored it, since the map's accesses require that; so an object that is addressed by such
indices alone needs no requirement of its own. What breaks one of these premises is reported, and its accesses
count by their own keys.
"""

from __future__ import annotations

from rss_callpaths.accesses.access import Access, Accesses, PathAccesses, StateObject
from rss_callpaths.infer.pairs import FIRST, SECOND, Pairs
from rss_callpaths.infer.premises import Broken, broken
from rss_callpaths.infer.sources import Owned, Sources
from rss_callpaths.terms import Pool, Term
from rss_solver.smt.terms import Flag


class Ownership:
    """Which indices belong to a core."""

    def __init__(self, accesses: Accesses, pool: Pool, pairs: Pairs) -> None:
        self.pairs = pairs
        self.sources = Sources(accesses, pool)
        self.broken: dict[StateObject, Broken] = broken(self.sources)
        """By chain."""

    def owner(self, path: PathAccesses, access: Access, index: Term | None) -> Owned | None:
        """Whose index an access uses, None if it is no chain's or nothing is proved of it."""
        found = self.sources.source(path, access, index)
        return None if found is None or found.chain in self.broken else found

    def have_one_owner(self, first: Owned, second: Owned) -> bool:
        """Whether packets that have the same index of a chain meet, by what is required for its maps.

        They do if they found it under keys of one map, or if a packet stored it in the maps of both. What
        initialisation stored is there on every core, under keys that need have nothing in common.
        """
        sources = self.sources
        return bool(first.maps & second.maps) or all(
            each in sources.filled_later and each not in sources.filled_first
            for each in first.maps | second.maps
        )

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
