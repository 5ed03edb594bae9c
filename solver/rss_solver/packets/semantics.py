"""What a condition says about two concrete packets. Counterexamples are replayed through this."""

from __future__ import annotations

from rss_dsl.fields import packet_classes, width
from rss_dsl.problem import AllOf, AnyOf, Arith, Compare, Condition, Const, Negation, Slice, Term
from rss_solver.packets.packet import Packet

Pair = tuple[Packet, Packet]


def holds(condition: Condition, pair: Pair) -> bool:
    """Whether the packets satisfy the condition (design: every comparison on a missing field is false)."""
    match condition:
        case AllOf(parts):
            return all(holds(part, pair) for part in parts)
        case AnyOf(parts):
            return any(holds(part, pair) for part in parts)
        case Negation(part):
            return not holds(part, pair)
        case Compare(op, left, right):
            return _compare(op, left, right, pair)


def belongs(packet: Packet) -> bool:
    """Whether a packet's values are those of its class."""
    kind = packet_classes()[packet.packet_class]
    wrong_fixed = any(packet.value(name) != value for name, value in kind.fixed.items())
    return not wrong_fixed and all(packet.value(name) not in values for name, values in kind.excluded.items())


def _compare(op: str, left: Term, right: Term, pair: Pair) -> bool:
    versions = _versions(left, pair) | _versions(right, pair)
    if "generic" in versions and {"ipv4", "ipv6"} <= versions:
        return False
    a, b = _value(left, pair), _value(right, pair)
    if a is None or b is None or (a[1] and b[1] and a[1] != b[1]):
        return False
    size = a[1] or b[1]
    if size and (a[0] >> size or b[0] >> size):
        return False
    x, y = a[0], b[0]
    results = {"==": x == y, "!=": x != y, "<": x < y, "<=": x <= y, ">": x > y, ">=": x >= y}
    return results[op]


def _versions(term: Term, pair: Pair) -> set[str]:
    match term:
        case Slice(side, name, _, _):
            canonical = packet_classes()[pair[side].packet_class].canonical(name) or ""
            found = {canonical.removeprefix("inner.")[:4]}
            return found | {"generic"} if name.removeprefix("inner.") in ("ip_src", "ip_dst") else found
        case Const():
            return set()
        case Arith(_, left, right):
            return _versions(left, pair) | _versions(right, pair)


def _value(term: Term, pair: Pair) -> tuple[int, int] | None:
    """(value, width); width 0 of a constant adapts. None: the packet lacks a field."""
    match term:
        case Slice(side, name, start, stop):
            canonical = packet_classes()[pair[side].packet_class].canonical(name)
            if canonical is None:
                return None
            size = width(canonical)
            end = size if stop is None else stop
            if end > size:
                return None
            return pair[side].value(canonical) >> size - end & (1 << end - start) - 1, end - start
        case Const(value, size):
            return value, size or 0
        case Arith(op, left, right):
            a, b = _value(left, pair), _value(right, pair)
            if a is None or b is None:
                return None
            size = a[1] or b[1]
            return _arith(op, a[0], b[0]) & (1 << size) - 1, size


def _arith(op: str, a: int, b: int) -> int:
    match op:
        case "&":
            return a & b
        case "|":
            return a | b
        case "^":
            return a ^ b
        case "+":
            return a + b
        case "-":
            return a - b
        case "<<":
            return a << b if b < 256 else 0
        case _:
            return a >> b
