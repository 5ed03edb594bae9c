"""What a Problem means, by enumeration: every packet and every pair. Shares no code with the solver.

Only for the tiny universe (`tiny`). Packets are numpy arrays of field values.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
from brute_conditions import Packets, holds, read
from brute_nic import WIRE, hash_input

from rss_dsl.fields import WIDTHS, packet_classes
from rss_dsl.problem import AllOf, Condition, HashInput, Port, Problem, Requirement


@dataclass(frozen=True, slots=True)
class Tied:
    """Different pairs of hash inputs that one requirement ties, for one pair of classes."""

    requirement: Requirement
    layouts: tuple[HashInput, HashInput]
    pairs: np.ndarray
    """One row each; an unhashed class has input 0."""


class Meaning:
    """Everything the comparison wants to know about a problem."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem

    @cached_property
    def ties(self) -> list[Tied]:
        """What is tied among the classes that matter, unhashed ones included."""
        found = []
        for requirement in self.problem.requirements:
            ports = [self.problem.ports[i] for i in (requirement.first, requirement.second)]
            for layouts in product(*(matter(port) for port in ports)):
                only = requirement.only
                if only and not (
                    layouts[0].packet_class in only.first and layouts[1].packet_class in only.second
                ):
                    continue
                pairs = self._pairs(requirement, layouts)
                if len(pairs):
                    found.append(Tied(requirement, layouts, pairs))
        return found

    def _pairs(self, requirement: Requirement, layouts: tuple[HashInput, HashInput]) -> np.ndarray:
        sides = []
        for side, port in enumerate((requirement.first, requirement.second)):
            wanted = {name for s, name in read(requirement.condition) if s == side}
            sides.append(self.packets(port, layouts[side], wanted))
        grid = sides[0].shaped(-1, 1), sides[1].shaped(1, -1)
        sizes = tuple(len(next(iter(side.values.values()))) for side in sides)
        tied = np.broadcast_to(holds(requirement.condition, grid), sizes)
        rows, columns = np.nonzero(tied)
        inputs = [hash_input(layout, side) for layout, side in zip(layouts, sides, strict=True)]
        codes = np.unique(inputs[0][rows] << 16 | inputs[1][columns])
        return np.stack([codes >> 16, codes & 0xFFFF], axis=1)

    def packets(self, port: int, layout: HashInput, wanted: set[str]) -> Packets:
        """All packets of a class that a port can receive, in the fields that matter."""
        kind = packet_classes()[layout.packet_class]
        assumptions = [
            part
            for assumption in self.problem.assumptions
            if assumption.port == port
            for part in _taken_apart(assumption.condition)
            if any(name in kind.names for _, name in read(part))
        ]
        wanted = wanted | {name for part in assumptions for _, name in read(part)}
        names = {kind.names[name] for name in wanted if name in kind.names} | set(layout.fields)
        order = [name for name in WIRE if name in names]
        choices = [_values(layout.packet_class, name) for name in order]
        grid = np.meshgrid(*choices, indexing="ij") if order else []
        values = {name: column.ravel() for name, column in zip(order, grid, strict=True)}
        found = Packets(layout.packet_class, values or {"": np.zeros(1, dtype=np.int64)})
        for part in assumptions:
            kept = np.broadcast_to(holds(part, (found, found)), next(iter(found.values.values())).shape)
            found = Packets(found.packet_class, {name: column[kept] for name, column in found.values.items()})
        return found

    def live(self, port: int, layout: HashInput) -> np.ndarray:
        """The hash inputs that a class of a port can have."""
        return np.unique(hash_input(layout, self.packets(port, layout, set())))

    @cached_property
    def hashed_ties(self) -> list[Tied]:
        """Ties between hashed classes."""
        return [tied for tied in self.ties if all(layout.fields for layout in tied.layouts)]

    @cached_property
    def unhashed_ties(self) -> bool:
        """Whether an unhashed class that `traffic` names is tied to anything on ports with several queues."""
        return any(not layout.fields for tied in self.ties for layout in tied.layouts)

    @cached_property
    def components(self) -> list[set[int]]:
        """Ports whose packets must meet, directly or through others."""
        return _joined(
            len(self.problem.ports), ((t.requirement.first, t.requirement.second) for t in self.hashed_ties)
        )

    def component(self, port: int) -> set[int]:
        """The component of a port."""
        return next(found for found in self.components if port in found)

    def smallest(self, port: int) -> int:
        """Entries of the smallest table in the component of a port."""
        return min(self.problem.ports[i].table_size for i in self.component(port))


def matter(port: Port) -> list[HashInput]:
    """The classes of a port that matter; an unhashed one has no fields."""
    if port.traffic is None:
        return list(port.inputs)
    hashed = {layout.packet_class: layout for layout in port.inputs}
    return [hashed.get(name, HashInput(name, ())) for name in port.traffic]


def _values(packet_class: str, name: str) -> np.ndarray:
    kind = packet_classes()[packet_class]
    if name in kind.fixed:
        return np.array([kind.fixed[name]], dtype=np.int64)
    excluded = kind.excluded.get(name, ())
    return np.array([v for v in range(1 << WIDTHS[name]) if v not in excluded], dtype=np.int64)


def _taken_apart(condition: Condition) -> Iterator[Condition]:
    if isinstance(condition, AllOf):
        for part in condition.parts:
            yield from _taken_apart(part)
    else:
        yield condition


def _joined(count: int, pairs) -> list[set[int]]:
    sets = [{i} for i in range(count)]
    for a, b in pairs:
        first, second = (next(s for s in sets if x in s) for x in (a, b))
        if first is not second:
            sets.remove(second)
            first |= second
    return sets
