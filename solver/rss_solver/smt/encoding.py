"""Conditions over two packets as bit-vector formulas, straight from the Problem."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import reduce

from pysmt.environment import Environment
from pysmt.fnode import FNode
from pysmt.typing import BVType

from rss_dsl.fields import PacketClass, packet_classes, width
from rss_dsl.nic import Function
from rss_dsl.problem import AllOf, AnyOf, Arith, Compare, Condition, Const, HashInput, Negation, Slice, Term
from rss_dsl.reads import slices
from rss_solver.nic.functions import WORD, pairs
from rss_solver.smt.operations import comparison, operation

Parity = tuple[int, int, int]
"""Chosen bits of both hash inputs, the first input bit most significant, and what they sum up to (0 or 1)."""


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
        return comparison(self.build, op, a, b)

    def _mixes_versions(self, left: Term, right: Term) -> bool:
        """`ip_*` against an address of the other version compares false, sliced or not."""
        names = [*slices(left), *slices(right)]
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
                return None if a is None or b is None else operation(self.build, op, a, b)

    def selected(self, side: int) -> FNode:
        """The bits that the NIC selects, places that read as zero included; not for an unhashed class."""
        return self._joined(self.inputs[side], self._parts(side))

    def prepared(self, side: int) -> FNode:
        """What the Toeplitz hash reads (`functions.prepare`); not for an unhashed class."""
        layout, parts = self.inputs[side], self._parts(side)
        if layout.function is Function.SIMPLE_XOR:
            return self._folded(self._joined(layout, parts), layout.selected_bits)
        if layout.function is not Function.TOEPLITZ:
            for first, second, _ in pairs(layout):
                parts[first], parts[second] = self._pair(layout.function, parts[first], parts[second])
        return self._joined(layout, parts)

    def _parts(self, side: int) -> dict[int, FNode]:
        """First bit → hashed field."""
        return {at: self.symbol(side, name) for name, at in self.inputs[side].places}

    def _joined(self, layout: HashInput, parts: dict[int, FNode]) -> FNode:
        terms, end = [], 0
        for at, part in parts.items():
            terms += [self.build.BV(0, at - end)] if at > end else []
            terms.append(part)
            end = at + part.bv_width()
        terms += [self.build.BV(0, layout.selected_bits - end)] if layout.selected_bits > end else []
        return self.build.BVConcat(*terms) if len(terms) > 1 else terms[0]

    def _pair(self, function: Function, a: FNode, b: FNode) -> tuple[FNode, FNode]:
        build = self.build
        if function is Function.SYMMETRIC_SORT:
            ordered = build.BVULE(a, b)
            return build.Ite(ordered, a, b), build.Ite(ordered, b, a)
        both = build.BVXor(a, b)
        return (build.BVOr(a, b) if function is Function.SYMMETRIC_OR_XOR else both), both

    def _folded(self, data: FNode, bits: int) -> FNode:
        build = self.build
        if bits % WORD:
            data = build.BVConcat(data, build.BV(0, -bits % WORD))
        words = (build.BVExtract(data, low, low + WORD - 1) for low in range(0, data.bv_width(), WORD))
        word = reduce(build.BVXor, words)
        return build.BVConcat(*(build.BVExtract(word, bit, bit) for bit in range(WORD)))

    def any_broken(self, parities: Iterable[Parity], data: Sequence[FNode | None]) -> FNode:
        """Whether some parity does not hold for the two inputs (`selected` or `prepared`).

        Parities that are shifts of each other by one bit are one comparison of words. None stands for the
        input of an unhashed class, of which a parity chooses no bits.
        """
        build = self.build
        broken = []
        for masks, expected, length in _runs(parities):
            words = [
                build.BVExtract(term, low, low + length - 1)
                for term, mask in zip(data, masks, strict=True)
                if term is not None
                for low in _ones(mask)
            ]
            total = reduce(build.BVXor, words) if words else build.BV(0, length)
            broken.append(build.Not(build.Equals(total, build.BV(expected, length))))
        return build.Or(broken)


def _runs(parities: Iterable[Parity]) -> Iterator[tuple[tuple[int, int], int, int]]:
    """(masks of the lowest parity, expected sums as a word, length) of every run of shifts by one bit."""
    left = {(first, second): expected for first, second, expected in parities}
    for masks in sorted(left):
        if masks not in left:
            continue
        word, length, following = 0, 0, masks
        while (expected := left.pop(following, None)) is not None:
            word |= expected << length
            length += 1
            following = following[0] << 1, following[1] << 1
        yield masks, word, length


def _ones(mask: int) -> Iterator[int]:
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low
