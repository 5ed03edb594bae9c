"""Gallium's load balancer: new flows from clients get a server of a fixed list by their hash, and keep it."""

from generate.describe import Chain, Map, NetworkFunction, Sharded, Vector
from generate.layouts import (
    ADDRESS,
    COUNTER,
    DESTINATION,
    DESTINATION_PORT,
    SOURCE,
    SOURCE_PORT,
    flow_of,
    tie,
)
from generate.layouts import FLOW as KEY
from generate.libvig.chains import dchain_allocate_new_index, dchain_rejuvenate_index, expire_items_single_map
from generate.libvig.maps import map_get, map_put
from generate.libvig.others import hash_of
from generate.libvig.vectors import vector_borrow, vector_read, vector_return
from generate.packets import flow_headers
from generate.run import Run
from generate.words import Record, Word

CLIENTS = 0
EXPIRY = 100_000_000_000
SERVERS = 32

IDS = Map("map", KEY)
FLOWS = Vector("flows", KEY)
AGES = Chain("chain")
CHOSEN = Vector(
    "flows_backends", COUNTER, initialiser="null_init", invariant=lambda run, cell: cell.value < SERVERS
)
ADDRESSES = Vector("backends", ADDRESS, SERVERS)


def process(run: Run) -> int:
    expire_items_single_map(run, AGES, FLOWS, IDS, EXPIRY)
    headers = flow_headers(run)
    if headers is None:
        return run.device
    ip, l4 = headers
    if run.device == CLIENTS:
        server = server_of(run, flow_of(ip, l4))
        if server is None:
            return run.device
        ip["dst_addr"] = vector_read(run, ADDRESSES, server)["addr"]
    return 1 - run.device


def server_of(run: Run, flow: Record) -> Word | None:
    """The server that a flow has, or gets; None if there is no room for another flow."""
    if (index := map_get(run, IDS, flow)) is not None:
        dchain_rejuvenate_index(run, AGES, index)
        return vector_read(run, CHOSEN, index).value
    if (index := dchain_allocate_new_index(run, AGES)) is None:
        return None
    key = vector_borrow(run, FLOWS, index)
    key.copy(flow)
    map_put(run, IDS, key, index)
    vector_return(run, FLOWS, index, key)
    server = hash_of(run, "hash_obj", flow) & (SERVERS - 1)
    choice = vector_borrow(run, CHOSEN, index)
    choice.store(server)
    vector_return(run, CHOSEN, index, choice)
    return server


NF = NetworkFunction(
    "gallium-lb",
    process,
    Sharded((tie("P0", "P0'", SOURCE, DESTINATION, SOURCE_PORT, DESTINATION_PORT),)),
    state=(IDS, FLOWS, AGES, CHOSEN, ADDRESSES),
)
