"""The packet: headers borrowed chunk by chunk, each a slot of its own of the symbolic `packet_chunks`."""

from __future__ import annotations

from generate.path import STACK
from generate.run import Run, by_value, pointer, untraced, value_argument
from generate.words import Record, Struct, Word, struct
from rss_callpaths.callpath import Argument, Extra, Pointee

SLOT = 41
SLOTS = 5
PACKET_BYTES = 0x501780
"""Where the model keeps the packet's chunks."""
RETURN = 170
"""The line of the call in Vigor's `nf-util.h`."""

ETHERNET = struct("rte_ether_hdr", d_addr=6, s_addr=6, ether_type=2)
IPV4 = struct(
    "rte_ipv4_hdr",
    version_ihl=1,
    type_of_service=1,
    total_length=2,
    packet_id=2,
    fragment_offset=2,
    time_to_live=1,
    next_proto_id=1,
    hdr_checksum=2,
    src_addr=4,
    dst_addr=4,
)
IPV6 = struct("rte_ipv6_hdr", vtc_flow=4, payload_len=2, proto=1, hop_limits=1, src_addr=16, dst_addr=16)
VLAN = struct("rte_vlan_hdr", tci=2, ether_type=2)
PORTS = struct("tcpudp_hdr", src_port=2, dst_port=2)
OPTIONS = struct("ipv4_options", 1)
ETHER_TYPE_IPV4 = 0x0008
ETHER_TYPE_IPV6 = 0xDD86
ETHER_TYPE_VLAN = 0x0081
"""0x0800, 0x86DD and 0x8100 as a little-endian machine reads them from the wire."""
TCP, UDP = 6, 17


def ethernet(run: Run) -> Record:
    """The Ethernet header; every packet that is received has one."""
    return borrow(run, ETHERNET)


def ipv4(run: Run, ether: Record) -> Record | None:
    """The IPv4 header, None if the packet has none or is too short."""
    unread = _unread(run)
    short = unread.truncated(16).extended(64) < IPV4.size
    if run.branch(ether["ether_type"].differs(ETHER_TYPE_IPV4) | short):
        return None
    return borrow(run, IPV4)


def options(run: Run, ip: Record) -> Record | None:
    """The IPv4 options, None if there are none. The model traces their first byte."""
    words = ip["version_ihl"].extended(32) & 0xF
    if not run.branch(words > 5):
        return None
    return borrow(run, OPTIONS, length=(words - 5) << 2)


def ports(run: Run, ip: Record) -> Record | None:
    """Source and destination port, None if the packet is not TCP or UDP or too short."""
    unread = _unread(run)
    protocol = ip["next_proto_id"]
    either = protocol.equals(TCP) | protocol.equals(UDP)
    if run.branch(either.equals(0) | (unread.extended(64) < PORTS.size)):
        return None
    return borrow(run, PORTS)


def flow_headers(run: Run) -> tuple[Record, Record] | None:
    """The IPv4 header and the ports of a TCP or UDP packet; None if it is another."""
    ip = ipv4(run, ethernet(run))
    if ip is None or (l4 := ports(run, ip)) is None:
        return None
    return ip, l4


def borrow(run: Run, layout: Struct, length: Word | None = None) -> Record:
    """The next `length` bytes of the packet (the struct's size if not given)."""
    number = len(run.chunks)
    if number == SLOTS:
        raise ValueError(f"a packet has {SLOTS} chunks")
    path = run.path
    address = PACKET_BYTES + SLOT * number
    packet = path.algebra.pool.array("packet_chunks", SLOT * SLOTS)
    contents = path.algebra.symbol(packet, SLOT * number, layout.size)
    record = Record(path.algebra, layout, path.algebra.split(contents), address)
    length = run.number(layout.size, 32) if length is None else length
    path.call(
        "packet_borrow_next_chunk",
        by_value("p", run.number(run.packet, 64)),
        by_value("length", length),
        pointer(run, "chunk", path.local(), after=run.number(address, 64)),
        extras=(Extra("the_chunk", address, Pointee(None, contents)),),
    )
    run.unread = run.unread - length
    run.chunks.append(record)
    return record


def return_chunks(run: Run) -> None:
    """Give back what is borrowed, the last first."""
    for chunk in reversed(run.chunks):
        packet = by_value("p", run.number(run.packet, 64))
        run.path.call("packet_return_chunk", packet, value_argument(run, "the_chunk", chunk), line=RETURN)


def insert(run: Run, length: int) -> None:
    """Make room for a header in front of what no chunk has."""
    holder = pointer(run, "chunk", run.path.local(), after=run.number(PACKET_BYTES, 64))
    run.path.call("packet_insert_new_chunk", *_piece(run, length), holder)


def shrink(run: Run, chunk: Record, length: int) -> None:
    """Cut a chunk down to its first bytes."""
    if chunk.address is None:
        raise ValueError("the chunk is of the packet")
    run.path.call("packet_shrink_chunk", *_piece(run, length), untraced(run, "chunk", chunk.address))


def _piece(run: Run, length: int) -> tuple[Argument, Argument]:
    return by_value("p", run.number(run.packet, 64)), by_value("length", run.number(length, 32))


def _unread(run: Run) -> Word:
    holder = by_value("p", run.number(STACK, 64))
    run.path.call("packet_get_unread_length", holder, result=run.unread)
    return run.unread
