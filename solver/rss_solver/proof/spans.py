"""The pairs of packets that a condition can tie, as solutions of linear systems over all their bits.

This is `verify`'s own derivation: of each disjunct, the equalities that are linear over GF(2) are a matrix
over the bits of both packets (fields that are not hashed included), solved by elimination. What else a
disjunct says is left out, so every satisfying pair is a solution, but not every solution satisfies. None of
it need be trusted: that the condition implies the span is then proved by Z3, counterexamples are replayed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from random import Random

from rss_dsl.fields import packet_classes, width
from rss_dsl.problem import AllOf, AnyOf, Arith, Compare, Condition, Const, HashInput, Negation, Slice, Term
from rss_dsl.reads import slices
from rss_solver.gf2 import Elimination, kernel
from rss_solver.nic.functions import LINEAR
from rss_solver.packets.packet import Packet
from rss_solver.packets.semantics import Pair

Rows = tuple[int, ...]
"""Equations: bit 0 is the constant, bit v the coefficient of variable v."""

Systems = list[Rows] | None
"""The equations of every disjunct; None: they say nothing linear."""

MAX_SYSTEMS = 2048
"""What would take more disjuncts is left out of them."""

OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


@dataclass(frozen=True, slots=True)
class Solutions:
    """An affine set of packet pairs: `point` plus any sum of `directions`.

    Bit v of a vector is variable v; bit 0 is 1 in points and 0 in directions.
    """

    point: int
    directions: tuple[int, ...]
    parities: tuple[int, ...]
    """Every equation that its hash inputs satisfy, as a basis."""


class PairSpace:
    """Numbers the bits of both packets from 1: the selected bits of both hash inputs, the last one of the
    second first, then the other fields that the condition reads."""

    def __init__(self, condition: Condition, inputs: tuple[HashInput, HashInput]) -> None:
        self.inputs = inputs
        kinds = packet_classes()
        self.pair = kinds[inputs[0].packet_class], kinds[inputs[1].packet_class]
        self.low: dict[tuple[int, str], int] = {}
        """The variable of a field's last bit."""
        start = (1 + inputs[1].selected_bits, 1)
        for side in (0, 1):
            for name, at in inputs[side].places:
                self.low[side, name] = start[side] + inputs[side].selected_bits - at - width(name)
        self.input_size = sum(layout.selected_bits for layout in inputs)
        self.size = 1 + self.input_size
        alternatives = self._systems(condition, True)
        self.solutions = tuple(self._solve([()] if alternatives is None else alternatives))

    @property
    def linear(self) -> bool:
        """Whether what is hashed is linear in the selected bits, so that spans say something."""
        return all(layout.function in LINEAR for layout in self.inputs)

    def _place(self, side: int, name: str) -> int:
        if (side, name) not in self.low:
            self.low[side, name] = self.size
            self.size += width(name)
        return self.low[side, name]

    def _solve(self, alternatives: list[Rows]) -> Iterator[Solutions]:
        fixed = (*self._gaps(), *self._fixed())
        for rows in alternatives:
            system = Elimination()
            for row in (*fixed, *rows):
                system.add(row)
            if 0 not in system.rows:
                yield self._solutions(system)

    def _gaps(self) -> Iterator[int]:
        """Places of the inputs that read as zero."""
        used = {self.low[side, name] + bit for side, name in self.low for bit in range(width(name))}
        return (1 << variable for variable in range(1, 1 + self.input_size) if variable not in used)

    def _fixed(self) -> Iterator[int]:
        for (side, name), low in self.low.items():
            value = self.pair[side].fixed.get(name)
            if value is not None:
                yield from (1 << low + bit | value >> bit & 1 for bit in range(width(name)))

    def _systems(self, condition: Condition, wanted: bool) -> Systems:
        """The equations of every disjunct of the condition, or of its negation."""
        match condition:
            case Negation(part):
                return self._systems(part, not wanted)
            case AllOf(parts) | AnyOf(parts):
                found = [self._systems(part, wanted) for part in parts]
                return _all(found) if isinstance(condition, AllOf) == wanted else _any(found)
            case Compare(op, left, right):
                if not self._defined(left, right):
                    return [] if wanted else [()]
                return self._equation(left, right) if (op if wanted else OPPOSITE[op]) == "==" else None

    def _defined(self, left: Term, right: Term) -> bool:
        """Whether both packets have what is compared, in equal widths and of one IP version."""
        found = [*slices(left), *slices(right)]
        if any(not self._exists(part) for part in found):
            return False
        versions = {self._canonical(part).removeprefix("inner.")[:4] for part in found}
        if {"ipv4", "ipv6"} <= versions and any(_generic(part) for part in found):
            return False
        sizes = {size for size in (self._size(left), self._size(right)) if size is not None}
        return len(sizes) == 1 and all(_fits(term, *sizes) for term in (left, right))

    def _canonical(self, part: Slice) -> str:
        return self.pair[part.side].canonical(part.field) or ""

    def _exists(self, part: Slice) -> bool:
        canonical = self._canonical(part)
        return bool(canonical) and (part.stop or 0) <= width(canonical)

    def _size(self, term: Term) -> int | None:
        match term:
            case Slice(_, _, start, stop):
                return (width(self._canonical(term)) if stop is None else stop) - start
            case Const(_, size):
                return size
            case Arith(_, left, right):
                return self._size(left) or self._size(right)

    def _equation(self, left: Term, right: Term) -> Systems:
        size = self._size(left) or self._size(right) or 0
        a, b = self._forms(left, size), self._forms(right, size)
        return None if a is None or b is None else [tuple(x ^ y for x, y in zip(a, b, strict=True))]

    def _forms(self, term: Term, size: int) -> list[int] | None:
        """The bits of a term, the last on the wire first, as affine forms; None if they are not affine."""
        match term:
            case Slice(side, _, start, _):
                canonical = self._canonical(term)
                low = self._place(side, canonical) + width(canonical) - start - size
                return [1 << low + bit for bit in range(size)]
            case Const(value):
                return [value >> bit & 1 for bit in range(size)]
            case Arith(op, left, right):
                a, b = self._forms(left, size), self._forms(right, size)
                return None if a is None or b is None else _combined(op, a, b)

    def _solutions(self, system: Elimination) -> Solutions:
        rows = system.reduced()
        point, depends = 1, dict[int, int]()
        for pivot, row in rows.items():
            point |= (row & 1) << pivot
            rest = row ^ 1 << pivot | row & 1
            rest &= ~1
            while rest:
                bit = rest.bit_length() - 1
                rest ^= 1 << bit
                depends[bit] = depends.get(bit, 0) | 1 << pivot
        free = (v for v in range(1, self.size) if v not in rows)
        own = tuple(row for pivot, row in rows.items() if pivot <= self.input_size)
        return Solutions(point, tuple(1 << v | depends.get(v, 0) for v in free), own)

    def data(self, vector: int) -> tuple[int, int]:
        """The selected bits of both packets of a vector, the first bit most significant."""
        bits = self.inputs[1].selected_bits
        data = vector >> 1 & (1 << self.input_size) - 1
        return data >> bits, data & (1 << bits) - 1

    @cached_property
    def vectors(self) -> tuple[int, ...]:
        """Points and directions, projected to the hash inputs: they span every pair that is tied."""
        mask = (2 << self.input_size) - 1
        every = (v & mask for found in self.solutions for v in (found.point, *found.directions))
        return tuple(v for v in dict.fromkeys(every) if v)

    def parities(self) -> Iterator[tuple[int, int, int]]:
        """Bits of both inputs and what they sum up to, for all that is true of the whole span."""
        rows = (
            self.solutions[0].parities
            if len(self.solutions) == 1
            else kernel(self.vectors, 1 + self.input_size)
        )
        return ((*self.data(row), row & 1) for row in rows)

    def packets(self, vector: int) -> Pair:
        """A vector as packets."""
        fields: tuple[dict[str, int], dict[str, int]] = ({}, {})
        for (side, name), low in self.low.items():
            fields[side][name] = vector >> low & (1 << width(name)) - 1
        return Packet(self.pair[0].name, fields[0]), Packet(self.pair[1].name, fields[1])

    def vector(self, pair: Pair) -> int:
        """A pair of packets as a point."""
        return 1 | sum(pair[side].value(name) << low for (side, name), low in self.low.items())

    def samples(self, random: Random, count: int) -> Iterator[int]:
        """Random solutions, then points and corners."""
        for _ in range(count):
            if self.solutions:
                chosen = random.choice(self.solutions)
                yield combine(chosen, random.getrandbits(len(chosen.directions) + 1))
        for solutions in self.solutions:
            yield solutions.point
            yield from (solutions.point ^ direction for direction in solutions.directions)


