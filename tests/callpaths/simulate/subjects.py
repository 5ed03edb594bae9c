"""Network functions to simulate: the spec imported for each, its keys, and the state it starts from."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

from inferring import inferred, problem_of, solution_of

from rss_dsl.problem import Problem
from rss_solver.solution import Solution

from .compare import Difference, difference, steering
from .machine import Machine, machine
from .models import Core, Map, Vector
from .traffic import HOSTS, MACS, PORTS, START, Event, without

CORES = 16
OUTSIDE = {
    "nat": {1},
    "nat-options": {1},
    "nat-rejuvenates-first": {1},
    "gallium-nat": {1},
    "nat-marks": {1},
    "nat-by-remote": {1},
}
"""Devices whose packets carry external ports."""


def parted(
    folder: Path, problem: Problem, solution: Solution, events: list[Event], *, all_classes: bool = False
) -> Difference | None:
    """Where sixteen cores under these keys differ from one, on packets that the imported spec is about."""
    if not all_classes:
        events = without(events, left_out(folder))
    outside = frozenset(OUTSIDE.get(folder.name, ()))
    return difference(seeded(folder), events, steering(problem, solution), CORES, outside)


@cache
def imported(folder: Path) -> tuple[Problem, Solution]:
    """What `rssc import` and `rssc solve` make of call paths."""
    _, found = inferred(folder)
    return problem_of(found.text), solution_of(found.text)


@cache
def left_out(folder: Path) -> frozenset[tuple[int, str]]:
    """(device, class) that reach state and cannot be steered: RSS427 names them, `traffic` does not."""
    _, found = inferred(folder)
    if found.spec is None:
        return frozenset()
    problem, _ = imported(folder)
    devices = {port.name: port.device for port in problem.ports}
    named = [each.message.split(" packets on ") for each in found.findings if each.rule.code == "RSS427"]
    return frozenset(
        (devices[rest.split()[0]], name)
        for names, rest in named
        for name in re.findall(r"`([a-z0-9-]+)`", names)
    )


@cache
def seeded(folder: Path) -> Machine:
    """The network function, with something in tables that only its operator fills."""
    found = machine(folder)
    if folder.name in SEEDS:
        SEEDS[folder.name](found, found.initial)
    return found


def _bridge(found: Machine, core: Core) -> None:
    table = core.objects[found.named["static_map"]]
    assert isinstance(table, Map)
    for at, mac in enumerate(MACS[:2]):
        for device in (0, 1):
            table.entries[mac.to_bytes(6, "big") + device.to_bytes(2, "little")] = at


def _allowed(found: Machine, core: Core) -> None:
    table = core.objects[found.named["allowed"]]
    assert isinstance(table, Map)
    table.entries |= {host.to_bytes(4, "big"): 1 for host in HOSTS}


def _leases(found: Machine, core: Core) -> None:
    entries, keys, ages = (
        core.objects[found.named[name]] for name in ("leases", "leases_keys", "leases_chain")
    )
    assert isinstance(entries, Map) and isinstance(keys, Vector)
    for host in HOSTS:
        index = ages.allocate(START)
        keys.cells[index] = host.to_bytes(4, "big")
        entries.entries[keys.cells[index]] = index


def _open(found: Machine, core: Core) -> None:
    (vector,) = core.objects.values()
    assert isinstance(vector, Vector)
    for port in PORTS[::2]:
        vector.cells[port] = (1).to_bytes(vector.size, "little")


SEEDS: dict[str, Callable[[Machine, Core], None]] = {
    "sbridge": _bridge,
    "erase-only": _allowed,
    "expire-only": _leases,
    "read-only-vector": _open,
}
