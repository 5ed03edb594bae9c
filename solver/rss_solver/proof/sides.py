"""Both ports of a case: their keys and tables, and which hashes lead their packets apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rss_solver.gf2 import parity, rank
from rss_solver.proof.agreement import ENTRY_BITS, WHOLE, Lookup, Need, picked, reachable, tables_may_part
from rss_solver.proof.cases import Claim
from rss_solver.toeplitz import HASH_BITS, toeplitz, window

MAX_RANK = 16
"""Hashes of a span of a higher rank are not enumerated."""
LOW = (1 << HASH_BITS) - 1


@dataclass(frozen=True, slots=True)
class Side:
    """What a case needs to know of a port."""

    key: bytes
    init: int
    lookup: Lookup


@dataclass(frozen=True, slots=True)
class Sides:
    """Both ports of a case, and what must agree."""

    first: Side
    second: Side
    need: Need

    def difference(self, claim: Claim, data: tuple[int, int], point: bool) -> int:
        """The XOR of the hashes of two prepared inputs; of directions without the start values."""
        a, b = (
            toeplitz(side.key, value, layout.bits)
            for side, value, layout in zip((self.first, self.second), data, claim.inputs, strict=True)
        )
        return a ^ b ^ (self.first.init ^ self.second.init if point else 0)

    def landing(self, claim: Claim, data: tuple[int, int], point: bool) -> int:
        """Both hashes in one number, the first more significant; of directions without the start values."""
        result = 0
        for side, value, layout in zip((self.first, self.second), data, claim.inputs, strict=True):
            result = result << HASH_BITS | toeplitz(
                side.key, value, layout.bits, init=side.init if point else 0
            )
        return result

    def breaks(self, difference: int) -> bool:
        """Whether hashes that differ so part packets, however the tables are filled."""
        return any(parity(difference & form) for form in self.need.forms)

    def tables_may_part(self, whole: bool) -> bool:
        """Whether hashes that agree in what is needed, or as a `whole`, may lead to different queues."""
        agreed = () if self.need.entries else self.need.forms
        return tables_may_part(self.first.lookup, self.second.lookup, WHOLE if whole else agreed)

    def parting(self, start: int, steps: Sequence[int]) -> Iterator[tuple[int, int]]:
        """Hashes that the tables send to different queues, each with its steps as a bit set.

        Among `start` and its sums with `steps`: one for every pair of entries, or of hashes where entries are
        not linear.
        """
        if self.linear:
            for entries, chosen in reachable(self._entries(start), [self._entries(step) for step in steps]):
                a, b = entries >> ENTRY_BITS, entries & (1 << ENTRY_BITS) - 1
                if self.first.lookup.table[a] != self.second.lookup.table[b]:
                    yield entries, chosen
            return
        for hashes, chosen in reachable(start, steps):
            first, second = hashes >> HASH_BITS, hashes & LOW
            a, b = self.first.lookup.entry(first), self.second.lookup.entry(second)
            queues = self.first.lookup.table[a], self.second.lookup.table[b]
            if queues[0] != queues[1] or (self.need.alike and a != b):
                yield hashes, chosen

    def _entries(self, hashes: int) -> int:
        first = picked(self.first.lookup.forms or (), hashes >> HASH_BITS)
        return first << ENTRY_BITS | picked(self.second.lookup.forms or (), hashes & LOW)

    def tractable(self, steps: Sequence[int]) -> bool:
        """Whether all that `parting` looks at is few enough."""
        return self.linear or rank(steps) <= MAX_RANK

    @property
    def linear(self) -> bool:
        """Whether table entries are linear in the hashes."""
        return self.first.lookup.forms is not None and self.second.lookup.forms is not None

    def masks(self, claim: Claim) -> list[tuple[int, int]]:
        """What `parting` gives, as sums of prepared bits, without the start values."""
        first, second = (
            [_read_by(side.key, form, layout.bits) for form in self._padded(side)]
            for side, layout in zip((self.first, self.second), claim.inputs, strict=True)
        )
        return [(mask, 0) for mask in first] + [(0, mask) for mask in second]

    def _padded(self, side: Side) -> tuple[int, ...]:
        """The hash bits that `parting` gives of a side: an entry, as wide as any, or the whole hash."""
        if not self.linear:
            return WHOLE
        forms = side.lookup.forms or ()
        return (0,) * (ENTRY_BITS - len(forms)) + forms

    def parities(self, claim: Claim) -> tuple[tuple[int, int, int], ...]:
        """What must be equal, as sums of prepared bits of both inputs and a constant."""
        a, b = claim.inputs
        starts = self.first.init ^ self.second.init
        return tuple(
            (
                _read_by(self.first.key, form, a.bits),
                _read_by(self.second.key, form, b.bits),
                parity(starts & form),
            )
            for form in self.need.forms
        )

    @property
    def start(self) -> int:
        """The start values as `parting` gives them."""
        starts = self.first.init << HASH_BITS | self.second.init
        return self._entries(starts) if self.linear else starts


def _read_by(key: bytes, form: int, bits: int) -> int:
    """The input bits that a sum of hash bits sums up."""
    found = 0
    for bit in range(HASH_BITS):
        if form >> HASH_BITS - 1 - bit & 1:
            found ^= window(key, bit, bits)
    return found
