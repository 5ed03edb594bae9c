"""One core against many: the same traffic, and the first thing that differs.

The cores share nothing; each has the state of the whole network function, as large as the only one's. What
may differ is left out: which index a chain hands out (seen from outside only as the external port of a
translation, compared up to a renaming for each remote end), what cells of new indices held before, sketches'
collisions (the models have none) and full tables (the traffic fills none).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from rss_dsl.problem import Problem
from rss_solver.nic.steering import land
from rss_solver.solution import Solution

from .frames import ETHERNET, Header, header_of
from .machine import Frame, Machine, Outcome
from .models import Map, Sketch
from .traffic import SECOND, Event, answered

EXPIRY = 100 * SECOND
Steering = Callable[[int, Header], int]
"""The core of a packet: device, header."""


def steering(problem: Problem, solution: Solution) -> Steering:
    """By the reference hash, field sets and tables; a device without port has one queue."""
    at = {port.device: (port, solved) for port, solved in zip(problem.ports, solution.ports, strict=True)}
    known: dict[tuple[int, Header], int] = {}

    def core(device: int, header: Header) -> int:
        if device not in at:
            return 0
        key = device, header
        if key not in known:
            known[key] = land(header.packet, *at[device]).queue
        return known[key]

    return core


@dataclass(frozen=True, slots=True)
class Difference:
    """Where sharing nothing shows."""

    event: int
    what: str
    alone: object = None
    sharded: object = None


@dataclass(slots=True)
class Renaming:
    """External ports of a translation: those of one core alone and of many, for each remote end."""

    ports: dict[tuple[int, int, int], tuple[int, int]] = field(default_factory=dict)
    """(remote address, remote port, port) → its other name, time of the last packet out."""
    back: dict[tuple[int, int, int], tuple[int, int]] = field(default_factory=dict)

    def agree(self, alone: Header, sharded: Header, time: int) -> bool:
        """Whether two packets to the remote end are of one flow, and distinct flows stay distinct."""
        end = alone.destination, alone.destination_port
        fits = True
        for names, one, other in (
            (self.ports, alone.source_port, sharded.source_port),
            (self.back, sharded.source_port, alone.source_port),
        ):
            known = names.get((*end, one))
            fits &= known is None or known[0] == other or time - known[1] > EXPIRY
            names[*end, one] = other, time
        return fits

    def renamed(self, alone: Header, sharded: Header) -> Header:
        """A packet from a remote end as the sharded network function is to get it."""
        end = alone.source, alone.source_port
        known = self.ports.get((*end, alone.destination_port))
        if known is not None:
            return replace(alone, destination_port=known[0])
        if (*end, sharded.destination_port) not in self.back:
            return replace(alone, destination_port=sharded.destination_port)
        unused = next(n for n in range(60000, 65536) if (*end, n) not in self.back)
        return replace(alone, destination_port=unused)


def difference(
    machine: Machine,
    events: Sequence[Event],
    steer: Steering,
    cores: int,
    outside: frozenset[int] = frozenset(),
) -> Difference | None:
    """The first difference between one core and many; None if there is none.

    `outside`: devices whose packets carry external ports.
    """
    return _Comparison(machine, steer, cores, outside).over(events)


class _Comparison:
    def __init__(self, machine: Machine, steer: Steering, cores: int, outside: frozenset[int]) -> None:
        self.machine, self.steer, self.outside = machine, steer, outside
        self.alone = machine.core()
        self.cores = [machine.core() for _ in range(cores)]
        self.renaming = Renaming()
        self.became: list[tuple[tuple[int, Frame], tuple[int, Frame]] | None] = []
        """For each event what it sent, alone and sharded."""

    def over(self, events: Sequence[Event]) -> Difference | None:
        for number, event in enumerate(events):
            found = self._step(number, event)
            if found is not None:
                return found
        return self._shared(len(events))

    def _step(self, number: int, event: Event) -> Difference | None:
        packets = self._packets(event)
        self.became.append(None)
        if packets is None:
            return None
        device, one, other = packets
        alone = self.machine.process(self.alone, event.time, device, one.frame())
        core = self.cores[self.steer(device, other)]
        sharded = self.machine.process(core, event.time, device, other.frame())
        if alone.sent and sharded.sent:
            self.became[-1] = alone.sent[0], sharded.sent[0]
        ports = one.destination_port, other.destination_port
        if not self._alike(alone, sharded, event.time, ports):
            return Difference(number, "output", (one, alone.sent), (other, sharded.sent))
        if not self.machine.interprets_indices:
            if alone.path != sharded.path:
                return Difference(number, "path", alone.path, sharded.path)
            if alone.cells != sharded.cells:
                return Difference(number, "cells", alone.cells, sharded.cells)
        return None

    def _packets(self, event: Event) -> tuple[int, Header, Header] | None:
        """The device, and the packet alone and sharded; None if there is nothing to answer."""
        if event.header is not None:
            return event.device, event.header, self._renamed(event.device, event.header, event.header)
        before = self.became[event.answers]
        if before is None:
            return None
        (device, one), (_, other) = before
        alone = answered(header_of(one), event)
        return device, alone, self._renamed(device, alone, answered(header_of(other), event))

    def _renamed(self, device: int, alone: Header, sharded: Header) -> Header:
        return self.renaming.renamed(alone, sharded) if device in self.outside else alone

    def _alike(self, alone: Outcome, sharded: Outcome, time: int, ports: tuple[int, int]) -> bool:
        """`ports`: what the packets were sent to, which one that is let through keeps."""
        if [device for device, _ in alone.sent] != [device for device, _ in sharded.sent]:
            return False
        for (device, one), (_, other) in zip(alone.sent, sharded.sent, strict=True):
            if device in self.outside:
                if self.machine.interprets_indices and not self.renaming.agree(
                    header_of(one), header_of(other), time
                ):
                    return False
                one, other = _without_port(one, 0), _without_port(other, 0)
            elif (header_of(one).destination_port, header_of(other).destination_port) == ports:
                one, other = _without_port(one, 2), _without_port(other, 2)
            if one != other:
                return False
        return True

    def _shared(self, number: int) -> Difference | None:
        """Keys of one map or sketch that packets of two cores addressed."""
        for address in sorted(self.machine.changed):
            seen: dict[bytes, int] = {}
            for at, core in enumerate(self.cores):
                model = core.objects[address]
                assert isinstance(model, Map | Sketch)
                for key in sorted(model.touched):
                    if seen.setdefault(key, at) != at:
                        return Difference(number, "shared", (address, key), (seen[key], at))
        return None


def _without_port(frame: Frame, place: int) -> Frame:
    """A packet but for its source (0) or destination (2) port."""
    at = ETHERNET + 4 * ((frame[ETHERNET] or 0) & 0xF) + place
    return frame[:at] + frame[at + 2 :]
