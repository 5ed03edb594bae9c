"""The index of a class over a key space: every bit an affine form of the space's free labels.

For index bit u and live direction d, `forms[u][d]` is the sum of the key bits that direction d adds to index
bit u. A key gives every form a value; the rank of the resulting matrix is the class's rank. It is below full
rank exactly if some sum of rows (a subspace of them, for less) vanishes: those are the lemmas of `Spreads`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from rss_dsl.problem import HashInput
from rss_solver.choice.tables import smallest_of
from rss_solver.gf2 import Elimination, basis, kernel, parity, span
from rss_solver.keyspace.groups import Group
from rss_solver.keyspace.space import KeySpace
from rss_solver.toeplitz import HASH_BITS

Matrix = tuple[tuple[int, ...], ...]
"""By index bit, the most significant first, then by direction: affine forms as in `KeySpace`."""


@dataclass(frozen=True)
class IndexForms:
    """How a class's entry depends on the key. Where the index is not linear, the whole hash stands in."""

    forms: Matrix
    clustered: Matrix
    offset: tuple[int, ...]
    """The entry that the live inputs start from, a form per index bit."""

    @cached_property
    def system(self) -> Elimination:
        """The span of all forms: the index is constant for the keys that make it vanish."""
        found = Elimination()
        for row in self.forms:
            for form in row:
                found.add(form)
        return found


def index_forms(space: KeySpace, group: Group, port: int, layout: HashInput) -> IndexForms:
    """The forms of one class that has packets at all (one of `group.live`)."""
    found = group.live[port][layout]
    top = layout.bits - 1
    key = [space.form(port, bit) for bit in range(min(layout.bits + HASH_BITS, space.key_bits[port]))]
    key += [0] * (layout.bits + HASH_BITS - len(key))

    def row(hash_bits: Sequence[int], inputs: Sequence[int]) -> tuple[int, ...]:
        return tuple(_sum(key[top - x + b] for x in _ones(data) for b in hash_bits) for data in inputs)

    picked = group.picks[port]
    init = group.ports[port].nic.hash_init.value
    starts = [sum(init >> HASH_BITS - 1 - b & 1 for b in hash_bits) & 1 for hash_bits in picked]
    return IndexForms(
        forms=tuple(row(hash_bits, found.directions) for hash_bits in picked),
        clustered=tuple(row(hash_bits, found.clustered) for hash_bits in picked),
        offset=tuple(
            row(bits, (found.point,))[0] ^ start for bits, start in zip(picked, starts, strict=True)
        ),
    )


Clause = tuple[int, ...]
"""Affine forms of which at least one must be 1."""


@dataclass(frozen=True, slots=True)
class Floor:
    """What a class must keep: ranks, and the queues reached where the rank is not full."""

    rank: int
    clustered_rank: int
    queues: int = 0
    clustered_queues: int = 0


class Watched:
    """One class (or several with equal forms) whose spread must not fall below a floor."""

    def __init__(self, forms: IndexForms, table: tuple[int, ...], where: Sequence[tuple[int, str]]) -> None:
        self.forms, self.table, self.where = forms, table, where
        self.floor = Floor(0, 0)

    def measure(self, chosen: int) -> Floor:
        """The spread under a key."""
        (rank, queues), (near, near_queues) = (
            self._reached(matrix, chosen) for matrix in (self.forms.forms, self.forms.clustered)
        )
        return Floor(rank, near, queues, near_queues)

    def _reached(self, matrix: Matrix, chosen: int) -> tuple[int, int]:
        image = basis(_columns(matrix, chosen))
        return len(image), self._queues(image, chosen)

    def _queues(self, image: Sequence[int], chosen: int) -> int:
        if len(image) == len(self.forms.offset) or len(self.table) != 1 << len(self.forms.offset):
            return len(set(self.table))
        start = _column(self.forms.offset, chosen)
        return len({self.table[entry ^ start] for entry in span(image)})

    def lemmas(self, chosen: int) -> Iterator[Clause]:
        """Clauses that every key on or above the floor satisfies and this one breaks."""
        floor = self.floor
        yield from self._lemmas(self.forms.clustered, floor.clustered_rank, floor.clustered_queues, chosen)
        yield from self._lemmas(self.forms.forms, floor.rank, floor.queues, chosen)

    def _lemmas(self, matrix: Matrix, rank: int, queues: int, chosen: int) -> Iterator[Clause]:
        size = len(matrix)
        image = basis(_columns(matrix, chosen))
        if len(image) < rank:
            vanishing = kernel(image, size)
            most = size - rank + 1
            for start in range(len(vanishing) - most + 1):
                yield _apart(matrix, vanishing[start : start + most])
        elif self._queues(image, chosen) < queues:
            vanishing = kernel(image, size)
            start = _column(self.forms.offset, chosen)
            elsewhere = tuple(
                _combined([(form,) for form in self.forms.offset], u)[0] ^ parity(u & start)
                for u in vanishing
            )
            yield (*_apart(matrix, vanishing), *elsewhere)


def _apart(matrix: Matrix, vanishing: Sequence[int]) -> Clause:
    """Not all of these sums of rows vanish; bit 0 of a sum is the least significant index bit."""
    return tuple(dict.fromkeys(form for u in vanishing for form in _combined(matrix, u) if form))


def _combined(matrix: Sequence[Sequence[int]], u: int) -> list[int]:
    rows = [row for bit, row in enumerate(reversed(matrix)) if u >> bit & 1]
    return [_sum(column) for column in zip(*rows, strict=True)]


def _columns(matrix: Matrix, chosen: int) -> list[int]:
    return [_column(column, chosen) for column in zip(*matrix, strict=True)]


def _column(forms: Sequence[int], chosen: int) -> int:
    value = 0
    for form in forms:
        value = value << 1 | parity(form & (chosen | 1))
    return value


def _sum(values: Iterable[int]) -> int:
    total = 0
    for value in values:
        total ^= value
    return total


def _ones(value: int) -> Iterator[int]:
    while value:
        low = value & -value
        yield low.bit_length() - 1
        value ^= low


def watched(space: KeySpace, group: Group, tables: Mapping[int, tuple[int, ...]]) -> list[Watched]:
    """All live classes of a group; those with equal forms and tables are watched once."""
    found: dict[tuple[IndexForms, tuple[int, ...]], list[tuple[int, str]]] = {}
    for i in group.ports:
        table = smallest_of(group.ports[i], tables[i], group.smallest[i])
        for layout in group.live[i]:
            forms = index_forms(space, group, i, layout)
            found.setdefault((forms, table), []).append((i, layout.packet_class))
    return [Watched(forms, table, where) for (forms, table), where in found.items()]
