"""Address translation, in the order of steps that a network function chooses."""

from __future__ import annotations

from dataclasses import dataclass

from generate.describe import Chain, Map, State, Vector
from generate.layouts import DESTINATION, DESTINATION_PORT, SOURCE, SOURCE_PORT, tie
from generate.libvig.chains import (
    dchain_allocate_new_index,
    dchain_is_index_allocated,
    dchain_rejuvenate_index,
    expire_items_single_map,
)
from generate.libvig.maps import map_get, map_put
from generate.libvig.vectors import vector_borrow, vector_read, vector_return
from generate.run import Run
from generate.words import Record, Word, struct

EXPIRY = 100_000_000_000
START_PORT = 1024
REMOTE_ENDS = (
    tie("P0", "P0'", DESTINATION, DESTINATION_PORT),
    tie("P1", "P1'", SOURCE, SOURCE_PORT),
    tie("P0", "P1", ("ipv4_dst", "ipv4_src"), ("l4_dst", "l4_src")),
)
"""What has to meet: what goes to a server from device 0 and what comes from it to device 1."""
EXTERNAL_ADDRESS = 0x0104A8C0
"""192.168.4.1 as a little-endian machine reads it from the wire."""
FLOW = struct("FlowId", 16, src_port=2, dst_port=2, src_ip=4, dst_ip=4, internal_device=2, protocol=1)


@dataclass(frozen=True, slots=True)
class Translations:
    """Flows by key and, since a flow's index is its external port, by port."""

    by_flow: Map
    flows: Vector
    ports: Chain

    @property
    def state(self) -> tuple[State, ...]:
        """Its objects."""
        return self.by_flow, self.flows, self.ports

    def expire(self, run: Run) -> None:
        """Forget old flows."""
        expire_items_single_map(run, self.ports, self.flows, self.by_flow, EXPIRY)

    def outgoing(self, run: Run, ip: Record, l4: Record, device: Word) -> Word | None:
        """The index of a packet's flow, new if it has none; None if there is no port left."""
        flow = FLOW.holds(
            src_port=l4["src_port"],
            dst_port=l4["dst_port"],
            src_ip=ip["src_addr"],
            dst_ip=ip["dst_addr"],
            internal_device=device,
            protocol=ip["next_proto_id"],
        )
        if (index := map_get(run, self.by_flow, flow)) is not None:
            dchain_rejuvenate_index(run, self.ports, index)
        elif (index := dchain_allocate_new_index(run, self.ports)) is not None:
            key = vector_borrow(run, self.flows, index)
            key.copy(flow)
            map_put(run, self.by_flow, key, index)
            vector_return(run, self.flows, index, key)
        return index

    def incoming(self, run: Run, index: Word) -> Record | None:
        """The flow that has a port; None if none has it."""
        if not dchain_is_index_allocated(run, self.ports, index):
            return None
        return vector_read(run, self.flows, index)


def translations() -> Translations:
    """The objects, called as in Vigor's."""
    return Translations(Map("fm", FLOW), Vector("fv", FLOW), Chain("heap"))


def index_of(l4: Record) -> Word:
    """What a packet's destination port says of the flow that it answers."""
    return l4["dst_port"].swapped().extended(32) - START_PORT


def external_port(index: Word) -> Word:
    """The port that a flow has towards WAN, as it is on the wire."""
    return (index + START_PORT).truncated(16).swapped()


def is_spoofed(flow: Record, ip: Record, l4: Record) -> Word:
    """Is the packet from somebody else than the flow's remote end?"""
    return flow["dst_ip"].differs(ip["src_addr"]) | flow["dst_port"].differs(l4["src_port"])


def translate_outgoing(ip: Record, l4: Record, index: Word) -> None:
    """Make the packet come from the external address and the flow's port."""
    ip["src_addr"] = EXTERNAL_ADDRESS
    l4["src_port"] = external_port(index)


def translate_incoming(ip: Record, l4: Record, flow: Record) -> None:
    """Make the packet go to the internal end of its flow."""
    ip["dst_addr"] = flow["src_ip"]
    l4["dst_port"] = flow["src_port"]
