"""Pieces of a path's packet: chunks, what their bytes are for each kind of packet, changes, where it goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rss_callpaths.terms import Term

PACKET = "packet_chunks"
"""The array of the packet's bytes. Its indices count slots of chunks, not bytes on the wire."""
DEVICE = "VIGOR_DEVICE"
"""The array of the number of the device that the packet came in on."""
LENGTHS = ("pkt_len", "data_len")
"""The arrays of its length on the wire, and of how much of it is there: 16 bits each."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of the packet that the path asked for."""

    call: int
    """The call (index) that asked."""
    start: int
    """Its first byte in `packet_chunks`."""
    traced: int
    """How many bytes were traced; 0: none, or no run of the packet's bytes."""
    length: Term | None
    """How many were asked for; the next chunk follows on the wire. None: not traced."""
    address: int
    """Where they were put: what `packet_return_chunk` names. 0: not traced."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a packet byte belongs."""

    layer: int
    """2, 3 or 4; bytes past the last known header count as its layer's."""
    protocol: int | None
    """Layer 3: the ether type; layer 4: the IP protocol. None: layer 2, or a protocol that is left open."""
    offset: int
    """Byte of that header."""
    field: str | None = None
    """The field that it is of, under the names of the packet class (`rss_dsl.fields`)."""
    first: int = 0
    """Its most significant field bit; bit 0 is the field's first on the wire."""
    width: int = 8
    """The byte's low `width` bits are the field bits from `first`."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One kind of packet that a path's conditions leave open, and what the bytes read are then."""

    packet_class: str
    """A class of `rss_dsl.fields`: `ipv4-tcp`, `ipv4-frag`, `l2`, …; tunnels are their outer class."""
    options: bool
    """IPv4 with a header of more than 20 bytes: what follows byte 20 is not layer 4."""
    vlan: bool
    """With one 802.1Q tag."""
    condition: tuple[Term, ...]
    """What makes a packet of the path one of this kind, as far as the path read the bytes that tell."""
    places: Mapping[int, Place] = field(repr=False, hash=False)
    """Byte of `packet_chunks` → place. Bytes whose place depends on more than this are missing."""

    @property
    def name(self) -> str:
        """`ipv4-tcp`, `ipv4-tcp+options`, `vlan+ipv4-udp`."""
        return "vlan+" * self.vlan + self.packet_class + "+options" * self.options


@dataclass(frozen=True, slots=True)
class Rewrite:
    """A byte of the packet that the path sets to something else."""

    call: int
    """The call (index) that returned the chunk."""
    byte: int
    """Its index in `packet_chunks`."""
    old: Term
    new: Term


@dataclass(frozen=True, slots=True)
class Send:
    """A packet sent by a path."""

    call: int
    ports: tuple[int, ...]
    """The devices it can leave on, ascending; empty if not known (`open`) or all others (`flood`)."""
    flood: bool = False
    """To every device but the one it came from."""
    open: bool = False
    """The device depends on more than could be enumerated."""
