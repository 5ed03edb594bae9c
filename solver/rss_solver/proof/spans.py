"""The pairs of packets that satisfy a condition, as solutions of linear systems over all their bits.

This is `verify`'s own derivation: each conjunction of equalities is a matrix over the bits of both packets
(fields that are not hashed included), solved by elimination. It need not be trusted: that the condition
implies the span is then proved by Z3, and what is returned as a counterexample is replayed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from random import Random

from rss_dsl.fields import packet_classes, width
from rss_dsl.problem import AllOf, AnyOf, Compare, Condition, Const, HashInput, Slice, Term
from rss_solver.gf2 import Elimination
from rss_solver.packet import Packet

Rows = tuple[int, ...]
"""Equations: bit 0 is the constant, bit 1 + v the coefficient of variable v."""


@dataclass(frozen=True, slots=True)
class Solutions:
    """An affine set of packet pairs: `point` plus any sum of `directions`; bit v is variable v."""

    point: int
    directions: tuple[int, ...]


class PairSpace:
    """Numbers the bits of both packets: the hash inputs first, in wire order, then the other fields."""

    def __init__(self, condition: Condition, inputs: tuple[HashInput, HashInput]) -> None:
        self.inputs = inputs
        kinds = packet_classes()
        self.pair = kinds[inputs[0].packet_class], kinds[inputs[1].packet_class]
        self.base: dict[tuple[int, str], int] = {}
        self.size = 0
        for side in (0, 1):
            for name in inputs[side].fields:
                self._place(side, name)
        self.input_size = self.size
        for side in (0, 1):
            for name in (*self.pair[side].fixed, *self.pair[side].excluded):
                self._place(side, name)
        self.solutions = tuple(self._solve(condition))

    def _place(self, side: int, name: str) -> int:
        if (side, name) not in self.base:
            self.base[side, name] = self.size
            self.size += width(name)
        return self.base[side, name]

    def _solve(self, condition: Condition) -> Iterator[Solutions]:
        alternatives = list(self._systems(condition))
        fixed = tuple(self._fixed())
        for rows in alternatives:
            system = Elimination()
            for row in (*fixed, *rows):
                system.add(row)
            if 0 not in system.rows:
                yield self._solutions(system)

    def _fixed(self) -> Iterator[int]:
        for side in (0, 1):
            for name, value in self.pair[side].fixed.items():
                for bit in range(width(name)):
                    constant = value >> width(name) - 1 - bit & 1
                    yield 1 << 1 + self._place(side, name) + bit | constant

    def _systems(self, condition: Condition) -> list[Rows]:
        """The equations of every disjunct."""
        match condition:
            case AnyOf(parts):
                return [rows for part in parts for rows in self._systems(part)]
            case AllOf(parts):
                chosen = product(*(self._systems(part) for part in parts))
                return [tuple(row for rows in choice for row in rows) for choice in chosen]
            case Compare("==", left, right):
                return self._equation(left, right)
            case _:
                raise ValueError(f"not a combination of equalities: {condition}")

    def _equation(self, left: Term, right: Term) -> list[Rows]:
        versions = {self._version(term) for term in (left, right)}
        if {"ipv4", "ipv6"} <= versions and any(_generic(term) for term in (left, right)):
            return []
        a = self._forms(left, self._size(right))
        b = self._forms(right, self._size(left))
        if a is None or b is None or len(a) != len(b):
            return []
        return [tuple(x ^ y for x, y in zip(a, b, strict=True))]

    def _version(self, term: Term) -> str | None:
        if not isinstance(term, Slice):
            return None
        return (self.pair[term.side].canonical(term.field) or "").removeprefix("inner.")[:4]

    def _size(self, term: Term) -> int | None:
        match term:
            case Slice(side, name, start, stop):
                canonical = self.pair[side].canonical(name)
                return None if canonical is None else (width(canonical) if stop is None else stop) - start
            case Const(_, size):
                return size
            case _:
                return None

    def _forms(self, term: Term, other: int | None) -> list[int] | None:
        """The bits of a term, the first on the wire first, as affine forms."""
        match term:
            case Slice(side, name, start, stop):
                canonical = self.pair[side].canonical(name)
                if canonical is None:
                    return None
                end = width(canonical) if stop is None else stop
                if end > width(canonical):
                    return None
                base = self._place(side, canonical)
                return [1 << 1 + base + bit for bit in range(start, end)]
            case Const(value, size):
                bits = size or other or 0
                return [value >> bits - 1 - bit & 1 for bit in range(bits)] if value >> bits == 0 else None
            case _:
                raise ValueError(f"not a slice or constant: {term}")

    def _solutions(self, system: Elimination) -> Solutions:
        rows = system.reduced()
        point = sum(1 << pivot - 1 for pivot, row in rows.items() if row & 1)
        depends: dict[int, int] = {}
        for pivot, row in rows.items():
            rest = (row ^ 1 << pivot) & ~1
            while rest:
                bit = rest.bit_length() - 1
                rest ^= 1 << bit
                depends[bit] = depends.get(bit, 0) | 1 << pivot - 1
        free = (v for v in range(self.size) if v + 1 not in rows)
        return Solutions(point, tuple(1 << v | depends.get(v + 1, 0) for v in free))

    def input_pair(self, solution: int) -> tuple[int, int]:
        """The two hash inputs of a pair, each with its first bit most significant."""
        return self._data(solution, 0, self.inputs[0].bits), self._data(
            solution, self.inputs[0].bits, self.inputs[1].bits
        )

    @staticmethod
    def _data(solution: int, start: int, bits: int) -> int:
        reversed_bits = solution >> start & (1 << bits) - 1
        return int(f"{reversed_bits:0{bits}b}"[::-1], 2) if bits else 0

    def generators(self) -> list[tuple[int, int]]:
        """Hash input pairs whose span holds every satisfying pair: points and directions, projected."""
        found: dict[tuple[int, int], None] = {}
        for solutions in self.solutions:
            for vector in (solutions.point, *solutions.directions):
                found[self.input_pair(vector)] = None
        found.pop((0, 0), None)
        return list(found)

    def packets(self, solution: int) -> tuple[Packet, Packet]:
        """A pair of the set as packets."""
        fields: tuple[dict[str, int], dict[str, int]] = ({}, {})
        for (side, name), base in self.base.items():
            fields[side][name] = self._data(solution, base, width(name))
        return Packet(self.pair[0].name, fields[0]), Packet(self.pair[1].name, fields[1])

    def samples(self, random: Random, count: int) -> Iterator[int]:
        """Random pairs from the set, then its points and corners."""
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


def _generic(term: Term) -> bool:
    return isinstance(term, Slice) and term.field.removeprefix("inner.") in ("ip_src", "ip_dst")
