"""Whether packets that satisfy conditions land on one core, for two kinds of packets and concrete keys.

First it is learned from models which bits of both hash inputs the conditions make equal (or constant), and
Z3 confirms it. Under such equalities hashes are sums over classes of bits, and linear algebra says which
queues can be reached. What that leaves open is asked of Z3, one entry bit at a time: whole hashes in one
question would not end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from random import Random

from rss_callpaths.prove.arrivals import Kind
from rss_solver.gf2 import basis, parity
from rss_solver.smt.limits import Unknown
from rss_solver.smt.terms import Flag, Questions, Terms, Word

SAMPLES = 12
"""Random inputs that are tried before bits are compared: each parts those that are not equal."""
TRIES = 48
"""Inputs on different queues that Z3 is asked about, one after the other."""
SMALLEST_PIECE = 4
"""Runs of so many bits that do not take a random value are left to the solver."""
EARLY_TRIES = 8
"""The same, before Z3 has confirmed which bits are equal."""
MAX_DIMENSION = 18
"""Combinations of entries are enumerated up to this many free sums of bits."""


@dataclass(frozen=True, slots=True)
class End:
    """One of the two packets: its kind and its prepared hash input (None if it is not hashed)."""

    kind: Kind
    word: Word | None

    @property
    def bits(self) -> int:
        """Width of the input."""
        layout = self.kind.layout
        return layout.bits if layout is not None and self.word is not None else 0

    def queue(self, data: int) -> int:
        """The queue of an input."""
        return self.kind.wire.queue(self.kind.layout, data)


Parted = tuple[int, int]
"""Prepared inputs of two packets on different cores."""


class Agreement:
    """One question: packets of two kinds under what the solver assumes now."""

    def __init__(self, terms: Terms, questions: Questions, first: End, second: End) -> None:
        self.terms, self.questions = terms, questions
        self.ends = (first, second)
        self.total = first.bits + second.bits
        words = [end.word for end in self.ends if end.word is not None]
        self.word = terms.concat(words) if words else terms.number(0, 1)
        self.random = Random(self.total)
        self._pieces = [[(0, end.bits)] if end.bits else [] for end in self.ends]
        """Runs of bits (lowest, how many) of both inputs that have taken any random value so far."""

    def parted(self) -> Parted | Unknown | None:
        """Inputs that can meet and land on different queues, None if there are none."""
        if self._one_queue():
            return None
        possible = self.questions.possible()
        if possible is not True:
            return None if possible is False else possible
        if not self.total:
            return 0, 0
        models = self._sampled()
        if isinstance(models, Unknown):
            return models
        for model in models:
            if self._parts(model):
                return self._split(model)
        early = self._combined(self._guess(models), models[0], EARLY_TRIES)
        if early is not None:
            return early
        classes = self._classes(models)
        if isinstance(classes, Unknown):
            return classes
        if isinstance(classes, int):
            return self._split(classes)
        if self._always_agree(classes, models[0]):
            return None
        return self._combined(classes, models[0], TRIES) or self._bit_by_bit()

    def _one_queue(self) -> bool:
        queues = {queue for end in self.ends for queue in end.kind.wire.queues(end.kind.layout)}
        return len(queues) == 1

    def _split(self, data: int) -> Parted:
        low = self.ends[1].bits
        return data >> low, data & (1 << low) - 1

    def _parts(self, data: int) -> bool:
        first, second = self._split(data)
        return self.ends[0].queue(first) != self.ends[1].queue(second)

    # --- equal bits -------------------------------------------------------------------------------------

    def _sampled(self) -> list[int] | Unknown:
        """Some inputs that the conditions allow, as different as comes easily."""
        first = self._find()
        if isinstance(first, Unknown) or first is None:
            return Unknown() if first is None else first
        models = [first]
        for number in range(SAMPLES):
            with self.questions.scope():
                self._vary(number % 2)
                found = self._find()
            models += [found] if isinstance(found, int) else []
        return models

    def _vary(self, side: int) -> None:
        """Assume random values of one input, except where that contradicts the conditions."""
        word, free = self.ends[side].word, []
        waiting = list(self._pieces[side])
        while waiting and word is not None:
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

    def _find(self, *flags: Flag) -> int | Unknown | None:
        found = self.questions.find([self.word], *flags)
        return found[0] if isinstance(found, tuple) else found

    def _classes(self, models: list[int]) -> list[list[int]] | Unknown | int:
        """Bits (0 the least significant of both inputs) that the conditions make equal; the first class is
        that of bits which never change. A model that parts the packets ends it."""
        while True:
            classes = self._guess(models)
            found = self._find(self.terms.any_of(list(self._differing(classes, models[0]))))
            if found is None:
                return classes
            if isinstance(found, Unknown) or self._parts(found):
                return found
            models.append(found)

    def _guess(self, models: Sequence[int]) -> list[list[int]]:
        changes = [model ^ models[0] for model in models]
        constant: list[int] = []
        groups: dict[tuple[int, ...], list[int]] = {}
        for bit in range(self.total):
            if not any(change >> bit & 1 for change in changes):
                constant.append(bit)
            else:
                groups.setdefault(tuple(model >> bit & 1 for model in models), []).append(bit)
        return [constant, *groups.values()]

    def _differing(self, classes: Sequence[Sequence[int]], model: int) -> Iterator[Flag]:
        terms = self.terms
        for bit in classes[0]:
            yield terms.negation(terms.equal(self._bit(bit), terms.number(model >> bit & 1, 1)))
        for group in classes[1:]:
            for one, other in pairwise(group):
                yield terms.negation(terms.equal(self._bit(one), self._bit(other)))

    def _bit(self, bit: int) -> Word:
        return self.terms.extract(self.word, bit, 1)

    # --- what follows -----------------------------------------------------------------------------------

    def _forms(self) -> tuple[list[tuple[int, int]], list[tuple[int, int]]] | None:
        """Both entries' bits as sums of the bits of both inputs."""
        low = self.ends[1].bits
        own = [end.kind.wire.forms(end.kind.layout) for end in self.ends]
        if own[0] is None or own[1] is None:
            return None
        return [(mask << low, constant) for mask, constant in own[0]], list(own[1])

    def _always_agree(self, classes: Sequence[Sequence[int]], model: int) -> bool:
        """Whether all inputs that have equal bits where the classes say so land on one queue."""
        steps = [sum(1 << bit for bit in group) for group in classes[1:]]
        forms = self._forms()
        if forms is None:
            return self._same_hashes(steps, model)
        first, second = forms
        masks = [mask for mask, _ in (*first, *second)]
        start = self._picked(model, (*first, *second))
        directions = basis(self._image(step, masks) for step in steps)
        if len(directions) > MAX_DIMENSION:
            return False
        tables = [end.kind.wire.queues(end.kind.layout) for end in self.ends]
        split = len(second)
        entries = [start]
        for direction in directions:
            entries += [each ^ direction for each in entries]
        return all(tables[0][each >> split] == tables[1][each & (1 << split) - 1] for each in entries)

    def _same_hashes(self, steps: Sequence[int], model: int) -> bool:
        """Whether whole hashes are equal and picked from equal tables, where entries are not linear."""
        first, second = self.ends
        wires = first.kind.wire, second.kind.wire
        alike = (
            first.word is not None
            and second.word is not None
            and wires[0].solved.table == wires[1].solved.table
            and wires[0].port.nic.index.value is wires[1].port.nic.index.value
        )
        return alike and all(self._hash_difference(model ^ step) == 0 for step in (0, *steps))

    def _hash_difference(self, data: int) -> int:
        from_ends = 0
        for end, value in zip(self.ends, self._split(data), strict=True):
            from_ends ^= end.kind.wire.hash(end.kind.layout, value)
        return from_ends

    def _picked(self, data: int, forms: Sequence[tuple[int, int]]) -> int:
        found = 0
        for mask, constant in forms:
            found = found << 1 | parity(data & mask) ^ constant
        return found

    def _image(self, step: int, masks: Sequence[int]) -> int:
        found = 0
        for mask in masks:
            found = found << 1 | parity(step & mask)
        return found

    # --- counterexamples --------------------------------------------------------------------------------

    def _combined(self, classes: Sequence[Sequence[int]], model: int, tries: int) -> Parted | None:
        """Inputs on different queues that respect classes of equal bits, if Z3 soon agrees to some."""
        steps = [sum(1 << bit for bit in group) for group in classes[1:]]
        asked = 0
        for _ in range(8 * tries):
            data = model
            for step in steps:
                data ^= step if self.random.getrandbits(1) else 0
            if not self._parts(data):
                continue
            found = self._find(self.terms.equal(self.word, self.terms.number(data, self.total)))
            if isinstance(found, int):
                return self._split(found)
            asked += 1
            if asked == tries:
                break
        return None

    def _bit_by_bit(self) -> Parted | Unknown | None:
        forms = self._forms()
        if forms is None:
            return Unknown()
        first, second = forms
        tables = [end.kind.wire.queues(end.kind.layout) for end in self.ends]
        if len(first) != len(second) or tables[0] != tables[1]:
            return Unknown()
        open_ = False
        for (one, a), (other, b) in zip(first, second, strict=True):
            found = self._differ(one ^ other, a ^ b)
            if isinstance(found, Unknown):
                open_ = True
            elif found is not None:
                if self._parts(found):
                    return self._split(found)
                open_ = True
        return Unknown() if open_ else None

    def _differ(self, mask: int, constant: int) -> int | Unknown | None:
        """An input for which a sum of bits is not `constant`."""
        terms = self.terms
        total = terms.number(constant, 1)
        for bit in range(self.total):
            if mask >> bit & 1:
                total = terms.binary("xor", total, self._bit(bit))
        return self._find(terms.equal(total, terms.number(1, 1)))
