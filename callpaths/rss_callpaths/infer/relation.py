"""Conditions on two packets that are conjunctions of equalities of field bits.

Whatever a key is computed from, two packets that meet in a cell are equal in these bits: a condition may have
fewer of them than hold (it then ties more packets), never more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from rss_dsl.fields import WIDTHS
from rss_dsl.spec import Binary, Expr, FieldRef, Literal, PacketName

FieldBit = tuple[str, int]
"""A field and a bit of it; bit 0 is its first on the wire. `l4_src`, `l4_dst` stand for any class's ports."""


@dataclass(frozen=True, slots=True, order=True)
class Same:
    """A bit of the first packet is a bit of the second."""

    first: FieldBit
    second: FieldBit


@dataclass(frozen=True, slots=True, order=True)
class Is:
    """A bit of packet `side` has a value."""

    side: int
    bit: FieldBit
    value: int


Atom = Same | Is
Atoms = frozenset[Atom]
"""All of them hold; none: any two packets."""


@dataclass(frozen=True, slots=True)
class Relation:
    """Packets of port `first` and of port `second` (not less) that meet if all atoms hold."""

    first: int
    second: int
    atoms: Atoms

    @property
    def sides(self) -> Iterator[tuple[int, int, Atoms]]:
        """It, and what it says of the packets the other way round."""
        yield self.first, self.second, self.atoms
        yield self.second, self.first, mirrored(self.atoms)


def relation(first: int, second: int, atoms: Atoms) -> Relation:
    """Ports in order; of one port the smaller of the two ways to write it."""
    other = mirrored(atoms)
    if first > second or (first == second and _rank(other) < _rank(atoms)):
        return Relation(second, first, other)
    return Relation(first, second, atoms)


def mirrored(atoms: Atoms) -> Atoms:
    """The condition with the packets exchanged."""
    return frozenset(
        Same(atom.second, atom.first) if isinstance(atom, Same) else Is(1 - atom.side, atom.bit, atom.value)
        for atom in atoms
    )


def _rank(atoms: Atoms) -> list[tuple[object, ...]]:
    return sorted(
        (0, *atom.first, *atom.second) if isinstance(atom, Same) else (1, *atom.bit, atom.side, atom.value)
        for atom in atoms
    )


class _Classes:
    """Union-find over bits of packets and the two constants."""

    def __init__(self) -> None:
        self._parent: dict[object, object] = {}

    def find(self, node: object) -> object:
        while (up := self._parent.get(node, node)) != node:
            node = up
        return node

    def join(self, first: object, second: object) -> None:
        self._parent[self.find(first)] = self.find(second)

    def add(self, atoms: Atoms, first: int, second: int) -> None:
        """Packets have numbers; constants are `(-1, value)`."""
        for atom in atoms:
            if isinstance(atom, Same):
                self.join((first, atom.first), (second, atom.second))
            else:
                self.join(((first, second)[atom.side], atom.bit), (-1, atom.value))

    @property
    def possible(self) -> bool:
        return self.find((-1, 0)) != self.find((-1, 1))


def possible(atoms: Atoms) -> bool:
    """Whether any two packets satisfy it."""
    classes = _Classes()
    classes.add(atoms, 0, 1)
    return classes.possible


def implies(atoms: Atoms, weaker: Atoms) -> bool:
    """Whether every two packets that satisfy the first satisfy the second."""
    if weaker <= atoms:
        return True
    classes = _Classes()
    classes.add(atoms, 0, 1)
    for atom in weaker:
        pair = (
            ((0, atom.first), (1, atom.second))
            if isinstance(atom, Same)
            else ((atom.side, atom.bit), (-1, atom.value))
        )
        if classes.find(pair[0]) != classes.find(pair[1]):
            return False
    return True


def composed(before: Atoms, after: Atoms) -> Atoms | None:
    """What ties a first and a third packet if some second one is tied to both; None if none can be."""
    classes = _Classes()
    classes.add(before, 0, 1)
    classes.add(after, 1, 2)
    if not classes.possible:
        return None
    # Only bits that the conditions name can be tied.
    firsts = {bit: classes.find((0, bit)) for bit in _bits(before, 0)}
    thirds = {bit: classes.find((2, bit)) for bit in _bits(after, 1)}
    values = {classes.find((-1, value)): value for value in (0, 1)}
    for roots in (firsts, thirds):
        free = [root for root in roots.values() if root not in values]
        if len(free) != len(set(free)):
            return None  # bits of one packet are tied, which no atom says
    by_root = {root: bit for bit, root in thirds.items() if root not in values}
    found: set[Atom] = {Same(bit, by_root[root]) for bit, root in firsts.items() if root in by_root}
    for side, roots in enumerate((firsts, thirds)):
        found |= {Is(side, bit, values[root]) for bit, root in roots.items() if root in values}
    return frozenset(found)


