"""Which bits of words are equal, or constant, in every model of what is assumed: learned, then confirmed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from random import Random

from rss_solver.smt.limits import Unknown
from rss_solver.smt.terms import Flag, Questions, Terms, Word

SAMPLES = 12
"""Random models that are tried before bits are compared: each parts those that are not equal."""
SMALLEST_PIECE = 4
"""Runs of so many bits that do not take a random value are left to the solver."""


@dataclass(frozen=True, slots=True)
class Classes:
    """Bits (0 the least significant of all words, the last word lowest) that are equal in every model."""

    model: int
    constant: tuple[int, ...]
    """Bits that never change: they are what they are in `model`."""
    equal: tuple[tuple[int, ...], ...]

    @property
    def steps(self) -> tuple[int, ...]:
        """What may change at once, as masks: every model is `model` with some of these changed."""
        return tuple(sum(1 << bit for bit in group) for group in self.equal)


class EqualBits:
    """Learns about words under what `questions` assumes now."""

    def __init__(self, terms: Terms, questions: Questions, words: Sequence[Word]) -> None:
        self.terms, self.questions = terms, questions
        self.words = [word for word in words if word.size()]
        self.word = terms.concat(self.words) if self.words else terms.number(0, 1)
        self.total = sum(word.size() for word in self.words)
        self.random = Random(self.total)
        self._pieces = [[(0, word.size())] for word in self.words]
        """Runs of bits (lowest, how many) of each word that have taken any random value so far."""
        self._bits: dict[int, Word] = {}
        self._unequal: dict[tuple[int, int], Flag] = {}

    def find(self, *flags: Flag) -> int | Unknown | None:
        """A model of these, None if there is none."""
        found = self.questions.find([self.word], *flags)
        return found[0] if isinstance(found, tuple) else found

    def bit(self, bit: int) -> Word:
        """One bit of all words."""
        found = self._bits.get(bit)
        if found is None:
            self._bits[bit] = found = self.terms.extract(self.word, bit, 1)
        return found

    def sampled(self) -> list[int] | Unknown:
        """Some models, as different as comes easily."""
        first = self.find()
        if isinstance(first, Unknown) or first is None:
            return Unknown() if first is None else first
        models = [first]
        for number in range(SAMPLES):
            with self.questions.scope():
                self._vary(number % len(self.words))
                found = self.find()
            models += [found] if isinstance(found, int) else []
        return models

    def classes(self, models: list[int], stop: Callable[[int], bool]) -> Classes | Unknown | int:
        """What is equal in every model. One that `stop` is true of ends it, and is the answer."""
        while True:
            guess = self.guess(models)
            found = self.find(self.terms.any_of(list(self._differing(guess))))
            if found is None:
                return guess
            if isinstance(found, Unknown) or stop(found):
                return found
            models.append(found)

    def guess(self, models: Sequence[int]) -> Classes:
        """What is equal in these models."""
        groups: dict[str, list[int]] = {}
        columns = zip(*(f"{model:0{self.total}b}" for model in models), strict=True)
        for at, column in enumerate(columns):
            groups.setdefault("".join(column), []).append(self.total - 1 - at)
        constant = [bit for key, group in groups.items() if len(set(key)) == 1 for bit in group]
        equal = tuple(tuple(group) for key, group in groups.items() if len(set(key)) > 1)
        return Classes(models[0], tuple(constant), equal)

    def _vary(self, side: int) -> None:
        """Assume random values of one word, except where that contradicts the assumptions."""
        word, free = self.words[side], []
        waiting = list(self._pieces[side])
        while waiting:
            low, size = waiting.pop()
            value = self.terms.number(self.random.getrandbits(size), size)
            flag = self.terms.equal(self.terms.extract(word, low, size), value)
            if self.questions.possible(flag) is True:
                self.questions.assume(flag)
                free.append((low, size))
            elif size > SMALLEST_PIECE:
                half = size // 2
                waiting += [(low, half), (low + half, size - half)]
        self._pieces[side] = free

    def _differing(self, guess: Classes) -> Iterator[Flag]:
        for bit in guess.constant:
            value = guess.model >> bit & 1
            yield self.terms.equal(self.bit(bit), self.terms.number(1 - value, 1))
        for group in guess.equal:
            yield from (self._differ(one, other) for one, other in pairwise(group))

    def _differ(self, one: int, other: int) -> Flag:
        found = self._unequal.get((one, other))
        if found is None:
            found = self.terms.negation(self.terms.equal(self.bit(one), self.bit(other)))
            self._unequal[one, other] = found
        return found
