"""Packet pairs that a requirement ties, and pairs that it nearly ties."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from rss_dsl.fields import packet_classes, width
from rss_dsl.problem import Problem, Requirement
from rss_solver.packet import Packet
from rss_solver.proof.spans import PairSpace
from rss_solver.semantics import belongs, holds
from rss_solver.statement import class_pairs

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
        tied = list(_tied(problem, requirement, random, count))
        if tied:
            done.add(requirement.line)
        for pair in tied:
            yield Example(requirement, pair, True)
        for pair in tied:
            if (near := _nearly(requirement, pair, random)) is not None:
                yield Example(requirement, near, False)


def _tied(
    problem: Problem, requirement: Requirement, random: Random, count: int
) -> Iterator[tuple[Packet, Packet]]:
    spaces = [PairSpace(requirement.condition, pair) for pair in class_pairs(problem, requirement)]
    spaces = [space for space in spaces if space.solutions]
    for number in range(count if spaces else 0):
        space = spaces[number % len(spaces)]
        for solution in space.samples(random, TRIES):
            pair = space.packets(solution)
            if belongs(pair[0]) and belongs(pair[1]) and holds(requirement.condition, pair):
                yield _visible(pair)
                break


def _visible(pair: tuple[Packet, Packet]) -> tuple[Packet, Packet]:
    """The packets without the fields that every packet of their class has."""
    kept = []
    for packet in pair:
        fixed = packet_classes()[packet.packet_class].fixed
        kept.append(Packet(packet.packet_class, {n: v for n, v in packet.fields.items() if n not in fixed}))
    return kept[0], kept[1]


def _nearly(
    requirement: Requirement, pair: tuple[Packet, Packet], random: Random
) -> tuple[Packet, Packet] | None:
    """The pair with another value in one field of its second packet, so that it is not tied any more."""
    first, second = pair
    names = sorted(second.fields)
    random.shuffle(names)
    for name in names:
        for _ in range(8):
            value = random.getrandbits(width(name))
            changed = Packet(second.packet_class, {**second.fields, name: value})
            if belongs(changed) and not holds(requirement.condition, (first, changed)):
                return first, changed
    return None
