"""The load of captures on queues and cores: every packet decoded, hashed and counted, in bulk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from rss_dsl.codes import UNASSIGNED_PACKETS
from rss_dsl.diagnostics import Diagnostic, RssError, has_errors
from rss_dsl.fields import packet_classes, width
from rss_dsl.nic import Function
from rss_dsl.problem import HashInput, Port, Problem
from rss_dsl.source import NOWHERE, Span
from rss_solver.nic.index import entry_of
from rss_solver.nic.steering import default_queue
from rss_solver.solution import PortSolution, Solution
from rss_solver.traffic.arrays import Bytes, Ints
from rss_solver.traffic.bulkhash import bulk_prepare, bulk_toeplitz
from rss_solver.traffic.containers import read_capture
from rss_solver.traffic.decode import decode
from rss_solver.traffic.frames import finding
from rss_solver.traffic.origins import NO_PORT, Origin, check_origins, split_by_prefix, unknown_port
from rss_solver.traffic.packets import CLASSES, Packets


@dataclass(frozen=True, slots=True)
class PortCapture:
    """A capture of what came in on one port."""

    port: str
    path: Path
    span: Span = field(default=NOWHERE, compare=False)
    """Where the pair was given."""


@dataclass(frozen=True, slots=True)
class SplitCapture:
    """A capture of several ports' packets, told apart by their source addresses."""

    path: Path
    origins: tuple[Origin, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PortLoad:
    """What one port received."""

    name: str
    packets: int
    truncated: int
    """Packets with a header that could not be read; they count under what precedes it."""
    unhashed: Mapping[str, int]
    """Packets of each class that the port does not hash."""
    default_queue: int
    """Where those go."""
    entries: tuple[int, ...]
    """Hashed packets of each table entry."""
    queues: tuple[int, ...]
    """Packets of each queue, hashed or not."""

    @property
    def unhashed_packets(self) -> int:
        """Packets that the port does not hash."""
        return sum(self.unhashed.values())

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why packets were not hashed, most packets first."""
        ordered = sorted(self.unhashed.items(), key=lambda item: (-item[1], item[0]))
        return tuple(
            f"class {name} is not hashed on {self.name}: {count} to queue {self.default_queue}"
            for name, count in ordered
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What ports and cores received: core q serves queue q of every port."""

    ports: tuple[PortLoad, ...]
    cores: tuple[int, ...]
    """Packets of each core over all ports."""
    components: tuple[tuple[int, ...], ...]
    """The same for the ports of each component of the solution, in its order."""
    unassigned: int
    """Packets of split captures that came in on no port that can be told."""
    warnings: tuple[Diagnostic, ...]


def evaluate(problem: Problem, solution: Solution, captures: Sequence[PortCapture | SplitCapture]) -> Load:
    """Reads the captures and counts. Raises `RssError` with everything found if a capture can't be used."""
    names = [port.name for port in problem.ports]
    found = _check(captures, names)
    if has_errors(found):
        raise RssError(found)
    tallies = [_Tally(port, solved) for port, solved in zip(problem.ports, solution.ports, strict=True)]
    unassigned = 0
    tunnels = any(tally.tunnels for tally in tallies)
    for capture in captures:
        lost = 0
        for item in _owned(capture, names, tunnels):
            if isinstance(item, Diagnostic):
                found.append(item)
            else:
                lost += _count(tallies, *item)
        if lost:
            found.append(_unassigned(capture.path, lost))
        unassigned += lost
    if has_errors(found):
        raise RssError(found)
    loads = tuple(tally.load() for tally in tallies)
    components = tuple(_cores(loads[index] for index in members) for members in solution.components)
    return Load(
        ports=loads,
        cores=_cores(loads),
        components=components,
        unassigned=unassigned,
        warnings=tuple(found),
    )


def _check(captures: Sequence[PortCapture | SplitCapture], names: list[str]) -> list[Diagnostic]:
    found: list[Diagnostic] = []
    for capture in captures:
        match capture:
            case PortCapture(port, _, span):
                found += [unknown_port(port, names, span)] if port not in names else []
            case SplitCapture(_, origins):
                found += check_origins(origins, names)
    return found


def _owned(
    capture: PortCapture | SplitCapture, names: list[str], tunnels: bool
) -> Iterator[Diagnostic | tuple[Packets, Ints | int]]:
    """The packets of a capture, batch by batch, with the port of each or of all."""
    for item in read_capture(capture.path):
        if isinstance(item, Diagnostic):
            yield item
            continue
        packets = decode(item, tunnels=tunnels)
        match capture:
            case PortCapture():
                yield packets, names.index(capture.port)
            case SplitCapture():
                yield packets, split_by_prefix(packets, capture.origins, names)


def _count(tallies: list[_Tally], packets: Packets, owner: Ints | int) -> int:
    """Adds packets to their ports' tallies; how many have none."""
    if isinstance(owner, int):
        tallies[owner].add(packets)
        return 0
    for index, tally in enumerate(tallies):
        which = np.flatnonzero(owner == index)
        if which.size:
            tally.add(packets.take(which))
    return int(np.count_nonzero(owner == NO_PORT))


def _unassigned(path: Path, count: int) -> Diagnostic:
    packets = "1 packet" if count == 1 else f"{count} packets"
    text = f"{packets} of `{path}` have a source in no given prefix, so their port is not known"
    hint = "name prefixes for every port but one: that one takes the rest"
    return finding(UNASSIGNED_PACKETS, str(path), text, help=hint)


def _cores(loads: Iterable[PortLoad]) -> tuple[int, ...]:
    queues = [load.queues for load in loads]
    total = np.zeros(max(len(q) for q in queues), np.int64)
    for counts in queues:
        total[: len(counts)] += counts
    return tuple(total.tolist())


class _Tally:
    """Running counts of one port."""

    def __init__(self, port: Port, solved: PortSolution) -> None:
        self._port = port
        self._solved = solved
        self._classes = np.zeros(len(CLASSES), np.int64)
        self._entries = np.zeros(solved.table_size, np.int64)
        self._truncated = 0
        hashed = (layout.packet_class for layout in solved.inputs)
        self.tunnels = frozenset(name for name in hashed if packet_classes()[name].tunnel)
        """The tunnel classes that the port hashes: it looks into these and no others."""

    def add(self, packets: Packets) -> None:
        packets = packets.seen_with(self.tunnels)
        self._classes += np.bincount(packets.kind, minlength=len(CLASSES))
        self._truncated += int(np.count_nonzero(packets.truncated))
        nic, size = self._port.nic, self._solved.table_size
        for layout in self._solved.inputs:
            which = packets.of_class(layout.packet_class)
            data = _hash_data(packets, layout, which)
            hashes = bulk_toeplitz(self._solved.key, data, init=nic.hash_init.value)
            entries = entry_of(hashes.astype(np.int64), size, nic.index.value)
            self._entries += np.bincount(entries, minlength=size)

    def load(self) -> PortLoad:
        hashed = {layout.packet_class for layout in self._solved.inputs}
        counts = zip(CLASSES, self._classes.tolist(), strict=True)
        unhashed = {name: count for name, count in counts if count and name not in hashed}
        default = default_queue(self._port, self._solved)
        queues = [0] * self._solved.queues
        for entry, count in enumerate(self._entries.tolist()):
            queues[self._solved.table[entry]] += count
        queues[default] += sum(unhashed.values())
        return PortLoad(
            name=self._port.name,
            packets=int(self._classes.sum()),
            truncated=self._truncated,
            unhashed=unhashed,
            default_queue=default,
            entries=tuple(self._entries.tolist()),
            queues=tuple(queues),
        )


def _hash_data(packets: Packets, layout: HashInput, which: Ints) -> Bytes:
    """What the hash reads of the chosen packets: their fields, unless the NIC changes or places them."""
    if layout.function is Function.TOEPLITZ and not layout.zeroed:
        return packets.columns(layout.fields, which)
    fields = (packets.columns((name,), which) for name, _ in layout.places)
    bits = [
        np.unpackbits(data, axis=1)[:, : width(name)]
        for data, (name, _) in zip(fields, layout.places, strict=True)
    ]
    return bulk_prepare(layout, bits, which.size)
