"""Conditions resolved for packet classes: which bits they compare.

Negations are pushed down to the comparisons, where a comparison on a field that a packet lacks, between
address versions or of unequal widths is false, and its negation true. What remains has none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from rss_dsl.fields import PacketClass, width
from rss_dsl.problem import AllOf, AnyOf, Arith, Compare, Condition, Const, Negation, Slice, Term
from rss_dsl.reads import slices
from rss_solver.tied.wires import ONE, ZERO, Bits, Wires, constant


@dataclass(frozen=True, slots=True)
class Operation:
    """`& | ^ + - << >>` of the language, `min` and `max` of hash functions; over equal widths."""

    op: str
    left: Word
    right: Word


Word = Bits | Operation


@dataclass(frozen=True, slots=True)
class Tie:
    """Two words that are equal bit by bit."""

    left: Bits
    right: Bits


@dataclass(frozen=True, slots=True)
class Comparison:
    """`== != < <= > >=` where it is no tie."""

    op: str
    left: Word
    right: Word


@dataclass(frozen=True, slots=True)
class Every:
    """All parts hold; true without any."""

    parts: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """A part holds; false without any."""

    parts: tuple[Formula, ...]


Formula = Tie | Comparison | Every | Some

TRUE, FALSE = Every(()), Some(())

_OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


def word_width(word: Word) -> int:
    """Bits of a word."""
    while isinstance(word, Operation):
        word = word.left
    return len(word)


def word_bits(word: Word) -> Iterator[int]:
    """Every bit that a word reads."""
    if isinstance(word, Operation):
        yield from word_bits(word.left)
        yield from word_bits(word.right)
    else:
        yield from word


def formula_bits(formula: Formula) -> Iterator[int]:
    """Every bit that a formula reads."""
    match formula:
        case Every(parts) | Some(parts):
            for part in parts:
                yield from formula_bits(part)
        case Tie(left, right) | Comparison(_, left, right):
            yield from word_bits(left)
            yield from word_bits(right)


def by_bits(formula: Formula) -> Iterator[Formula]:
    """An equality of words that are made bit by bit as equalities of bits; anything else as it is."""
    match formula:
        case Comparison("==", left, right) if _is_bitwise(left) and _is_bitwise(right):
            for x in range(word_width(left)):
                yield Comparison("==", _bit(left, x), _bit(right, x))
        case _:
            yield formula


def _is_bitwise(word: Word) -> bool:
    if isinstance(word, Operation):
        return word.op in ("&", "|", "^") and _is_bitwise(word.left) and _is_bitwise(word.right)
    return True


def _bit(word: Word, x: int) -> Word:
    if isinstance(word, Operation):
        return Operation(word.op, _bit(word.left, x), _bit(word.right, x))
    return word[x : x + 1]


def renamed(formula: Formula, name: Callable[[int], int]) -> Formula:
    """The formula over other bits; ties become comparisons, since what they tie has been told apart."""
    match formula:
        case Every(parts):
            return Every(tuple(renamed(part, name) for part in parts))
        case Some(parts):
            return Some(tuple(renamed(part, name) for part in parts))
        case Tie(left, right):
            return Comparison("==", renamed_word(left, name), renamed_word(right, name))
        case Comparison(op, left, right):
            return Comparison(op, renamed_word(left, name), renamed_word(right, name))


def renamed_word(word: Word, name: Callable[[int], int]) -> Word:
    """The word over other bits."""
    if isinstance(word, Operation):
        return Operation(word.op, renamed_word(word.left, name), renamed_word(word.right, name))
    return tuple(name(bit) for bit in word)


def resolve(condition: Condition, wires: Wires, negated: bool = False) -> Formula:
    """The condition, or its negation, for packets of the wires' classes."""
    match condition:
        case Negation(part):
            return resolve(part, wires, not negated)
        case AllOf(parts) | AnyOf(parts):
            every = isinstance(condition, AllOf) is not negated
            found = [resolve(part, wires, negated) for part in parts]
            return _every(found) if every else _some(found)
        case Compare(op, left, right):
            compared = _operands(left, right, wires)
            if compared is None:
                return TRUE if negated else FALSE
            return _comparison(_OPPOSITE[op] if negated else op, *compared)


