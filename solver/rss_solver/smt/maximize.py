"""The heaviest set of wishes for free bits under clauses, by Z3's optimizer (MaxSMT)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import z3

from rss_solver.smt.limits import DEFAULT_LIMIT, Unknown


class Maximizer:
    """Wishes and clauses over affine forms: bit 0 of a form is its constant, bit L the free bit L.

    `wishes`: (form that should be 1, weight). Clauses come one by one; every answer is the exact maximum
    under those so far.
    """

    def __init__(self, wishes: Iterable[tuple[int, int]], limit: int = DEFAULT_LIMIT) -> None:
        self.context = z3.Context()
        self.optimizer = z3.Optimize(ctx=self.context)
        self.optimizer.set("rlimit", limit)
        self.bits: dict[int, z3.BoolRef] = {}
        for form, weight in wishes:
            self.optimizer.add_soft(self._value(form), str(weight))

    def require(self, clause: Sequence[int]) -> None:
        """At least one of the forms is 1."""
        self.optimizer.add(z3.Or([self._value(form) for form in clause], self.context))

    def best(self) -> tuple[int, int] | Unknown | None:
        """The free bits that are one, and those that took part at all; None if the clauses contradict."""
        answer = self.optimizer.check()
        if answer == z3.unknown:
            return Unknown()
        if answer == z3.unsat:
            return None
        model = self.optimizer.model()
        ones = sum(1 << bit for bit, name in self.bits.items() if z3.is_true(model[name]))
        return ones, sum(1 << bit for bit in self.bits)

    def _value(self, form: int) -> z3.BoolRef:
        bits = [bit for bit in range(1, form.bit_length()) if form >> bit & 1]
        total = z3.BoolVal(bool(form & 1), self.context)
        if bits:
            total = self._bit(bits[0]) if not form & 1 else z3.Not(self._bit(bits[0]))
        for bit in bits[1:]:
            total = z3.Xor(total, self._bit(bit))
        return total

    def _bit(self, bit: int) -> z3.BoolRef:
        found = self.bits.get(bit)
        if found is None:
            found = self.bits[bit] = z3.Bool(f"x{bit}", self.context)
        return found
