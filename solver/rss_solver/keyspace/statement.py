"""Problem → Statement: requirements as equations between key windows.

For hash inputs d (port i) and d' (port j), `h_b(k_i, d) XOR h_b(k_j, d')` is linear in (d, d'), so it
vanishes on all pairs that a requirement ties, under both ports' assumptions, iff it vanishes on a basis of
their span (`tied`). A conjunction of slice equalities partitions the bits of both packets into classes of
equal bits; the basis has one vector per class (ones at its hashed members) and, where constants are involved,
one more for all bits fixed to one. Vector v gives, for every hash bit b that must agree,
`XOR_{(port, x) in v} k_port[x + b] = 0`. Vectors that are shifts of each other join to one `Window`, so a
field costs width + 31 equations and not 32 per bit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rss_dsl.assumptions import tied
from rss_dsl.codes import UNDECIDED_CONDITION
from rss_dsl.diagnostics import Diagnostic
from rss_dsl.problem import HashInput, Problem, Requirement
from rss_solver.limits import LimitReachedError
from rss_solver.tied import Shape, span_shapes
from rss_solver.toeplitz import HASH_BITS


@dataclass(frozen=True, slots=True)
class Window:
    """`XOR over terms of k_port[start + b + t] = 0` for 0 <= t < width and every hash bit b that must agree.

    One term: a zero window. Two: equal windows.
    """

    terms: tuple[tuple[int, int], ...]
    """(port, first input bit), sorted, distinct."""
    width: int
    whole: bool = False
    """Keys that are one and the same: every bit agrees, whatever the hash needs."""


@dataclass(frozen=True, slots=True)
class Statement:
    """All window equations of a problem, each with the lines that ask for it."""

    windows: dict[Window, tuple[int, ...]]
    """Window → indices into `Problem.lines`, ascending."""
    components: tuple[tuple[int, ...], ...]
    """Ports whose packets must meet, directly or through others."""
    groups: tuple[tuple[int, ...], ...]
    """Ports to solve together: a component, or several whose NICs share a key."""
    pins: dict[int, int]
    """Port with a pinned key → its line."""


def state(problem: Problem) -> Statement:
    """The equations that keys must satisfy. LimitReachedError if Z3 cannot tell what a condition ties."""
    windows: dict[Window, dict[int, None]] = {}
    ties: set[tuple[int, int]] = set()
    for requirement in problem.requirements:
        for first, second in class_pairs(problem, requirement):
            found = windows_between(problem, requirement, first, second)
            if found is not None:
                ties.add((requirement.first, requirement.second))
                for window in found:
                    windows.setdefault(window, {})[requirement.line] = None
    for shared in problem.shared_keys:
        bits = problem.ports[shared.first].key_bits - HASH_BITS + 1
        window = Window(((shared.first, 0), (shared.second, 0)), bits, whole=True)
        windows.setdefault(window, {})[shared.line] = None
    shared_ties = {(s.first, s.second) for s in problem.shared_keys}
    return Statement(
        {window: tuple(sorted(lines)) for window, lines in windows.items()},
        partition(len(problem.ports), ties),
        partition(len(problem.ports), ties | shared_ties),
        {port: line for line, port in problem.pinned_lines},
    )


def windows_between(
    problem: Problem, requirement: Requirement, first: HashInput, second: HashInput
) -> tuple[Window, ...] | None:
    """The equations of a requirement for two classes, None if none of their packets satisfy it.

    LimitReachedError if Z3 cannot tell.
    """
    shapes = _shapes(problem, requirement, first, second)
    return None if shapes is None else tuple(_place(shapes, requirement))


def _shapes(
    problem: Problem, requirement: Requirement, first: HashInput, second: HashInput
) -> tuple[Shape, ...] | None:
    condition = tied(problem, requirement, first.packet_class, second.packet_class)
    try:
        return span_shapes(condition, first, second)
    except LimitReachedError:
        line = problem.lines[requirement.line]
        ends = ((requirement.first, first), (requirement.second, second))
        classes = " and ".join(f"`{i.packet_class}` on `{problem.ports[port].name}`" for port, i in ends)
        message = f"what `{line.label}` ties of {classes} is undecided: Z3 gave up within its limit"
        finding = Diagnostic(rule=UNDECIDED_CONDITION, message=message, span=line.span, help=_SIMPLER)
        raise LimitReachedError(finding) from None


_SIMPLER = "split the requirement, or compare fewer bits with `+`, `-` and shifts by fields"


def class_pairs(problem: Problem, requirement: Requirement) -> Iterator[tuple[HashInput, HashInput]]:
    """The hashed classes that matter on either side of a requirement."""
    only = requirement.only
    for first in problem.ports[requirement.first].live:
        for second in problem.ports[requirement.second].live:
            if only is None or (first.packet_class in only.first and second.packet_class in only.second):
                yield first, second


def _place(shapes: tuple[Shape, ...], requirement: Requirement) -> Iterator[Window]:
    """Shapes speak of sides, windows of ports. On one port, equal bits of both sides cancel."""
    ports = (requirement.first, requirement.second)
    for shape in shapes:
        terms: set[tuple[int, int]] = set()
        for side, start in shape.terms:
            terms ^= {(ports[side], start)}
        if terms:
            yield Window(tuple(sorted(terms)), shape.width)


def partition(size: int, ties: set[tuple[int, int]]) -> tuple[tuple[int, ...], ...]:
    """Connected components of 0 … size-1, each ascending, ordered by their first member."""
    parent = list(range(size))

    def find(item: int) -> int:
        while parent[item] != item:
            parent[item] = parent[parent[item]]
            item = parent[item]
        return item

    for a, b in sorted(ties):
        low, high = sorted((find(a), find(b)))
        parent[high] = low
    groups: dict[int, list[int]] = {}
    for item in range(size):
        groups.setdefault(find(item), []).append(item)
    return tuple(tuple(group) for group in groups.values())
