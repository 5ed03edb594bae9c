"""What a NIC can be set to hash on one port: the field sets worth weighing, one choice per kind of class.

Classes that offer the same fields under other names and are tied alike (TCP and UDP, the IP versions) are
hashed alike. Field sets of a class that add only fields which every key must ignore are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice, product

from rss_dsl.check.functions import layouts, unpaired
from rss_dsl.check.hashing import beyond
from rss_dsl.check.switches import Selection, offered, select
from rss_dsl.fields import packet_classes
from rss_dsl.nic import Via, input_bits
from rss_dsl.problem import HashInput, Port, Problem
from rss_solver.fieldsets.classes import useful

Fields = tuple[str, ...]
Cost = tuple[int, int, int, int]
"""Classes by rte_flow, useful input bits (negative), other input bits, flags: what decides between equals."""

MAX_OPTIONS = 1024
"""Combinations of one port that are formed; more would be several kinds of class with dozens of sets each."""


@dataclass(frozen=True, slots=True)
class Option:
    """One way to hash a port's classes."""

    selection: Selection
    cost: Cost
    shapes: tuple[Fields, ...]
    """The field sets by kind of class, in names that all of the kind share."""

    @property
    def by_rule(self) -> tuple[str, ...]:
        """The classes hashed by an rte_flow rule."""
        return by_rule(self.selection)


@dataclass(frozen=True, slots=True)
class _Kind:
    """Classes that are hashed alike."""

    classes: tuple[str, ...]
    shapes: tuple[Fields, ...]


def by_rule(selection: Selection) -> tuple[str, ...]:
    """The classes of a selection that need an rte_flow rule."""
    found = (
        name
        for switch, index in selection.switches
        if switch.field_sets[index].via is Via.FLOW
        for name in switch.classes
    )
    return tuple(dict.fromkeys(found))


def options(problem: Problem, index: int, classes: Iterable[str]) -> list[Option]:
    """Every way worth weighing to hash these classes, the cheapest first; empty if there is none."""
    port = problem.ports[index]
    fields = {name: useful(problem, index, name) for name in classes}
    kinds = _kinds(port, fields)
    found: list[Option] = []
    combinations = product(*(kind.shapes for kind in kinds)) if kinds else ()
    for shapes in islice(combinations, MAX_OPTIONS):
        wanted = {
            name: _named(shape, name)
            for kind, shape in zip(kinds, shapes, strict=True)
            for name in kind.classes
        }
        selection = select(port.nic, wanted)
        if selection is not None and usable(port, selection):
            found.append(Option(selection, _cost(selection, fields), shapes))
    # What each kind would have alone may need flags that exclude each other: the usual fields never do.
    usual = select(port.nic, dict.fromkeys(fields)) if kinds and not found else None
    if usual is not None and usable(port, usual):
        found.append(Option(usual, _cost(usual, fields), ()))
    return sorted(found, key=lambda option: option.cost)


def _kinds(port: Port, fields: dict[str, frozenset[str]]) -> list[_Kind]:
    kinds: dict[tuple[object, ...], list[str]] = {}
    for name, live in fields.items():
        sets = tuple(tuple(_shape(s) for s in offered(port.nic, name, via)) for via in Via)
        kinds.setdefault((_shape(tuple(sorted(live))), sets), []).append(name)
    return [_Kind(tuple(names), _worth(port, names[0], fields[names[0]])) for names in kinds.values()]


def _worth(port: Port, name: str, live: frozenset[str]) -> tuple[Fields, ...]:
    """For every useful part, the set with the least beside it: one at start-up, one by rule."""
    best: dict[tuple[frozenset[str], Via], tuple[int, Fields]] = {}
    for via in Via:
        for fields in offered(port.nic, name, via):
            if any(unpaired(HashInput(name, fields, function=port.function))):
                continue
            part = frozenset(fields) & live
            entry = input_bits(tuple(f for f in fields if f not in live)), fields
            best[part, via] = min(best.get((part, via), entry), entry)
    parts = any(part for part, _ in best)
    return tuple(dict.fromkeys(_shape(f) for (part, _), (_, f) in best.items() if part or not parts))


def _shape(fields: Fields) -> Fields:
    """Names that classes of other protocols share."""
    return tuple(re.sub(r"\bipv[46]_", "ip_", re.sub(r"\b(tcp|udp|sctp)_(?!vtag)", "l4_", f)) for f in fields)


def _named(shape: Fields, packet_class: str) -> Fields:
    kind = packet_classes()[packet_class]
    return tuple(kind.canonical(name) or name for name in shape)


def usable(port: Port, selection: Selection) -> bool:
    """Whether the port's key reaches the ends of the hash inputs, and its function takes their fields."""
    switches = (switch for switch, _ in selection.switches)
    inputs = layouts(port.nic, port.function, selection.inputs, switches)
    return not any(beyond(port.nic, entry) or any(unpaired(entry)) for entry in inputs)


def _cost(selection: Selection, fields: dict[str, frozenset[str]]) -> Cost:
    inputs = [entry for entry in selection.inputs if entry.packet_class in fields]
    live = sum(input_bits(tuple(f for f in i.fields if f in fields[i.packet_class])) for i in inputs)
    flags = {
        flag for switch, at in selection.switches for flag in (switch.flag, *switch.field_sets[at].flags)
    }
    return (
        len(set(by_rule(selection)) & fields.keys()),
        -live,
        sum(entry.selected_bits for entry in inputs) - live,
        len(flags),
    )
