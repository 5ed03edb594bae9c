"""What comparing accesses pair by pair comes to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from rss_callpaths.accesses.access import Access, PathAccesses, StateObject
from rss_callpaths.infer.relation import Relation
from rss_callpaths.infer.shapes import Shape
from rss_callpaths.infer.sources import Owned
from rss_callpaths.packet.parts import Reading
from rss_callpaths.terms import Term


@dataclass(frozen=True, slots=True)
class Entry:
    """An access as one that can conflict."""

    path: PathAccesses
    access: Access
    port: int | None
    """None: it runs without a packet."""
    owned: Owned | None
    """The owner of the index that addresses it."""
    whole: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """A key in packets of one class on one port, and all accesses that have it."""

    port: int
    shape: Shape
    mutates: bool
    """Its cell, or what it finds an index of."""
    writes: bool
    """Its cell."""
    computed: tuple[str, Term | None] | None
    """Path and key, where some bits are computed: what those are is not in the shape, but in the path."""
    unplaced: str
    """`Reading.name` where the shape is unplaced: such packets are named, and shapes do not tell options."""
    entry: Entry = field(compare=False)
    reading: Reading = field(compare=False)


@dataclass(slots=True)
class Found:
    """What the pairs come to."""

    relations: dict[Relation, set[Access]] = field(default_factory=dict)
    classes: dict[Relation, set[tuple[str, str]]] = field(default_factory=dict)
    clashes: list[Clash] = field(default_factory=list)
    """Pairs that nothing ties."""
    doubtful: list[Doubt] = field(default_factory=list)
    """Pairs whose keys are of bytes that no field of their class has."""
    unplaced: list[Unplaced] = field(default_factory=list)
    """Packets whose bytes are compared with a cell, but are no fields of their class."""
    ignored: dict[tuple[str, int, int], str] = field(default_factory=dict)

    def clash(
        self,
        each: StateObject,
        first: Entry,
        second: Entry,
        why: str,
        unhashed: frozenset[str] = frozenset(),
    ) -> None:
        """A pair that nothing ties."""
        self.clashes.append(Clash(each, first.access, second.access, why, unhashed))

    def add(self, found: Relation, classes: tuple[str, str], *accesses: Access) -> None:
        """A relation that some accesses need."""
        self.relations.setdefault(found, set()).update(accesses)
        self.classes.setdefault(found, set()).add(classes)


@dataclass(frozen=True, slots=True)
class Clash:
    """Two accesses that any two packets of their paths may make to one cell."""

    object: StateObject
    first: Access
    second: Access
    why: str
    """`index`, `chains`, `setup`, `overlap`, `whole`, `constant`, `symbol`, `unhashed`, `idle`."""
    unhashed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Unplaced:
    """An access whose cell is not decided by fields of a kind of packet."""

    port: int
    kind: str
    """`Reading.name`."""
    access: Access


@dataclass(frozen=True, slots=True)
class Doubt:
    """Two accesses whose keys are partly of bytes that are no fields in these classes of packets."""

    object: StateObject
    relation: Relation
    first: Seen
    second: Seen

    @property
    def unplaced(self) -> Iterator[Unplaced]:
        """The sides that make it one."""
        for side in (self.first, self.second):
            if side.shape.unplaced:
                yield Unplaced(side.port, side.reading.name, side.entry.access)
