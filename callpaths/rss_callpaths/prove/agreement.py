"""Whether packets that satisfy conditions land on one core, for two kinds of packets and concrete keys.

First it is learned from models which bits of both hash inputs the conditions make equal (or constant), and
Z3 confirms it (`equal_bits`). Under such equalities hashes are sums over classes of bits, and linear algebra
says which queues can be reached (`entries`). What that leaves open is asked of Z3, one entry bit at a time:
whole hashes in one question would not end.
"""

from __future__ import annotations

from itertools import islice

from rss_callpaths.prove.entries import Ends
from rss_callpaths.prove.equal_bits import Classes, EqualBits
from rss_solver.smt.limits import Unknown
from rss_solver.smt.terms import Questions, Terms, Word

TRIES = 48
"""Inputs on different queues that Z3 is asked about, one after the other."""
EARLY_TRIES = 8
"""The same, before Z3 has confirmed which bits are equal."""

Parted = tuple[int, int]
"""Prepared inputs of two packets on different cores."""


class Agreement:
    """One question: packets of two kinds under what the solver assumes now."""

    def __init__(
        self, terms: Terms, questions: Questions, ends: Ends, words: tuple[Word | None, Word | None]
    ) -> None:
        """`words`: prepared hash inputs, None where nothing is hashed."""
        self.terms, self.questions, self.ends = terms, questions, ends
        self.bits = EqualBits(terms, questions, [word for word in words if word is not None])
        self.random = self.bits.random

    def parted(self) -> Parted | Unknown | None:
        """Inputs that can meet and land on different queues, None if there are none."""
        if self.ends.one_queue():
            return None
        possible = self.questions.possible()
        if possible is not True:
            return None if possible is False else possible
        if not self.bits.total:
            return (0, 0) if self.ends.parts(0) else None
        models = self.bits.sampled()
        if isinstance(models, Unknown):
            return models
        for model in models:
            if self.ends.parts(model):
                return self.ends.split(model)
        early = self._combined(self.bits.guess(models), EARLY_TRIES)
        return self._learned(models) if early is None else early

    def _learned(self, models: list[int]) -> Parted | Unknown | None:
        classes = self.bits.classes(models, self.ends.parts)
        if isinstance(classes, Unknown):
            return classes
        if isinstance(classes, int):
            return self.ends.split(classes)
        if self.ends.all_agree(classes.model, classes.steps):
            return None
        return self._combined(classes, TRIES) or self._bit_by_bit()

    def _combined(self, classes: Classes, tries: int) -> Parted | None:
        """Inputs on different queues that respect classes of equal bits, if Z3 soon agrees to some."""
        parting = self.ends.parting(classes.model, classes.steps, self.random)
        for data in islice(parting, tries):
            found = self.bits.find(self.terms.equal(self.bits.word, self.terms.number(data, self.bits.total)))
            if isinstance(found, int):
                return self.ends.split(found)
        return None

    def _bit_by_bit(self) -> Parted | Unknown | None:
        forms = self.ends.forms()
        if forms is None:
            return Unknown()
        first, second = forms
        one, other = (kind.wire.queues(kind.layout) for kind in self.ends.kinds)
        if len(first) != len(second) or one != other:
            return Unknown()
        open_ = False
        for (mine, a), (theirs, b) in zip(first, second, strict=True):
            found = self._differ(mine ^ theirs, a ^ b)
            if isinstance(found, Unknown):
                open_ = True
            elif found is not None:
                if self.ends.parts(found):
                    return self.ends.split(found)
                open_ = True
        return Unknown() if open_ else None

    def _differ(self, mask: int, constant: int) -> int | Unknown | None:
        """An input for which a sum of bits is not `constant`."""
        terms = self.terms
        total = terms.number(constant, 1)
        for bit in range(self.bits.total):
            if mask >> bit & 1:
                total = terms.binary("xor", total, self.bits.bit(bit))
        return self.bits.find(terms.equal(total, terms.number(1, 1)))
