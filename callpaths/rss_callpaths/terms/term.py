"""Expressions of call paths: KQuery terms, typed by width and interned.

A `Pool` makes terms; equal terms of one pool are one object, so comparing and hashing them costs nothing
and what is shared is seen as shared. Bit 0 of an `Extract` is the least significant one, as in KQuery.
Multi-byte reads (`ReadLSB`, `ReadMSB`) are how the printer shows a `Concat` of byte reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Op(StrEnum):
    """KQuery's operators, named as they are printed."""

    CONCAT = "Concat"
    EXTRACT = "Extract"
    ZEXT = "ZExt"
    SEXT = "SExt"
    SELECT = "Select"
    NOT = "Not"
    NOT_OPTIMIZED = "NotOptimized"
    ADD = "Add"
    SUB = "Sub"
    MUL = "Mul"
    UDIV = "UDiv"
    SDIV = "SDiv"
    UREM = "URem"
    SREM = "SRem"
    AND = "And"
    OR = "Or"
    XOR = "Xor"
    SHL = "Shl"
    LSHR = "LShr"
    ASHR = "AShr"
    EQ = "Eq"
    NE = "Ne"
    ULT = "Ult"
    ULE = "Ule"
    UGT = "Ugt"
    UGE = "Uge"
    SLT = "Slt"
    SLE = "Sle"
    SGT = "Sgt"
    SGE = "Sge"


COMPARISONS = frozenset({Op.EQ, Op.NE, Op.ULT, Op.ULE, Op.UGT, Op.UGE, Op.SLT, Op.SLE, Op.SGT, Op.SGE})
"""Operators with one bit of result, whatever their operands' width."""


@dataclass(frozen=True, slots=True, eq=False)
class Const:
    """An unsigned number of `width` bits; `true` and `false` are 1 and 0 of one bit."""

    value: int
    width: int


@dataclass(frozen=True, slots=True, eq=False)
class Array:
    """A byte array of a path: `packet_chunks[205]`. `size` None: not declared; `contents` None: symbolic."""

    name: str
    size: int | None
    contents: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """One byte of an array, at a 32-bit index."""

    array: Array
    index: Term
    updates: tuple[tuple[Term, Term], ...] = ()
    """(index, byte) written before, the newest first."""

    @property
    def width(self) -> int:
        """8."""
        return 8


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Apply:
    """An operator on terms. `offset` is the lowest bit of an `Extract` and 0 for all others."""

    op: Op
    width: int
    args: tuple[Term, ...]
    offset: int = 0

    def __repr__(self) -> str:
        # Not what is inside: terms share terms, and written out they can be exponentially long.
        return f"<{self.op} w{self.width} at {id(self):#x}>"


Term = Const | Read | Apply


class Pool:
    """Where the terms of a set of call paths come from."""

    def __init__(self) -> None:
        self._terms: dict[object, Term] = {}
        self._arrays: dict[object, Array] = {}

    def array(self, name: str, size: int | None, contents: tuple[int, ...] | None = None) -> Array:
        """The array of that name and size."""
        return self._arrays.setdefault((name, size, contents), Array(name, size, contents))

    def const(self, value: int, width: int) -> Const:
        """A number, taken modulo 2^width."""
        value &= (1 << width) - 1
        key = (value, width)
        found = self._terms.get(key)
        if not isinstance(found, Const):
            self._terms[key] = found = Const(value, width)
        return found

    def read(self, array: Array, index: Term, updates: Sequence[tuple[Term, Term]] = ()) -> Read:
        """A byte of an array."""
        key = (array, index, tuple(updates))
        found = self._terms.get(key)
        if not isinstance(found, Read):
            self._terms[key] = found = Read(array, index, tuple(updates))
        return found

    def apply(self, op: Op, width: int, args: Sequence[Term], offset: int = 0) -> Apply:
        """An operator on terms, as it stands: nothing is simplified, since what was read is printed again."""
        key = (op, width, offset, *args)
        found = self._terms.get(key)
        if not isinstance(found, Apply):
            self._terms[key] = found = Apply(op, width, tuple(args), offset)
        return found
