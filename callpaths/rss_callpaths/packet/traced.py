"""The packet of a path: where it comes from and goes to, the chunks looked at, the bytes changed."""

from __future__ import annotations

from collections.abc import Iterable

from rss_callpaths.callpath import CallPath
from rss_callpaths.library import Library, PacketRole
from rss_callpaths.library.roles import answered, given
from rss_callpaths.packet.parts import PACKET, Chunk, Rewrite, Send
from rss_callpaths.terms import Const, Pool, Read, Term
from rss_callpaths.terms.bytewise import bytes_of
from rss_callpaths.terms.conditions import Conditions

MOST_PORTS = 64
"""Devices that are enumerated."""
FLOOD = 0xFFFF
"""The device number that stands for all others in Vigor."""


def calls_of(path: CallPath, library: Library, loop: range, *roles: PacketRole) -> list[int]:
    """The calls of the loop that have one of these roles."""
    return [at for at in loop if library.of(path.calls[at].function).packet in roles]


def in_ports(path: CallPath, library: Library, loop: range, conditions: Conditions) -> tuple[int, ...] | None:
    """The devices that the packet can have come from; None if that is not known, or there are two packets."""
    received = calls_of(path, library, loop, PacketRole.RECEIVE)
    if not received:
        return ()
    if len(received) > 1:
        return None
    device = given(path.calls[received[0]], "src_devices")
    return None if device is None else conditions.values(device, MOST_PORTS)


def sends(path: CallPath, library: Library, loop: range, conditions: Conditions) -> tuple[Send, ...]:
    """Every packet sent."""
    found = []
    for at in calls_of(path, library, loop, PacketRole.SEND, PacketRole.FLOOD):
        call = path.calls[at]
        if library.of(call.function).packet is PacketRole.FLOOD:
            found.append(Send(at, (), flood=True))
            continue
        device = given(call, "dst_device")
        values = None if device is None else conditions.values(device, MOST_PORTS)
        ports = tuple(value for value in values or () if value != FLOOD)
        found.append(Send(at, ports, flood=FLOOD in (values or ()), open=values is None))
    return tuple(found)


def chunks(path: CallPath, library: Library, loop: range) -> tuple[Chunk, ...]:
    """The pieces of the packet that were asked for."""
    found = []
    for at in calls_of(path, library, loop, PacketRole.BORROW):
        call = path.calls[at]
        extra, content = call.extra("the_chunk"), answered(call, "the_chunk")
        start, count = (0, 0) if content is None else _span(content)
        found.append(Chunk(at, start, count, given(call, "length"), extra.address if extra else 0))
    return tuple(found)


def _span(content: Term) -> tuple[int, int]:
    places = [index for index in map(packet_byte, _flat(content)) if index is not None]
    ordered = sorted(places)
    if (
        not ordered
        or 8 * len(ordered) != content.width
        or ordered != list(range(ordered[0], ordered[0] + len(ordered)))
    ):
        return 0, 0
    return ordered[0], len(ordered)


def _flat(term: Term) -> Iterable[Term]:
    stack = [term]
    while stack:
        node = stack.pop()
        if isinstance(node, Const | Read):
            yield node
        else:
            stack += node.args


def packet_byte(term: Term) -> int | None:
    """The index in `packet_chunks` of a byte of the packet as it was received."""
    if isinstance(term, Read) and term.array.name == PACKET and isinstance(term.index, Const):
        return term.index.value if not term.updates else None
    return None


def bytes_read(path: CallPath, found: Iterable[Chunk]) -> dict[int, Read]:
    """Index in `packet_chunks` → the term of that byte, for all chunks."""
    reads: dict[int, Read] = {}
    for chunk in found:
        content = answered(path.calls[chunk.call], "the_chunk")
        for part in _flat(content) if content is not None and chunk.traced else ():
            index = packet_byte(part)
            if index is not None and isinstance(part, Read):
                reads[index] = part
    return reads


def rewrites(
    path: CallPath, library: Library, loop: range, found: tuple[Chunk, ...], conditions: Conditions
) -> tuple[Rewrite, ...]:
    """Bytes of returned chunks that are not provably what was borrowed."""
    changed = []
    old = bytes_read(path, found)
    for at in calls_of(path, library, loop, PacketRole.RETURN):
        for index, byte in _given_back(path, at, found, conditions.pool) or ():
            before = old.get(index)
            if before is not None and not conditions.equal(before, byte):
                changed.append(Rewrite(at, index, before, byte))
    return tuple(changed)


def all_seen(path: CallPath, library: Library, loop: range, found: tuple[Chunk, ...], pool: Pool) -> bool:
    """Whether `rewrites` is all that the path does to the bytes of its packet."""
    if calls_of(path, library, loop, PacketRole.RESHAPE):
        return False
    returns = calls_of(path, library, loop, PacketRole.RETURN)
    return all(_given_back(path, at, found, pool) is not None for at in returns)


def _given_back(
    path: CallPath, at: int, found: tuple[Chunk, ...], pool: Pool
) -> list[tuple[int, Term]] | None:
    """What a call makes of the packet: indices in `packet_chunks` and bytes; None if that is not traced."""
    call = path.calls[at]
    argument, content = call.argument("the_chunk"), given(call, "the_chunk")
    if argument is None or content is None or not isinstance(argument.value, Const):
        return None
    mine = [chunk for chunk in found if chunk.address == argument.value.value and chunk.call < at]
    if not mine or content.width != 8 * mine[-1].traced:
        return None
    return list(enumerate(bytes_of(content, pool), mine[-1].start))
