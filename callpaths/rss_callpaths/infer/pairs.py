"""Questions about two packets at once, each on a path of its own: their symbols are distinct."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rss_callpaths.accesses.access import PathAccesses
from rss_callpaths.packet.parts import PACKET
from rss_callpaths.terms import Term
from rss_callpaths.terms.bytewise import Symbol, symbols
from rss_callpaths.terms.symbolic import Symbolic
from rss_solver.smt.limits import Unknown
from rss_solver.smt.terms import Flag, Questions, Terms, Word

FIRST, SECOND = 0, 1


class Pairs:
    """Two packets and their paths."""

    def __init__(self) -> None:
        self.terms = Terms()
        self._sides = (Symbolic(self.terms, "first "), Symbolic(self.terms, "second "))
        self._questions = Questions(self.terms)
        self._symbols: dict[Term, frozenset[Symbol]] = {}

    def word(self, side: int, term: Term) -> Word:
        """A term of one of the packets."""
        return self._sides[side].word(term)

    def flag(self, side: int, term: Term) -> Flag:
        """A condition on one of the packets."""
        return self._sides[side].flag(term)

    def byte(self, side: int, index: int) -> Word:
        """A byte of one of the packets."""
        return self._sides[side].byte(PACKET, index)

    def conditions(self, side: int, path: PathAccesses, given: Iterable[Term], *about: Term) -> list[Flag]:
        """Conditions of the path, and `given` ones, that share symbols with terms, maybe through others."""
        every = [*path.path.constraints, *given]
        reached = set().union(*(self._of(term) for term in about)) if about else set()
        left, found = list(every), []
        grown = True
        while grown:
            grown = False
            for term in list(left):
                if self._of(term) & reached:
                    reached |= self._of(term)
                    found.append(term)
                    left.remove(term)
                    grown = True
        return [self._sides[side].flag(term) for term in found]

    def possible(self, flags: Sequence[Flag]) -> bool:
        """Whether these can hold together; what the solver gives up counts as possible."""
        with self._questions.scope(*flags):
            answer = self._questions.possible()
        return True if isinstance(answer, Unknown) else answer

    def implied(self, flags: Sequence[Flag], pairs: Sequence[tuple[Word, Word]]) -> list[bool]:
        """Which pairs of words are equal wherever the flags hold."""
        with self._questions.scope(*flags):
            model = self._questions.find([word for pair in pairs for word in pair])
            if not isinstance(model, tuple):
                return [False] * len(pairs)
            return [
                model[2 * at] == model[2 * at + 1]
                and self._questions.certain(self.terms.equal(*pair)) is True
                for at, pair in enumerate(pairs)
            ]

    def _of(self, term: Term) -> frozenset[Symbol]:
        found = self._symbols.get(term)
        if found is None:
            self._symbols[term] = found = symbols(term)
        return found
