"""A case as an affine set of hash inputs: bits are made equal, the rest is learned by components."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rss_dsl.nic import Function
from rss_dsl.problem import HashInput
from rss_solver.nic.functions import LINEAR, pairs, prepare
from rss_solver.tied.cases import Case
from rss_solver.tied.formula import Comparison, Formula, renamed
from rss_solver.tied.learn import inhabited, learn
from rss_solver.tied.parts import Output, Places, paired, split
from rss_solver.tied.wires import ONE, ZERO, Partition, Wires, constant


@dataclass(frozen=True, slots=True)
class Affine:
    """`point` plus any sum of `directions`, given by their set bits."""

    point: Places
    directions: tuple[Places, ...]


class Derivation:
    """One case, for packets of given classes and the hash inputs to read of them.

    The wires must have every hashed field.
    """

    def __init__(self, case: Case, wires: Wires, inputs: Sequence[HashInput]) -> None:
        self.wires, self.inputs = wires, inputs
        self.partition = Partition()
        self.possible = self._unify(case)
        self.facts = self._facts(case) if self.possible else []

    def _unify(self, case: Case) -> bool:
        unite = self.partition.unite
        for (side, name), bits in self.wires.fields.items():
            value = self.wires.classes[side].fixed.get(name)
            if value is not None:
                unite(bits, constant(value, len(bits)))
        return all(unite(tie.left, tie.right) for tie in case.ties)

    def _facts(self, case: Case) -> list[Formula]:
        found = [renamed(residue, self.partition.find) for residue in case.residues]
        return [*found, *self._excluded()]

    def _excluded(self) -> Iterator[Comparison]:
        """The values that would make a packet one of another class, where its field could have them."""
        for (side, name), bits in self.wires.fields.items():
            values = self.wires.classes[side].excluded.get(name, ())
            roots = tuple(map(self.partition.find, bits)) if values else ()
            for value in values:
                word = constant(value, len(bits))
                if all(a > ONE or a == b for a, b in zip(roots, word, strict=True)):
                    yield Comparison("!=", roots, word)

    def satisfiable(self) -> bool:
        """Whether any packets satisfy the case. LimitReachedError if Z3 cannot tell."""
        return self.possible and all(inhabited(part.component) for part in split(self.facts, (), {}))

    def affine(self) -> Affine | None:
        """The affine hull of prepared inputs; None without packets. LimitReachedError if Z3 cannot tell."""
        if not self.possible:
            return None
        members, outputs = self._read()
        point = list(members.pop(ONE, ()))
        members.pop(ZERO, None)
        directions: list[Places] = []
        for part in split(self.facts, outputs, members):
            hull = learn(part.component)
            if hull is None:
                return None
            point += part.vector(hull.point)
            directions += map(part.vector, hull.directions)
            for root in part.roots:
                members.pop(root, None)
        directions += map(tuple, members.values())
        return self._prepared(Affine(tuple(sorted(point)), tuple(directions)))

    def _read(self) -> tuple[dict[int, list[tuple[int, int]]], list[Output]]:
        """Where bits are read as they are, by the bit that stands for them, and what is read of several."""
        members: dict[int, list[tuple[int, int]]] = {}
        outputs: list[Output] = []
        for side, layout in enumerate(self.inputs):
            bits: dict[int, int] = {}
            for name, at in layout.places:
                bits.update(enumerate(map(self.partition.find, self.wires.field(side, name)), at))
            for a, b, width in () if layout.function in LINEAR else pairs(layout):
                first, second = (tuple(bits.pop(at + x) for x in range(width)) for at in (a, b))
                outputs += paired(layout.function, side, (a, b), first, second)
            for place, root in bits.items():
                members.setdefault(root, []).append((side, place))
        return members, outputs

    def _prepared(self, found: Affine) -> Affine:
        """What linear functions make of selected bits; the others have been seen to."""
        if all(layout.function is Function.TOEPLITZ for layout in self.inputs):
            return found
        directions = dict.fromkeys(map(self._prepare, found.directions))
        directions.pop((), None)
        return Affine(self._prepare(found.point), tuple(directions))

    def _prepare(self, places: Places) -> Places:
        result: list[tuple[int, int]] = []
        for side, layout in enumerate(self.inputs):
            data = to_integer(places, side, layout.selected_bits)
            if layout.function in LINEAR:
                data = prepare(layout, data)
            result += ((side, at) for at in range(layout.bits) if data >> layout.bits - 1 - at & 1)
        return tuple(result)


def to_integer(places: Places, side: int, bits: int) -> int:
    """One side's bits as an integer, the first bit most significant."""
    return sum(1 << bits - 1 - at for own, at in places if own == side)
