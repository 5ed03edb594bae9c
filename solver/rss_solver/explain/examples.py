"""Packet pairs that a requirement ties, and pairs that it nearly ties."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from rss_dsl.assumptions import assumed, tied
from rss_dsl.fields import packet_classes, width
from rss_dsl.problem import Condition, Problem, Requirement
from rss_solver.keyspace.statement import class_pairs
from rss_solver.packets.packet import Packet
from rss_solver.packets.semantics import belongs, holds
from rss_solver.proof.spans import PairSpace
from rss_solver.smt.prover import Prover

TRIES = 200


@dataclass(frozen=True, slots=True)
class Example:
    """Two packets and whether the requirement ties them."""

    requirement: Requirement
    packets: tuple[Packet, Packet]
    tied: bool


def examples(problem: Problem, seed: int, count: int) -> Iterator[Example]:
    """For every line, up to `count` tied pairs and as many that differ from one in a single field."""
    random = Random(f"examples {seed}")
    done: set[int] = set()
    for requirement in problem.requirements:
        if requirement.line in done:
            continue
        pairs = list(_tied(problem, requirement, random, count))
        if pairs:
            done.add(requirement.line)
        for pair in pairs:
            yield Example(requirement, pair, True)
        for pair in pairs:
            if (near := _nearly(problem, requirement, pair, random)) is not None:
                yield Example(requirement, near, False)


def _tied(
    problem: Problem, requirement: Requirement, random: Random, count: int
) -> Iterator[tuple[Packet, Packet]]:
    """Pairs under both ports' assumptions: random ones, or Z3's where random ones are not tied."""
    spaces = []
    for inputs in class_pairs(problem, requirement):
        condition = tied(problem, requirement, inputs[0].packet_class, inputs[1].packet_class)
        if (space := PairSpace(condition, inputs)).solutions:
            spaces.append((condition, space))
    for number in range(count if spaces else 0):
        condition, space = spaces[number % len(spaces)]
        pairs = (space.packets(vector) for vector in space.samples(random, TRIES))
        found = next((pair for pair in pairs if _satisfies(condition, pair)), None)
        if found is None and number < len(spaces):
            model = Prover().find_any(condition, space.inputs)
            found = model if isinstance(model, tuple) else None
        if found is not None and _satisfies(condition, found):
            yield _visible(found)


def _satisfies(condition: Condition, pair: tuple[Packet, Packet]) -> bool:
    return belongs(pair[0]) and belongs(pair[1]) and holds(condition, pair)


def _visible(pair: tuple[Packet, Packet]) -> tuple[Packet, Packet]:
    """The packets without the fields that every packet of their class has."""
    kept = []
    for packet in pair:
        fixed = packet_classes()[packet.packet_class].fixed
        kept.append(Packet(packet.packet_class, {n: v for n, v in packet.fields.items() if n not in fixed}))
    return kept[0], kept[1]


def _nearly(
    problem: Problem, requirement: Requirement, pair: tuple[Packet, Packet], random: Random
) -> tuple[Packet, Packet] | None:
    """The pair with another value in one field of its second packet, so that it is not tied any more, though
    the packet satisfies what is assumed of it."""
    first, second = pair
    assumptions = assumed(problem, requirement.second, second.packet_class)
    names = sorted(second.fields)
    random.shuffle(names)
    for name in names:
        for value in _others(second.value(name), width(name), random):
            changed = Packet(second.packet_class, {**second.fields, name: value})
            if not belongs(changed) or holds(requirement.condition, (first, changed)):
                continue
            if all(holds(assumption, (changed, changed)) for assumption in assumptions):
                return first, changed
    return None


def _others(value: int, size: int, random: Random) -> Iterator[int]:
    """Random values, then those that differ in one bit, which is all that narrow assumptions leave."""
    for _ in range(8):
        yield random.getrandbits(size)
    for bit in range(size):
        yield value ^ 1 << bit
