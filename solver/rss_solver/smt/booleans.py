"""Values for free key bits, by Z3."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce

from pysmt.environment import Environment
from pysmt.exceptions import SolverReturnedUnknownResultError
from pysmt.fnode import FNode
from pysmt.typing import BOOL

from rss_solver.limits import LimitReachedError
from rss_solver.smt.limits import DEFAULT_LIMIT


def pick_nonzero(groups: Sequence[Sequence[int]]) -> int | None:
    """Values for free bits so that in every group at least one affine form is 1, None if there are none.

    A form has its constant in bit 0 and the coefficient of free bit L in bit L; so has the answer.
    LimitReachedError if Z3 cannot tell within its limit.
    """
    env = Environment()
    build = env.formula_manager
    used = sorted({bit for group in groups for form in group for bit in _ones(form >> 1)})
    symbols = {bit + 1: build.Symbol(f"x{bit + 1}", BOOL) for bit in used}

    def value(form: int) -> FNode:
        terms = [symbols[bit + 1] for bit in _ones(form >> 1)]
        return reduce(build.Xor, terms, build.Bool(bool(form & 1)))

    options = {"rlimit": DEFAULT_LIMIT}
    with env.factory.Solver(name="z3", solver_options=options) as solver:
        for group in groups:
            solver.add_assertion(build.Or([value(form) for form in group]))
        try:
            if not solver.solve():
                return None
        except SolverReturnedUnknownResultError:
            raise LimitReachedError from None
        return sum(1 << bit for bit, symbol in symbols.items() if solver.get_py_value(symbol))


def _ones(value: int) -> Iterable[int]:
    return (bit for bit in range(value.bit_length()) if value >> bit & 1)
