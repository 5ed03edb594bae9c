"""Bit-vector terms and questions about them, for what needs more than conditions over packet fields.

Call paths are built and asked about with this: symbols, KQuery's operators, a stack of assumptions, models
as numbers. `Word` and `Flag` are opaque to everything outside this package.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import z3

from rss_solver.smt.limits import Unknown

Word = z3.BitVecRef
"""A bit-vector term."""
Flag = z3.BoolRef
"""A Boolean term."""

QUESTION_LIMIT = 2_000_000
"""Z3 resource units for one question about a path: about a second; most take some thousands."""

BINARY: Mapping[str, Callable[[Word, Word], Word]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "udiv": z3.UDiv,
    "sdiv": lambda a, b: a / b,
    "urem": z3.URem,
    "srem": z3.SRem,
    "and": lambda a, b: a & b,
    "or": lambda a, b: a | b,
    "xor": lambda a, b: a ^ b,
    "shl": lambda a, b: a << b,
    "lshr": z3.LShR,
    "ashr": lambda a, b: a >> b,
}
"""Operators on two words of one width. Division by zero and shifts past the width are as in SMT-LIB."""

COMPARISONS: Mapping[str, Callable[[Word, Word], Flag]] = {
    "eq": lambda a, b: a == b,
    "ult": z3.ULT,
    "ule": z3.ULE,
    "slt": lambda a, b: a < b,
    "sle": lambda a, b: a <= b,
}
"""Comparisons of two words of one width."""


class Terms:
    """Makes terms. Terms of different `Terms` must not meet."""

    def __init__(self) -> None:
        self.context = z3.Context()

    def symbol(self, name: str, width: int) -> Word:
        """The symbol of that name and width."""
        return z3.BitVec(name, width, self.context)

    def number(self, value: int, width: int) -> Word:
        """A constant, modulo 2^width."""
        return z3.BitVecVal(value, width, self.context)

    def flag(self, value: bool) -> Flag:
        """True or false."""
        return z3.BoolVal(value, self.context)

    def binary(self, operator: str, first: Word, second: Word) -> Word:
        """One of `BINARY`."""
        return BINARY[operator](first, second)

    def compare(self, operator: str, first: Word, second: Word) -> Flag:
        """One of `COMPARISONS`."""
        return COMPARISONS[operator](first, second)

    def equal(self, first: Word, second: Word) -> Flag:
        """Equality of two words of one width."""
        return first == second

    def concat(self, parts: Sequence[Word]) -> Word:
        """The parts side by side, the most significant first."""
        return z3.Concat(*parts) if len(parts) > 1 else parts[0]

    def extract(self, word: Word, low: int, width: int) -> Word:
        """`width` bits from bit `low` on; bit 0 is the least significant one."""
        return z3.Extract(low + width - 1, low, word)

    def zero_extend(self, word: Word, width: int) -> Word:
        """The word with zeros before it."""
        return z3.ZeroExt(width - word.size(), word) if width > word.size() else word

    def sign_extend(self, word: Word, width: int) -> Word:
        """The word with copies of its highest bit before it."""
        return z3.SignExt(width - word.size(), word) if width > word.size() else word

    def choose(self, condition: Flag, then: Word, otherwise: Word) -> Word:
        """One word or the other."""
        return z3.If(condition, then, otherwise)

    def negation(self, flag: Flag) -> Flag:
        """Not."""
        return z3.Not(flag)

    def all_of(self, flags: Sequence[Flag]) -> Flag:
        """And; of nothing: true."""
        return z3.And([*flags], self.context) if flags else self.flag(True)

    def any_of(self, flags: Sequence[Flag]) -> Flag:
        """Or; of nothing: false."""
        return z3.Or([*flags], self.context) if flags else self.flag(False)


class Questions:
    """Assumptions on a stack, and what follows from them."""

    def __init__(self, terms: Terms, limit: int = QUESTION_LIMIT) -> None:
        """`limit`: Z3 resource units for each question."""
        self.terms = terms
        self._solver = z3.SolverFor("QF_BV", ctx=terms.context)
        self._solver.set("rlimit", limit)

    def assume(self, flag: Flag) -> None:
        """From now on it holds, until the scope ends."""
        self._solver.add(flag)

    @contextmanager
    def scope(self, *flags: Flag) -> Iterator[None]:
        """Assumptions made within are forgotten afterwards."""
        self._solver.push()
        try:
            self._solver.add(*flags)
            yield
        finally:
            self._solver.pop()

    def possible(self, *flags: Flag) -> bool | Unknown:
        """Whether these can hold together with what is assumed."""
        answer = self._solver.check(*flags)
        return Unknown() if answer == z3.unknown else answer == z3.sat

    def certain(self, flag: Flag) -> bool | Unknown:
        """Whether it follows from what is assumed."""
        answer = self.possible(self.terms.negation(flag))
        return answer if isinstance(answer, Unknown) else not answer

    def find(self, words: Sequence[Word], *flags: Flag) -> tuple[int, ...] | Unknown | None:
        """Values of the words in some model of the assumptions and these, None if there is no model."""
        answer = self._solver.check(*flags)
        if answer == z3.unknown:
            return Unknown()
        if answer == z3.unsat:
            return None
        model = self._solver.model()
        return tuple(_number(model.eval(word, model_completion=True)) for word in words)

    def values(self, word: Word, most: int) -> tuple[int, ...] | Unknown | None:
        """Every value that the word can have, ascending; None if there are more than `most`."""
        found: list[int] = []
        with self.scope():
            while True:
                answer = self.find([word])
                if isinstance(answer, Unknown):
                    return answer
                if answer is None:
                    return tuple(sorted(found))
                if len(found) == most:
                    return None
                found.append(answer[0])
                self.assume(self.terms.negation(word == self.terms.number(answer[0], word.size())))

    def unique(self, word: Word) -> int | Unknown | None:
        """The word's value if it has exactly one, None if it has several or the assumptions contradict."""
        found = self.values(word, 1)
        if isinstance(found, Unknown):
            return found
        return found[0] if found else None


def _number(value: z3.ExprRef) -> int:
    if not isinstance(value, z3.BitVecNumRef):
        raise ValueError(f"{value} has no value")
    return value.as_long()
