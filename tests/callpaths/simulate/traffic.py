"""Traffic in which flows collide: few ends, answers to what came out, forgeries, odd packets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from .frames import Header

SECOND = 1_000_000_000
START = 1_000 * SECOND
HOSTS = (0x0A000001, 0x0A000002, 0x0A000101, 0x0A010001, 0x0B000001, 0xC0A80101)
"""Some of them share 8, 16 or 24 bits; some differ in the last byte only."""
PORTS = (80, 443, 1024, 1025, 5000)
MACS = (0x020000000001, 0x020000000002, 0x0A0000010000)
"""The last one's bytes begin with those of an address."""
FEW = range(6)
FORGED = ("source", "source_port", "destination", "destination_port", "identification")


@dataclass(frozen=True, slots=True)
class Event:
    """A packet, or an answer to what an earlier packet became."""

    time: int
    device: int
    header: Header | None
    """None: the answer to what event `answers` became, from the device it was sent to."""
    answers: int = 0
    forged: tuple[tuple[str, int], ...] = ()
    """Fields of the answer that somebody made up."""


@dataclass(frozen=True, slots=True)
class Mix:
    """What to draw from."""

    devices: int = 2
    protocols: tuple[str, ...] = ("tcp", "tcp", "udp", "udp", "icmp", "sctp", "esp", "arp")
    hosts: tuple[int, ...] = HOSTS
    ports: tuple[int, ...] = PORTS
    fragments: bool = True
    options: bool = False
    tagged: float = 0.1
    """How often there is a VLAN tag."""
    gaps: tuple[int, ...] = (0, 1, SECOND // 10, SECOND, 3 * SECOND, 30 * SECOND, 200 * SECOND)
    weights: tuple[int, ...] = (20, 20, 20, 20, 10, 3, 1)


def draw(random: Random, mix: Mix, count: int) -> list[Event]:
    """So many events in the order of time."""
    time, found = START, []
    for at in range(count):
        time += random.choices(mix.gaps, mix.weights)[0]
        if at and random.random() < 0.35:
            forged = ()
            if random.random() < 0.3:
                field = random.choice(FORGED)
                values = mix.ports if field.endswith("port") else mix.hosts
                forged = ((field, random.choice(FEW if field == "identification" else values)),)
            found.append(Event(time, 0, None, random.randrange(max(0, at - 40), at), forged))
        else:
            found.append(Event(time, random.randrange(mix.devices), header(random, mix)))
    return found


def header(random: Random, mix: Mix) -> Header:
    """Any packet of the mix."""
    macs = random.choices(MACS, k=2)
    drawn = Header(
        random.choice(mix.protocols),
        *random.choices(mix.hosts, k=2),
        *random.choices(mix.ports, k=2),
        identification=random.choice(FEW),
        service=random.choice(FEW),
        mac_source=macs[0],
        mac_destination=macs[1],
        options=mix.options and random.random() < 0.3,
        vlan=random.choice((5, 6)) if random.random() < mix.tagged else None,
        size=random.choice((64, 64, 100)),
    )
    if mix.fragments and drawn.protocol in ("tcp", "udp") and random.random() < 0.15:
        return replace(drawn, fragment=random.choice((0, 1, 185)))
    return drawn


def answered(header: Header, event: Event) -> Header:
    """The answer to a packet, forged as the event says."""
    return replace(header.reversed(), **dict(event.forged))


def without(events: Sequence[Event], classes: frozenset[tuple[int, str]]) -> list[Event]:
    """Events but for packets of (device, class), which the spec leaves out; answers keep their numbers."""
    return [
        replace(event, header=Header("arp"))
        if event.header is not None and (event.device, event.header.packet_class) in classes
        else event
        for event in events
    ]
