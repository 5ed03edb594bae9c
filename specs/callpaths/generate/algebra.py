"""Bit-vector terms, simplified where KLEE simplifies them, so that conditions look as KLEE prints them.

Constants stand left, subtracting a constant is adding its complement, bytes join again to what they were.
"""

from __future__ import annotations

from collections.abc import Sequence

from rss_callpaths.terms import Apply, Array, Const, Op, Pool, Read, Term
from rss_callpaths.terms.multibyte import INDEX_WIDTH, multibyte


class Algebra:
    """Makes the terms of one network function's paths."""

    def __init__(self) -> None:
        self.pool = Pool()

    def const(self, value: int, width: int) -> Const:
        """A number modulo 2^width."""
        return self.pool.const(value, width)

    def symbol(self, array: Array, start: int, count: int) -> Term:
        """`count` bytes of an array from `start`, the first one least significant."""
        return multibyte(self.pool, array, self.const(start, INDEX_WIDTH), count)

    def concat(self, high: Term, low: Term) -> Term:
        """Both, one above the other; adjacent constants and adjacent pieces of one term become one."""
        width = high.width + low.width
        match high, low:
            case Const(), Const():
                return self.const(high.value << low.width | low.value, width)
            case Const(), Apply(op=Op.CONCAT, args=(Const() as middle, rest)):
                return self._apply(Op.CONCAT, width, (self.concat(high, middle), rest))
            case Apply(op=Op.EXTRACT), Apply(op=Op.EXTRACT):
                if high.args == low.args and high.offset == low.offset + low.width:
                    return self.extract(low.args[0], low.offset, width)
        return self._apply(Op.CONCAT, width, (high, low))

    def extract(self, term: Term, offset: int, width: int) -> Term:
        """`width` bits of a term from bit `offset` (0 is the least significant one)."""
        if width == term.width:
            return term
        match term:
            case Const():
                return self.const(term.value >> offset, width)
            case Apply(op=Op.CONCAT, args=(high, low)):
                above = offset - low.width
                if above >= 0:
                    return self.extract(high, above, width)
                if above + width <= 0:
                    return self.extract(low, offset, width)
                return self.concat(self.extract(high, 0, above + width), self.extract(low, offset, -above))
            case Apply(op=Op.EXTRACT, args=(inner,)):
                return self.extract(inner, term.offset + offset, width)
        return self.pool.apply(Op.EXTRACT, width, (term,), offset)

    def split(self, term: Term) -> list[Term]:
        """The bytes of a term, the least significant one first."""
        return [self.extract(term, at, 8) for at in range(0, term.width, 8)]

    def join(self, parts: Sequence[Term]) -> Term:
        """Bytes to one term, the least significant one first."""
        value = parts[0]
        for part in parts[1:]:
            value = self.concat(part, value)
        return value

    def zero_extend(self, term: Term, width: int) -> Term:
        """The term with zeros above."""
        if width == term.width:
            return term
        return (
            self.const(term.value, width) if isinstance(term, Const) else self._apply(Op.ZEXT, width, (term,))
        )

    def add(self, left: Term, right: Term) -> Term:
        """Sum modulo 2^width."""
        match left, right:
            case Const(), Const():
                return self.const(left.value + right.value, left.width)
            case _, Const():
                return self.add(right, left)
            case Const(value=0), _:
                return right
            case Const(), Apply(op=Op.ADD, args=(Const() as inner, rest)):
                return self.add(self.const(left.value + inner.value, left.width), rest)
        return self._apply(Op.ADD, left.width, (left, right))

    def subtract(self, left: Term, right: Term) -> Term:
        """Difference modulo 2^width."""
        if isinstance(right, Const):
            return self.add(self.const(-right.value, right.width), left)
        return self.const(0, left.width) if left is right else self._apply(Op.SUB, left.width, (left, right))

    def binary(self, op: Op, left: Term, right: Term) -> Term:
        """Mul, UDiv, URem, And, Or, Xor, Shl, LShr; numbers are computed, or stand left if order is free."""
        if isinstance(left, Const) and isinstance(right, Const):
            return self.const(_compute(op, left.value, right.value), left.width)
        if op in _COMMUTATIVE and isinstance(right, Const):
            left, right = right, left
        if isinstance(left, Const) and (op, left.value) in _NEUTRAL:
            return right
        if op is Op.AND and isinstance(left, Const) and left.value in (0, (1 << left.width) - 1):
            return right if left.value else left
        return self._apply(op, left.width, (left, right))

    def equal(self, left: Term, right: Term) -> Term:
        """Equality, one bit."""
        if left is right:
            return self.const(1, 1)
        match left, right:
            case Const(), Const():
                return self.const(int(left.value == right.value), 1)
            case _, Const():
                return self.equal(right, left)
            case Const(value=1, width=1), _:
                return right
            case Const(value=0, width=1), Apply(op=Op.EQ, args=(Const(value=0, width=1), inner)):
                return inner
            case Const(), Apply(op=Op.ZEXT, args=(inner,)):
                if left.value >> inner.width:
                    return self.const(0, 1)
                return self.equal(self.const(left.value, inner.width), inner)
            case Const(), Apply(op=Op.ADD, args=(Const() as moved, inner)):
                return self.equal(self.const(left.value - moved.value, left.width), inner)
        return self._apply(Op.EQ, 1, (left, right))

    def negate(self, condition: Term) -> Term:
        """The other truth value of one bit."""
        return self.equal(self.const(0, 1), condition)

    def compare(self, op: Op, left: Term, right: Term) -> Term:
        """Ult, Ule, Slt or Sle."""
        if isinstance(left, Const) and isinstance(right, Const):
            half = 1 << left.width - 1 if op in (Op.SLT, Op.SLE) else 0
            first, second = left.value ^ half, right.value ^ half
            return self.const(int(first < second if op in (Op.ULT, Op.SLT) else first <= second), 1)
        if left is right:
            return self.const(int(op in (Op.ULE, Op.SLE)), 1)
        return self._apply(op, 1, (left, right))

    def truth(self, term: Term) -> Term:
        """One bit: is the term not zero, as C asks it."""
        return term if term.width == 1 else self.negate(self.equal(self.const(0, term.width), term))

    def replace(self, term: Term, old: Term, new: Term) -> Term:
        """The term with every occurrence of another replaced, simplified where that allows it."""
        if term is old:
            return new
        if not isinstance(term, Apply):
            return term
        args = tuple(self.replace(arg, old, new) for arg in term.args)
        return term if args == term.args else self.rebuild(term, args)

    def rebuild(self, term: Apply, args: tuple[Term, ...]) -> Term:
        """The term's operator on other operands."""
        match term.op:
            case Op.CONCAT:
                return self.concat(*args)
            case Op.EXTRACT:
                return self.extract(args[0], term.offset, term.width)
            case Op.ZEXT:
                return self.zero_extend(args[0], term.width)
            case Op.ADD:
                return self.add(*args)
            case Op.SUB:
                return self.subtract(*args)
            case Op.EQ:
                return self.equal(*args)
            case Op.ULT | Op.ULE | Op.SLT | Op.SLE:
                return self.compare(term.op, *args)
        return self.binary(term.op, *args)

    def _apply(self, op: Op, width: int, args: Sequence[Term]) -> Term:
        return self.pool.apply(op, width, args)


_COMMUTATIVE = frozenset({Op.MUL, Op.AND, Op.OR, Op.XOR})
_NEUTRAL = frozenset({(Op.MUL, 1), (Op.OR, 0), (Op.XOR, 0)})


def _compute(op: Op, left: int, right: int) -> int:
    match op:
        case Op.MUL:
            return left * right
        case Op.UDIV:
            return left // right
        case Op.UREM:
            return left % right
        case Op.AND:
            return left & right
        case Op.OR:
            return left | right
        case Op.XOR:
            return left ^ right
        case Op.SHL:
            return left << right
        case Op.LSHR:
            return left >> right
    raise ValueError(f"{op} is not computed")


def arrays_of(terms: Sequence[Term]) -> set[Array]:
    """The arrays that terms read."""
    found: set[Array] = set()
    seen: set[Term] = set()
    pending = list(terms)
    while pending:
        term = pending.pop()
        if term in seen:
            continue
        seen.add(term)
        match term:
            case Read():
                found.add(term.array)
                pending.append(term.index)
            case Apply():
                pending.extend(term.args)
    return found
