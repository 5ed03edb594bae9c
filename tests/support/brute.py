"""What a Problem means, by enumeration: every packet, every pair, every key. Shares no code with the solver.

Only for the tiny universe (`tiny`). Packets are numpy arrays of field values; a pair of packets is a row of
one and a column of the other. Hash inputs hold what Toeplitz reads, their first bit most significant.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np

from rss_dsl.fields import WIDTHS, packet_classes
from rss_dsl.nic import DefaultQueue, Function, Index
from rss_dsl.problem import (
    AllOf,
    AnyOf,
    Arith,
    Compare,
    Condition,
    Const,
    HashInput,
    Negation,
    Port,
    Problem,
    Requirement,
    Slice,
    Term,
)

HASH = 32
WIRE = ("vlan", "ip_proto", "ipv4_src", "ipv4_dst", "ipv6_src", "ipv6_dst", "tcp_src", "tcp_dst", "udp_src",
        "udp_dst", "l4_src", "l4_dst")  # fmt: skip


# --- conditions on packets ---------------------------------------------------------------------------


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


# --- what a NIC does with packets --------------------------------------------------------------------


def hash_input(layout: HashInput, packets: Packets) -> np.ndarray:
    """What Toeplitz reads; under simple-xor, the selected bits, which are the hash once moved to its top."""
    values = {name: packets.values[name] for name in layout.fields}
    for source in layout.fields:
        target = source.replace("_src", "_dst")
        if source == target or target not in layout.fields:
            continue
        s, d = values[source], values[target]
        match layout.function:
            case Function.SYMMETRIC_XOR:
                values[source] = values[target] = s ^ d
            case Function.SYMMETRIC_OR_XOR:
                values[source], values[target] = s | d, s ^ d
            case Function.SYMMETRIC_SORT:
                values[source], values[target] = np.minimum(s, d), np.maximum(s, d)
            case _:
                pass
    data = np.zeros_like(next(iter(packets.values.values())))
    for name in WIRE:
        if name in layout.fields or name in layout.zeroed:
            data = data << WIDTHS[name] | values.get(name, 0)
    return data


def selected(layout: HashInput) -> int:
    """Bits of the hash input."""
    return sum(WIDTHS[name] for name in (*layout.fields, *layout.zeroed))


def hashes(layout: HashInput, key: bytes, init: int) -> np.ndarray:
    """The hash of every input value, in order."""
    bits = selected(layout)
    if layout.function is Function.SIMPLE_XOR:
        return (np.arange(1 << bits, dtype=np.int64) << HASH - bits) ^ init
    text = "".join(f"{byte:08b}" for byte in key) + "0" * 64
    result = np.array([init], dtype=np.int64)
    for bit in range(bits - 1, -1, -1):
        result = np.concatenate([result, result ^ int(text[bit : bit + HASH], 2)])
    return result


def entries(value: np.ndarray, size: int, index: Index) -> np.ndarray:
    """The table entries of hash values."""
    match index:
        case Index.LSB:
            return value % size
        case Index.MODULO:
            return value % size
        case Index.HIGH_BITS:
            return value * size // 2**32
        case Index.XOR_FOLD8:
            four = [value // 256**n % 256 for n in range(4)]
            return (four[0] ^ four[1] ^ four[2] ^ four[3]) % size


# --- the meaning of a problem ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tied:
    """Different pairs of hash inputs that one requirement ties, for one pair of classes."""

    requirement: Requirement
    layouts: tuple[HashInput, HashInput]
    pairs: np.ndarray
    """One row each; an unhashed class has input 0."""


class Meaning:
    """Everything the comparison wants to know about a problem."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem

    @cached_property
    def ties(self) -> list[Tied]:
        """What is tied among the classes that matter, unhashed ones included."""
        found = []
        for requirement in self.problem.requirements:
            ports = [self.problem.ports[i] for i in (requirement.first, requirement.second)]
            for layouts in product(*(matter(port) for port in ports)):
                only = requirement.only
                if only and not (
                    layouts[0].packet_class in only.first and layouts[1].packet_class in only.second
                ):
                    continue
                pairs = self._pairs(requirement, layouts)
                if len(pairs):
                    found.append(Tied(requirement, layouts, pairs))
        return found

    def _pairs(self, requirement: Requirement, layouts: tuple[HashInput, HashInput]) -> np.ndarray:
        sides = []
        for side, port in enumerate((requirement.first, requirement.second)):
            wanted = {name for s, name in read(requirement.condition) if s == side}
            sides.append(self.packets(port, layouts[side], wanted))
        grid = sides[0].shaped(-1, 1), sides[1].shaped(1, -1)
        sizes = tuple(len(next(iter(side.values.values()))) for side in sides)
        tied = np.broadcast_to(holds(requirement.condition, grid), sizes)
        rows, columns = np.nonzero(tied)
        inputs = [hash_input(layout, side) for layout, side in zip(layouts, sides, strict=True)]
        codes = np.unique(inputs[0][rows] << 16 | inputs[1][columns])
        return np.stack([codes >> 16, codes & 0xFFFF], axis=1)

    def packets(self, port: int, layout: HashInput, wanted: set[str]) -> Packets:
        """All packets of a class that a port can receive, in the fields that matter."""
        kind = packet_classes()[layout.packet_class]
        assumptions = [
            part
            for assumption in self.problem.assumptions
            if assumption.port == port
            for part in _taken_apart(assumption.condition)
            if any(name in kind.names for _, name in read(part))
        ]
        wanted = wanted | {name for part in assumptions for _, name in read(part)}
        names = {kind.names[name] for name in wanted if name in kind.names} | set(layout.fields)
        order = [name for name in WIRE if name in names]
        choices = [_values(layout.packet_class, name) for name in order]
        grid = np.meshgrid(*choices, indexing="ij") if order else []
        values = {name: column.ravel() for name, column in zip(order, grid, strict=True)}
        found = Packets(layout.packet_class, values or {"": np.zeros(1, dtype=np.int64)})
        for part in assumptions:
            kept = np.broadcast_to(holds(part, (found, found)), next(iter(found.values.values())).shape)
            found = Packets(found.packet_class, {name: column[kept] for name, column in found.values.items()})
        return found

    def live(self, port: int, layout: HashInput) -> np.ndarray:
        """The hash inputs that a class of a port can have."""
        return np.unique(hash_input(layout, self.packets(port, layout, set())))

    @cached_property
    def hashed_ties(self) -> list[Tied]:
        """Ties between hashed classes."""
        return [tied for tied in self.ties if all(layout.fields for layout in tied.layouts)]

    @cached_property
    def unhashed_ties(self) -> bool:
        """Whether an unhashed class that `traffic` names is tied to anything on ports with several queues."""
        return any(not layout.fields for tied in self.ties for layout in tied.layouts)

    @cached_property
    def components(self) -> list[set[int]]:
        """Ports whose packets must meet, directly or through others."""
        return _joined(
            len(self.problem.ports), ((t.requirement.first, t.requirement.second) for t in self.hashed_ties)
        )

    def component(self, port: int) -> set[int]:
        """The component of a port."""
        return next(found for found in self.components if port in found)

    def smallest(self, port: int) -> int:
        """Entries of the smallest table in the component of a port."""
        return min(self.problem.ports[i].table_size for i in self.component(port))


