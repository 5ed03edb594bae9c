"""Terms bit by bit: which bits are constants, which are bits of the packet, and which are neither."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rss_callpaths.packet.parts import PACKET
from rss_callpaths.terms import Apply, Const, Op, Read, Term


@dataclass(frozen=True, slots=True)
class PacketBit:
    """A bit of the packet."""

    byte: int
    """Index in `packet_chunks`."""
    bit: int
    """0 is the byte's least significant one."""


Bit = int | PacketBit | None
"""0, 1, a bit of the packet, or something else."""


def bits_of(term: Term, known: dict[Term, tuple[Bit, ...]] | None = None) -> tuple[Bit, ...]:
    """The bits of a term, the least significant one first. `known`: answers so far."""
    done = {} if known is None else known
    stack = [term]
    while stack:
        top = stack[-1]
        if top in done:
            stack.pop()
            continue
        waiting = [part for part in top.args if part not in done] if isinstance(top, Apply) else []
        if waiting:
            stack += waiting
            continue
        done[stack.pop()] = _bits(top, done)
    return done[term]


def _bits(term: Term, done: dict[Term, tuple[Bit, ...]]) -> tuple[Bit, ...]:
    match term:
        case Const(value, width):
            return _constant(value, width)
        case Read():
            return _read(term)
        case Apply():
            found = _applied(term, [done[part] for part in term.args])
            return (None,) * term.width if found is None else found


def _constant(value: int, width: int) -> tuple[Bit, ...]:
    return tuple(value >> at & 1 for at in range(width))


def _read(read: Read) -> tuple[Bit, ...]:
    if isinstance(read.index, Const) and not read.updates:
        at, array = read.index.value, read.array
        if array.contents is not None and at < len(array.contents):
            return _constant(array.contents[at], 8)
        if array.contents is None and array.name == PACKET:
            return tuple(PacketBit(at, bit) for bit in range(8))
    return (None,) * 8


def _applied(term: Apply, args: Sequence[tuple[Bit, ...]]) -> tuple[Bit, ...] | None:
    match term.op:
        case Op.CONCAT:
            return tuple(bit for part in reversed(args) for bit in part)
        case Op.EXTRACT:
            return args[0][term.offset : term.offset + term.width]
        case Op.ZEXT:
            return args[0] + (0,) * (term.width - len(args[0]))
        case Op.SEXT:
            return args[0] + (args[0][-1],) * (term.width - len(args[0]))
        case Op.NOT_OPTIMIZED:
            return args[0]
        case Op.AND | Op.OR | Op.XOR:
            rule = _RULES[term.op]
            return tuple(rule(a, b) for a, b in zip(*args, strict=True))
        case Op.SHL | Op.LSHR:
            return _shifted(term, args)
        case Op.MUL:
            return _multiplied(args)
        case _:
            return None


def _shifted(term: Apply, args: Sequence[tuple[Bit, ...]]) -> tuple[Bit, ...] | None:
    by = value_of(args[1])
    if by is None:
        return None
    by = min(by, term.width)
    zeros: tuple[Bit, ...] = (0,) * by
    if term.op is Op.SHL:
        return zeros + args[0][: term.width - by]
    return args[0][by:] + zeros


def _multiplied(args: Sequence[tuple[Bit, ...]]) -> tuple[Bit, ...] | None:
    """By a power of two."""
    for factor, other in (args, args[::-1]):
        value = value_of(factor)
        if value is not None and value.bit_count() == 1:
            by = value.bit_length() - 1
            return (0,) * by + other[: len(other) - by]
    return None


def value_of(bits: Sequence[Bit]) -> int | None:
    """The number that constant bits make."""
    value = 0
    for at, bit in enumerate(bits):
        if not isinstance(bit, int):
            return None
        value |= bit << at
    return value


def _and(first: Bit, second: Bit) -> Bit:
    if first == 0 or second == 0:
        return 0
    if first == 1:
        return second
    return first if second == 1 or first == second else None


def _or(first: Bit, second: Bit) -> Bit:
    if first == 1 or second == 1:
        return 1
    if first == 0:
        return second
    return first if second == 0 or first == second else None


def _xor(first: Bit, second: Bit) -> Bit:
    if isinstance(first, int) and isinstance(second, int):
        return first ^ second
    if first == 0:
        return second
    if second == 0:
        return first
    return 0 if first is not None and first == second else None


_RULES: dict[Op, Callable[[Bit, Bit], Bit]] = {Op.AND: _and, Op.OR: _or, Op.XOR: _xor}
