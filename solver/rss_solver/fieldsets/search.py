"""The joint search: one option for each declaration of a component, the best spread first.

All combinations are weighed where they are few, in the order of their cost: the first that reaches every
queue ends the search, since what comes after it is no better and costs as much. Otherwise: uniform choices,
then coordinate ascent from the best of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from random import Random

from rss_solver.fieldsets.options import Cost, Fields, Option
from rss_solver.fieldsets.rating import CONFLICT, Rated, Rating

EXHAUSTIVE = 400
"""Combinations up to which all are weighed."""
BUDGET = 120
"""Evaluations of an ascent."""
ALTERNATIVES = 3
"""Options of one declaration that are tried in place of the chosen one, to say what they would cost."""

Combination = tuple[int, ...]
"""By declaration, the index of its option."""
Score = tuple[Rating, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Found:
    """The best combination and what is known of others."""

    best: Combination
    rated: Rated
    runners_up: tuple[tuple[int, Rated] | None, ...]
    """By declaration: the next best option with the others as chosen, and how all spread then."""
    weighed: int
    of: int
    complete: bool
    """Whether no combination is better; otherwise this is the best that the ascent met."""


@dataclass(slots=True)
class _Ledger:
    """Every combination weighed so far."""

    choices: Sequence[Sequence[Option]]
    evaluate: Callable[[Combination], Rated | None]
    seen: dict[Combination, Rated] = field(default_factory=dict)

    def rated(self, combination: Combination) -> Rated:
        """Its rating; a conflict where the ports cannot be configured so together."""
        if combination not in self.seen:
            self.seen[combination] = self.evaluate(combination) or Rated(CONFLICT, {})
        return self.seen[combination]

    def cost(self, combination: Combination) -> Cost:
        """The sum of what its options cost."""
        return cost_of([self.choices[at][option] for at, option in enumerate(combination)])

    def score(self, combination: Combination) -> Score:
        """Greater is better."""
        return self.rated(combination).rating, tuple(-part for part in self.cost(combination))

    def best(self) -> Combination:
        """The best so far, the first of equals."""
        return max(sorted(self.seen), key=self.score)


def cost_of(chosen: Sequence[Option]) -> Cost:
    """What a combination costs."""
    rules, live, idle, flags = (sum(parts) for parts in zip(*(option.cost for option in chosen), strict=True))
    return rules, live, idle, flags


def search(
    choices: Sequence[Sequence[Option]], evaluate: Callable[[Combination], Rated | None], seed: int
) -> Found:
    """The best combination of options; `evaluate` gives None for what the NICs cannot have at once."""
    ledger = _Ledger(choices, evaluate)
    total = 1
    for options in choices:
        total *= len(options)
    complete = _all(ledger) if total <= EXHAUSTIVE else _ascent(ledger, seed)
    best = ledger.best()
    runners = tuple(_runner_up(ledger, best, at) for at in range(len(choices)))
    return Found(best, ledger.rated(best), runners, len(ledger.seen), total, complete)


def _all(ledger: _Ledger) -> bool:
    combinations = product(*(range(len(options)) for options in ledger.choices))
    for combination in sorted(combinations, key=lambda c: (ledger.cost(c), c)):
        if ledger.rated(combination).rating.perfect:
            break
    return True


def _ascent(ledger: _Ledger, seed: int) -> bool:
    for combination in dict.fromkeys(_uniform(ledger.choices)):
        # Options are sorted by cost: the first uniform combination has the cheapest of every declaration.
        if ledger.rated(combination).rating.perfect and not any(combination):
            return True
    order = list(range(len(ledger.choices)))
    Random(seed).shuffle(order)
    best, before = ledger.best(), None
    while best != before and len(ledger.seen) < BUDGET:
        before = best
        for at in order:
            trials = [_with(best, at, option) for option in range(len(ledger.choices[at]))]
            best = max(trials[: max(1, BUDGET - len(ledger.seen))], key=ledger.score)
    return False


def _with(combination: Combination, at: int, option: int) -> Combination:
    return (*combination[:at], option, *combination[at + 1 :])


def _uniform(choices: Sequence[Sequence[Option]]) -> Iterator[Combination]:
    """The cheapest of all, then for every shape the options that have it wherever they can."""
    yield (0,) * len(choices)
    shapes = dict.fromkeys(shape for options in choices for option in options for shape in option.shapes)
    for shape in shapes:
        yield tuple(_closest(options, shape) for options in choices)


def _closest(options: Sequence[Option], shape: Fields) -> int:
    return max(range(len(options)), key=lambda at: (options[at].shapes.count(shape), -at))


def _runner_up(ledger: _Ledger, best: Combination, at: int) -> tuple[int, Rated] | None:
    others = [_with(best, at, option) for option in range(len(ledger.choices[at])) if option != best[at]]
    if not others:
        return None
    found = max([*(c for c in others if c in ledger.seen), *others[:ALTERNATIVES]], key=ledger.score)
    return found[at], ledger.rated(found)
