"""Points of a component outside a hull."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from types import TracebackType
from typing import Self

from pysmt.environment import Environment
from pysmt.exceptions import SolverReturnedUnknownResultError
from pysmt.fnode import FNode
from pysmt.typing import BVType

from rss_solver.limits import LimitReachedError
from rss_solver.smt.operations import comparison, operation
from rss_solver.tied.component import Component, runs
from rss_solver.tied.formula import Comparison, Every, Formula, Operation, Some, Tie, Word

LIMIT = 20_000_000
"""Z3 resource units for one question; there can be as many as the hash inputs have bits."""


class Oracle:
    """One incremental solver over a component's free bits, one bit-vector with variable 0 first."""

    def __init__(self, component: Component, limit: int = LIMIT) -> None:
        env = Environment()
        self._build = env.formula_manager
        self._size = component.size
        self._bits = self._build.Symbol("bits", BVType(component.size))
        self._outputs = [
            self._build.BVExtract(word, bit, bit)
            for word in map(self._word, component.outputs)
            for bit in reversed(range(word.bv_width()))
        ]
        self._solver = env.factory.Solver(name="z3", logic="QF_BV", solver_options={"rlimit": limit})
        for fact in component.facts:
            self._solver.add_assertion(self._formula(fact))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._solver.__exit__(kind, value, trace)

    def outside(self, point: int, masks: Sequence[int] | None) -> int | None:
        """An assignment whose outputs differ from `point` in an odd number of the bits of some mask.

        Without masks, any assignment. None if there is none; LimitReachedError if Z3 cannot tell.
        """
        self._solver.push()
        try:
            if masks is not None:
                self._solver.add_assertion(self._build.Or([self._odd(point, mask) for mask in masks]))
            if not self._solver.solve():
                return None
            return self._solver.get_py_value(self._bits)
        except SolverReturnedUnknownResultError:
            raise LimitReachedError from None
        finally:
            self._solver.pop()

    def _odd(self, point: int, mask: int) -> FNode:
        top = len(self._outputs) - 1
        chosen = [bit for number, bit in enumerate(self._outputs) if mask >> top - number & 1]
        even = (point & mask).bit_count() & 1
        return self._build.Equals(reduce(self._build.BVXor, chosen), self._build.BV(1 - even, 1))

    def _formula(self, formula: Formula) -> FNode:
        match formula:
            case Every(parts):
                return self._build.And([self._formula(part) for part in parts])
            case Some(parts):
                return self._build.Or([self._formula(part) for part in parts])
            case Tie(left, right):
                return self._build.Equals(self._word(left), self._word(right))
            case Comparison(op, left, right):
                return comparison(self._build, op, self._word(left), self._word(right))

    def _word(self, word: Word) -> FNode:
        if isinstance(word, Operation):
            return operation(self._build, word.op, self._word(word.left), self._word(word.right))
        parts = []
        for run in runs(word):
            if run.start is None:
                parts.append(self._build.BV(run.value, run.bits))
            else:
                low = self._size - run.start - run.bits
                parts.append(self._build.BVExtract(self._bits, low, low + run.bits - 1))
        return reduce(self._build.BVConcat, parts)
