"""What is left of a case when its ties are done, split into components that share no free bit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from rss_dsl.nic import Function
from rss_solver.tied.component import FIRST, Component
from rss_solver.tied.formula import (
    Comparison,
    Formula,
    Operation,
    Word,
    formula_bits,
    renamed,
    renamed_word,
    word_bits,
)
from rss_solver.tied.wires import ONE, ZERO, Bits, Partition

Places = tuple[tuple[int, int], ...]
"""Bits of hash inputs: (side, input bit), sorted."""


@dataclass(frozen=True, slots=True)
class Output:
    """A word that hashes read, and where they read each of its bits."""

    word: Word
    places: tuple[Places, ...]


class Part:
    """A component with the names of its bits."""

    def __init__(self, facts: Sequence[Formula], outputs: Sequence[Output]) -> None:
        bits = {bit for fact in facts for bit in formula_bits(fact)}
        bits.update(bit for output in outputs for bit in word_bits(output.word))
        self.roots = tuple(sorted(bit for bit in bits if bit > ONE))
        numbers = {root: FIRST + number for number, root in enumerate(self.roots)}

        def name(bit: int) -> int:
            return numbers.get(bit, bit)

        places: dict[Word, tuple[Places, ...]] = {}
        for output in outputs:
            word = renamed_word(output.word, name)
            known = places.get(word, ((),) * len(output.places))
            places[word] = tuple((*a, *b) for a, b in zip(known, output.places, strict=True))
        self.component = Component(
            len(self.roots), tuple(renamed(fact, name) for fact in facts), tuple(places)
        )
        self._places = [bit for word in places.values() for bit in word]

    def vector(self, value: int) -> Places:
        """A value of the component's outputs as bits of the hash inputs."""
        top = len(self._places) - 1
        chosen = (places for bit, places in enumerate(self._places) if value >> top - bit & 1)
        return tuple(sorted(place for places in chosen for place in places))


@dataclass(slots=True)
class _Group:
    roots: set[int] = field(default_factory=set)
    facts: list[Formula] = field(default_factory=list)
    outputs: list[Output] = field(default_factory=list)


def split(
    facts: Sequence[Formula], outputs: Sequence[Output], members: Mapping[int, Sequence[tuple[int, int]]]
) -> Iterator[Part]:
    """The components of facts and outputs over representative bits.

    `members`: where bits are read as they are. Those in no component are free.
    """
    read = [_free(formula_bits(fact)) for fact in facts]
    shown = [_free(word_bits(output.word)) for output in outputs]
    joined = Partition()
    for roots in (*read, *shown):
        joined.unite(roots[1:], roots[:-1])
    groups: dict[int, _Group] = {}

    def home(roots: Bits) -> _Group:
        group = groups.setdefault(joined.find(roots[0]) if roots else ZERO, _Group())
        group.roots.update(roots)
        return group

    for roots, fact in zip(read, facts, strict=True):
        home(roots).facts.append(fact)
    for roots, output in zip(shown, outputs, strict=True):
        home(roots).outputs.append(output)
    for group in groups.values():
        if group.outputs or not _spans_everything(group.facts):
            direct = tuple(root for root in sorted(group.roots) if root in members)
            plain = Output(direct, tuple(tuple(members[root]) for root in direct))
            yield Part(group.facts, [*group.outputs, plain] if direct else group.outputs)


def _free(bits: Iterator[int]) -> Bits:
    return tuple(sorted({bit for bit in bits if bit > ONE}))


def _spans_everything(facts: Sequence[Formula]) -> bool:
    """Whether facts forbid so few values that the rest spans everything: less than half of all.

    This keeps Z3 away from packets whose class merely excludes some values of a field.
    """
    forbidden = Fraction(0)
    for fact in facts:
        match fact:
            case Comparison("!=", tuple(left), tuple(right)) if all(bit <= ONE for bit in right):
                forbidden += Fraction(1, 2 ** len({bit for bit in left if bit > ONE}))
            case _:
                return False
    return forbidden < Fraction(1, 2)


def paired(function: Function, side: int, at: tuple[int, int], first: Bits, second: Bits) -> Iterator[Output]:
    """What a function that is not linear reads of two fields whose first bits are at these places.

    The operands are sorted: what is equal on both sides, like the ends of a flow, is seen to be.
    """
    a, b = sorted((first, second))
    if function is Function.SYMMETRIC_SORT:
        for op, start in zip(("min", "max"), at, strict=True):
            yield Output(Operation(op, a, b), tuple(((side, start + x),) for x in range(len(a))))
    else:
        for x, bits in enumerate(zip(first, second, strict=True)):
            p, q = sorted(bits)
            for op, start in zip("|^", at, strict=True):
                yield Output(Operation(op, (p,), (q,)), (((side, start + x),),))
