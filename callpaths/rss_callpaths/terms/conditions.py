"""What follows from the conditions of a path.

Answers err to one side: what is called impossible, proved or unique is so. Divisions (`symbolic.hard`) are
not gone into: their results count as any value. Questions go to Z3 with those conditions only that share
symbols with them, directly or through others, and answers are kept for all paths: paths of one network
function share most conditions. What is constant is answered without asking.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum

from rss_callpaths.terms import Const, Op, Pool, Term
from rss_callpaths.terms.bytewise import Symbol, Symbols, bytes_of
from rss_callpaths.terms.symbolic import Symbolic
from rss_solver.smt.limits import Unknown
from rss_solver.smt.terms import QUESTION_LIMIT, Questions, Terms

_Key = tuple[frozenset[Term], tuple[Term, ...], Term, int]


class Truth(StrEnum):
    """Whether a statement holds on a path."""

    PROVED = "1"
    """Under all of the path's conditions."""
    REFUTED = "0"
    """Under none of them."""
    OPEN = "?"
    """The path has packets (or states) of both kinds, or the solver gave up."""


class Engine:
    """The solver and its answers so far, for all paths whose terms are of one pool."""

    def __init__(self, pool: Pool, limit: int = QUESTION_LIMIT) -> None:
        """`limit`: Z3 resource units for each question."""
        self.pool = pool
        terms = Terms()
        self._symbolic = Symbolic(terms, rough=True)
        self._questions = Questions(terms, limit)
        self.symbols = Symbols()
        self._values: dict[_Key, tuple[int, ...] | Unknown | None] = {}
        self._possible: dict[tuple[frozenset[Term], tuple[Term, ...]], bool | Unknown] = {}

    def values(
        self, conditions: frozenset[Term], given: Sequence[Term], term: Term, most: int
    ) -> tuple[int, ...] | Unknown | None:
        """Every value of a term if there are at most so many, otherwise None."""
        key = (conditions, tuple(given), term, most)
        if key not in self._values:
            with self._questions.scope(*map(self._symbolic.flag, (*conditions, *given))):
                self._values[key] = self._questions.values(self._symbolic.word(term), most)
        return self._values[key]

    def possible(self, conditions: frozenset[Term], given: Sequence[Term]) -> bool | Unknown:
        """Whether conditions can hold together."""
        key = (conditions, tuple(given))
        if key not in self._possible:
            with self._questions.scope(*map(self._symbolic.flag, (*conditions, *given))):
                self._possible[key] = self._questions.possible()
        return self._possible[key]


class Conditions:
    """The conditions of one path. What the solver cannot decide counts as open, and is counted."""

    def __init__(self, constraints: Iterable[Term], engine: Engine) -> None:
        self.engine = engine
        self.pool = engine.pool
        self.undecided = 0
        """Questions that the solver gave up."""
        self._all = [(term, engine.symbols(term)) for term in dict.fromkeys(constraints)]
        self._of: dict[Symbol, list[int]] = {}
        for number, (_, found) in enumerate(self._all):
            for symbol in found:
                self._of.setdefault(symbol, []).append(number)

    def contradictory(self) -> bool:
        """Whether no packet and state satisfy all of them."""
        left = set(range(len(self._all)))
        while left:
            first = left.pop()
            part = self._closure(self._all[first][1]) | {first}
            left -= part
            if not self._possible(frozenset(self._all[number][0] for number in part), ()):
                return True
        return False

    def possible(self, *given: Term) -> bool:
        """Whether one-bit terms can hold on the path, which does not contradict itself."""
        left = [term for term in given if not _is(term, 1)]
        if any(_is(term, 0) for term in left):
            return False
        return not left or self._possible(self._about(left), left)

    def truth(self, term: Term, given: Sequence[Term] = ()) -> Truth:
        """Whether a one-bit term holds, where the given ones do."""
        pool = self.pool
        if isinstance(term, Const):
            return Truth.PROVED if term.value else Truth.REFUTED
        if not self.possible(*given, term):
            return Truth.REFUTED
        if not self.possible(*given, pool.apply(Op.EQ, 1, (pool.const(0, 1), term))):
            return Truth.PROVED
        return Truth.OPEN

    def equal(self, first: Term, second: Term) -> bool:
        """Whether two terms of one width are provably equal."""
        if first is second:
            return True
        if isinstance(first, Const) and isinstance(second, Const):
            return first.value == second.value
        return self.truth(self.pool.apply(Op.EQ, 1, (first, second))) is Truth.PROVED

    def values(self, term: Term, most: int, given: Sequence[Term] = ()) -> tuple[int, ...] | None:
        """Every value that a term can have, ascending; None if there are more than `most` or not known."""
        known = constant(term, self.pool)
        if known is not None:
            return (known,)
        found = self.engine.values(self._about([*given, term]), given, term, most)
        if isinstance(found, Unknown):
            self.undecided += 1
            return None
        return found

    def unique(self, term: Term, given: Sequence[Term] = ()) -> int | None:
        """The value of a term that has only one."""
        found = self.values(term, 1, given)
        return found[0] if found else None

    def _possible(self, conditions: frozenset[Term], given: Sequence[Term]) -> bool:
        answer = self.engine.possible(conditions, given)
        if isinstance(answer, Unknown):
            self.undecided += 1
            return True
        return answer

    def _about(self, terms: Sequence[Term]) -> frozenset[Term]:
        start = frozenset(symbol for term in terms for symbol in self.engine.symbols(term))
        return frozenset(self._all[number][0] for number in self._closure(start))

    def _closure(self, start: frozenset[Symbol]) -> set[int]:
        """The conditions that share symbols with these, directly or through others."""
        found: set[int] = set()
        seen = set(start)
        waiting = list(start)
        while waiting:
            for number in self._of.get(waiting.pop(), ()):
                if number not in found:
                    found.add(number)
                    fresh = self._all[number][1] - seen
                    seen |= fresh
                    waiting += fresh
        return found


def constant(term: Term, pool: Pool) -> int | None:
    """The value of a term that has one by its form."""
    if isinstance(term, Const):
        return term.value
    value = 0
    for at, byte in enumerate(bytes_of(term, pool)):
        if not isinstance(byte, Const):
            return None
        value |= byte.value << 8 * at
    return value


def _is(term: Term, value: int) -> bool:
    return isinstance(term, Const) and term.value == value
