"""Whether the spec ties a reply to the request it answers, which is what the firewall's state needs.

A reply is the request with source and destination swapped. So in a requirement between the two ports every
field of the reply is replaced by the swapped field of the request; where the condition then compares a
thing with itself, replies satisfy it and the solver makes them meet. Sound, and complete for what people
write: a condition that holds for deeper reasons is not recognised.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from rss_dsl.fields import PacketClass, packet_classes, width
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

_HOLDS_ON_EQUALS = ("==", "<=", ">=")


def untied_classes(problem: Problem, first: str, second: str, classes: Iterable[str]) -> tuple[str, ...]:
    """Those classes whose replies on one port no requirement ties to their requests on the other."""
    names = [port.name for port in problem.ports]
    ends = {names.index(first), names.index(second)}
    between = [r for r in problem.requirements if {r.first, r.second} == ends]
    return tuple(name for name in classes if not any(_ties(r, name) for r in between))


def _ties(requirement: Requirement, packet_class: str) -> bool:
    only = requirement.only
    if only and not (packet_class in only.first and packet_class in only.second):
        return False
    return _holds(requirement.condition, packet_classes()[packet_class])


def _holds(condition: Condition, kind: PacketClass) -> bool:
    """Whether the condition is true of every packet of a class and its reply, as far as can be told."""
    match condition:
        case AllOf(parts):
            return all(_holds(part, kind) for part in parts)
        case AnyOf(parts):
            return any(_holds(part, kind) for part in parts)
        case Compare(op, left, right):
            one = _on_request(left, kind)
            return op in _HOLDS_ON_EQUALS and one is not None and one == _on_request(right, kind)
        case Negation():
            return False


def _on_request(term: Term, kind: PacketClass) -> Term | None:
    """A term about request and reply as one about the request alone; None if a field is missing."""
    match term:
        case Slice(side, name, start, stop):
            canonical = kind.canonical(name)
            if canonical is None:
                return None
            stop = width(canonical) if stop is None else stop
            return Slice(0, _swapped(canonical) if side else canonical, start, stop)
        case Const():
            return term
        case Arith(_, left, right):
            one, two = _on_request(left, kind), _on_request(right, kind)
            return None if one is None or two is None else replace(term, left=one, right=two)


def _swapped(canonical: str) -> str:
    if canonical.endswith("_src"):
        return canonical.removesuffix("src") + "dst"
    return canonical.removesuffix("dst") + "src" if canonical.endswith("_dst") else canonical
