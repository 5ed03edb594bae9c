"""The reasoning behind a conflict and the ways out as JSON."""

from __future__ import annotations

from collections.abc import Sequence

from rss_dsl.problem import Problem
from rss_solver.explain import (
    Effect,
    End,
    Equal,
    EqualityIndex,
    FieldBits,
    FieldSet,
    KeyBit,
    Locks,
    Loose,
    NothingLeft,
    NotTogether,
    OddSum,
    OnesWhereZero,
    OtherFieldSets,
    OtherNic,
    Pinned,
    Reasoning,
    Shared,
    Step,
    Ties,
    Together,
    Unequal,
    WayOut,
    WithoutAssumption,
    WithoutLines,
)
from rssc.conflicts import assumption_text

Document = dict[str, object]


def reasoning_document(problem: Problem, found: Reasoning) -> Document:
    """Every step in order, and the end."""
    return {"steps": [_step(problem, step) for step in found.steps], "end": _end(problem, found.end)}


def ways_document(problem: Problem, ways: Sequence[WayOut]) -> list[Document]:
    """What was tried and leaves a key; locks last."""
    return [_way(problem, way) for way in ways]


def _step(problem: Problem, step: Step) -> Document:
    label = {"requirement": problem.lines[step.line].label}
    match step:
        case Pinned(_, port):
            return {**label, "kind": "pinned-key", "port": problem.ports[port].name}
        case Shared(_, first, second):
            return {**label, "kind": "shared-key", "ports": [problem.ports[i].name for i in (first, second)]}
        case Ties(_, classes, effects, always, assumptions, _):
            return {
                **label,
                "kind": "ties",
                "classes": [list(pair) for pair in classes],
                "always": always,
                "assumptions": [assumption_text(problem, one) for one in assumptions],
                "effects": [_effect(problem, effect) for effect in effects],
            }


def _effect(problem: Problem, effect: Effect) -> Document:
    match effect:
        case Loose(bits):
            return {"kind": "free", "bits": [_field(problem, bits)]}
        case Equal(first, second):
            return {"kind": "equal", "bits": [_field(problem, first), _field(problem, second)]}
        case Together(bits):
            return {"kind": "sum", "bits": [_field(problem, bit) for bit in bits]}


def _field(problem: Problem, bits: FieldBits) -> Document:
    port = problem.ports[bits.port].name
    return {"port": port, "field": bits.field, "from": bits.start, "to": bits.stop}


def _end(problem: Problem, end: End) -> Document:
    match end:
        case NothingLeft(port, classes, assumptions):
            return {
                "kind": "nothing-left",
                "port": problem.ports[port].name,
                "classes": list(classes),
                "assumptions": [assumption_text(problem, one) for one in assumptions],
            }
        case NotTogether(classes):
            found = [{"port": problem.ports[port].name, "class": name} for port, name in classes]
            return {"kind": "not-together", "classes": found}
        case OnesWhereZero(port, numbers):
            return {"kind": "ones-where-zero", "bits": [_bit(problem, (port, bit)) for bit in numbers]}
        case Unequal(first, second):
            return {"kind": "unequal", "bits": [_bit(problem, first), _bit(problem, second)]}
        case OddSum(bits):
            return {"kind": "odd-sum", "bits": [_bit(problem, bit) for bit in bits]}


def _bit(problem: Problem, bit: KeyBit) -> Document:
    return {"port": problem.ports[bit[0]].name, "bit": bit[1]}


def _way(problem: Problem, way: WayOut) -> Document:
    match way:
        case EqualityIndex(bits):
            return {"kind": "equality-index", "index_bits": bits}
        case WithoutLines(lines):
            return {"kind": "without", "requirements": [problem.lines[line].label for line in lines]}
        case WithoutAssumption(assumption):
            return {"kind": "without-assumption", "assumption": assumption_text(problem, assumption)}
        case OtherFieldSets(sets):
            return {"kind": "field-sets", "hash": [_field_set(problem, one) for one in sets]}
        case OtherNic(ports, nic, sets):
            hashed = [_field_set(problem, one) for one in sets]
            names = [problem.ports[i].name for i in ports]
            return {"kind": "nic", "ports": names, "nic": nic, "hash": hashed}
        case Locks():
            return {"kind": "locks"}


def _field_set(problem: Problem, found: FieldSet) -> Document:
    return {
        "ports": [problem.ports[i].name for i in found.ports],
        "fields": {name: list(fields) for name, fields in found.inputs.items()},
        "by_rte_flow": list(found.by_rule),
    }
