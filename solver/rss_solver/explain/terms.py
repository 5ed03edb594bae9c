"""What a requirement does to the hash inputs of two classes, in terms of fields.

Every window equation stands for a vector of the span of tied input pairs. With one bit set it says that this
bit may be anything while the packets must meet; with two, that two bits are always equal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rss_dsl.fields import width, wire_rank
from rss_dsl.nic import Function
from rss_dsl.problem import HashInput, Problem
from rss_solver.keyspace.statement import Window

PREPARED = "input"
"""What the Toeplitz hash reads, where the hash function mixes fields before."""


@dataclass(frozen=True, slots=True)
class FieldBits:
    """Bits `[start, stop)` of a field that a class hashes on a port."""

    port: int
    field: str
    """Canonical name, or `PREPARED`."""
    start: int
    stop: int
    whole: bool
    """Whether that is all of the field."""

    def text(self, problem: Problem) -> str:
        """As in the language: `WAN.ipv4_src[0:8]`."""
        return f"{problem.ports[self.port].name}.{self.local}"

    @property
    def local(self) -> str:
        """Without the port."""
        return self.field if self.whole else f"{self.field}[{self.start}:{self.stop}]"


@dataclass(frozen=True, slots=True)
class Loose:
    """Bits that may be anything while the packets must meet: the key bits that hash them are zero."""

    bits: FieldBits


@dataclass(frozen=True, slots=True)
class Equal:
    """Bits that are always equal: the key bits that hash them are equal."""

    first: FieldBits
    second: FieldBits


@dataclass(frozen=True, slots=True)
class Together:
    """Bits that are always flipped together: the key bits that hash them add up to zero."""

    bits: tuple[FieldBits, ...]


Effect = Loose | Equal | Together


def effects(window: Window, layouts: Sequence[tuple[int, HashInput]]) -> Iterator[Effect]:
    """A window by fields. `layouts` names the class on each of its ports, and what it hashes."""
    by_port = dict(layouts)
    cuts = {0, window.width}
    for port, start in window.terms:
        cuts |= {at - start for at in _borders(by_port[port]) if start < at < start + window.width}
    marks = sorted(cuts)
    for low, high in pairwise(marks):
        bits = tuple(_bits(port, by_port[port], start + low, start + high) for port, start in window.terms)
        match bits:
            case (only,):
                yield Loose(only)
            case (first, second):
                yield Equal(first, second)
            case _:
                yield Together(bits)


def _borders(layout: HashInput) -> Iterator[int]:
    if layout.function is Function.TOEPLITZ:
        for name, at in layout.places:
            yield at
            yield at + width(name)


def _bits(port: int, layout: HashInput, start: int, stop: int) -> FieldBits:
    if layout.function is Function.TOEPLITZ:
        for name, at in layout.places:
            if at <= start and stop <= at + width(name):
                return FieldBits(port, name, start - at, stop - at, stop - start == width(name))
    return FieldBits(port, PREPARED, start, stop, False)


def joined(found: Iterable[Effect]) -> tuple[Effect, ...]:
    """Loose bits first, in wire order and as long as they go; the rest as it comes. Nothing twice."""
    kept = dict.fromkeys(found)
    loose = sorted((e.bits for e in kept if isinstance(e, Loose)), key=_place)
    result: list[FieldBits] = []
    for bits in loose:
        last = result[-1] if result else None
        if last is not None and _place(last)[:2] == _place(bits)[:2] and bits.start <= last.stop:
            stop = max(last.stop, bits.stop)
            result[-1] = FieldBits(last.port, last.field, last.start, stop, _whole(last, stop))
        else:
            result.append(bits)
    return (*(Loose(bits) for bits in result), *(e for e in kept if not isinstance(e, Loose)))


def _place(bits: FieldBits) -> tuple[int, tuple[int, int], int]:
    return bits.port, (-1, 0) if bits.field == PREPARED else wire_rank(bits.field), bits.start


def _whole(bits: FieldBits, stop: int) -> bool:
    return bits.field != PREPARED and bits.start == 0 and stop == width(bits.field)
