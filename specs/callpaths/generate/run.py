"""What a description runs in: the path, the packet, the clock and the memory of the state objects."""

from __future__ import annotations

from dataclasses import dataclass, field

from generate.path import Path
from generate.words import Record, Word
from rss_callpaths.callpath import Argument, Field, Pointee
from rss_callpaths.terms import Array, Term

UNINITIALISED = 0xABABABAB
NO_INDEX = 0xFFFFFFFF


@dataclass(slots=True, eq=False)
class Memory:
    """A state object while a path runs."""

    variable: int
    """The address of the variable that points to it."""
    address: int = 0
    """Where it is; 0 before it is allocated."""
    keys: list[tuple[Record, Word | None]] = field(default_factory=list)
    """Of a map: the keys that were looked up or put, and their values; None: known to be absent."""
    occupancy: Word | None = None
    """Of a map."""
    cells: Array | None = None
    """Of a vector: eight cells, the i-th borrow gets the i-th."""
    borrowed: int = 0
    """Of a vector: how many."""
    new_index: Word | None = None
    """Of a chain: the index that it hands out next."""
    full: list[Word] = field(default_factory=list)
    """Of a chain: conditions that together say that it has no index left."""


@dataclass(slots=True, eq=False)
class Run:
    """Given to a description's functions, which pass it on to libVig and to the packet."""

    path: Path
    memories: dict[str, Memory] = field(default_factory=dict)
    devices: int = 2
    device: int = 0
    """That the packet came from."""
    now: Word = field(init=False)
    """Nanoseconds, 64 bits, as of this packet."""
    length: Word = field(init=False)
    """Of the packet, 16 bits."""
    input: Word = field(init=False)
    """The device as the symbol that it is, 16 bits."""
    packet: int = 0
    """The packet's address."""
    unread: Word = field(init=False)
    """Bytes of the packet that no chunk has, 32 bits."""
    chunks: list[Record] = field(default_factory=list)
    """Borrowed parts of the packet."""

    def branch(self, condition: Word) -> bool:
        """An `if`: both ways become paths where both are possible."""
        return self.path.branch(condition)

    def number(self, value: int, width: int) -> Word:
        """A constant."""
        return self.path.const(value, width)

    def concrete_device(self, device: Word) -> int:
        """One of the devices, each in paths of its own."""
        for candidate in range(self.devices - 1):
            if self.branch(device.equals(candidate)):
                return candidate
        return self.devices - 1


def by_value(name: str, value: Word | Term) -> Argument:
    """A scalar argument."""
    return Argument(name, value.term if isinstance(value, Word) else value)


def function(run: Run, name: str, target: str) -> Argument:
    """A pointer to a C function; its address follows from its name."""
    address = 0x10000 + 16 * (sum(target.encode()) % 4096)
    return Argument(name, run.path.algebra.const(address, 64), function=target, pointer=True)


def pointer(
    run: Run, name: str, address: int, before: Word | None = None, after: Word | None = None
) -> Argument:
    """A pointer to a number, traced when the call begins, when it returns, or both."""
    pointee = Pointee(None if before is None else before.term, None if after is None else after.term)
    return Argument(name, run.path.algebra.const(address, 64), pointee=pointee, pointer=True)


def untraced(run: Run, name: str, address: int) -> Argument:
    """A pointer to something that is not shown."""
    return Argument(name, run.path.algebra.const(address, 64), pointer=True)


def key_argument(run: Run, name: str, record: Record, *, fields: bool = True) -> Argument:
    """A pointer to a key, traced with its fields, the same before and after."""
    if record.address is None:
        record.address = run.path.local(record.layout.size)
    same = Pointee(record.packed(), record.packed())
    shown = tuple(
        Field(field, Pointee(record[field].term, record[field].term)) for field in record.layout.fields
    )
    address = run.path.algebra.const(record.address, 64)
    return Argument(name, address, pointee=same, pointer=True, fields=shown if fields else ())


def value_argument(run: Run, name: str, record: Record, *, fields: bool = True) -> Argument:
    """A pointer to what is given back, traced with its fields when the call begins."""
    if record.address is None:
        record.address = run.path.local(record.layout.size)
    shown = tuple(Field(field, Pointee(record[field].term, None)) for field in record.layout.fields)
    address = run.path.algebra.const(record.address, 64)
    pointee = Pointee(record.value.term, None)
    return Argument(name, address, pointee=pointee, pointer=True, fields=shown if fields else ())
