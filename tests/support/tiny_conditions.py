"""Random conditions over the tiny universe, in the whole language."""

from __future__ import annotations

from random import Random

from rss_dsl.fields import GENERIC, WIRE_ORDER, PacketClass
from rss_dsl.problem import (
    AllOf,
    AnyOf,
    Arith,
    Assumption,
    Compare,
    Condition,
    Const,
    Negation,
    Port,
    Slice,
    Term,
)

COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
OPERATORS = ("&", "|", "^", "+", "-", "<<", ">>")


class Conditions:
    """Draws conditions on packets of ports, from one source of randomness."""

    def __init__(self, random: Random, widths: dict[str, int], classes: dict[str, PacketClass]) -> None:
        self.random, self.widths, self.classes = random, widths, classes

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def requirement(self, ports: tuple[Port, Port]) -> Condition:
        if self.chance(0.45):
            return self.session(ports)
        return self.condition(ports, self.random.choice((1, 2, 2, 3)))

    def session(self, ports: tuple[Port, Port]) -> Condition:
        """Equalities between the packets, and perhaps something more general."""
        parts = [self.equality(ports) for _ in range(self.random.randint(1, 4))]
        if self.chance(0.5):
            parts.append(self.condition(ports, 1))
        parts = list(dict.fromkeys(parts))
        return AllOf(tuple(parts)) if len(parts) > 1 else parts[0]

    def equality(self, ports: tuple[Port, Port]) -> Condition:
        here = self.name(ports[0])
        bits = self.bits_of(here)
        there = self.random.choice([n for n in self.names(ports[1]) if self.bits_of(n) == bits] or [here])
        return Compare("==", Slice(0, here), Slice(1, there))

    def condition(self, ports: tuple[Port, Port], depth: int, sides: tuple[int, ...] = (0, 1)) -> Condition:
        shape = self.random.choices(("compare", "all", "any", "not"), (4, 3, 3, 2))[0] if depth else "compare"
        match shape:
            case "all" | "any":
                parts = tuple(
                    self.condition(ports, depth - 1, sides) for _ in range(self.random.choice((2, 2, 3)))
                )
                return AllOf(parts) if shape == "all" else AnyOf(parts)
            case "not":
                return Negation(self.condition(ports, depth - 1, sides))
            case _:
                return self.compare(ports, sides)

    def compare(self, ports: tuple[Port, Port], sides: tuple[int, ...]) -> Condition:
        side = self.random.choice(sides)
        left = self.slice(ports, side)
        bits = self.size(left)
        op = self.random.choice(("==", "==", *COMPARISONS))
        other = self.random.choice(sides)
        kind = self.random.choices(("slice", "const", "range", "mask"), (5, 4, 1, 3))[0]
        if bits is None:
            return Compare(op, left, Slice(other, self.random.choice(("ip_src", "ip_dst"))))
        match kind:
            case "const":
                return Compare(op, left, self.const(bits))
            case "range":
                low, high = sorted(self.random.getrandbits(bits) for _ in range(2))
                return AllOf((Compare(">=", left, Const(low, bits)), Compare("<=", left, Const(high, bits))))
            case "mask":
                term = Arith(self.random.choice(OPERATORS), left, self.term(ports, other, bits))
                return Compare(op, term, self.term(ports, self.random.choice(sides), bits))
            case _:
                return Compare(op, left, self.term(ports, other, bits))

    def term(self, ports: tuple[Port, Port], side: int, bits: int) -> Term:
        """A slice of so many bits, a constant if there is none."""
        names = [n for n in self.names(ports[side]) if (self.bits_of(n) or 0) >= bits]
        if not names or self.chance(0.25):
            return self.const(bits)
        name = self.random.choice(names)
        start = self.random.randint(0, (self.bits_of(name) or 0) - bits)
        whole = self.bits_of(name) == bits
        return Slice(side, name) if whole else Slice(side, name, start, start + bits)

    def const(self, bits: int) -> Const:
        return Const(self.random.getrandbits(bits), bits if self.chance(0.7) else None)

    def slice(self, ports: tuple[Port, Port], side: int) -> Slice:
        name = self.name(ports[side])
        bits = self.bits_of(name)
        if bits is None:
            return Slice(side, name, 0, 1) if self.chance(0.5) else Slice(side, name)
        if self.chance(0.7):
            return Slice(side, name)
        start = self.random.randrange(bits)
        return Slice(side, name, start, self.random.randint(start + 1, bits))

    def size(self, part: Slice) -> int | None:
        return self.bits_of(part.field) if part.stop is None else part.stop - part.start

    def bits_of(self, name: str) -> int | None:
        """Width of a name, None if classes differ in it."""
        widths = {self.widths[field] for field in GENERIC.get(name, (name,)) if field in self.widths}
        return widths.pop() if len(widths) == 1 else None

    def names(self, port: Port) -> list[str]:
        """Names that the port's packets may have, those of hashed fields more often."""
        kinds = [self.classes[layout.packet_class] for layout in port.inputs]
        found = [n for kind in kinds for n in kind.names]
        found += 3 * [
            name
            for kind, layout in zip(kinds, port.inputs, strict=True)
            for name, canonical in kind.names.items()
            if canonical in layout.fields
        ]
        return found

    def name(self, port: Port) -> str:
        return self.random.choice(list(WIRE_ORDER[2:3]) if self.chance(0.02) else self.names(port))

    def assumption(self, number: int, port: Port) -> Assumption:
        return Assumption(number, self.condition((port, port), self.random.choice((0, 0, 1, 2)), (0,)))


def fields_of(condition: Condition) -> set[tuple[int, str]]:
    match condition:
        case AllOf(parts) | AnyOf(parts):
            return {found for part in parts for found in fields_of(part)}
        case Negation(part):
            return fields_of(part)
        case Compare(_, left, right):
            return _term_fields(left) | _term_fields(right)


def _term_fields(term: Term) -> set[tuple[int, str]]:
    match term:
        case Slice(side, name, _, _):
            return {(side, name)}
        case Arith(_, left, right):
            return _term_fields(left) | _term_fields(right)
        case _:
            return set()
