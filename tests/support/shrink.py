"""Smaller Problems that still fail: greedily, one change at a time, until none helps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from tiny_problems import Case
from tiny_text import size

from rss_dsl.problem import (
    AllOf,
    AnyOf,
    Arith,
    Compare,
    Condition,
    Const,
    Negation,
    Port,
    Problem,
    Slice,
    Term,
)

TRIES = 600


def shrink(case: Case, fails: Callable[[Case], bool]) -> Case:
    """The smallest case found for which `fails` holds."""
    tries = 0
    while True:
        for smaller in _smaller(case.problem):
            trial = replace(case, problem=smaller)
            tries += 1
            if size(smaller) < size(case.problem) and fails(trial):
                case = trial
                break
            if tries >= TRIES:
                return case
        else:
            return case


def _smaller(problem: Problem) -> Iterator[Problem]:
    for i in range(len(problem.requirements)):
        yield replace(problem, requirements=_without(problem.requirements, i))
    for i in range(len(problem.assumptions)):
        yield replace(problem, assumptions=_without(problem.assumptions, i))
    if problem.shared_keys:
        yield replace(problem, shared_keys=())
    last = len(problem.ports) - 1
    if last not in {0, *_used(problem)}:
        pins = tuple(pin for pin in problem.pinned_lines if pin[1] != last)
        yield replace(problem, ports=problem.ports[:last], pinned_lines=pins)
    for i, requirement in enumerate(problem.requirements):
        for condition in _simpler(requirement.condition):
            changed = replace(requirement, condition=condition)
            yield replace(problem, requirements=_with(problem.requirements, i, changed))
    for i, assumption in enumerate(problem.assumptions):
        for condition in _simpler(assumption.condition):
            changed_assumption = replace(assumption, condition=condition)
            yield replace(problem, assumptions=_with(problem.assumptions, i, changed_assumption))
    for i, port in enumerate(problem.ports):
        for other in _simpler_ports(port):
            pins = tuple(p for p in problem.pinned_lines if p[1] != i or other.pinned is not None)
            yield replace(problem, ports=_with(problem.ports, i, other), pinned_lines=pins)


def _used(problem: Problem) -> Iterator[int]:
    for tie in (*problem.requirements, *problem.shared_keys):
        yield from (tie.first, tie.second)
    yield from (assumption.port for assumption in problem.assumptions)


def _simpler_ports(port: Port) -> Iterator[Port]:
    if port.pinned is not None:
        yield replace(port, pinned=None)
    if port.traffic is not None:
        yield replace(port, traffic=None)
    for size_ in (2, port.table_size // 2):
        if 2 <= size_ < port.table_size:
            yield replace(port, table_size=size_, queues=min(port.queues, size_))
    if port.queues > 2:
        yield replace(port, queues=2)
    if len(port.inputs) > 1 and port.traffic is None:
        for i in range(len(port.inputs)):
            yield replace(port, inputs=_without(port.inputs, i))
    for i, layout in enumerate(port.inputs):
        if layout.zeroed:
            yield replace(port, inputs=_with(port.inputs, i, replace(layout, zeroed=())))
        for k in range(len(layout.fields) if len(layout.fields) > 1 else 0):
            smaller = replace(layout, fields=_without(layout.fields, k))
            yield replace(port, inputs=_with(port.inputs, i, smaller))


def _simpler(condition: Condition) -> Iterator[Condition]:
    match condition:
        case AllOf(parts) | AnyOf(parts):
            yield from parts
            kind = type(condition)
            if len(parts) > 2:
                yield from (kind(_without(parts, i)) for i in range(len(parts)))
            for i, part in enumerate(parts):
                yield from (kind(_with(parts, i, other)) for other in _simpler(part))
        case Negation(part):
            yield part
            yield from map(Negation, _simpler(part))
        case Compare(op, left, right):
            if op != "==":
                yield Compare("==", left, right)
            yield from (Compare(op, other, right) for other in _simpler_terms(left))
            yield from (Compare(op, left, other) for other in _simpler_terms(right))


def _simpler_terms(term: Term) -> Iterator[Term]:
    match term:
        case Arith(op, left, right):
            yield from (part for part in (left, right) if isinstance(part, Slice))
            yield from (Arith(op, other, right) for other in _simpler_terms(left))
            yield from (Arith(op, left, other) for other in _simpler_terms(right))
        case Const(value, width) if value:
            yield Const(0, width)


def _without(items: tuple, i: int) -> tuple:
    return items[:i] + items[i + 1 :]


def _with(items: tuple, i: int, item: object) -> tuple:
    return (*items[:i], item, *items[i + 1 :])