def _every(parts: Sequence[Formula]) -> Formula:
    if FALSE in parts:
        return FALSE
    flat: list[Formula] = []
    for part in parts:
        flat += part.parts if isinstance(part, Every) else (part,)
    return flat[0] if len(flat) == 1 else Every(tuple(flat))


def _some(parts: Sequence[Formula]) -> Formula:
    if TRUE in parts:
        return TRUE
    flat: list[Formula] = []
    for part in parts:
        flat += part.parts if isinstance(part, Some) else (part,)
    return flat[0] if len(flat) == 1 else Some(tuple(flat))


def _comparison(op: str, left: Word, right: Word) -> Formula:
    if op == "==" and not isinstance(left, Operation) and not isinstance(right, Operation):
        return Tie(left, right)
    return Comparison(op, left, right)


def _operands(left: Term, right: Term, wires: Wires) -> tuple[Word, Word] | None:
    """Both sides of a comparison, None if it is false for these classes."""
    if _mixes_versions(left, right, wires.classes):
        return None
    bits = _width(left, wires.classes) or _width(right, wires.classes)
    a, b = _word(left, wires, bits), _word(right, wires, bits)
    return None if a is None or b is None or word_width(a) != word_width(b) else (a, b)


def _mixes_versions(left: Term, right: Term, classes: Sequence[PacketClass]) -> bool:
    """`ip_src` against an address of the other version is false whatever the slices' widths."""
    found = (*slices(left), *slices(right))
    if not any(part.field.removeprefix("inner.") in ("ip_src", "ip_dst") for part in found):
        return False
    canonical = (classes[part.side].canonical(part.field) or "" for part in found)
    return {"ipv4", "ipv6"} <= {name.removeprefix("inner.")[:4] for name in canonical}


def _width(term: Term, classes: Sequence[PacketClass]) -> int | None:
    match term:
        case Slice(side, name, start, stop):
            kind = classes[side]
            canonical = kind.canonical(name)
            if canonical is None:
                return None if stop is None else stop - start
            return (width(canonical) if stop is None else stop) - start
        case Const(_, bits):
            return bits
        case Arith(_, left, right):
            return _width(left, classes) or _width(right, classes)


def _word(term: Term, wires: Wires, bits: int | None) -> Word | None:
    """A term of a comparison; None if a packet lacks it or it has no place in that width."""
    match term:
        case Slice(side, name, start, stop):
            canonical = wires.classes[side].canonical(name)
            if canonical is None:
                return None
            whole = wires.field(side, canonical)
            end = len(whole) if stop is None else stop
            return whole[start:end] if end <= len(whole) else None
        case Const(value, declared):
            size = declared or bits or max(1, value.bit_length())
            return constant(value, size) if value >> size == 0 else None
        case Arith(op, left, right):
            a, b = _word(left, wires, bits), _word(right, wires, bits)
            if a is None or b is None or word_width(a) != word_width(b):
                return None
            return _operation(op, a, b)


def _operation(op: str, left: Word, right: Word) -> Word:
    """Masks and shifts by constants only choose bits; everything else stays as it is."""
    if isinstance(left, Operation) or isinstance(right, Operation):
        return Operation(op, left, right)
    match op:
        case "&" | "|" if _is_constant(left) or _is_constant(right):
            fixed, free = (left, right) if _is_constant(left) else (right, left)
            absorbing = ZERO if op == "&" else ONE
            return tuple(absorbing if f == absorbing else x for f, x in zip(fixed, free, strict=True))
        case "<<" | ">>" if _is_constant(right):
            by = min(len(left), int("".join(map(str, right)), 2))
            zeros = (ZERO,) * by
            return left[by:] + zeros if op == "<<" else zeros + left[: len(left) - by]
        case _:
            return Operation(op, left, right)


def _is_constant(word: Bits) -> bool:
    return all(bit <= ONE for bit in word)
