"""A formula as alternatives, each a conjunction of ties and of what has no closed form.

Disjunctions are taken apart where that yields ties: always if all there is are ties, otherwise those that tie
bits to bits. The others, and all of them where there would be too many alternatives, stay whole.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from math import prod

from rss_solver.tied.formula import Comparison, Every, Formula, Some, Tie, by_bits
from rss_solver.tied.wires import ONE

MAX_CASES = 2048
"""Most alternatives that are derived one by one."""


@dataclass(frozen=True, slots=True)
class Case:
    """One alternative: all ties and all residues hold."""

    ties: tuple[Tie, ...]
    residues: tuple[Formula, ...]


def cases(formula: Formula) -> list[Case]:
    """The alternatives; none if the formula is false."""
    choices = (lambda _: True,) if _only_ties(formula) else ()
    for expand in (*choices, _ties_bits):
        if _count(formula, expand) <= MAX_CASES:
            return [_case(parts) for parts in _alternatives(formula, expand)]
    return [_case(parts) for parts in _alternatives(formula, lambda some: not some.parts)]


_Expand = Callable[[Some], bool]


def _case(parts: tuple[Formula, ...]) -> Case:
    ties = tuple(part for part in parts if isinstance(part, Tie))
    return Case(ties, tuple(bit for part in parts if not isinstance(part, Tie) for bit in by_bits(part)))


def _count(formula: Formula, expand: _Expand) -> int:
    match formula:
        case Every(parts):
            return prod(_count(part, expand) for part in parts)
        case Some(parts) if expand(formula):
            return sum(_count(part, expand) for part in parts)
        case _:
            return 1


def _alternatives(formula: Formula, expand: _Expand) -> list[tuple[Formula, ...]]:
    match formula:
        case Every(parts):
            choices = [_alternatives(part, expand) for part in parts]
            return [tuple(leaf for leaves in chosen for leaf in leaves) for chosen in product(*choices)]
        case Some(parts) if expand(formula):
            return [leaves for part in parts for leaves in _alternatives(part, expand)]
        case _:
            return [(formula,)]


def _only_ties(formula: Formula) -> bool:
    match formula:
        case Every(parts) | Some(parts):
            return all(_only_ties(part) for part in parts)
        case Tie():
            return True
        case Comparison():
            return False


def _ties_bits(formula: Formula) -> bool:
    """Whether some part makes a bit of a packet equal to another one; of nothing at all: yes."""
    match formula:
        case Some(()):
            return True
        case Every(parts) | Some(parts):
            return any(_ties_bits(part) for part in parts)
        case Tie(left, right):
            return any(a > ONE and b > ONE for a, b in zip(left, right, strict=True))
        case Comparison():
            return False
