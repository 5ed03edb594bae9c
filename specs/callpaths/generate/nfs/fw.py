"""Vigor's firewall: packets from WAN pass if they answer a flow from LAN."""

from generate.describe import Chain, Map, NetworkFunction, Sharded, Vector
from generate.layouts import (
    COUNTER,
    DESTINATION,
    DESTINATION_PORT,
    FLOW,
    REVERSED,
    SOURCE,
    SOURCE_PORT,
    flow_of,
    reversed_flow_of,
    tie,
)
from generate.libvig.chains import dchain_allocate_new_index, dchain_rejuvenate_index, expire_items_single_map
from generate.libvig.maps import map_get, map_put
from generate.libvig.vectors import vector_borrow, vector_read, vector_return
from generate.packets import ethernet, ipv4, ports
from generate.run import Run
from generate.words import Record, Word

LAN, WAN = 0, 1
EXPIRY = 100_000_000_000
MACS = (0x008967452301, 0x018967452301)


def is_internal(run: Run, device: Record) -> Word:
    return (device.value < run.devices) & device.value.differs(WAN)


FM = Map("fm", FLOW)
FV = Vector("fv", FLOW)
INT_DEVICES = Vector("int_devices", COUNTER, initialiser="null_init", invariant=is_internal)
HEAP = Chain("heap")


def process(run: Run) -> int:
    expire_items_single_map(run, HEAP, FV, FM, EXPIRY)
    ether = ethernet(run)
    if (ip := ipv4(run, ether)) is None or (l4 := ports(run, ip)) is None:
        return run.device
    if run.device == WAN:
        index = map_get(run, FM, reversed_flow_of(ip, l4))
        if index is None:
            return run.device
        destination = run.concrete_device(vector_read(run, INT_DEVICES, index).value)
        dchain_rejuvenate_index(run, HEAP, index)
    else:
        destination = WAN
        flow = flow_of(ip, l4)
        if (index := map_get(run, FM, flow)) is not None:
            dchain_rejuvenate_index(run, HEAP, index)
        elif (index := dchain_allocate_new_index(run, HEAP)) is not None:
            key = vector_borrow(run, FV, index)
            key.copy(flow)
            map_put(run, FM, key, index)
            vector_return(run, FV, index, key)
            device = vector_borrow(run, INT_DEVICES, index)
            device.store(run.input.extended(32))
            vector_return(run, INT_DEVICES, index, device)
    ether["d_addr"] = MACS[destination]
    ether["s_addr"] = 0
    return destination


NF = NetworkFunction(
    "fw",
    process,
    Sharded(
        (
            tie("P0", "P0'", SOURCE, DESTINATION, SOURCE_PORT, DESTINATION_PORT),
            tie("P1", "P1'", SOURCE, DESTINATION, SOURCE_PORT, DESTINATION_PORT),
            tie("P0", "P1", *REVERSED),
        )
    ),
    state=(FM, FV, INT_DEVICES, HEAP),
    config={"max_flows": 65536, "fw_device": WAN},
)
