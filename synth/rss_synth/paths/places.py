"""Where C has the symbols of call paths, and the bytes of terms as runs of such places."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rss_callpaths.terms import Apply, Const, Op, Read, Term
from rss_callpaths.terms.bytewise import Symbol


@dataclass(frozen=True, slots=True)
class Variable:
    """A number, or an array of bytes, in C."""

    name: str
    size: int
    """Bytes."""
    is_number: bool
    fits: int = 8
    """Bytes of a number that can be other than zero."""


@dataclass(frozen=True, slots=True)
class Place:
    """One byte of a variable; of numbers, byte 0 is the least significant one."""

    variable: Variable
    at: int


Scope = Mapping[Symbol, Place]
"""What is known at a place in the code."""


@dataclass(frozen=True, slots=True)
class Run:
    """Bytes of a value that come from one place, its least significant first."""

    source: Variable | Term | int
    """A variable; a computed term; or a number, as its bytes say."""
    first: int
    """The source's byte that is the least significant one."""
    count: int
    step: int
    """1; -1 where they stand the other way round."""
    at: int
    """The value's byte where they begin."""


class UnknownSymbolError(Exception):
    """A symbol that no call has handed out by then; its message names it."""


def symbol_of(byte: Term) -> Symbol | None:
    """The symbol that a byte is."""
    if isinstance(byte, Read) and isinstance(byte.index, Const) and not byte.updates:
        return (byte.array, byte.index.value) if byte.array.contents is None else None
    return None


def runs(parts: Sequence[Term], scope: Scope) -> Iterator[Run]:
    """The bytes of a value in as few runs as there are. UnknownSymbolError where the scope lacks one."""
    found: list[Run] = []
    for at, part in enumerate(parts):
        source, byte = _source(part, scope)
        last = found[-1] if found else None
        if last is not None and _continues(last, source, byte):
            step = byte - last.first if last.count == 1 else last.step
            found[-1] = Run(_joined(last, source), last.first, last.count + 1, step, last.at)
        else:
            found.append(Run(source, byte, 1, 1, at))
    yield from found


def _source(part: Term, scope: Scope) -> tuple[Variable | Term | int, int]:
    if isinstance(part, Const):
        return part.value, 0
    symbol = symbol_of(part)
    if symbol is not None:
        if symbol not in scope:
            raise UnknownSymbolError(f"{symbol[0].name}[{symbol[1]}]")
        return scope[symbol].variable, scope[symbol].at
    if (
        isinstance(part, Apply)
        and part.op is Op.EXTRACT
        and part.offset % 8 == 0
        and part.args[0].width % 8 == 0
    ):
        return part.args[0], part.offset // 8
    return part, 0


def _continues(last: Run, source: Variable | Term | int, byte: int) -> bool:
    if isinstance(source, int):
        return isinstance(last.source, int) and last.count < 8
    if isinstance(last.source, int) or last.source != source:
        return False
    next_byte = last.first + last.step * last.count
    return byte == next_byte or (last.count == 1 and byte == last.first - 1)


def _joined(last: Run, source: Variable | Term | int) -> Variable | Term | int:
    if isinstance(source, int) and isinstance(last.source, int):
        return last.source | source << 8 * last.count
    return source
