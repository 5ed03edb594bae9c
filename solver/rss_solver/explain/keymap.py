"""What the equations leave of every key bit: free, zero, fixed, tied to others, or not read at all.

Key bits are taken port by port, in order. One that no bit before it determines is *free*: the free bits are a
basis of the key space, and every other bit that is read is a sum of free ones, mostly of one or none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from rss_dsl.problem import HashInput
from rss_solver.gf2 import Elimination
from rss_solver.keyspace.groups import Group, Modes
from rss_solver.keyspace.space import KeySpace
from rss_solver.keyspace.trace import KeyBit, Tracer


@dataclass(frozen=True, slots=True)
class Unread:
    """No hash bit that counts depends on it."""


@dataclass(frozen=True, slots=True)
class Free:
    """Takes both values, whatever the free bits before it are."""


@dataclass(frozen=True, slots=True)
class Zero:
    """The equations force it to zero."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """Constant because of a pinned key, its own port's or one it is tied to."""


@dataclass(frozen=True, slots=True)
class Same:
    """Equal to one free bit."""

    bit: KeyBit
    """Of a run: the one its first bit equals; the others follow in step."""


@dataclass(frozen=True, slots=True)
class Sum:
    """The XOR of several free bits, or the opposite of one or more."""

    bits: tuple[KeyBit, ...]
    """Of a run: those of its first bit; the others follow in step."""
    inverted: bool


State = Unread | Free | Zero | Fixed | Same | Sum


@dataclass(frozen=True, slots=True)
class Run:
    """Key bits `[start, stop)` of one kind."""

    start: int
    stop: int
    state: State
    lines: tuple[int, ...]
    """Lines of the spec that make it so, ascending; none for free and unread bits."""


def key_map(space: KeySpace, group: Group, modes: Modes, tracer: Tracer) -> dict[int, tuple[Run, ...]]:
    """By port of a group, its whole key in runs."""
    mapper = _Mapper(space, group, tracer)
    return {i: tuple(_runs(list(mapper.port(i, read_bits(group, modes, i))))) for i in group.ports}


def read_bits(group: Group, modes: Modes, i: int, layouts: Sequence[HashInput] | None = None) -> list[int]:
    """The key bits that the hash bits which count depend on, for some classes or all live ones; ascending."""
    hash_bits = {bit for bits in group.used(modes)[i] for bit in bits}
    found = group.ports[i].live if layouts is None else layouts
    sizes = {layout.bits for layout in found}
    return sorted({bit + x for bit in hash_bits for x in range(max(sizes, default=0))})


_Bit = tuple[int, State, tuple[int, ...]]


class _Mapper:
    def __init__(self, space: KeySpace, group: Group, tracer: Tracer) -> None:
        self.space, self.group, self.tracer = space, group, tracer
        self.system = Elimination()
        self.system.add(1, 1)
        self.free: list[KeyBit] = []

    def port(self, i: int, read: Collection[int]) -> Iterator[_Bit]:
        """The bits of a port's key."""
        counted = set(read)
        for bit in range(self.group.ports[i].key_bits):
            if bit in counted:
                yield self._bit((i, bit))
            else:
                yield bit, Unread(), ()

    def _bit(self, at: KeyBit) -> _Bit:
        left, why = self.system.reduce(self.space.form(*at))
        if left:
            self.free.append(at)
            self.system.add(left, why ^ 1 << len(self.free))
            return at[1], Free(), ()
        terms = tuple(bit for place, bit in enumerate(self.free, 1) if why >> place & 1)
        origins = self.tracer.behind([(at, *terms)])
        if origins is None:
            raise ValueError("the equations are not those of the key space")
        lines = tuple(sorted({origin.line for origin in origins}))
        pinned = any(isinstance(origin.source, int) for origin in origins)
        return at[1], _state(terms, bool(why & 1), pinned), lines


def _state(terms: tuple[KeyBit, ...], inverted: bool, pinned: bool) -> State:
    if not terms:
        return Fixed() if pinned else Zero()
    return Same(terms[0]) if len(terms) == 1 and not inverted else Sum(terms, inverted)


def _runs(bits: Sequence[_Bit]) -> Iterator[Run]:
    """Neighbours that go on as they began, for the same reason."""

    def kind(entry: _Bit) -> tuple[State, tuple[int, ...]]:
        return _moved(entry[1], -entry[0]), entry[2]

    for (state, lines), members in groupby(bits, kind):
        numbers = [number for number, _, _ in members]
        yield Run(numbers[0], numbers[-1] + 1, _moved(state, numbers[0]), lines)


def _moved(state: State, by: int) -> State:
    match state:
        case Same((port, bit)):
            return Same((port, bit + by))
        case Sum(bits, inverted):
            return Sum(tuple((port, bit + by) for port, bit in bits), inverted)
        case _:
            return state
