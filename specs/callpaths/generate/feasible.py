"""Can conditions hold together? Z3 is asked where no input is found by trying numbers that occur in them."""

from __future__ import annotations

from collections.abc import Sequence

from generate.witness import find_witness
from rss_callpaths.terms import Apply, Const, Op, Read, Term
from rss_solver.smt.engine import find_keys

_NAMES = {
    Op.CONCAT: "concat",
    Op.ADD: "bvadd",
    Op.SUB: "bvsub",
    Op.MUL: "bvmul",
    Op.UDIV: "bvudiv",
    Op.UREM: "bvurem",
    Op.AND: "bvand",
    Op.OR: "bvor",
    Op.XOR: "bvxor",
    Op.SHL: "bvshl",
    Op.LSHR: "bvlshr",
}
_COMPARISONS = {Op.EQ: "=", Op.ULT: "bvult", Op.ULE: "bvule", Op.SLT: "bvslt", Op.SLE: "bvsle"}


class Feasibility:
    """Answers for the conditions of one network function, each question asked once."""

    def __init__(self) -> None:
        self._answers: dict[frozenset[Term], bool] = {}

    def possible(self, known: Sequence[Term], added: Term) -> bool:
        """Whether a condition can hold besides others that can hold together."""
        conditions = related(known, added)
        key = frozenset(conditions)
        if key not in self._answers:
            self._answers[key] = find_witness(conditions) is not None or satisfiable(conditions)
        return self._answers[key]


def related(known: Sequence[Term], added: Term) -> list[Term]:
    """A condition and those that share bytes with it, directly or through others."""
    bytes_read = {added: reads_of(added)} | {term: reads_of(term) for term in known}
    found, reached = [added], set(bytes_read[added])
    while more := [t for t in known if t not in found and bytes_read[t] & reached]:
        found += more
        reached.update(*(bytes_read[t] for t in more))
    return found


def reads_of(term: Term) -> frozenset[Read]:
    """The bytes that a term reads."""
    found: set[Read] = set()
    seen: set[Term] = set()
    pending: list[Term] = [term]
    while pending:
        now = pending.pop()
        if isinstance(now, Read):
            found.add(now)
        elif isinstance(now, Apply) and now not in seen:
            seen.add(now)
            pending.extend(now.args)
    return frozenset(found)


def satisfiable(conditions: Sequence[Term]) -> bool:
    """Whether one-bit terms can all be 1: asked of Z3, as SMT-LIB text over the bytes that they read."""
    names: dict[Read, str] = {}
    for condition in conditions:
        for read in sorted(reads_of(condition), key=_place):
            names.setdefault(read, "|{}[{}]|".format(*_place(read)))
    lines = [f"(declare-const {name} (_ BitVec 8))" for name in names.values()]
    lines += [f"(assert (= #b1 {smt_text(condition, names)}))" for condition in conditions]
    return find_keys("\n".join(lines), {}) is not None


def smt_text(term: Term, names: dict[Read, str]) -> str:
    """A term in SMT-LIB, with names for the bytes that it reads; conditions are bit-vectors of one bit."""
    match term:
        case Const():
            return f"(_ bv{term.value} {term.width})"
        case Read():
            return names[term]
        case Apply(op=Op.EXTRACT):
            high = term.offset + term.width - 1
            return f"((_ extract {high} {term.offset}) {smt_text(term.args[0], names)})"
        case Apply(op=Op.ZEXT):
            return f"((_ zero_extend {term.width - term.args[0].width}) {smt_text(term.args[0], names)})"
    args = " ".join(smt_text(arg, names) for arg in term.args)
    if term.op in _COMPARISONS:
        return f"(ite ({_COMPARISONS[term.op]} {args}) #b1 #b0)"
    return f"({_NAMES[term.op]} {args})"


def _place(read: Read) -> tuple[str, int]:
    if not isinstance(read.index, Const):
        raise ValueError("a byte at a symbolic index")
    return read.array.name, read.index.value
