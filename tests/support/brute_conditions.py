"""What conditions say of packets, by evaluating them on arrays of packets. Shares no code with the solver.

A pair of packets is a row of one array and a column of the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from rss_dsl.fields import WIDTHS, packet_classes
from rss_dsl.problem import AllOf, AnyOf, Arith, Compare, Condition, Const, Negation, Slice, Term


@dataclass(frozen=True, slots=True)
class Packets:
    """Packets of one class: an array of values for every field that matters."""

    packet_class: str
    values: dict[str, np.ndarray]

    def named(self, name: str) -> str | None:
        return packet_classes()[self.packet_class].names.get(name)

    def shaped(self, *shape: int) -> Packets:
        return Packets(self.packet_class, {name: v.reshape(shape) for name, v in self.values.items()})


def holds(condition: Condition, pair: Sequence[Packets]) -> np.ndarray:
    """For which pairs the condition holds."""
    match condition:
        case AllOf(parts):
            return _fold(np.logical_and, [holds(part, pair) for part in parts], True)
        case AnyOf(parts):
            return _fold(np.logical_or, [holds(part, pair) for part in parts], False)
        case Negation(part):
            return np.logical_not(holds(part, pair))
        case Compare(op, left, right):
            return _compare(op, left, right, pair)


def _fold(operation, parts, empty) -> np.ndarray:
    result = np.array(empty)
    for part in parts:
        result = operation(result, part)
    return result


def _compare(op: str, left: Term, right: Term, pair: Sequence[Packets]) -> np.ndarray:
    no = np.array(False)
    slices = [*_slices(left), *_slices(right)]
    canonical = [pair[s.side].named(s.field) for s in slices]
    for s, name in zip(slices, canonical, strict=True):
        if name is None or (s.stop or 0) > WIDTHS[name]:
            return no
    versions = {name[:4] for name in canonical if name.startswith("ip") and name != "ip_proto"}
    if len(versions) == 2 and any(s.field in ("ip_src", "ip_dst") for s in slices):
        return no
    sizes = {_size(term, pair) for term in (left, right)} - {None}
    if len(sizes) > 1:
        return no
    (size,) = sizes
    a, b = _value(left, size, pair), _value(right, size, pair)
    match op:
        case "==":
            return a == b
        case "!=":
            return a != b
        case "<":
            return a < b
        case "<=":
            return a <= b
        case ">":
            return a > b
    return a >= b


def _slices(term: Term) -> Iterator[Slice]:
    if isinstance(term, Slice):
        yield term
    elif isinstance(term, Arith):
        yield from _slices(term.left)
        yield from _slices(term.right)


def _size(term: Term, pair: Sequence[Packets]) -> int | None:
    match term:
        case Slice(side, field, start, stop):
            name = pair[side].named(field)
            return (WIDTHS[name] if stop is None else stop) - start
        case Const(_, size):
            return size
        case Arith(_, left, right):
            return _size(left, pair) or _size(right, pair)


def _value(term: Term, size: int, pair: Sequence[Packets]) -> np.ndarray:
    match term:
        case Slice(side, field, _, stop):
            name = pair[side].named(field)
            whole = pair[side].values[name]
            return whole >> WIDTHS[name] - (WIDTHS[name] if stop is None else stop) & (1 << size) - 1
        case Const(value, _):
            return np.array(value)
        case Arith(op, left, right):
            a, b = _value(left, size, pair), _value(right, size, pair)
            results = {"&": a & b, "|": a | b, "^": a ^ b, "+": a + b, "-": a - b, "<<": a << b, ">>": a >> b}
            return results[op] & (1 << size) - 1


def read(condition: Condition) -> set[tuple[int, str]]:
    """(side, field name) of everything a condition reads."""
    match condition:
        case AllOf(parts) | AnyOf(parts):
            return set().union(*(read(part) for part in parts))
        case Negation(part):
            return read(part)
        case Compare(_, left, right):
            return {(s.side, s.field) for term in (left, right) for s in _slices(term)}
