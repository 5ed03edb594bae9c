"""What names stand for while expressions of one file are read, and how much may be made of them."""

from __future__ import annotations

from dataclasses import dataclass, field

from rss_callpaths.kquery.errors import KqueryError
from rss_callpaths.kquery.texts import Texts
from rss_callpaths.terms import Apply, Array, Pool, Read, Term
from rss_dsl import codes
from rss_dsl.lexical import quote

MAX_WIDTH = 1 << 16
"""Bits of the widest term: 8 KB, forty times what a path has of packet bytes."""

MAX_DEPTH = 10_000
"""Terms inside terms. Whoever walks terms must not do it by recursion."""

MAX_TERMS = 1 << 19
"""New terms that one file may need, and updates in its lists."""

Version = tuple[Array, tuple[tuple[Term, Term], ...]]
"""An array after updates, the newest first."""


Leaf = tuple[Term, Array | None]
"""A constant, or a read at a constant index and its array."""


@dataclass(slots=True)
class Scope:
    """Arrays, labels and limits of one file.

    Labels last for one expression in the calls and constraints, and for the whole query in the query.
    """

    pool: Pool
    arrays: dict[str, Array]
    depths: dict[Term, int]
    """Of terms that contain terms; shared by all files of a pool."""
    leaves: Texts[Leaf] = field(default_factory=Texts)
    """Coarse tokens and what they say; shared by all files of a pool."""
    declared_only: bool = False
    """Whether an array must have been declared; if not, it gets no size."""
    terms: dict[str, Term] = field(default_factory=dict)
    """By label `N0`."""
    versions: dict[str, Version] = field(default_factory=dict)
    """By label `U0`."""
    used: set[str] = field(default_factory=set)
    """Names of arrays in the text being read."""
    left: int = MAX_TERMS

    def fresh(self) -> None:
        """Forget all labels."""
        self.terms = {}
        self.versions = {}

    def array(self, name: str, at: int) -> Array:
        """The array of that name."""
        found = self.arrays.get(name)
        if found is None:
            if self.declared_only:
                message = f"array {quote(name)} is read and not declared"
                raise KqueryError(codes.ARRAY_CLASH, message, at, "declare it before the query")
            found = self.pool.array(name, None)
        self.used.add(name)
        return found

    def spend(self, count: int, at: int) -> None:
        """Account for new terms."""
        self.left -= count
        if self.left < 0:
            message = f"the file needs more than {MAX_TERMS} terms"
            raise KqueryError(codes.CALL_PATH_TOO_LARGE, message, at)

    def deepen(self, term: Term, at: int) -> None:
        """Note how deep a new term is."""
        kids = term.args if isinstance(term, Apply) else (term.index,) if isinstance(term, Read) else ()
        depths = self.depths
        depth = 1
        for kid in kids:
            depth = max(depth, depths.get(kid, 0) + 1)
        if isinstance(term, Read):
            for pair in term.updates:
                depth = max(depth, *(depths.get(kid, 0) + 1 for kid in pair))
        if depth > MAX_DEPTH:
            message = f"terms are nested more than {MAX_DEPTH} deep"
            raise KqueryError(codes.CALL_PATH_TOO_LARGE, message, at)
        depths[term] = depth
