"""Where hash inputs lead by linear algebra: what can be reached from one pair of inputs by changing bits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

from rss_callpaths.prove.arrivals import Kind
from rss_solver.gf2 import Elimination, parity

TRIALS = 384
"""How many pairs are drawn where entries cannot be enumerated."""
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
        reach = _Reach(pair, steps, (*forms[0], *forms[1]))
        return len(reach.directions) <= MAX_DIMENSION and not any(self._different(forms, reach))

    def parting(self, pair: int, steps: Sequence[int], random: Random) -> Iterator[int]:
        """Pairs on different queues that come from `pair` by changing the bits of some of `steps`.

        Endless, unless there are none. Where that would take too long to find out: some, by trial.
        """
        forms = self.forms()
        reach = None if forms is None else _Reach(pair, steps, (*forms[0], *forms[1]))
        if forms is None or reach is None or len(reach.directions) > MAX_DIMENSION:
            chosen = (_some(pair, steps, random) for _ in range(TRIALS))
            yield from (each for each in chosen if self.parts(each))
            return
        wrong = list(self._different(forms, reach))
        while wrong:
            any_ = _some(pair, steps, random)
            yield any_ ^ reach.way(reach.entries(any_) ^ random.choice(wrong))

    def _different(self, forms: tuple[tuple[Form, ...], tuple[Form, ...]], reach: _Reach) -> Iterator[int]:
        """The reached entries, the first input's bits above the second's, that hold different queues."""
        tables = [kind.wire.queues(kind.layout) for kind in self.kinds]
        split = len(forms[1])
        for each in _reached(reach.start, reach.directions):
            if tables[0][each >> split] != tables[1][each & (1 << split) - 1]:
                yield each

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


class _Reach:
    """Which entries steps lead to, and by which of them."""

    def __init__(self, pair: int, steps: Sequence[int], forms: Sequence[Form]) -> None:
        self._masks = [mask for mask, _ in forms]
        self._constant = _number(constant for _, constant in forms)
        self._ways = Elimination()
        for step in steps:
            self._ways.add(_sums(step, self._masks), step)
        self.start = self.entries(pair)

    @property
    def directions(self) -> list[int]:
        """Changes of entries whose sums are all that steps make."""
        return [change for change, _ in self._ways.rows.values()]

    def entries(self, pair: int) -> int:
        """The entries of both inputs, the first's bits above the second's."""
        return _sums(pair, self._masks) ^ self._constant

    def way(self, change: int) -> int:
        """The bits of inputs that make a change of entries."""
        return self._ways.reduce(change)[1]


def _some(pair: int, steps: Sequence[int], random: Random) -> int:
    for step in steps:
        pair ^= step if random.getrandbits(1) else 0
    return pair


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
