"""Terms of call paths as bit-vector terms of the solver.

A symbolic byte is the symbol `PREFIX` `ARRAY[INDEX]`, so that the terms of two packets can meet in one
question under two prefixes. One-bit terms are Booleans to the solver and become words where an operator
needs one.
"""

from __future__ import annotations

from collections.abc import Iterable

from rss_callpaths.terms import Apply, Const, Op, Read, Term
from rss_solver.smt.terms import Flag, Terms, Word

_BINARY = {
    Op.ADD: "add",
    Op.SUB: "sub",
    Op.MUL: "mul",
    Op.UDIV: "udiv",
    Op.SDIV: "sdiv",
    Op.UREM: "urem",
    Op.SREM: "srem",
    Op.AND: "and",
    Op.OR: "or",
    Op.XOR: "xor",
    Op.SHL: "shl",
    Op.LSHR: "lshr",
    Op.ASHR: "ashr",
}
_COMPARE = {Op.EQ: "eq", Op.ULT: "ult", Op.ULE: "ule", Op.SLT: "slt", Op.SLE: "sle"}
_SWAPPED = {Op.UGT: "ult", Op.UGE: "ule", Op.SGT: "slt", Op.SGE: "sle"}


class Symbolic:
    """Converts terms, each once."""

    def __init__(
        self, terms: Terms, prefix: str = "", shared: Iterable[str] = (), *, rough: bool = False
    ) -> None:
        """`prefix` goes before the names of all arrays but the `shared` ones. `rough`: what is `hard` may be
        any value, so that whatever is proved holds and whatever is found may not."""
        self.terms = terms
        self._rough = rough
        self._prefix = prefix
        self._shared = frozenset(shared)
        self._words: dict[Term, Word] = {}
        self._flags: dict[Term, Flag] = {}

    def word(self, term: Term) -> Word:
        """A term of any width as a bit-vector."""
        self._convert(term)
        return self._word(term)

    def flag(self, term: Term) -> Flag:
        """A one-bit term as a Boolean; ValueError for others."""
        if term.width != 1:
            raise ValueError(f"a term of {term.width} bits is no condition")
        self._convert(term)
        return self._flag(term)

    def byte(self, array: str, index: int) -> Word:
        """The symbol of one byte of a symbolic array."""
        prefix = "" if array in self._shared else self._prefix
        return self.terms.symbol(f"{prefix}{array}[{index}]", 8)

    def _convert(self, root: Term) -> None:
        stack = [root]
        while stack:
            term = stack[-1]
            if term in self._words or term in self._flags:
                stack.pop()
                continue
            waiting = [
                part for part in _operands(term) if part not in self._words and part not in self._flags
            ]
            if waiting:
                stack += waiting
                continue
            stack.pop()
            self._make(term)

    def _make(self, term: Term) -> None:
        match term:
            case Const(value, width):
                if width == 1:
                    self._flags[term] = self.terms.flag(bool(value))
                else:
                    self._words[term] = self.terms.number(value, width)
            case Read():
                self._words[term] = self._read(term)
            case Apply():
                flag = self._as_flag(term)
                if flag is None:
                    self._words[term] = self._as_word(term)
                else:
                    self._flags[term] = flag

    def _word(self, term: Term) -> Word:
        found = self._words.get(term)
        if found is None:
            one, zero = self.terms.number(1, 1), self.terms.number(0, 1)
            self._words[term] = found = self.terms.choose(self._flags[term], one, zero)
        return found

    def _flag(self, term: Term) -> Flag:
        found = self._flags.get(term)
        if found is None:
            self._flags[term] = found = self.terms.equal(self._words[term], self.terms.number(1, 1))
        return found

    def _as_flag(self, term: Apply) -> Flag | None:
        terms, args = self.terms, term.args
        if term.op is Op.NE:
            return terms.negation(self._compare("eq", args[0], args[1]))
        if term.op in _COMPARE:
            return self._compare(_COMPARE[term.op], args[0], args[1])
        if term.op in _SWAPPED:
            return self._compare(_SWAPPED[term.op], args[1], args[0])
        if term.width != 1:
            return None
        if term.op is Op.AND:
            return terms.all_of([self._flag(part) for part in args])
        if term.op is Op.OR:
            return terms.any_of([self._flag(part) for part in args])
        if term.op is Op.NOT:
            return terms.negation(self._flag(args[0]))
        if term.op is Op.NOT_OPTIMIZED:
            return self._flag(args[0])
        return None

    def _compare(self, operator: str, first: Term, second: Term) -> Flag:
        if operator == "eq" and first.width == 1:
            for known, other in ((first, second), (second, first)):
                if isinstance(known, Const):
                    flag = self._flag(other)
                    return flag if known.value else self.terms.negation(flag)
        return self.terms.compare(operator, self._word(first), self._word(second))

    def _as_word(self, term: Apply) -> Word:
        terms, args = self.terms, term.args
        match term.op:
            case Op.CONCAT:
                return terms.concat([self._word(part) for part in args])
            case Op.EXTRACT:
                return terms.extract(self._word(args[0]), term.offset, term.width)
            case Op.ZEXT:
                return terms.zero_extend(self._word(args[0]), term.width)
            case Op.SEXT:
                return terms.sign_extend(self._word(args[0]), term.width)
            case Op.SELECT:
                return terms.choose(self._flag(args[0]), self._word(args[1]), self._word(args[2]))
            case Op.NOT:
                return terms.binary("xor", self._word(args[0]), terms.number(-1, term.width))
            case Op.NOT_OPTIMIZED:
                return self._word(args[0])
            case _ if self._rough and hard(term):
                return terms.symbol(f"{self._prefix}{term.op}?{len(self._words)}", term.width)
            case _:
                return terms.binary(_BINARY[term.op], self._word(args[0]), self._word(args[1]))

    def _read(self, read: Read) -> Word:
        value = self._unwritten(read)
        index = self._word(read.index)
        for at, byte in reversed(read.updates):
            value = self.terms.choose(self.terms.equal(index, self._word(at)), self._word(byte), value)
        return value

    def _unwritten(self, read: Read) -> Word:
        array, terms = read.array, self.terms
        contents = array.contents
        if isinstance(read.index, Const):
            at = read.index.value
            if contents is not None and at < len(contents):
                return terms.number(contents[at], 8)
            return self.byte(array.name, at)
        # Past the array's end, or if its size is not known, a read may give anything.
        value = terms.symbol(f"{self._prefix}{array.name}[?{len(self._words)}]", 8)
        index = self._word(read.index)
        for at in range(array.size or 0):
            known = terms.number(contents[at], 8) if contents is not None else self.byte(array.name, at)
            value = terms.choose(terms.equal(index, terms.number(at, read.index.width)), known, value)
        return value


def hard(term: Term) -> bool:
    """Whether its operator is one that Z3 can spend minutes on: division, products of two unknowns. Token
    buckets divide times by rates."""
    if not isinstance(term, Apply):
        return False
    if term.op is Op.MUL:
        return not any(isinstance(part, Const) for part in term.args)
    if term.op not in (Op.UDIV, Op.SDIV, Op.UREM, Op.SREM):
        return False
    by = term.args[1]
    return not isinstance(by, Const) or by.value.bit_count() != 1


def _operands(term: Term) -> tuple[Term, ...]:
    match term:
        case Apply():
            return term.args
        case Read():
            return (term.index, *(part for pair in term.updates for part in pair))
        case Const():
            return ()
