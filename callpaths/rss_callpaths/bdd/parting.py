"""What tells paths apart where they part: a condition that one side implies and the other contradicts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rss_callpaths.bdd.tree import Leaf
from rss_callpaths.callpath import Call, CallPath
from rss_callpaths.terms import Apply, Const, Op, Term
from rss_callpaths.terms.bytewise import Symbol
from rss_callpaths.terms.conditions import Conditions, Engine, Truth
from rss_dsl import codes
from rss_dsl.diagnostics import Diagnostic, RssError
from rss_dsl.source import Source, Span

_MANY = 100
"""Pairs of paths that go on in different ways, from which on these are not told apart by one condition."""


@dataclass(frozen=True, slots=True)
class Walker:
    """A path, and how far it has been walked."""

    path: CallPath
    calls: tuple[Call, ...]
    """Of its turn, those that stay in the tree."""
    leaf: Leaf
    conditions: Conditions
    said: Mapping[Term, bool]
    """Its conditions, and what they deny: whether each holds."""
    at: int = 0

    @property
    def next(self) -> Call | None:
        """The call that it comes to; None at its end."""
        return self.calls[self.at] if self.at < len(self.calls) else None

    def truth(self, term: Term) -> Truth:
        """Whether a condition holds on it."""
        said = self.said.get(term)
        if said is None:
            return self.conditions.truth(term)
        return Truth.PROVED if said else Truth.REFUTED


def said(path: CallPath) -> dict[Term, bool]:
    """The conditions of a path, and what they deny: whether each holds."""
    return {term: holds for condition in path.constraints for term, holds in _said(condition)}


def _said(condition: Term) -> Iterator[tuple[Term, bool]]:
    """What a condition says of itself, and of the one that it denies."""
    yield condition, True
    if isinstance(condition, Apply) and condition.op is Op.EQ:
        one, other = condition.args
        if isinstance(one, Const) and one.width == 1 and one.value == 0:
            yield other, False


class Parting:
    """Finds conditions over what is known, for paths whose terms one engine answers about."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.pool = engine, engine.pool

    def sides(
        self,
        every: Sequence[Walker],
        same: Sequence[Walker],
        rest: Sequence[Walker],
        known: frozenset[Symbol],
    ) -> tuple[Sequence[Walker], Sequence[Walker], Term]:
        """The two sides, and the condition between them. Where many paths go on in many ways, what tells one
        way from all others is long, and takes long to find: there, a condition of a path makes the sides, and
        paths of one way can be on both."""
        if len(same) * len(rest) > _MANY:
            for term in every[0].path.constraints:
                if self.engine.symbols(term) <= known:
                    truths = [walker.truth(term) for walker in every]
                    if set(truths) == {Truth.PROVED, Truth.REFUTED}:
                        sides = [
                            [each for each, truth in zip(every, truths, strict=True) if truth is wanted]
                            for wanted in (Truth.PROVED, Truth.REFUTED)
                        ]
                        return sides[0], sides[1], term
        return same, rest, self._condition(same, rest, known)

    def _condition(self, yes: Sequence[Walker], no: Sequence[Walker], known: frozenset[Symbol]) -> Term:
        """What holds on one side and on none of the other: a condition of a path where that will do."""
        for side, other in ((yes, no), (no, yes)):
            for term in side[0].path.constraints:
                if self.engine.symbols(term) <= known and self._parts(term, side, other):
                    return term if side is yes else self._negated(term)
        term = self._together(yes, no, known)
        if not self._parts(term, yes, no):
            raise RssError([no_tree("part with nothing to tell them apart", (yes[0].path, no[0].path))])
        return term

    def _negated(self, term: Term) -> Term:
        return self.pool.apply(Op.EQ, 1, (self.pool.const(0, 1), term))

    def _parts(self, term: Term, yes: Sequence[Walker], no: Sequence[Walker]) -> bool:
        return all(walker.truth(term) is Truth.REFUTED for walker in no) and all(
            walker.truth(term) is Truth.PROVED for walker in yes
        )

    def _together(self, yes: Sequence[Walker], no: Sequence[Walker], known: frozenset[Symbol]) -> Term:
        """That one of the paths is taken, as far as is known. What the others say as well is left out."""
        told = [self._telling(walker, no, known) for walker in yes]
        ways = dict.fromkeys(self._joined(Op.AND, terms) for terms in told)
        return self._joined(Op.OR, list(ways))

    def _telling(self, walker: Walker, no: Sequence[Walker], known: frozenset[Symbol]) -> list[Term]:
        """Conditions of a path without those that are not needed to refute the others."""
        kept = [
            term
            for term in dict.fromkeys(walker.path.constraints)
            if self.engine.symbols(term) <= known
            and any(other.truth(term) is not Truth.PROVED for other in no)
        ]
        for term in tuple(kept):
            fewer = [each for each in kept if each is not term]
            if fewer and self._refuted(self._joined(Op.AND, fewer), no):
                kept = fewer
        return kept

    def _refuted(self, term: Term, walkers: Sequence[Walker]) -> bool:
        return all(walker.truth(term) is Truth.REFUTED for walker in walkers)

    def _joined(self, op: Op, terms: Sequence[Term]) -> Term:
        found = self.pool.const(1 if op is Op.AND else 0, 1) if not terms else terms[0]
        for term in terms[1:]:
            found = self.pool.apply(op, 1, (found, term))
        return found


def no_tree(message: str, paths: Sequence[CallPath]) -> Diagnostic:
    """That paths make no tree; the message goes on after their names."""
    names = " and ".join(f"`{path.name}`" for path in paths)
    place = Span(Source(paths[0].name if paths else "call paths", ""), 0, 0)
    text = f"{names} {message}" if names else message
    return Diagnostic(
        rule=codes.NO_TREE, message=text, span=place, help="a tree needs all paths of one function"
    )
