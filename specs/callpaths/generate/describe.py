"""What a description consists of: state objects, a function that processes a packet, an expectation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from generate.run import Run
from generate.words import Record, Struct, Word
from rss_callpaths.callpath import Variant


@dataclass(frozen=True, slots=True)
class Map:
    """A hash table from keys to numbers."""

    name: str
    key: Struct
    capacity: int = 65536
    invariant: Callable[[Run, Record, Word], Word] | None = None
    """What holds for every entry: its key and its value."""


@dataclass(frozen=True, slots=True)
class Vector:
    """An array of cells."""

    name: str
    cell: Struct
    capacity: int = 65536
    initialiser: str = ""
    """The C function for a new cell; the struct's `…_allocate` if empty."""
    invariant: Callable[[Run, Record], Word] | None = None
    """What holds for every cell."""


@dataclass(frozen=True, slots=True)
class Chain:
    """A libVig dchain: hands out indices and takes back the old ones."""

    name: str
    capacity: int = 65536


@dataclass(frozen=True, slots=True)
class Sketch:
    """A count-min sketch."""

    name: str
    hash: str
    capacity: int = 1024
    threshold: int = 64


@dataclass(frozen=True, slots=True)
class Lpm:
    """A table of prefixes."""

    name: str


State = Map | Vector | Chain | Sketch | Lpm


class Verdict(Enum):
    """What becomes of a packet that is not sent to one device."""

    DROP = "drop"
    FLOOD = "flood"
    """To each of the other devices by a call of its own."""
    BROADCAST = "broadcast"
    """To all of them by one call."""


@dataclass(frozen=True, slots=True)
class Sharded:
    """Sharing nothing is possible: which packets must meet, in the language. None: any steering."""

    requirements: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """Sharing nothing is impossible, and why."""

    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class NetworkFunction:
    """A network function, ready to be executed; what it does is its module's docstring."""

    name: str
    process: Callable[[Run], Word | int | Verdict]
    """The device to send the packet to; the one that it came from drops it."""
    expected: Sharded | Refused
    state: tuple[State, ...] = ()
    """In the order of allocation."""
    config: Mapping[str, int] = field(default_factory=dict)
    """Numbers that the loop invariant names."""
    devices: int = 2
    initialise: Callable[[Run], None] | None = None
    """Runs after the allocations."""
    variant: Variant = Variant.COLON
