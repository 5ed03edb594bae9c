"""Concrete inputs of a path: the value of terms under them, and a quick search for some that satisfy all."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from rss_callpaths.terms import Apply, Const, Op, Read, Term

TRIES = 400


def find_witness(conditions: Sequence[Term], tries: int = TRIES) -> dict[Read, int] | None:
    """Bytes under which all conditions hold; None if numbers that occur in the conditions do not do it.

    Which numbers are tried depends on the conditions alone.
    """
    words: dict[Term, None] = {}
    numbers = {0, 1}
    for condition in conditions:
        _collect(condition, words, numbers)
    values = sorted({value + change for value in numbers for change in (-1, 0, 1) if value + change >= 0})
    choose = random.Random(len(values))
    for _ in range(tries):
        inputs: dict[Read, int] = {}
        for word in words:
            _assign(word, choose.choice(values), inputs)
        if all(evaluate(condition, inputs) for condition in conditions):
            return inputs
    return None


def evaluate(term: Term, inputs: Mapping[Read, int]) -> int:
    """The value of a term; bytes that are not given are 0."""
    return _value(term, inputs, {})


def is_word(term: Term) -> bool:
    """Is it a byte of an array, or several put together?"""
    match term:
        case Read():
            return True
        case Apply(op=Op.CONCAT):
            return all(is_word(arg) for arg in term.args)
    return False


def _collect(term: Term, words: dict[Term, None], numbers: set[int]) -> None:
    if is_word(term):
        words[term] = None
    elif isinstance(term, Const):
        numbers.add(term.value)
    elif isinstance(term, Apply):
        for arg in term.args:
            _collect(arg, words, numbers)


def _assign(word: Term, value: int, inputs: dict[Read, int]) -> None:
    """The low bits of a value to a word's bytes."""
    while isinstance(word, Apply):
        high, low = word.args
        _assign(low, value, inputs)
        value >>= low.width
        word = high
    if isinstance(word, Read):
        inputs[word] = value & 0xFF


def _value(term: Term, inputs: Mapping[Read, int], known: dict[Term, int]) -> int:
    match term:
        case Const():
            return term.value
        case Read():
            return inputs.get(term, 0)
    if term not in known:
        args = [_value(arg, inputs, known) for arg in term.args]
        known[term] = _apply(term, args) & (1 << term.width) - 1
    return known[term]


def _apply(term: Apply, args: list[int]) -> int:
    first, second = args[0], args[-1]
    width = term.args[0].width
    match term.op:
        case Op.CONCAT:
            return first << term.args[1].width | second
        case Op.EXTRACT:
            return first >> term.offset
        case Op.ZEXT:
            return first
        case Op.ADD:
            return first + second
        case Op.SUB:
            return first - second
        case Op.MUL:
            return first * second
        case Op.UDIV:
            return first // second if second else -1
        case Op.UREM:
            return first % second if second else first
        case Op.AND:
            return first & second
        case Op.OR:
            return first | second
        case Op.XOR:
            return first ^ second
        case Op.SHL:
            return first << second if second < width else 0
        case Op.LSHR:
            return first >> second
        case Op.EQ:
            return int(first == second)
        case Op.ULT:
            return int(first < second)
        case Op.ULE:
            return int(first <= second)
        case Op.SLT:
            return int(_signed(first, width) < _signed(second, width))
        case Op.SLE:
            return int(_signed(first, width) <= _signed(second, width))
    raise ValueError(f"{term.op} is not evaluated")


def _signed(value: int, width: int) -> int:
    return value - (1 << width) if value >> width - 1 else value