def _bits(atoms: Atoms, side: int) -> set[FieldBit]:
    found = set()
    for atom in atoms:
        if isinstance(atom, Same):
            found.add((atom.first, atom.second)[side])
        elif atom.side == side:
            found.add(atom.bit)
    return found


def fields_of(atoms: Atoms, side: int) -> frozenset[str]:
    """The fields of one packet that it names."""
    return frozenset(name for name, _ in _bits(atoms, side))


Fields = Mapping[int, tuple[frozenset[str], ...]]
"""For each port, of each class that is steered: the fields in which its packets can have any values."""


def directly_implied(wanted: Relation, given: Iterable[Relation]) -> Relation | None:
    """The relation that brings together what another one ties."""
    for each in given:
        for first, second, atoms in each.sides:
            if (first, second) == (wanted.first, wanted.second) and implies(wanted.atoms, atoms):
                return each
    return None


def implied(wanted: Relation, given: Iterable[Relation], free: Fields) -> tuple[Relation, ...] | None:
    """The relations that bring together what another one ties, in one step or through a third packet."""
    every = list(given)
    direct = directly_implied(wanted, every)
    if direct is not None:
        return (direct,)
    steps = [(each, *side) for each in every for side in each.sides]
    for each, first, middle, before in steps:
        for other, start, second, after in steps:
            if (first, start, second) != (wanted.first, middle, wanted.second):
                continue
            named = fields_of(before, 1) | fields_of(after, 0)
            if not any(named <= fields for fields in free.get(middle, ())):
                continue
            both = composed(before, after)
            if both is not None and implies(wanted.atoms, both):
                return (each, other)
    return None


# --- as an expression ----------------------------------------------------------------------------------

ORDER = ("ipv4_src", "ipv4_dst", "ipv6_src", "ipv6_dst", "l4_src", "l4_dst", "sctp_vtag", "esp_spi")
"""Fields as a person names them."""


def bits_in(field: str) -> int:
    """Width of a field."""
    return 16 if field in ("l4_src", "l4_dst") else WIDTHS[field]


def expression(relation: Relation, ports: Mapping[int, str]) -> Expr:
    """The condition of a relation with at least one atom."""
    first = PacketName(name=ports[relation.first])
    second = PacketName(name=ports[relation.second], primes=int(relation.first == relation.second))
    parts = list(_comparisons(relation.atoms, (first, second)))
    whole = parts[0]
    for part in parts[1:]:
        whole = Binary(op="&&", left=whole, right=part)
    return whole


def _comparisons(atoms: Atoms, packets: tuple[PacketName, PacketName]) -> Iterator[Expr]:
    ties = sorted(
        (a for a in atoms if isinstance(a, Same)), key=lambda a: (_place(a.first), _place(a.second))
    )
    for run in _runs(ties):
        first, count = run[0], len(run)
        yield Binary(
            op="==",
            left=_slice(packets[0], first.first, count),
            right=_slice(packets[1], first.second, count),
        )
    fixed = sorted((a for a in atoms if isinstance(a, Is)), key=lambda a: (a.side, _place(a.bit)))
    for block in _blocks(fixed):
        value = int("".join(str(atom.value) for atom in block), 2)
        left = _slice(packets[block[0].side], block[0].bit, len(block))
        yield Binary(op="==", left=left, right=_literal(value, block))


def _literal(value: int, block: list[Is]) -> Literal:
    name, start = block[0].bit
    if name in ("ipv4_src", "ipv4_dst") and len(block) == 32 and start == 0:
        return Literal(kind="ipv4", value=value, text="")
    return Literal(kind="decimal", value=value, text=str(value))


def _place(bit: FieldBit) -> tuple[int, str, int]:
    name, at = bit
    return (ORDER.index(name) if name in ORDER else len(ORDER), name, at)


def _runs(ties: list[Same]) -> Iterator[list[Same]]:
    run: list[Same] = []
    for tie in ties:
        if run and (_next(run[-1].first), _next(run[-1].second)) != (tie.first, tie.second):
            yield run
            run = []
        run.append(tie)
    if run:
        yield run


def _blocks(fixed: list[Is]) -> Iterator[list[Is]]:
    block: list[Is] = []
    for atom in fixed:
        if block and (block[-1].side, _next(block[-1].bit)) != (atom.side, atom.bit):
            yield block
            block = []
        block.append(atom)
    if block:
        yield block


def _next(bit: FieldBit) -> FieldBit:
    return bit[0], bit[1] + 1


def _slice(packet: PacketName, start: FieldBit, count: int) -> FieldRef:
    name, at = start
    whole = at == 0 and count == bits_in(name)
    return FieldRef(packet=packet, field=name, slice=None if whole else (at, at + count))
