"""Random Problems over the tiny universe: a seed gives one Problem, always the same.

Sizes stay such that `brute` can enumerate packets. Two things are not drawn. `simple-xor` folds 32-bit words,
and inputs of this size never fill one: its tests use fields of real width (`test_tied`, `test_traffic_hash`).
Preferences choose among keys that are compared here: `test_counting` holds them against every key.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

from tiny import draw_widths, tiny_classes
from tiny_conditions import Conditions, fields_of

from rss_dsl.fields import WIRE_ORDER
from rss_dsl.nic import DefaultQueue, Function, Index, NicProfile
from rss_dsl.nics.generic import GENERIC as NIC
from rss_dsl.problem import (
    HashInput,
    Line,
    PinnedKey,
    Port,
    Problem,
    Requirement,
    SharedKey,
)
from rss_dsl.source import Source
from rss_dsl.spec import Spec

MAX_INPUT = 10
"""Bits of a hash input, at most."""
USUAL_INPUT = 6
MAX_PAIR = 19
"""Bits of a pair of packets, at most: what the enumeration can bear."""

LINEAR = (Function.TOEPLITZ, Function.SYMMETRIC_XOR)
BENT = (Function.SYMMETRIC_OR_XOR, Function.SYMMETRIC_SORT)


@dataclass(frozen=True, slots=True)
class Case:
    """A Problem and the universe it is about."""

    seed: int
    widths: dict[str, int]
    problem: Problem


def draw(seed: int) -> Case:
    """The Problem of a seed."""
    random = Random(seed)
    while True:
        maker = _Maker(random, draw_widths(random))
        problem = maker.problem()
        if problem is not None:
            return Case(seed, maker.widths, problem)


class _Maker:
    def __init__(self, random: Random, widths: dict[str, int]) -> None:
        self.random, self.widths = random, widths
        self.classes = tiny_classes()
        self.conditions = Conditions(random, widths, self.classes)

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def problem(self) -> Problem | None:
        count = self.random.choices((1, 2, 3), (4, 5, 2))[0]
        ports = self.ports(count)
        lines: list[Line] = []
        requirements = [
            self.requirement(number, ports)
            for number in range(self.random.choices((0, 1, 2, 3), (1, 6, 4, 2))[0])
        ]
        lines += [Line(f"r{requirement.line}") for requirement in requirements]
        assumptions = tuple(
            self.conditions.assumption(i, ports[i]) for i in range(count) if self.chance(0.25)
        )
        pins = self.pins(ports, lines)
        shared = []
        if count > 1 and self.chance(0.1) and ports[0].key_bits == ports[1].key_bits:
            lines.append(Line("adapter card"))
            shared.append(SharedKey(len(lines) - 1, 0, 1))
        found = Problem(
            spec=Spec(source=Source("tiny.rss", ""), statements=()),
            ports=tuple(ports),
            lines=tuple(lines),
            requirements=tuple(requirements),
            shared_keys=tuple(shared),
            pinned_lines=tuple(pins),
            assumptions=assumptions,
            equality=self.random.choices(("auto", "index", "hash"), (2, 4, 1))[0],
            seed=self.random.randrange(100),
        )
        return found if self.small(found) else None

    def requirement(self, line: int, ports: list[Port]) -> Requirement:
        first, second = self.random.randrange(len(ports)), self.random.randrange(len(ports))
        condition = self.conditions.requirement((ports[first], ports[second]))
        return Requirement(line=line, first=first, second=second, condition=condition)

    def pins(self, ports: list[Port], lines: list[Line]) -> list[tuple[int, int]]:
        """Pins some ports' keys, in place, and adds their lines."""
        pins = []
        for i, port in enumerate(ports):
            if self.chance(0.08):
                lines.append(Line(f"key of {port.name}"))
                pins.append((len(lines) - 1, i))
                ports[i] = replace(port, pinned=PinnedKey(self.key(port.nic.key_bytes.value)))
        return pins

    def key(self, length: int) -> bytes:
        """Any key, or one that is mostly zero."""
        data = self.random.randbytes(length)
        if self.chance(0.5):
            data = bytes(byte & self.random.getrandbits(8) & self.random.getrandbits(8) for byte in data)
        return bytes(length) if self.chance(0.1) else data

    # --- ports -------------------------------------------------------------------------------------------

    def ports(self, count: int) -> list[Port]:
        """Mostly alike, so that they can agree."""
        first = self.port("A")
        found = [first]
        for name in "BC"[: count - 1]:
            found.append(self.like(first, name) if self.chance(0.7) else self.port(name))
        return found

    def like(self, port: Port, name: str) -> Port:
        inputs = port.inputs if self.chance(0.5) else self.inputs(port.function)
        return replace(port, name=name, device=ord(name) - ord("A"), inputs=inputs)

    def port(self, name: str) -> Port:
        function = self.random.choice(LINEAR if self.chance(0.9) else BENT) if self.chance(0.3) else LINEAR[0]
        index = self.random.choices(list(Index), (12, 3, 2, 2))[0]
        odd = index in (Index.MODULO, Index.HIGH_BITS) and self.chance(0.5)
        size = self.random.choice((3, 5, 6, 7, 12)) if odd else self.random.choice((2, 2, 4, 4, 8, 16))
        inputs = self.inputs(function)
        return Port(
            name=name,
            device=ord(name) - ord("A"),
            nic=self.nic(index, function),
            queues=self.random.choice((1, 2, 2, 2, min(4, size), min(3, size))),
            table_size=size,
            inputs=inputs,
            switches=(),
            traffic=self.traffic(inputs),
            function=function,
        )

    def nic(self, index: Index, function: Function) -> NicProfile:
        def fact(name: str, value: object):
            return replace(getattr(NIC, name), value=value)

        return replace(
            NIC,
            name="tiny",
            key_bytes=fact("key_bytes", self.random.choice((6, 6, 6, 7))),
            index=fact("index", index),
            functions=fact("functions", (function,)),
            table_sizes=fact("table_sizes", (16,)),
            table_settable=fact("table_settable", self.chance(0.8)),
            hash_init=fact("hash_init", 0xFFFFFFFF if self.chance(0.05) else 0),
            default_queue=fact("default_queue", self.random.choice(list(DefaultQueue))),
        )

    def traffic(self, inputs: tuple[HashInput, ...]) -> tuple[str, ...] | None:
        hashed = [layout.packet_class for layout in inputs]
        if self.chance(0.6):
            return None
        chosen = self.random.sample(hashed, self.random.randint(1, len(hashed)))
        if self.chance(0.15):
            chosen.append(self.random.choice([name for name in self.classes if name not in hashed]))
        return tuple(chosen)

    def inputs(self, function: Function) -> tuple[HashInput, ...]:
        names = [name for name in self.classes if name != "l2" or self.chance(0.3)]
        chosen = set(self.random.sample(names, self.random.choices((1, 2, 3), (6, 3, 1))[0]))
        return tuple(self.layout(name, function) for name in self.classes if name in chosen)

    def layout(self, packet_class: str, function: Function) -> HashInput:
        kind = self.classes[packet_class]
        limit = MAX_INPUT if self.chance(0.1) else USUAL_INPUT
        names = list(dict.fromkeys(kind.names.values()))
        if self.chance(0.9) and len(names) > 1:
            names = [name for name in names if name not in kind.fixed and name != "vlan"]
        names = [name for name in names if name not in kind.unknown]
        self.random.shuffle(names)
        if self.chance(0.5) or function is not Function.TOEPLITZ:
            names.sort(key=lambda name: not name.startswith("ip"))
        fields: list[str] = []
        zeroed: list[str] = []
        wanted = self.random.randint(1, 4)
        for name in names:
            if sum(self.widths[n] for n in (*fields, *zeroed, name)) > limit:
                continue
            if len(fields) < wanted:
                fields.append(name)
            elif self.chance(0.1):
                zeroed.append(name)
        if self.chance(0.9):
            zeroed = []
        order = WIRE_ORDER.index
        return HashInput(
            packet_class, tuple(sorted(fields, key=order)), tuple(sorted(zeroed, key=order)), function
        )

    # --- sizes -------------------------------------------------------------------------------------------

    def small(self, problem: Problem) -> bool:
        """Whether every pair of packets can be enumerated."""
        for requirement in problem.requirements:
            ports = requirement.first, requirement.second
            sizes = [0, 0]
            for side, i in enumerate(ports):
                names = {n for s, n in fields_of(requirement.condition) if s == side}
                names |= {n for a in problem.assumptions if a.port == i for _, n in fields_of(a.condition)}
                sizes[side] = max(
                    self._packet_bits(name, names, problem.ports[i])
                    for name in self._classes_of(problem.ports[i])
                )
            if sum(sizes) > MAX_PAIR:
                return False
        return True

    def _classes_of(self, port: Port) -> list[str]:
        return [*(layout.packet_class for layout in port.inputs), *(port.traffic or ())]

    def _packet_bits(self, packet_class: str, names: set[str], port: Port) -> int:
        kind = self.classes[packet_class]
        layout = port.input_of(packet_class)
        fields = {kind.names[name] for name in names if name in kind.names}
        fields |= set(layout.fields) if layout else set()
        return sum(self.widths[name] for name in fields if name not in kind.fixed)