def matter(port: Port) -> list[HashInput]:
    """The classes of a port that matter; an unhashed one has no fields."""
    if port.traffic is None:
        return list(port.inputs)
    hashed = {layout.packet_class: layout for layout in port.inputs}
    return [hashed.get(name, HashInput(name, ())) for name in port.traffic]


def default_queue(port: Port, table: Sequence[int]) -> int:
    """Where packets go that are not hashed."""
    return table[0] if port.nic.default_queue.value is DefaultQueue.TABLE_0 else 0


def _values(packet_class: str, name: str) -> np.ndarray:
    kind = packet_classes()[packet_class]
    if name in kind.fixed:
        return np.array([kind.fixed[name]], dtype=np.int64)
    excluded = kind.excluded.get(name, ())
    return np.array([v for v in range(1 << WIDTHS[name]) if v not in excluded], dtype=np.int64)


def _taken_apart(condition: Condition) -> Iterator[Condition]:
    if isinstance(condition, AllOf):
        for part in condition.parts:
            yield from _taken_apart(part)
    else:
        yield condition


def _joined(count: int, pairs) -> list[set[int]]:
    sets = [{i} for i in range(count)]
    for a, b in pairs:
        first, second = (next(s for s in sets if x in s) for x in (a, b))
        if first is not second:
            sets.remove(second)
            first |= second
    return sets
