"""What a description computes with: `Word`, a bit-vector, and `Record`, memory with named fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from generate.algebra import Algebra
from rss_callpaths.terms import Const, Op, Term


@dataclass(frozen=True, slots=True, eq=False)
class Word:
    """A value of `width` bits, unsigned. `<` and its like give one bit, which `Run.branch` decides."""

    algebra: Algebra
    term: Term

    @property
    def width(self) -> int:
        """In bits."""
        return self.term.width

    @property
    def number(self) -> int | None:
        """The value where it is no symbol."""
        return self.term.value if isinstance(self.term, Const) else None

    def __add__(self, other: Word | int) -> Word:
        return Word(self.algebra, self.algebra.add(self.term, self._term(other)))

    def __sub__(self, other: Word | int) -> Word:
        return Word(self.algebra, self.algebra.subtract(self.term, self._term(other)))

    def __rsub__(self, other: int) -> Word:
        return Word(self.algebra, self.algebra.subtract(self._term(other), self.term))

    def __mul__(self, other: Word | int) -> Word:
        return self._binary(Op.MUL, other)

    def __floordiv__(self, other: Word | int) -> Word:
        return self._binary(Op.UDIV, other)

    def __mod__(self, other: Word | int) -> Word:
        return self._binary(Op.UREM, other)

    def __and__(self, other: Word | int) -> Word:
        return self._binary(Op.AND, other)

    def __or__(self, other: Word | int) -> Word:
        return self._binary(Op.OR, other)

    def __xor__(self, other: Word | int) -> Word:
        return self._binary(Op.XOR, other)

    def __lshift__(self, other: Word | int) -> Word:
        return self._binary(Op.SHL, other)

    def __rshift__(self, other: Word | int) -> Word:
        return self._binary(Op.LSHR, other)

    def __lt__(self, other: Word | int) -> Word:
        return self._compare(Op.ULT, self.term, self._term(other))

    def __le__(self, other: Word | int) -> Word:
        return self._compare(Op.ULE, self.term, self._term(other))

    def __gt__(self, other: Word | int) -> Word:
        return self._compare(Op.ULT, self._term(other), self.term)

    def __ge__(self, other: Word | int) -> Word:
        return self._compare(Op.ULE, self._term(other), self.term)

    def signed_less(self, other: Word | int) -> Word:
        """`<` of signed numbers."""
        return self._compare(Op.SLT, self.term, self._term(other))

    def not_negative(self) -> Word:
        """At least 0 as a signed number."""
        return self._compare(Op.SLE, self._term(0), self.term)

    def signed_at_most(self, other: Word | int) -> Word:
        """`<=` of signed numbers."""
        return self._compare(Op.SLE, self.term, self._term(other))

    def equals(self, other: Word | int) -> Word:
        """`==` of C."""
        return Word(self.algebra, self.algebra.equal(self._term(other), self.term))

    def differs(self, other: Word | int) -> Word:
        """`!=` of C."""
        return Word(self.algebra, self.algebra.negate(self.equals(other).term))

    def extended(self, width: int) -> Word:
        """With zeros above, as C converts to a wider unsigned type."""
        return Word(self.algebra, self.algebra.zero_extend(self.term, width))

    def truncated(self, width: int) -> Word:
        """The least significant bits, as C converts to a narrower type."""
        return Word(self.algebra, self.algebra.extract(self.term, 0, width))

    def swapped(self) -> Word:
        """The bytes in the other order: from the wire's to the host's and back."""
        return Word(self.algebra, self.algebra.join(self.algebra.split(self.term)[::-1]))

    def _term(self, other: Word | int) -> Term:
        return other.term if isinstance(other, Word) else self.algebra.const(other, self.width)

    def _binary(self, op: Op, other: Word | int) -> Word:
        """C computes with the results of comparisons as with 32-bit numbers."""
        left, right = self.term, self._term(other)
        if left.width == 1:
            left = self.algebra.zero_extend(left, 32)
        if right.width == 1:
            right = self.algebra.zero_extend(right, 32)
        return Word(self.algebra, self.algebra.binary(op, left, right))

    def _compare(self, op: Op, left: Term, right: Term) -> Word:
        return Word(self.algebra, self.algebra.compare(op, left, right))


@dataclass(frozen=True, slots=True)
class Struct:
    """A C struct: its fields by name with their sizes in bytes, packed; `size` with padding at the end."""

    name: str
    fields: Mapping[str, int]
    size: int

    @property
    def packed(self) -> int:
        """Bytes without the padding at the end."""
        return sum(self.fields.values()) or self.size

    def place(self, name: str) -> tuple[int, int]:
        """Where a field is: its first byte and its size."""
        start = 0
        for other, size in self.fields.items():
            if other == name:
                return start, size
            start += size
        raise KeyError(name)

    def holds(self, **values: Word) -> Record:
        """A record with these values of all fields; padding is as it was on the stack."""
        algebra = next(iter(values.values())).algebra
        record = Record(algebra, self, [algebra.const(0xAB, 8)] * self.size)
        if values.keys() != self.fields.keys():
            raise TypeError(f"{self.name} has the fields {', '.join(self.fields)}")
        for name, value in values.items():
            record[name] = value
        return record


def struct(name: str, size: int | None = None, **fields: int) -> Struct:
    """A struct of fields with sizes in bytes; without fields a scalar of `size` bytes."""
    return Struct(name, MappingProxyType(fields), size or sum(fields.values()))


@dataclass(slots=True, eq=False)
class Record:
    """Memory of a struct: one term a byte, in the order of addresses. Fields are read and written by name."""

    algebra: Algebra
    layout: Struct
    bytes: list[Term]
    address: int | None = None
    """None until a call takes it: then it is put on the stack."""

    def __getitem__(self, name: str) -> Word:
        start, size = self.layout.place(name)
        return Word(self.algebra, self.algebra.join(self.bytes[start : start + size]))

    def __setitem__(self, name: str, value: Word | int) -> None:
        start, size = self.layout.place(name)
        self._write(start, size, value)

    @property
    def value(self) -> Word:
        """All of it as one number, the first byte least significant."""
        return Word(self.algebra, self.algebra.join(self.bytes))

    def store(self, value: Word | int) -> None:
        """Write all of it as one number."""
        self._write(0, len(self.bytes), value)

    def copy(self, other: Record) -> None:
        """Take over another record of the same struct, without its padding if that is longer."""
        self.bytes[: len(other.bytes)] = other.bytes

    def packed(self) -> Term:
        """The value without padding at the end: what a map compares."""
        return self.algebra.join(self.bytes[: self.layout.packed])

    def _write(self, start: int, size: int, value: Word | int) -> None:
        term = value.term if isinstance(value, Word) else self.algebra.const(value, 8 * size)
        if term.width != 8 * size:
            raise ValueError(f"{term.width} bits for {size} bytes")
        self.bytes[start : start + size] = self.algebra.split(term)
