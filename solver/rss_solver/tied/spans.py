"""Questions about conditions, for packets of given classes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from rss_dsl.fields import packet_classes
from rss_dsl.problem import Condition, HashInput, Negation
from rss_solver.tied.cases import cases
from rss_solver.tied.derive import Derivation, to_integer
from rss_solver.tied.formula import resolve
from rss_solver.tied.reduce import parted
from rss_solver.tied.shapes import Shape, shapes
from rss_solver.tied.wires import Wires


@lru_cache(maxsize=65536)
def span_shapes(condition: Condition, first: HashInput, second: HashInput) -> tuple[Shape, ...] | None:
    """A generating set of the span of all pairs of prepared inputs of packets that satisfy the condition.

    None if no packets of these classes do; an empty tuple if only the zero pair does. LimitReachedError if
    Z3 cannot tell.
    """
    own, rest = parted(condition, (first, second))
    if rest is not None and not satisfiable(rest, first.packet_class, second.packet_class):
        return None
    return _shapes(own, first, second)


@lru_cache(maxsize=65536)
def _shapes(condition: Condition, first: HashInput, second: HashInput) -> tuple[Shape, ...] | None:
    found: dict[Shape, None] = {}
    possible = False
    for derivation in _derivations(condition, (first, second)):
        affine = derivation.affine()
        if affine is not None:
            possible = True
            vectors = (*affine.directions, affine.point) if affine.point else affine.directions
            found.update(dict.fromkeys(shapes(vectors)))
    return tuple(found) if possible else None


def input_set(condition: Condition, layout: HashInput) -> Iterator[tuple[int, tuple[int, ...]]]:
    """The prepared inputs of packets that satisfy a condition on side 0, as points with their directions.

    They have the affine hull of what these span together, the first input bit most significant. Nothing if no
    packet of the class satisfies the condition. LimitReachedError if Z3 cannot tell.
    """
    for derivation in _derivations(condition, (layout,)):
        affine = derivation.affine()
        if affine is not None:
            directions = tuple(to_integer(vector, 0, layout.bits) for vector in affine.directions)
            yield to_integer(affine.point, 0, layout.bits), directions


@lru_cache(maxsize=65536)
def satisfiable(condition: Condition, *packet_class: str) -> bool:
    """Whether packets of these classes can satisfy the condition. LimitReachedError if Z3 cannot tell."""
    inputs = tuple(HashInput(name, ()) for name in packet_class)
    return any(derivation.satisfiable() for derivation in _derivations(condition, inputs))


def always(condition: Condition, first: str, second: str) -> bool:
    """Whether every two packets of these classes satisfy the condition."""
    return not satisfiable(Negation(condition), first, second)


def _derivations(condition: Condition, inputs: tuple[HashInput, ...]) -> Iterator[Derivation]:
    classes = packet_classes()
    wires = Wires([classes[layout.packet_class] for layout in inputs])
    for side, layout in enumerate(inputs):
        for name in layout.fields:
            wires.field(side, name)
    for case in cases(resolve(condition, wires)):
        yield Derivation(case, wires, inputs)
