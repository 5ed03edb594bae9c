"""What the paths of a network function do: accesses to its state, and where their packets go.

These are the thesis's libVig accesses (its table 3.1), with what its tool leaves out: whether state changes,
by which call a symbol came into being, and on which ports a path really can be.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from rss_callpaths.callpath import CallPath
from rss_callpaths.library import Function, Kind, Library
from rss_callpaths.packet.parts import Chunk, Reading, Rewrite, Send
from rss_callpaths.terms import Term
from rss_callpaths.terms.bytewise import Symbol, symbols
from rss_callpaths.terms.conditions import Truth
from rss_dsl.diagnostics import Diagnostic


class Outcome(StrEnum):
    """What becomes of a path."""

    NOT_STARTED = "init failed"
    """Initialisation failed: the packet loop was not reached."""
    NO_LOOP = "no loop"
    """The loop ended before a turn of it."""
    NO_PACKET = "no packet"
    """A turn of the loop without a packet."""
    DROPPED = "dropped"
    SENT = "sent"


@dataclass(frozen=True, slots=True)
class StateObject:
    """A data structure of the network function, one for all of its paths."""

    address: int
    """Its identity: the low 32 bits of the pointer, as deterministic allocation makes it."""
    name: str
    """As `loop_invariant_*` calls it, otherwise its type and a number (`map_2`); unique."""
    type: str
    """`map`, `vector`, `chain`, … as the library says of the functions that it is used with."""
    parameters: tuple[tuple[str, int], ...] = field(default=(), compare=False)
    """The constants that it was allocated with: `capacity`, `elem_size`, `index_range`."""


@dataclass(frozen=True, slots=True)
class Access:
    """One access of one path to one object. A call that touches several objects makes one access to each."""

    path: str
    """The call path's name: `test000012.call_path`."""
    call: int
    """Which call of the path it is: an index into `CallPath.calls`."""
    function: Function
    kind: Kind
    """The function's; `SCAN` for the further objects that a call touches as a whole."""
    object: StateObject | None
    """None: any object (a function that the library does not know)."""
    whole: bool
    """Touches (or depends on) the whole object, whatever the key."""
    key: Term | None
    """What picks the cell: map key, vector or chain index. Padding bytes are part of it."""
    value: Term | None
    """What is stored."""
    result: Term | None
    """What is returned: the value found, the new index, the borrowed cell."""
    mutates: bool
    """Changes state that another packet can see. A refresh of an age counts."""
    success: Truth | None
    """None: the function does not say."""
    in_ports: tuple[int, ...]
    """Devices on which the path's packet can have arrived: one, as a rule; none without a packet."""
    source_line: int
    """Line of the call in the network function, 0 if unknown."""
    file_line: int
    """Line of the record in the call-path file."""
    key_call: int | None = None
    """The earlier call that the key was taken from (`sketch_compute_hashes`), None if it is this call's."""

    @property
    def name(self) -> str:
        """The function's name."""
        return self.function.name

    @property
    def index(self) -> Term | None:
        """The index that the call takes, stores or returns, where the function has one (`Function.index`)."""
        return {"key": self.key, "value": self.value, "result": self.result, "": None}[self.function.index]


@dataclass(frozen=True, slots=True)
class PathAccesses:
    """A path: its accesses in the order of calls, its packet, and where that goes."""

    path: CallPath
    outcome: Outcome
    in_ports: tuple[int, ...]
    sends: tuple[Send, ...]
    """Every one, in order; none: dropped."""
    chunks: tuple[Chunk, ...]
    """Pieces of the packet that the path looked at, in order."""
    readings: tuple[Reading, ...]
    """Every kind of packet that the path's conditions leave open, and what its bytes are then. Without a
    packet: none."""
    rewrites: tuple[Rewrite, ...]
    """Packet bytes that the path changes and that are not provably what they were."""
    reshaped: bool
    """`rewrites` is not all: chunks were inserted or removed, or returned without a trace of their bytes."""
    setup: tuple[Access, ...]
    """Accesses of initialisation and of the harness, before the packet loop."""
    accesses: tuple[Access, ...]
    """Accesses of the loop's turn: what the packet (or the time) does."""
    producers: Mapping[Symbol, int] = field(repr=False)
    """Symbolic byte → the call (index) whose output it first was. Others come from nowhere (the device)."""

    def producers_of(self, term: Term) -> tuple[int, ...]:
        """The calls (indices) that a term's symbols came out of, ascending."""
        return tuple(sorted({self.producers[one] for one in symbols(term) if one in self.producers}))


@dataclass(frozen=True, slots=True)
class Accesses:
    """What a network function's paths do."""

    library: Library
    objects: tuple[StateObject, ...]
    """By address."""
    paths: tuple[PathAccesses, ...]
    """In the order given."""
    findings: tuple[Diagnostic, ...]
