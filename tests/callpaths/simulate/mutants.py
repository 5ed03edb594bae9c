"""Specs and solutions that are a little too weak, made systematically from right ones."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random

from inferring import ports_of, with_requirements

from rss_dsl.problem import Problem
from rss_solver.solution import PortSolution, Solution

EQUALITY = re.compile(r"(P\d'?)\.(\w+)(\[\d+:\d+\])? == (P\d'?)\.(\w+)")
OTHERS = (
    ("ipv4_src", "ipv4_src"),
    ("ipv4_dst", "ipv4_dst"),
    ("l4_src", "l4_src"),
)
"""What can be demanded to be equal as well."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A spec that ties less, and how it was made."""

    how: str
    text: str


def requirements_of(text: str) -> tuple[str, ...]:
    """The conditions of a spec that was inferred, each on a line."""
    lines = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("//"))
    parts = re.split(r"^require \w+: ", lines, flags=re.MULTILINE)[1:]
    return tuple(" ".join(part.split()) for part in parts)


def mutants(text: str) -> Iterator[Mutant]:
    """Every requirement dropped; narrowed by another equality, of each kind; of slices, by one more bit."""
    every = requirements_of(text)
    for at, condition in enumerate(every):
        before, after = every[:at], every[at + 1 :]

        def made(how: str, *instead: str, before=before, after=after) -> Mutant:
            return Mutant(how, with_requirements(ports_of(text), (*before, *instead, *after)))

        yield made(f"{at} dropped")
        first, _, piece, second, _ = EQUALITY.search(condition).groups()
        for one, other in OTHERS:
            more = f"{first}.{one} == {second}.{other}"
            if more not in condition:
                yield made(f"{at} narrowed by {more}", f"{condition} && {more}")
        if piece is not None:
            start, stop = map(int, piece[1:-1].split(":"))
            wider = f"[{start}:{stop + 1}]" if stop < 32 else f"[{start - 1}:{stop}]"
            yield made(f"{at} narrowed to {wider}", condition.replace(piece, wider))


def spoiled(problem: Problem, solution: Solution, random: Random) -> Iterator[tuple[str, Solution]]:
    """One bit of each port's key flipped among those that are read; one table entry of each port moved."""
    for at, port in enumerate(solution.ports):
        used = max((layout.bits for layout in problem.ports[at].inputs), default=0) + 31
        bit = random.randrange(min(used, 8 * len(port.key)))
        key = bytearray(port.key)
        key[bit // 8] ^= 0x80 >> bit % 8
        yield f"{port.name}: key bit {bit}", _with(solution, at, replace(port, key=bytes(key)))
        entry = random.randrange(port.table_size)
        table = list(port.table)
        table[entry] = (table[entry] + 1) % port.queues
        yield f"{port.name}: entry {entry}", _with(solution, at, replace(port, table=tuple(table)))


def _with(solution: Solution, at: int, port: PortSolution) -> Solution:
    return replace(solution, ports=(*solution.ports[:at], port, *solution.ports[at + 1 :]))
