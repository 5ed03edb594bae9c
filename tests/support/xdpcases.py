"""Solved problems for the target `xdp`, and what a slow decoder and the reference hash make of frames."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from slowframes import slow

from rss_dsl.fields import packet_classes, wire_rank
from rss_dsl.nic import Fact, Function
from rss_dsl.problem import HashInput, Problem
from rss_solver.nic.steering import land
from rss_solver.packets.packet import Packet
from rss_solver.solution import Solution
from rss_synth.xdp import _MEMBERS

KEY = bytes(range(7, 207, 3))[:52]
CLASSES = [name for name, kind in packet_classes().items() if not kind.tunnel]

Case = tuple[Problem, Solution]


def every_input(function: Function, chosen: Callable[[str], bool] = lambda _: True) -> tuple[HashInput, ...]:
    """A hash input for every class: those of its fields that are chosen and that the program can read."""
    found = []
    for name in CLASSES:
        names = {
            field for field in packet_classes()[name].names.values() if field in _MEMBERS and chosen(field)
        }
        found.append(HashInput(name, tuple(sorted(names, key=wire_rank)), function=function))
    return tuple(entry for entry in found if entry.fields)


def changed(case: Case, inputs: tuple[HashInput, ...], key: bytes = KEY, **facts: object) -> Case:
    """The case with other hash inputs, and a NIC of other facts, on every port."""
    problem, solution = case
    nic = problem.ports[0].nic
    known = {name: Fact(value, "test", getattr(nic, name).evidence) for name, value in facts.items()}
    ports = tuple(replace(port, nic=replace(nic, **known), inputs=inputs) for port in problem.ports)
    solved = tuple(replace(port, inputs=inputs, key=key) for port in solution.ports)
    return replace(problem, ports=ports), replace(solution, ports=solved)


def expected(frame: bytes, case: Case) -> tuple[int | None, int]:
    """Hash, None where the class is not hashed, and queue, on the first port."""
    kind, _, fields = slow(frame)
    unknown = packet_classes()[kind].unknown
    values = {name: int.from_bytes(data, "big") for name, data in fields.items() if name not in unknown}
    landing = land(Packet(kind, values), case[0].ports[0], case[1].ports[0])
    return landing.hash, landing.queue
