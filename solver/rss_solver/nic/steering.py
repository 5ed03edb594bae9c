"""What a NIC does with one packet: hash, table entry, queue. By the reference hash."""

from __future__ import annotations

from dataclasses import dataclass

from rss_dsl.fields import packet_classes
from rss_dsl.nic import DefaultQueue
from rss_dsl.problem import Port
from rss_solver.nic.index import entry_of
from rss_solver.packets.packet import Packet
from rss_solver.solution import PortSolution
from rss_solver.toeplitz import toeplitz


@dataclass(frozen=True, slots=True)
class Landing:
    """Where a packet lands. `hash` and `entry` are None if the NIC does not hash its class."""

    port: str
    packet: Packet
    hash: int | None
    entry: int | None
    queue: int


def land(packet: Packet, port: Port, solved: PortSolution) -> Landing:
    """The landing of a packet on a port.

    A packet of a tunnel class that the port does not hash is its outer packet.
    """
    outer = packet_classes()[packet.packet_class].outer
    layout = port.input_of(packet.packet_class) or port.input_of(outer)
    if layout is None:
        return Landing(port.name, packet, None, None, default_queue(port, solved))
    value = toeplitz(solved.key, packet.hash_data(layout), layout.bits, init=port.nic.hash_init.value)
    entry = entry_of(value, solved.table_size, port.nic.index.value)
    return Landing(port.name, packet, value, entry, solved.table[entry])


def default_queue(port: Port, solved: PortSolution) -> int:
    """The queue of packets that are not hashed."""
    return solved.table[0] if port.nic.default_queue.value is DefaultQueue.TABLE_0 else 0
