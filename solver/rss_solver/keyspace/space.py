"""Window equations → KeySpace: every key that satisfies them, as an affine space over GF(2).

Almost all equations say that two key bits are equal or that one is zero. Those are solved as connected
components of a graph, in numpy; only windows of three and more terms, index bits that are sums of hash bits,
and pinned keys reach elimination, on one variable per component. The cost is linear in the number of
equations.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from random import Random

import numpy as np
from numpy.typing import NDArray

from rss_solver.gf2 import Elimination, parity, rank
from rss_solver.keyspace.statement import Window
from rss_solver.nic.index import Picks
from rss_solver.toeplitz import HASH_BITS

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Variables:
    """Numbers the key bits of a group's ports, port after port; one more stands for the constant zero."""

    bases: Mapping[int, int]
    count: int

    @property
    def zero(self) -> int:
        """The variable that is zero."""
        return self.count


def number(key_bits: Mapping[int, int]) -> Variables:
    """Variables for ports with these key lengths in bits."""
    bases: dict[int, int] = {}
    count = 0
    for port, bits in key_bits.items():
        bases[port] = count
        count += bits
    return Variables(bases, count)


@dataclass(frozen=True, slots=True)
class Inconsistent:
    """No key at all: pinned bits contradict the equations (or each other)."""


@dataclass(frozen=True)
class KeySpace:
    """All solutions. Component labels are variables of a smaller system; some depend on others."""

    variables: Variables
    key_bits: Mapping[int, int]
    label: Ints
    """Component of every variable; 0 is the component of zero."""
    labels: int
    dependent: Mapping[int, int]
    """Label → its value as an affine form: bit 0 the constant, bit L the free label L."""

    def form(self, port: int, bit: int) -> int:
        """A key bit as an affine form of free labels; 0 if it is always zero."""
        return self._form(int(self.label[self.variables.bases[port] + bit]))

    def _form(self, label: int) -> int:
        if label == 0:
            return 0
        return self.dependent.get(label, 1 << label)

    @cached_property
    def free_labels(self) -> tuple[int, ...]:
        """The labels that can be chosen."""
        return tuple(x for x in range(1, self.labels) if x not in self.dependent)

    def dimension(self, ranges: Iterable[tuple[int, int, int]]) -> int:
        """Free key bits among some key bits, given as (port, from, to)."""
        seen: set[int] = set()
        for port, start, stop in ranges:
            base = self.variables.bases[port]
            seen.update(np.unique(self.label[base + start : base + stop]).tolist())
        forms = [self._form(x) & ~1 for x in seen]
        return rank(forms) if self.dependent else sum(1 for form in forms if form)

    def is_zero(self, port: int, start: int, stop: int) -> bool:
        """Whether key bits `[start, stop)` of a port are zero in every solution."""
        base = self.variables.bases[port]
        found = np.unique(self.label[base + start : base + stop]).tolist()
        return not any(self._form(x) for x in found)

    def sample(self, random: Random) -> dict[int, bytes]:
        """A uniformly random solution."""
        chosen = random.getrandbits(max(1, self.labels)) << 1
        return self.keys(chosen & ((1 << self.labels) - 1))

    def keys(self, chosen: int) -> dict[int, bytes]:
        """The solution in which bit L of `chosen` is free label L."""
        values = _bits_of(chosen & ~1, self.labels)
        for label, form in self.dependent.items():
            values[label] = parity(form & (chosen | 1))
        values[0] = 0
        bits = values[self.label]
        result: dict[int, bytes] = {}
        for port, size in self.key_bits.items():
            base = self.variables.bases[port]
            result[port] = np.packbits(bits[base : base + size]).tobytes()
        return result


