"""Part of a case on its own: a few free bits, what they satisfy, and what is read of them.

Components know nothing of fields, classes or ports: bit `FIRST + v` is variable v, so equal parts of
different class pairs are equal and are learned once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rss_solver.tied.formula import (
    Comparison,
    Every,
    Formula,
    Operation,
    Some,
    Tie,
    Word,
    word_bits,
    word_width,
)
from rss_solver.tied.wires import ONE, Bits

FIRST = ONE + 1
"""The number of variable 0."""

Reader = Callable[[int], int]
"""From an assignment (variable 0 most significant) to a value."""


@dataclass(frozen=True, slots=True)
class Component:
    """`facts` over `size` free bits, and the words whose values matter."""

    size: int
    facts: tuple[Formula, ...]
    outputs: tuple[Word, ...]

    @property
    def output_bits(self) -> int:
        """Width of all outputs, the first one most significant."""
        return sum(word_width(word) for word in self.outputs)


@dataclass(frozen=True, slots=True)
class Run:
    """`bits` variables in a row from `start` on; `start` None: the constant `value`."""

    bits: int
    start: int | None
    value: int = 0


def runs(word: Bits) -> Iterator[Run]:
    """A word as runs, the first bit on the wire first."""
    at = 0
    while at < len(word):
        end = at + 1
        if word[at] <= ONE:
            while end < len(word) and word[end] <= ONE:
                end += 1
            yield Run(end - at, None, int("".join(map(str, word[at:end])), 2))
        else:
            while end < len(word) and word[end] == word[end - 1] + 1:
                end += 1
            yield Run(end - at, word[at] - FIRST)
        at = end


def fact_reader(component: Component) -> Callable[[int], bool]:
    """Whether an assignment satisfies the facts."""
    tests = [_test(fact, component.size) for fact in component.facts]
    return lambda assignment: all(test(assignment) for test in tests)


def output_reader(component: Component) -> Reader:
    """What an assignment gives, the first output most significant."""
    readers = [(word_width(word), _reader(word, component.size)) for word in component.outputs]

    def read(assignment: int) -> int:
        value = 0
        for bits, reader in readers:
            value = value << bits | reader(assignment)
        return value

    return read


def repairer(component: Component) -> Callable[[int], int]:
    """Makes an assignment satisfy the facts that give some variables as a function of others, one by one."""
    repairs = [
        (_writer(target, component.size), _reader(source, component.size))
        for fact in component.facts
        if isinstance(fact, Comparison) and fact.op == "=="
        for sides in ((fact.left, fact.right), (fact.right, fact.left))
        for target, source in _definitions(*sides)
    ]

    def repair(assignment: int) -> int:
        for write, read in repairs:
            assignment = write(assignment, read(assignment))
        return assignment

    return repair


def _definitions(word: Word, value: Word) -> Iterator[tuple[Bits, Word]]:
    """The words of variables within `word` that follow from `word == value`, each with what gives it."""
    match word:
        case Operation("+", left, right):
            yield from _definitions(left, Operation("-", value, right))
            yield from _definitions(right, Operation("-", value, left))
        case Operation("-", left, right):
            yield from _definitions(left, Operation("+", value, right))
            yield from _definitions(right, Operation("-", left, value))
        case Operation("^", left, right):
            yield from _definitions(left, Operation("^", value, right))
            yield from _definitions(right, Operation("^", value, left))
        case tuple() if min(word) >= FIRST and len(set(word)) == len(word):
            if set(word).isdisjoint(word_bits(value)):
                yield word, value


def _writer(target: Bits, size: int) -> Callable[[int, int], int]:
    moves, shift = [], len(target)
    for run in runs(target):
        shift -= run.bits
        moves.append((shift, (1 << run.bits) - 1, size - (run.start or 0) - run.bits))

    def write(assignment: int, value: int) -> int:
        for down, mask, up in moves:
            assignment = assignment & ~(mask << up) | (value >> down & mask) << up
        return assignment

    return write


def _test(formula: Formula, size: int) -> Callable[[int], bool]:
    match formula:
        case Every(parts):
            tests = [_test(part, size) for part in parts]
            return lambda assignment: all(test(assignment) for test in tests)
        case Some(parts):
            tests = [_test(part, size) for part in parts]
            return lambda assignment: any(test(assignment) for test in tests)
        case Tie(left, right):
            return _comparison("==", _reader(left, size), _reader(right, size))
        case Comparison(op, left, right):
            return _comparison(op, _reader(left, size), _reader(right, size))


def _comparison(op: str, left: Reader, right: Reader) -> Callable[[int], bool]:
    match op:
        case "==":
            return lambda a: left(a) == right(a)
        case "!=":
            return lambda a: left(a) != right(a)
        case "<":
            return lambda a: left(a) < right(a)
        case "<=":
            return lambda a: left(a) <= right(a)
        case ">":
            return lambda a: left(a) > right(a)
        case _:
            return lambda a: left(a) >= right(a)


def _reader(word: Word, size: int) -> Reader:
    if isinstance(word, Operation):
        return _operation(word.op, _reader(word.left, size), _reader(word.right, size), word_width(word))
    fixed, shift = 0, len(word)
    moves = []
    for run in runs(word):
        shift -= run.bits
        if run.start is None:
            fixed |= run.value << shift
        else:
            moves.append((size - run.start - run.bits, (1 << run.bits) - 1, shift))
    if len(moves) == 1:
        down, mask, up = moves[0]
        return lambda a: fixed | (a >> down & mask) << up

    def read(assignment: int) -> int:
        value = fixed
        for down, mask, up in moves:
            value |= (assignment >> down & mask) << up
        return value

    return read


def _operation(op: str, left: Reader, right: Reader, bits: int) -> Reader:
    mask = (1 << bits) - 1
    match op:
        case "&":
            return lambda a: left(a) & right(a)
        case "|":
            return lambda a: left(a) | right(a)
        case "^":
            return lambda a: left(a) ^ right(a)
        case "+":
            return lambda a: left(a) + right(a) & mask
        case "-":
            return lambda a: left(a) - right(a) & mask
        case "<<":
            return lambda a: left(a) << by & mask if (by := right(a)) < bits else 0
        case ">>":
            return lambda a: left(a) >> right(a)
        case "min":
            return lambda a: min(left(a), right(a))
        case _:
            return lambda a: max(left(a), right(a))
