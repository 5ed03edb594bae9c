"""Where hash inputs lead by linear algebra: what can be reached from one pair of inputs by changing bits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from rss_callpaths.prove.arrivals import Kind
from rss_solver.gf2 import basis, parity

MAX_DIMENSION = 18
"""Combinations of entries are enumerated up to this many free sums of bits."""

Form = tuple[int, int]
"""An entry's bit as the sum of the bits in a mask, and a constant."""


@dataclass(frozen=True, slots=True)
class Ends:
    """The kinds of two packets, and the bits of their prepared hash inputs (0: nothing is hashed).

    A *pair* below is a number: the first input's bits above the second's.
    """

    kinds: tuple[Kind, Kind]
    sizes: tuple[int, int] = field(init=False)

    def __post_init__(self) -> None:
        layouts = [kind.layout for kind in self.kinds]
        sizes = tuple(0 if layout is None else layout.bits for layout in layouts)
        object.__setattr__(self, "sizes", sizes)

    def split(self, pair: int) -> tuple[int, int]:
        """Both inputs."""
        low = self.sizes[1]
        return pair >> low, pair & (1 << low) - 1

    def parts(self, pair: int) -> bool:
        """Whether they land on different queues."""
        first, second = (
            kind.wire.queue(kind.layout, data)
            for kind, data in zip(self.kinds, self.split(pair), strict=True)
        )
        return first != second

    def one_queue(self) -> bool:
        """Whether there is only one queue to land on."""
        return len({queue for kind in self.kinds for queue in kind.wire.queues(kind.layout)}) == 1

    def forms(self) -> tuple[tuple[Form, ...], tuple[Form, ...]] | None:
        """Both entries' bits, the most significant first; None where they are not linear."""
        first, second = (kind.wire.forms(kind.layout) for kind in self.kinds)
        if first is None or second is None:
            return None
        return tuple((mask << self.sizes[1], constant) for mask, constant in first), second

    def all_agree(self, pair: int, steps: Sequence[int]) -> bool:
        """Whether all pairs land on one queue that come from `pair` by changing the bits of some of `steps`.

        False also where that would take too long to find out.
        """
        if self.one_queue():
            return True
        forms = self.forms()
        if forms is None:
            return self._same_hashes(pair, steps)
        every = (*forms[0], *forms[1])
        masks = [mask for mask, _ in every]
        start = _sums(pair, masks) ^ _number(constant for _, constant in every)
        directions = basis(_sums(step, masks) for step in steps)
        if len(directions) > MAX_DIMENSION:
            return False
        tables = [kind.wire.queues(kind.layout) for kind in self.kinds]
        split = len(forms[1])
        return all(
            tables[0][each >> split] == tables[1][each & (1 << split) - 1]
            for each in _reached(start, directions)
        )

    def _same_hashes(self, pair: int, steps: Sequence[int]) -> bool:
        """Whether whole hashes are equal and picked from equal tables, where entries are not linear."""
        first, second = (kind.wire for kind in self.kinds)
        alike = (
            all(self.sizes)
            and first.solved.table == second.solved.table
            and first.port.nic.index.value is second.port.nic.index.value
        )
        return alike and all(self._hashes_equal(pair ^ step) for step in (0, *steps))

    def _hashes_equal(self, pair: int) -> bool:
        first, second = (
            kind.wire.hash(kind.layout, data) for kind, data in zip(self.kinds, self.split(pair), strict=True)
        )
        return first == second


def _reached(start: int, directions: Sequence[int]) -> Iterator[int]:
    """Everything that sums of directions lead to."""
    found = [start]
    yield start
    for direction in directions:
        new = [each ^ direction for each in found]
        yield from new
        found += new


def _sums(data: int, masks: Sequence[int]) -> int:
    return _number(parity(data & mask) for mask in masks)


def _number(bits: Iterator[int]) -> int:
    found = 0
    for bit in bits:
        found = found << 1 | bit
    return found
