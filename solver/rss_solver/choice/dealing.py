"""Tables dealt over the entries that packets reach.

Round robin deals by the low bits of an entry. A key can leave a class fewer entries than there are, such as
those with an even number, and of these round robin may feed few queues. Then masks number the entries anew,
and equal intervals of places are queues. Where r masks halve a class's 2^r entries every time, one of them is
in each of 2^r equal intervals of places: any number of queues has its share, and of each cluster, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from rss_solver.choice.masks import Ints, Space, halving, missed, places, single_bits
from rss_solver.gf2 import Elimination

Table = tuple[int, ...]

TOLERATED = 1.1
"""Times the least load possible that a queue may have before a table is dealt anew: where RSS212 warns."""


@dataclass(frozen=True, slots=True)
class Reached:
    """Entries of a class: `start` XOR any sum of `steps`; those of one cluster differ by sums of `near`."""

    start: int
    steps: Space
    near: Space


@dataclass(frozen=True, slots=True, order=True)
class Fit:
    """How a table serves the class, and the cluster of it, that it serves worst. More is better."""

    near_reach: float
    """Queues that the entries of a cluster are dealt to, of those that so many entries could be dealt to."""
    reach: float
    """The same of all entries of a class."""
    near_room: float
    """Most entries of a cluster that a queue need have, to the most that one has."""
    room: float

    @property
    def serves(self) -> bool:
        """Whether nothing is to be gained that is worth a table of one's own."""
        return self.near_reach == self.reach == 1 and min(self.near_room, self.room) * TOLERATED >= 1


def deal(table: Table, queues: int, classes: Sequence[Reached]) -> Table:
    """The table, of 2^n entries, where it serves; otherwise what serves better, it or one dealt anew."""
    known = fit(table, queues, classes)
    if known.serves:
        return table
    bits = (len(table) - 1).bit_length()
    anew = tuple((places(bits, masks(bits, classes)) * queues >> bits).tolist())
    return anew if fit(anew, queues, classes) > known else table


def masks(bits: int, classes: Sequence[Reached]) -> tuple[int, ...]:
    """The masks to number entries by, for any number of queues: clusters first, then whole classes."""
    near = dict.fromkeys(one.near for one in classes)
    whole = dict.fromkeys(one.steps for one in classes if one.steps not in near)
    return halving(bits, tuple(near), tuple(whole))


def round_robin_halves(bits: int, classes: Sequence[Reached]) -> bool:
    """Whether round robin over any power of two spreads every class and cluster as evenly as can be."""
    return not missed(single_bits(bits), [found for one in classes for found in (one.near, one.steps)])


def fit(table: Table, queues: int, classes: Iterable[Reached]) -> Fit:
    """How a table serves classes. All clusters are looked at."""
    names = np.array(table, dtype=np.int64)
    found = [_fit(names, queues, one) for one in dict.fromkeys(classes)]
    worst = [min(values) for values in zip((1.0, 1.0, 1.0, 1.0), *found, strict=True)]
    return Fit(*worst)


def _fit(table: Ints, queues: int, one: Reached) -> tuple[float, float, float, float]:
    clusters = _sums(_beyond(one.near, one.steps), one.start)[:, None]
    cells = table[clusters ^ _sums(one.near, 0)] + np.arange(len(clusters))[:, None] * queues
    loads = np.bincount(cells.reshape(-1), minlength=len(clusters) * queues).reshape(-1, queues)
    (near_reach, near_room), (reach, room) = _evenness(loads), _evenness(loads.sum(axis=0, keepdims=True))
    return near_reach, reach, near_room, room


def _evenness(loads: Ints) -> tuple[float, float]:
    """Reach and room of the worst of some rows, which have the same sum."""
    total, queues = int(loads[0].sum()), loads.shape[1]
    reached = int(np.count_nonzero(loads, axis=1).min())
    return reached / min(total, queues), -(-total // queues) / int(loads.max())


def _sums(steps: Space, start: int) -> Ints:
    found = np.array([start], dtype=np.int64)
    for step in steps:
        found = np.concatenate([found, found ^ step])
    return found


def _beyond(inner: Space, outer: Space) -> Space:
    """What extends a basis of one space to one of another that holds it."""
    system = Elimination()
    for step in inner:
        system.add(step)
    return tuple(step for step in outer if system.add(step))
