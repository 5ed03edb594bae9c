"""Which bits of two packets a condition ties, and the span of the hash inputs that satisfy it.

Works per pair of packet classes, for conjunctions and disjunctions of equalities between slices and with
constants. Fields that are not hashed take part (a bit may be tied through them) and are then projected away.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from math import prod

from rss_dsl.fields import PacketClass, packet_classes, width
from rss_dsl.problem import AllOf, AnyOf, Compare, Condition, Const, HashInput, Slice, Term

Bit = tuple[int, str, int]
"""(side, canonical field, bit)."""

ZERO: Bit = (-1, "", 0)
ONE: Bit = (-1, "", 1)

MAX_DISJUNCTS = 2048
"""More alternatives in one condition are refused: each costs a derivation of its own."""

MAX_OPEN = 4
"""Free bits of a field with excluded values up to which its values are looked at one by one."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A basis vector of the span, or `width` of them, each shifted by one bit from the one before."""

    terms: tuple[tuple[int, int], ...]
    """(side, first input bit), sorted."""
    width: int


@dataclass(frozen=True, slots=True)
class Tie:
    """Two runs of bits that are equal: bit t of `left` is bit t of `right`, or of the constant."""

    left: tuple[Bit, ...]
    right: tuple[Bit, ...]


Conjunction = tuple[Tie, ...]


@lru_cache(maxsize=65536)
def span_shapes(condition: Condition, first: HashInput, second: HashInput) -> tuple[Shape, ...] | None:
    """A generating set of the span of all input pairs that satisfy the condition.

    None if no packets of these classes do; an empty tuple if only the zero pair does.
    """
    classes = packet_classes()
    pair = classes[first.packet_class], classes[second.packet_class]
    shapes: dict[Shape, None] = {}
    satisfiable = False
    cases = [case for found in disjuncts(condition, pair) for case in _refined(found, pair)]
    for conjunction in cases:
        vectors = _vectors(conjunction, pair, (first, second))
        if vectors is not None:
            satisfiable = True
            shapes.update(dict.fromkeys(_runs(vectors)))
    return tuple(shapes) if satisfiable else None


def beyond_equalities(condition: Condition) -> str | None:
    """What of a condition is more than a combination of equalities, which is all this module takes."""
    if alternatives(condition) > MAX_DISJUNCTS:
        return f"a condition with more than {MAX_DISJUNCTS} alternatives"
    return _beyond(condition)


def alternatives(condition: Condition) -> int:
    """Conjunctions in the disjunctive normal form."""
    match condition:
        case AnyOf(parts):
            return sum(alternatives(part) for part in parts)
        case AllOf(parts):
            return prod(alternatives(part) for part in parts)
        case _:
            return 1


def _beyond(condition: Condition) -> str | None:
    match condition:
        case AllOf(parts) | AnyOf(parts):
            return next((what for part in parts if (what := _beyond(part))), None)
        case Compare("==", left, right):
            terms = [type(left), type(right)]
            return None if terms in ([Slice, Slice], [Slice, Const], [Const, Slice]) else "arithmetic"
        case Compare(op, _, _):
            return f"`{op}` in a requirement"
        case _:
            return "`!` in a requirement"


def satisfiable(condition: Condition, pair: tuple[PacketClass, PacketClass]) -> bool:
    """Whether packets of these classes can satisfy the condition."""
    return any(
        _unify(case, pair) is not None
        for conjunction in disjuncts(condition, pair)
        for case in _refined(conjunction, pair)
    )


def disjuncts(condition: Condition, pair: tuple[PacketClass, PacketClass]) -> list[Conjunction]:
    """The disjunctive normal form for two classes; comparisons on missing fields are false."""
    match condition:
        case AnyOf(parts):
            return [conjunction for part in parts for conjunction in disjuncts(part, pair)]
        case AllOf(parts):
            choices = [disjuncts(part, pair) for part in parts]
            return [tuple(tie for ties in chosen for tie in ties) for chosen in product(*choices)]
        case Compare("==", left, right):
            return _equality(left, right, pair)
        case _:
            raise ValueError(f"not a combination of equalities: {condition}")


def _equality(left: Term, right: Term, pair: tuple[PacketClass, PacketClass]) -> list[Conjunction]:
    if _crosses_versions(left, right, pair):
        return []
    if isinstance(left, Const):
        left, right = right, left
    a = _bits(left, pair, None)
    b = _bits(right, pair, None if a is None else len(a))
    return [] if a is None or b is None or len(a) != len(b) else [(Tie(a, b),)]


def _crosses_versions(left: Term, right: Term, pair: tuple[PacketClass, PacketClass]) -> bool:
    """`ip_src` against an address of the other version is false whatever the slices' widths."""
    versions = set()
    generic = False
    for term in (left, right):
        if isinstance(term, Slice):
            generic |= term.field.removeprefix("inner.") in ("ip_src", "ip_dst")
            canonical = pair[term.side].canonical(term.field) or ""
            versions.add(canonical.removeprefix("inner.")[:4])
    return generic and {"ipv4", "ipv6"} <= versions


