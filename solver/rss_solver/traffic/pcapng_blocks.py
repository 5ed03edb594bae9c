"""The blocks of one pcapng section: interfaces are remembered, packets become frames."""

from __future__ import annotations

from dataclasses import dataclass, field
from struct import Struct

import numpy as np
import numpy.typing as npt

from rss_solver.traffic.arrays import Bytes, Ints, Mask, gather
from rss_solver.traffic.frames import ETHERNET, Frames

_INTERFACE, _PACKET, _SIMPLE, _ENHANCED = 1, 2, 3, 6
_MINIMUM = {_INTERFACE: 20, _PACKET: 32, _SIMPLE: 16, _ENHANCED: 32}
_HEAD = 28
"""Bytes of an enhanced (or obsolete) packet block before the frame."""
_OPTION_RESOLUTION, _OPTION_OFFSET = 9, 14
_NANO = 1_000_000_000
_MAX_SNAP = 1 << 32


@dataclass(frozen=True, slots=True)
class Interface:
    """What an interface description says that matters here."""

    position: int
    """Where its block starts in the file; packets before it cannot refer to it."""
    link: int
    snap: int
    """Most bytes kept of a frame; 0: all."""
    resolution: int = 6
    """`if_tsresol`: time unit 10^-n, or 2^-(n & 127) with the top bit set."""
    offset: int = 0
    """`if_tsoffset`: seconds to add."""


@dataclass(slots=True)
class Section:
    """What the blocks read so far of a section tell about the later ones."""

    order: str = "<"
    interfaces: list[Interface] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Broken:
    """A block that contradicts itself: nothing behind it is trusted."""

    position: int
    what: str


@dataclass(frozen=True, slots=True)
class Batch:
    """The Ethernet frames of some blocks, the packets of each other link type, and where it broke."""

    frames: Frames
    skipped: dict[int, int]
    broken: Broken | None


@dataclass(frozen=True, slots=True)
class _Packets:
    """Packet blocks, column by column."""

    position: Ints
    interface: Ints
    head: Ints
    """Bytes of the block before the frame."""
    captured: Ints
    wire: Ints
    room: Ints
    """Bytes that the block has for the frame."""
    ticks: npt.NDArray[np.uint64]


def read_blocks(data: Bytes, base: int, positions: Ints, sizes: Ints, section: Section) -> Batch:
    """The frames of whole blocks of one section; adds the interfaces it meets to the section.

    `data[0]` is byte `base` of the file.
    """
    words = section.order + "u4"
    kinds = gather(data, positions, 4).view(words)[:, 0].astype(np.int64)
    broken = _framing(data, positions, sizes, kinds, words)
    usable = positions < _end(broken)
    for at in np.flatnonzero(usable & (kinds == _INTERFACE)).tolist():
        section.interfaces.append(_interface(data, base, int(positions[at]), int(sizes[at]), section.order))
    pick = usable & np.isin(kinds, (_PACKET, _SIMPLE, _ENHANCED))
    known = section.interfaces or [Interface(1 << 62, ETHERNET, 0)]
    columns = _columns(data, positions[pick], sizes[pick], kinds[pick], section.order, known)
    broken = _inconsistent(columns, base, known) or broken
    return _batch(data, columns, known, broken)


def _end(broken: Broken | None) -> int:
    return 1 << 62 if broken is None else broken.position


def _first_bad(bad: Mask, positions: Ints, what: str) -> Broken | None:
    found = np.flatnonzero(bad)
    return Broken(int(positions[found[0]]), what) if found.size else None


def _framing(data: Bytes, positions: Ints, sizes: Ints, kinds: Ints, words: str) -> Broken | None:
    """The first block that is too short for its type, of odd size, or whose two sizes differ."""
    bad = (gather(data, positions + sizes - 4, 4).view(words)[:, 0] != sizes) | (sizes % 4 != 0)
    for kind, minimum in _MINIMUM.items():
        bad |= (kinds == kind) & (sizes < minimum)
    return _first_bad(bad, positions, "a block whose sizes disagree")


