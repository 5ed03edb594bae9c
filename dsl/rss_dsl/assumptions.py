"""Which assumptions hold for the packets of a class, and the whole condition of a requirement under them.

`assume` restricts the traffic considered and says nothing about classes that lack its fields. A conjunction
is taken apart first: of `assume LAN.ipv4_src in 10.0.0.0/8 && LAN.tcp_dst == 80`, UDP keeps the first part.
"""

from __future__ import annotations

from functools import lru_cache

from rss_dsl.fields import packet_classes
from rss_dsl.problem import (
    AllOf,
    AnyOf,
    Arith,
    Compare,
    Condition,
    Const,
    Negation,
    Problem,
    Requirement,
    Slice,
    Term,
)
from rss_dsl.reads import slices


def assumed(problem: Problem, port: int, packet_class: str) -> tuple[Condition, ...]:
    """What is assumed of a port's packets of one class, as conditions on side 0."""
    return tuple(
        part
        for assumption in problem.assumptions
        if assumption.port == port
        for part in _applying(assumption.condition, packet_class)
    )


def tied(problem: Problem, requirement: Requirement, first: str, second: str) -> Condition:
    """When packets of these classes must meet: the requirement's condition under both ports' assumptions."""
    here = assumed(problem, requirement.first, first)
    there = (on_second(part) for part in assumed(problem, requirement.second, second))
    parts = (*here, *there)
    return AllOf((requirement.condition, *parts)) if parts else requirement.condition


@lru_cache(maxsize=4096)
def on_second(condition: Condition) -> Condition:
    """A condition on side 0, restated for side 1."""
    match condition:
        case AllOf(parts):
            return AllOf(tuple(on_second(part) for part in parts))
        case AnyOf(parts):
            return AnyOf(tuple(on_second(part) for part in parts))
        case Negation(part):
            return Negation(on_second(part))
        case Compare(op, left, right):
            return Compare(op, _moved(left), _moved(right))


def _moved(term: Term) -> Term:
    match term:
        case Slice(_, name, start, stop):
            return Slice(1, name, start, stop)
        case Const():
            return term
        case Arith(op, left, right):
            return Arith(op, _moved(left), _moved(right))


@lru_cache(maxsize=4096)
def _applying(condition: Condition, packet_class: str) -> tuple[Condition, ...]:
    """The parts of a conjunction that read a field which the class has."""
    if isinstance(condition, AllOf):
        return tuple(kept for part in condition.parts for kept in _applying(part, packet_class))
    names = packet_classes()[packet_class].names
    return (condition,) if any(part.field in names for part in slices(condition)) else ()
