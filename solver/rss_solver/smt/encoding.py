"""Conditions over two packets as bit-vector formulas, straight from the Problem."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce

from pysmt.environment import Environment
from pysmt.fnode import FNode
from pysmt.typing import BVType

from rss_dsl.fields import PacketClass, packet_classes, width
from rss_dsl.problem import AllOf, AnyOf, Arith, Compare, Condition, Const, HashInput, Negation, Slice, Term

Mask = tuple[int, int]
"""Selected bits of both hash inputs, the first input bit most significant."""


class Encoding:
    """Two symbolic packets of given classes.

    Hashed fields are named by their place in the input, so that classes with equal layouts (TCP and UDP) give
    equal formulas.
    """

    def __init__(self, inputs: tuple[HashInput, HashInput], env: Environment) -> None:
        self.env = env
        self.build = self.env.formula_manager
        self.inputs = inputs
        classes = packet_classes()
        self.pair: tuple[PacketClass, PacketClass] = (
            classes[inputs[0].packet_class],
            classes[inputs[1].packet_class],
        )
        self.symbols: dict[tuple[int, str], FNode] = {}

    def symbol(self, side: int, canonical: str) -> FNode:
        """The bit-vector of a field; its most significant bit is bit 0 on the wire."""
        found = self.symbols.get((side, canonical))
        if found is None:
            place = self.inputs[side].offset(canonical)
            name = canonical if place is None else f"{place}+{width(canonical)}"
            found = self.build.Symbol(f"p{side}.{name}", BVType(width(canonical)))
            self.symbols[side, canonical] = found
        return found

    def satisfying(self, condition: Condition) -> list[FNode]:
        """The condition, and what belonging to their classes means for fields that are read or hashed."""
        facts = [self.condition(condition)]
        hashed = [(side, name) for side in (0, 1) for name in self.inputs[side].fields]
        for side, name in dict.fromkeys([*self.symbols, *hashed]):
            packet_class = self.pair[side]
            if name in packet_class.fixed:
                facts.append(self._is(side, name, packet_class.fixed[name]))
            for value in packet_class.excluded.get(name, ()):
                facts.append(self.build.Not(self._is(side, name, value)))
        return facts

    def _is(self, side: int, name: str, value: int) -> FNode:
        return self.build.Equals(self.symbol(side, name), self.build.BV(value, width(name)))

    def condition(self, condition: Condition) -> FNode:
        """The formula of a condition; comparisons on missing fields are false."""
        match condition:
            case AllOf(parts):
                return self.build.And([self.condition(part) for part in parts])
            case AnyOf(parts):
                return self.build.Or([self.condition(part) for part in parts])
            case Negation(part):
                return self.build.Not(self.condition(part))
            case Compare(op, left, right):
                return self._compare(op, left, right)

    def _compare(self, op: str, left: Term, right: Term) -> FNode:
        if self._mixes_versions(left, right):
            return self.build.FALSE()
        bits = self._width(left) or self._width(right)
        a, b = self._term(left, bits), self._term(right, bits)
        if a is None or b is None or a.bv_width() != b.bv_width():
            return self.build.FALSE()
        build = self.build
        match op:
            case "==":
                return build.Equals(a, b)
            case "!=":
                return build.Not(build.Equals(a, b))
            case "<":
                return build.BVULT(a, b)
            case "<=":
                return build.BVULE(a, b)
            case ">":
                return build.BVUGT(a, b)
            case ">=":
                return build.BVUGE(a, b)
            case _:
                raise ValueError(f"unknown comparison {op}")

    def _mixes_versions(self, left: Term, right: Term) -> bool:
        """`ip_*` against an address of the other version compares false, sliced or not."""
        names = list(_slices(left)) + list(_slices(right))
        generic = any(name.field.split(".")[-1] in ("ip_src", "ip_dst") for name in names)
        found = {str(self.pair[name.side].canonical(name.field)).split(".")[-1][:4] for name in names}
        return generic and len(found & {"ipv4", "ipv6"}) == 2

    def _width(self, term: Term) -> int | None:
        match term:
            case Slice(side, name, start, stop):
                canonical = self.pair[side].canonical(name)
                end = stop if stop is not None or canonical is None else width(canonical)
                return None if end is None else end - start
            case Const(_, bits):
                return bits
            case Arith(_, left, right):
                return self._width(left) or self._width(right)

    def _term(self, term: Term, bits: int | None) -> FNode | None:
        match term:
            case Slice(side, name, start, stop):
                canonical = self.pair[side].canonical(name)
                if canonical is None:
                    return None
                size = width(canonical)
                end = size if stop is None else stop
                if end > size:
                    return None
                return self.build.BVExtract(self.symbol(side, canonical), size - end, size - 1 - start)
            case Const(value, declared):
                size = declared or bits or max(1, value.bit_length())
                return self.build.BV(value, size) if value < 1 << size else None
            case Arith(op, left, right):
                a, b = self._term(left, bits), self._term(right, bits)
                return None if a is None or b is None else self._arith(op, a, b)

    def _arith(self, op: str, a: FNode, b: FNode) -> FNode:
        build = self.build
        operations = {
            "&": build.BVAnd,
            "|": build.BVOr,
            "^": build.BVXor,
            "+": build.BVAdd,
            "-": build.BVSub,
            "<<": build.BVLShl,
            ">>": build.BVLShr,
        }
        return operations[op](a, b)

    def any_odd(self, masks: Sequence[Mask]) -> FNode:
        """Whether some mask selects an odd number of set bits of the two hash inputs."""
        wires = [self._wires(side) for side in (0, 1)]
        one = self.build.BV(1, 1)
        sums = []
        for mask in masks:
            bits = [wire for side in (0, 1) for wire in _selected(wires[side], mask[side])]
            if bits:
                sums.append(self.build.Equals(reduce(self.build.BVXor, bits), one))
        return self.build.Or(sums)

    def _wires(self, side: int) -> list[FNode]:
        """The bits of a hash input in wire order."""
        return [
            self.build.BVExtract(self.symbol(side, name), bit, bit)
            for name in self.inputs[side].fields
            for bit in reversed(range(width(name)))
        ]


def _selected(wires: Sequence[FNode], mask: int) -> Iterable[FNode]:
    return (wire for bit, wire in enumerate(wires) if mask >> (len(wires) - 1 - bit) & 1)


def _slices(term: Term) -> Iterable[Slice]:
    match term:
        case Slice():
            yield term
        case Const():
            return
        case Arith(_, left, right):
            yield from _slices(left)
            yield from _slices(right)