def _bits(term: Term, pair: tuple[PacketClass, PacketClass], bits: int | None) -> tuple[Bit, ...] | None:
    match term:
        case Slice(side, name, start, stop):
            canonical = pair[side].canonical(name)
            if canonical is None:
                return None
            end = width(canonical) if stop is None else stop
            return tuple((side, canonical, x) for x in range(start, end)) if end <= width(canonical) else None
        case Const(value, declared):
            size = declared if declared is not None else bits
            if size is None:
                raise ValueError("a comparison of two constants has no width")
            return tuple(ONE if value >> (size - 1 - x) & 1 else ZERO for x in range(size))
        case _:
            raise ValueError(f"not a slice or constant: {term}")


class _Classes:
    """Union-find over bits; ZERO and ONE are members like any other."""

    def __init__(self) -> None:
        self.parent: dict[Bit, Bit] = {}

    def find(self, bit: Bit) -> Bit:
        parent = self.parent
        root = bit
        while (up := parent.get(root, root)) != root:
            root = up
        while bit != root:
            parent[bit], bit = root, parent.get(bit, bit)
        return root

    def unite(self, a: Bit, b: Bit) -> None:
        """The constants stay roots."""
        a, b = self.find(a), self.find(b)
        if a != b:
            if a in (ZERO, ONE):
                a, b = b, a
            self.parent[a] = b


def _unify(conjunction: Conjunction, pair: tuple[PacketClass, PacketClass]) -> _Classes | None:
    """The classes of equal bits, None if the conjunction contradicts itself or the packet classes."""
    classes = _Classes()
    for side, packet_class in enumerate(pair):
        for name, value in packet_class.fixed.items():
            for bit, constant in zip(_field(side, name), _constant(value, width(name)), strict=True):
                classes.unite(bit, constant)
    for tie in conjunction:
        for a, b in zip(tie.left, tie.right, strict=True):
            if classes.find(a) in (ZERO, ONE) and classes.find(b) in (ZERO, ONE):
                if classes.find(a) != classes.find(b):
                    return None
            else:
                classes.unite(a, b)
    return None if _excluded(classes, pair) else classes


def _excluded(classes: _Classes, pair: tuple[PacketClass, PacketClass]) -> bool:
    """Whether a field is forced to a value that would make its packet one of another class."""
    for side, packet_class in enumerate(pair):
        for name, values in packet_class.excluded.items():
            roots = [classes.find(bit) for bit in _field(side, name)]
            if any(roots == list(_constant(value, width(name))) for value in values):
                return True
    return False


def _refined(conjunction: Conjunction, pair: tuple[PacketClass, PacketClass]) -> list[Conjunction]:
    """The conjunction, split by value where a class excludes values of a field that is nearly determined.

    With five free bits and more, the at most four excluded values on either side are less than half of all
    that is left, so the rest still spans everything. With fewer, each value that remains is a case apart.
    """
    found = [conjunction]
    for side, packet_class in enumerate(pair):
        for name in packet_class.excluded:
            found = [case for earlier in found for case in _by_value(earlier, pair, side, name)]
    return found


def _by_value(
    conjunction: Conjunction, pair: tuple[PacketClass, PacketClass], side: int, name: str
) -> list[Conjunction]:
    classes = _unify(conjunction, pair)
    if classes is None:
        return []
    bits = tuple(_field(side, name))
    open_bits = dict.fromkeys(root for bit in bits if (root := classes.find(bit)) not in (ZERO, ONE))
    if not 0 < len(open_bits) <= MAX_OPEN:
        return [conjunction]
    roots = tuple(open_bits)
    choices = product((ZERO, ONE), repeat=len(roots))
    return [(*conjunction, Tie(roots, values)) for values in choices]


def _field(side: int, name: str) -> Iterator[Bit]:
    return ((side, name, x) for x in range(width(name)))


def _constant(value: int, bits: int) -> tuple[Bit, ...]:
    return tuple(ONE if value >> (bits - 1 - x) & 1 else ZERO for x in range(bits))


Vector = tuple[tuple[int, int], ...]
"""The set bits of an input pair: (side, input bit), sorted."""


def _vectors(
    conjunction: Conjunction, pair: tuple[PacketClass, PacketClass], inputs: tuple[HashInput, HashInput]
) -> list[Vector] | None:
    classes = _unify(conjunction, pair)
    if classes is None:
        return None
    members: dict[Bit, list[tuple[int, int]]] = {}
    for side, layout in enumerate(inputs):
        position = 0
        for name in layout.fields:
            for bit in _field(side, name):
                members.setdefault(classes.find(bit), []).append((side, position))
                position += 1
    members.pop(ZERO, None)
    return [tuple(sorted(vector)) for vector in members.values()]


def _runs(vectors: list[Vector]) -> Iterator[Shape]:
    """Vectors joined into shapes: each run continues while the next shifted vector is there."""
    left = dict.fromkeys(sorted(vectors))
    for vector in tuple(left):
        if vector not in left:
            continue
        del left[vector]
        bits = 1
        while (following := tuple((side, x + bits) for side, x in vector)) in left:
            del left[following]
            bits += 1
        yield Shape(vector, bits)
