"""What a relation alone makes equal in two packets, whatever kinds they are of.

Most questions are answered by that: where a relation ties the same bytes, hash inputs of every pair of kinds
follow by the places of their fields, so the solver is asked once for a relation and linear algebra once for
a pair of hash inputs.
"""

from __future__ import annotations

from collections.abc import Iterator

from rss_callpaths.packet.parts import PACKET
from rss_callpaths.prove.arrivals import Kind, Places, pieces, twins
from rss_callpaths.prove.entries import Ends
from rss_callpaths.prove.equal_bits import Classes, EqualBits
from rss_callpaths.prove.keys import Relation
from rss_callpaths.terms.bytewise import symbols
from rss_callpaths.terms.symbolic import Symbolic
from rss_dsl.fields import width
from rss_dsl.nic import Function
from rss_dsl.problem import HashInput
from rss_solver.nic.functions import WORD
from rss_solver.smt.limits import Unknown
from rss_solver.smt.terms import Questions, Terms

Bit = tuple[int, int, int]
"""(side, byte of its `packet_chunks`, bit; 0 the least significant)."""
Unread = tuple[int, str, int]
"""(side, field, bit) of what the path did not read."""
Source = Bit | Unread
Sum = tuple[Source, ...]
"""What a bit of a hash input is the sum of; nothing: zero."""

ZERO, ONE = 0, 1
"""Classes of bits that are constant; others count from 2."""


class Tied:
    """Keeps what relations tie."""

    def __init__(self, terms: Terms, questions: Questions, sides: tuple[Symbolic, Symbolic]) -> None:
        self.terms, self.questions, self.sides = terms, questions, sides
        self._ties: dict[Relation, dict[Source, int]] = {}
        self._inputs: dict[tuple[int, Kind], tuple[Sum, ...] | None] = {}

    def agree(self, relation: Relation, ends: Ends) -> bool:
        """Whether the relation alone puts all packets of two kinds on one core. False: not known."""
        first, second = (self._input(side, kind) for side, kind in enumerate(ends.kinds))
        if not relation or first is None or second is None:
            return False
        ties = self._ties_of(relation)
        pair = 0
        steps: dict[Source | int, int] = {}
        for at, total in enumerate(reversed((*first, *second))):
            for source in total:
                of = ties.get(source, source)
                if of == ONE:
                    pair ^= 1 << at
                elif of != ZERO:
                    steps[of] = steps.get(of, 0) ^ 1 << at
        return ends.all_agree(pair, tuple(steps.values()))

    def _input(self, side: int, kind: Kind) -> tuple[Sum, ...] | None:
        key = side, kind
        if key not in self._inputs:
            layout = kind.layout
            self._inputs[key] = () if layout is None else input_sums(side, kind.places, layout)
        return self._inputs[key]

    def _ties_of(self, relation: Relation) -> dict[Source, int]:
        if relation not in self._ties:
            self._ties[relation] = self._learned(relation)
        return self._ties[relation]

    def _learned(self, relation: Relation) -> dict[Source, int]:
        """Bits of packets → class; bits of one class are equal."""
        read = [
            sorted({at for term in terms for array, at in symbols(term) if array.name == PACKET})
            for terms in zip(*relation, strict=True)
        ]
        words = [
            self.terms.concat([side.byte(PACKET, at) for at in found])
            for side, found in zip(self.sides, read, strict=True)
            if found
        ]
        equal = [self.terms.equal(self.sides[0].word(a), self.sides[1].word(b)) for a, b in relation]
        with self.questions.scope(*equal):
            bits = EqualBits(self.terms, self.questions, words)
            models = bits.sampled() if words else Unknown()
            found = models if isinstance(models, Unknown) else bits.classes(models, lambda _: False)
        if not isinstance(found, Classes):
            return {}
        places: list[Bit] = [
            (side, at, bit) for side in (1, 0) for at in reversed(read[side]) for bit in range(8)
        ]
        ties: dict[Source, int] = {places[bit]: found.model >> bit & 1 for bit in found.constant}
        for number, group in enumerate(found.equal, start=2):
            ties |= dict.fromkeys((places[bit] for bit in group), number)
        return ties


def input_sums(side: int, places: Places, layout: HashInput) -> tuple[Sum, ...] | None:
    """What the bits of a hash input are, the first first; None where they are no sums of fields' bits."""
    names = {Function.TOEPLITZ: (), Function.SIMPLE_XOR: (), Function.SYMMETRIC_XOR: twins(layout)}
    if layout.function not in names:
        return None
    found: list[Sum] = [()] * layout.selected_bits
    for name, start in layout.places:
        of = next((pair for pair in names[layout.function] if name in pair), (name,))
        parts = [_field(side, places, each) for each in of]
        found[start : start + width(name)] = zip(*parts, strict=True)
    if layout.function is not Function.SIMPLE_XOR:
        return tuple(found)
    # The hash reads the sum of the words backwards.
    return tuple(sum(found[at::WORD], ()) for at in reversed(range(WORD)))


def _field(side: int, places: Places, name: str) -> Iterator[Source]:
    for first, bits, byte in pieces(places, name):
        for at in range(bits):
            yield (side, name, first + at) if byte is None else (side, byte, bits - 1 - at)