def combine(solutions: Solutions, chosen: int) -> int:
    """The point of the set that the chosen directions (a bit set) lead to."""
    value = solutions.point
    for number, direction in enumerate(solutions.directions):
        value ^= direction if chosen >> number & 1 else 0
    return value


def _all(parts: list[Systems]) -> Systems:
    chosen: list[Rows] = [()]
    for systems in sorted((found for found in parts if found is not None), key=len):
        if len(chosen) * len(systems) <= MAX_SYSTEMS:
            chosen = [(*rows, *more) for rows, more in product(chosen, systems)]
    return chosen


def _any(parts: list[Systems]) -> Systems:
    found: list[Rows] = []
    for systems in parts:
        if systems is None:
            return None
        found += systems
    return found if len(found) <= MAX_SYSTEMS else None


def _combined(op: str, a: list[int], b: list[int]) -> list[int] | None:
    """The bits of `a op b`, the last first."""
    if op == "^":
        return [x ^ y for x, y in zip(a, b, strict=True)]
    if op in ("&", "|") and all(x in (0, 1) for x in a):
        a, b = b, a
    if op not in ("&", "|", "<<", ">>") or any(y not in (0, 1) for y in b):
        return None
    if op == "&":
        return [x if y else 0 for x, y in zip(a, b, strict=True)]
    if op == "|":
        return [1 if y else x for x, y in zip(a, b, strict=True)]
    by = min(sum(y << bit for bit, y in enumerate(b)), len(a))
    return [0] * by + a[: len(a) - by] if op == "<<" else a[by:] + [0] * by


def _fits(term: Term, size: int) -> bool:
    match term:
        case Const(value):
            return value >> size == 0
        case Arith(_, left, right):
            return _fits(left, size) and _fits(right, size)
        case Slice():
            return True


def _generic(part: Slice) -> bool:
    return part.field.removeprefix("inner.") in ("ip_src", "ip_dst")
