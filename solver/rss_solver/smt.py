"""The only importer of pysmt and Z3. Conditions become bit-vector formulas, straight from the Problem.

Trusted: the encoding in this module, pysmt's conversion, and Z3's `unsat`. A `sat` is never trusted: models
are returned as plain packets for the caller to replay. Every caller has an environment of its own; limits are
Z3 resource units, so answers do not depend on the clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce

from pysmt.environment import Environment
from pysmt.exceptions import SolverReturnedUnknownResultError
from pysmt.fnode import FNode
from pysmt.typing import BOOL, BVType

from rss_dsl.fields import PacketClass, packet_classes, width
from rss_dsl.problem import AllOf, AnyOf, Arith, Compare, Condition, Const, HashInput, Negation, Slice, Term
from rss_solver.limits import LimitReachedError
from rss_solver.packet import Packet

DEFAULT_LIMIT = 200_000_000
"""Z3 resource units for one query: minutes of work, far beyond what slice equalities need."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Z3 gave up within the limit."""


def pick_nonzero(groups: Sequence[Sequence[int]]) -> int | None:
    """Values for free bits so that in every group at least one affine form is 1, None if there are none.

    A form has its constant in bit 0 and the coefficient of free bit L in bit L; so has the answer.
    LimitReachedError if Z3 cannot tell within its limit.
    """
    env = Environment()
    build = env.formula_manager
    used = sorted({bit for group in groups for form in group for bit in _ones(form >> 1)})
    symbols = {bit + 1: build.Symbol(f"x{bit + 1}", BOOL) for bit in used}

    def value(form: int) -> FNode:
        terms = [symbols[bit + 1] for bit in _ones(form >> 1)]
        return reduce(build.Xor, terms, build.Bool(bool(form & 1)))

    options = {"rlimit": DEFAULT_LIMIT}
    with env.factory.Solver(name="z3", solver_options=options) as solver:
        for group in groups:
            solver.add_assertion(build.Or([value(form) for form in group]))
        try:
            if not solver.solve():
                return None
        except SolverReturnedUnknownResultError:
            raise LimitReachedError from None
        return sum(1 << bit for bit, symbol in symbols.items() if solver.get_py_value(symbol))


def _ones(value: int) -> Iterable[int]:
    return (bit for bit in range(value.bit_length()) if value >> bit & 1)


Mask = tuple[int, int]
"""Selected bits of both hash inputs, the first input bit most significant."""


@dataclass(frozen=True, slots=True)
class Obligation:
    """Pairs that satisfy a condition must agree on hash bits, each given by the input bits it sums up."""

    condition: Condition
    inputs: tuple[HashInput, HashInput]
    hash_bits: tuple[Mask, ...]


class Prover:
    """Asks Z3 about pairs of packets. Its queries share one environment, so equal formulas are built once."""

    def __init__(self, limit: int = DEFAULT_LIMIT) -> None:
        self.env = Environment()
        self.limit = limit

    def find_pair(
        self, condition: Condition, inputs: tuple[HashInput, HashInput], masks: Sequence[Mask]
    ) -> tuple[Packet, Packet] | Unknown | None:
        """Two packets that satisfy the condition and select an odd number of set bits by at least one mask.

        None if there are no such packets. An empty input (an unhashed class) takes mask 0.
        """
        encoding = _Encoding(inputs, self.env)
        odd = encoding.any_odd(masks)
        return encoding.solve([*encoding.satisfying(condition), odd], self.limit)

    def find_any(
        self, condition: Condition, inputs: tuple[HashInput, HashInput]
    ) -> tuple[Packet, Packet] | Unknown | None:
        """Two packets of the inputs' classes that satisfy the condition, None if there are none."""
        encoding = _Encoding(inputs, self.env)
        return encoding.solve(encoding.satisfying(condition), self.limit)

    def find_split(self, obligations: Sequence[Obligation]) -> int | Unknown | None:
        """The first obligation that some pair breaks, None if there is none; one query per hash bit."""
        build = self.env.formula_manager
        encodings = [_Encoding(o.inputs, self.env) for o in obligations]
        tied = [build.And(e.satisfying(o.condition)) for e, o in zip(encodings, obligations, strict=True)]
        for bit in range(max(len(o.hash_bits) for o in obligations)):
            broken: dict[FNode, int] = {}
            for number, (e, o) in enumerate(zip(encodings, obligations, strict=True)):
                if bit < len(o.hash_bits):
                    odd = e.any_odd(o.hash_bits[-1 - bit : len(o.hash_bits) - bit])
                    broken.setdefault(build.And([tied[number], odd]), number)
            answer = _decide(self.env, build.Or(list(broken)), self.limit)
            if isinstance(answer, Unknown):
                return answer
            if answer:
                return next(n for part, n in broken.items() if _decide(self.env, part, self.limit) is True)
        return None


def _decide(env: Environment, formula: FNode, limit: int) -> bool | Unknown:
    with env.factory.Solver(name="z3", logic="QF_BV", solver_options={"rlimit": limit}) as solver:
        solver.add_assertion(formula)
        try:
            return solver.solve()
        except SolverReturnedUnknownResultError:
            return Unknown()


class _Encoding:
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

    def solve(self, formulas: Iterable[FNode], limit: int) -> tuple[Packet, Packet] | Unknown | None:
        """A model as two packets (fields that nothing mentions are left out)."""
        options = {"rlimit": limit}
        with self.env.factory.Solver(name="z3", logic="QF_BV", solver_options=options) as solver:
            for formula in formulas:
                solver.add_assertion(formula)
            try:
                if not solver.solve():
                    return None
            except SolverReturnedUnknownResultError:
                return Unknown()
            found: tuple[dict[str, int], dict[str, int]] = ({}, {})
            for (side, name), symbol in self.symbols.items():
                found[side][name] = solver.get_py_value(symbol)
        return Packet(self.pair[0].name, found[0]), Packet(self.pair[1].name, found[1])


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