def _interface(data: Bytes, base: int, position: int, size: int, order: str) -> Interface:
    block = data[position : position + size].tobytes()
    link, _, snap = Struct(order + "HHI").unpack_from(block, 8)
    resolution, offset = 6, 0
    header, at, end = Struct(order + "HH"), 16, size - 4
    while at + 4 <= end:
        code, length = header.unpack_from(block, at)
        if code == 0 or at + 4 + length > end:
            break
        if (code, length) == (_OPTION_RESOLUTION, 1):
            resolution = block[at + 4]
        if (code, length) == (_OPTION_OFFSET, 8):
            (offset,) = Struct(order + "q").unpack_from(block, at + 4)
        at += 4 + (length + 3 & ~3)
    return Interface(base + position, link, snap, resolution, offset)


def _columns(
    data: Bytes, positions: Ints, sizes: Ints, kinds: Ints, order: str, known: list[Interface]
) -> _Packets:
    """The obsolete packet block differs from the enhanced one in its interface field only."""
    rows = gather(data, positions, _HEAD)
    words = rows.view(order + "u4").astype(np.int64)
    short = rows.view(order + "u2")[:, 4].astype(np.int64)
    simple = kinds == _SIMPLE
    head = np.where(simple, 12, _HEAD)
    room = sizes - head - 4
    wire = np.where(simple, words[:, 2], words[:, 6])
    # A simple packet has neither interface nor captured length nor time.
    fits = np.minimum(np.minimum(wire, known[0].snap or _MAX_SNAP), room)
    return _Packets(
        position=positions,
        interface=np.where(simple, 0, np.where(kinds == _PACKET, short, words[:, 2])),
        head=head,
        captured=np.where(simple, fits, words[:, 5]),
        wire=wire,
        room=room,
        ticks=np.where(simple, 0, words[:, 3] << 32 | words[:, 4]).astype(np.uint64),
    )


def _inconsistent(columns: _Packets, base: int, known: list[Interface]) -> Broken | None:
    """The first packet whose interface does not precede it or that has more bytes than its block."""
    declared = np.array([i.position for i in known], np.int64)
    number = np.minimum(columns.interface, len(known) - 1)
    bad = (columns.interface >= len(known)) | (declared[number] > columns.position + base)
    unknown = _first_bad(bad, columns.position, "a packet of an interface that is not described")
    long = _first_bad(columns.captured > columns.room, columns.position, "a packet longer than its block")
    return min((b for b in (unknown, long) if b is not None), key=lambda b: b.position, default=None)


def _batch(data: Bytes, columns: _Packets, known: list[Interface], broken: Broken | None) -> Batch:
    good = columns.position < _end(broken)
    links = np.array([i.link for i in known], np.int64)[np.minimum(columns.interface, len(known) - 1)]
    others, counts = np.unique(links[good & (links != ETHERNET)], return_counts=True)
    keep = np.flatnonzero(good & (links == ETHERNET))
    frames = Frames(
        data,
        (columns.position + columns.head)[keep],
        columns.captured[keep],
        columns.wire[keep],
        _nanoseconds(columns.ticks[keep], known, columns.interface[keep]),
    )
    return Batch(frames, dict(zip(others.tolist(), counts.tolist(), strict=True)), broken)


def _nanoseconds(ticks: npt.NDArray[np.uint64], known: list[Interface], interface: Ints) -> Ints:
    """Interface ticks as nanoseconds since 1970; what 64 bits cannot hold wraps around."""
    factors = np.array([_decimal(i.resolution) for i in known], np.uint64)[interface]
    nanos = ticks * factors[:, 0] // factors[:, 1]
    binary = np.array([i.resolution > 127 for i in known], np.bool_)
    if binary.any():
        shifts = np.array([min(i.resolution & 127, 63) for i in known], np.uint64)[interface]
        nanos = np.where(binary[interface], _binary(ticks, shifts), nanos)
    offsets = np.array([i.offset * _NANO % (1 << 64) for i in known], np.uint64)[interface]
    return np.where(ticks > 0, nanos + offsets, 0).view(np.int64)


def _decimal(resolution: int) -> tuple[int, int]:
    """Factor and divisor that make nanoseconds of units of 10^-n seconds."""
    return (10 ** (9 - resolution), 1) if resolution <= 9 else (1, 10 ** min(resolution - 9, 19))


def _binary(ticks: npt.NDArray[np.uint64], shift: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Nanoseconds of units of 2^-shift seconds, from 32 bits of the fraction so that products fit."""
    spare = np.maximum(shift, np.uint64(32)) - np.uint64(32)
    fraction = (ticks & (np.uint64(1) << shift) - np.uint64(1)) >> spare
    return (ticks >> shift) * np.uint64(_NANO) + (fraction * np.uint64(_NANO) >> shift - spare)
