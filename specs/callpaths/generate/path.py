"""One path while it is executed: what it has decided, assumed, called and made symbolic."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path as FilePath

from generate.algebra import Algebra, arrays_of
from generate.feasible import Feasibility
from generate.words import Word
from rss_callpaths.callpath import Argument, Call, CallPath, Extra, Result, Variant
from rss_callpaths.files.values import expected_values
from rss_callpaths.terms import Apply, Array, Const, Op, Term

HEAP = 0x40000000
STACK = 140733193388272
DESCRIPTIONS = FilePath(__file__).parent / "nfs"


class PathEndedError(Exception):
    """The program ended here: an allocation failed, or the packet loop was left."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Which way a path goes at a branch; forced if the other way is impossible."""

    way: bool
    forced: bool = False


class Path:
    """Follows a list of decisions and extends it where it ends: the first way first."""

    def __init__(
        self, algebra: Algebra, feasibility: Feasibility, decisions: Sequence[Decision] = ()
    ) -> None:
        self.algebra = algebra
        self.decisions = list(decisions)
        self.alternatives: list[tuple[Decision, ...]] = []
        """Where the other way was possible too: the decisions up to there, and that one."""
        self.constraints: list[Term] = []
        self.calls: list[Call] = []
        self._feasibility = feasibility
        self._decided = 0
        self._names: Counter[str] = Counter()
        self._heap = HEAP
        self._stack = STACK

    def branch(self, condition: Word) -> bool:
        """Which way this path goes. Where both are possible both are explored, and a condition is added."""
        term = self.algebra.truth(condition.term)
        if isinstance(term, Const):
            return bool(term.value)
        negated = self.algebra.negate(term)
        if self._decided == len(self.decisions):
            self.decisions.append(self._decide(term, negated))
        decision = self.decisions[self._decided]
        self._decided += 1
        if not decision.forced:
            self._constrain(term if decision.way else negated)
        return decision.way

    def _decide(self, term: Term, negated: Term) -> Decision:
        if not self._feasibility.possible(self.constraints, negated):
            return Decision(True, forced=True)
        if not self._feasibility.possible(self.constraints, term):
            return Decision(False, forced=True)
        self.alternatives.append((*self.decisions, Decision(False)))
        return Decision(True)

    def assume(self, condition: Word) -> None:
        """A condition that the models promise."""
        term = self.algebra.truth(condition.term)
        if not isinstance(term, Const):
            self._constrain(term)
        elif not term.value:
            raise ValueError("an assumption is false")

    def symbol(self, name: str, size: int, used: int | None = None) -> Word:
        """A new symbolic object of `size` bytes; its first `used` bytes as a number."""
        return Word(self.algebra, self.algebra.symbol(self.array(name, size), 0, used or size))

    def array(self, name: str, size: int) -> Array:
        """A new symbolic object. The second one of a name is called `name_1`."""
        number = self._names[name]
        self._names[name] += 1
        return self.algebra.pool.array(f"{name}_{number}" if number else name, size)

    def const(self, value: int, width: int) -> Word:
        """A number."""
        return Word(self.algebra, self.algebra.const(value, width))

    def allocate(self, size: int) -> int:
        """An address on the heap, the same in every path that allocates the same."""
        address = self._heap
        self._heap += -(-size // 8) * 8
        return address

    def local(self, size: int = 8) -> int:
        """An address on the stack."""
        address = self._stack
        self._stack += -(-size // 16) * 16
        return address

    def call(
        self,
        function: str,
        *arguments: Argument,
        result: Word | int | None = None,
        extras: tuple[Extra, ...] = (),
        line: int | None = None,
    ) -> None:
        """Record a call. `line` None: the line of the description that is being executed."""
        if isinstance(result, int):
            result = self.const(result, 32)
        value = None if result is None else result.term
        line = _described_line() if line is None else line
        self.calls.append(Call(function, arguments, Result(value), extras, line))

    def finished(self, name: str, variant: Variant) -> CallPath:
        """The path as it is printed."""
        values = expected_values(variant, tuple(self.calls))
        arrays = sorted(arrays_of([*self.constraints, *values]), key=lambda array: array.name)
        return CallPath(name, variant, tuple(arrays), tuple(self.constraints), tuple(self.calls), values)

    def _constrain(self, term: Term) -> None:
        """Add a condition; one that fixes a term to a number is put into the earlier ones, as KLEE does."""
        if isinstance(term, Apply) and term.op is Op.EQ and isinstance(term.args[0], Const):
            fixed, number = term.args[1], term.args[0]
            replaced = (self.algebra.replace(known, fixed, number) for known in self.constraints)
            self.constraints = [known for known in replaced if not isinstance(known, Const)]
        self.constraints.append(term)


def _described_line() -> int:
    """The line of the innermost running code that is a description; 0 if none is."""
    frame = sys._getframe()
    while frame.f_back is not None:
        frame = frame.f_back
        if FilePath(frame.f_code.co_filename).parent == DESCRIPTIONS:
            return frame.f_lineno
    return 0