def _bits_of(value: int, count: int) -> NDArray[np.uint8]:
    data = np.frombuffer(value.to_bytes((count + 7) // 8 + 1, "little"), dtype=np.uint8)
    return np.unpackbits(data, bitorder="little")[:count].copy()


def solve_windows(
    windows: Iterable[Window],
    key_bits: Mapping[int, int],
    agree: Mapping[int, Picks],
    pinned: Mapping[int, bytes],
) -> KeySpace | Inconsistent:
    """The key space of a group of ports.

    `key_bits`: bits of each port's key. `agree`: by port, the sums of hash bits that must agree. `pinned`:
    keys that are given.
    """
    variables = number(key_bits)
    edges: list[tuple[int, int, int]] = []
    rows: list[Sequence[int]] = []
    for window in windows:
        for starts, length in placed(window, variables, agree):
            if len(starts) <= 2:
                edges.append((starts[0], starts[1] if len(starts) == 2 else -1, length))
            else:
                rows.extend([start + t for start in starts] for t in range(length))
    label, labels = _components(variables, edges)
    system = Elimination()
    for row in rows:
        system.add(_sum(1 << int(x) if (x := label[variable]) else 0 for variable in row))
    for port, key in pinned.items():
        base = variables.bases[port]
        for bit, value in enumerate(_key_bits(key, key_bits[port])):
            component = int(label[base + bit])
            system.add((1 << component if component else 0) ^ int(value))
    if 0 in system.rows:
        return Inconsistent()
    dependent = {pivot: row ^ 1 << pivot for pivot, row in system.reduced().items()}
    return KeySpace(variables, key_bits, label, labels, dependent)


def placed(
    window: Window, variables: Variables, agree: Mapping[int, Picks]
) -> Iterator[tuple[tuple[int, ...], int]]:
    """The equations of a window in runs: the first one's variables, whose sum is zero, and how many follow.

    Each next equation of a run has every variable moved on by one. Ports of a window agree on the same sums.
    """
    for offsets, count in WHOLE_KEY if window.whole else runs(agree[window.terms[0][0]]):
        starts: set[int] = set()
        for port, start in window.terms:
            for offset in offsets:
                starts ^= {variables.bases[port] + start + offset}
        if starts:
            yield tuple(sorted(starts)), count + window.width - 1


WHOLE_KEY = (((0,), HASH_BITS),)
"""Windows that hold for whole keys hold for every hash bit."""


@lru_cache(maxsize=1024)
def runs(picks: Picks) -> tuple[tuple[tuple[int, ...], int], ...]:
    """Sums of hash bits in runs that move on by one bit: (the first sum, how many)."""
    left = dict.fromkeys(sorted(picks))
    found = []
    for first in tuple(left):
        if first in left:
            count = 0
            while (moved := tuple(bit + count for bit in first)) in left:
                del left[moved]
                count += 1
            found.append((first, count))
    return tuple(found)


def _sum(values: Iterable[int]) -> int:
    total = 0
    for value in values:
        total ^= value
    return total


def _key_bits(key: bytes, bits: int) -> Sequence[int]:
    result: Sequence[int] = np.unpackbits(np.frombuffer(key, dtype=np.uint8))[:bits].tolist()
    return result


def _components(variables: Variables, edges: Sequence[tuple[int, int, int]]) -> tuple[Ints, int]:
    """Connected components by hooking roots and pointer jumping; label 0 is zero's."""
    first, second = _ends(variables, edges)
    # Node numbers are shifted by one so that zero, as number 0, is the root of whatever it meets.
    first, second = (first + 1) % (variables.count + 1), (second + 1) % (variables.count + 1)
    root = np.arange(variables.count + 1, dtype=np.int64)
    while first.size:
        low, high = np.minimum(first, second), np.maximum(first, second)
        np.minimum.at(root, high, low)
        while not np.array_equal(jumped := root[root], root):
            root = jumped
        first, second = root[low], root[high]
        apart = first != second
        first, second = first[apart], second[apart]
    found, compact = np.unique(root, return_inverse=True)
    return compact[(np.arange(variables.count + 1) + 1) % (variables.count + 1)], len(found)


def _ends(variables: Variables, edges: Sequence[tuple[int, int, int]]) -> tuple[Ints, Ints]:
    """Both ends of every two-bit equation; the second end of a zero window is the zero variable."""
    first, second = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
    for a, b, length in edges:
        first.append(np.arange(a, a + length))
        second.append(np.arange(b, b + length) if b >= 0 else np.full(length, variables.zero))
    return np.concatenate(first), np.concatenate(second)
