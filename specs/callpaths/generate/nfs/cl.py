"""Vigor's connection limiter: a sketch counts new flows of every pair of hosts on WAN."""

from generate.describe import Chain, Map, NetworkFunction, Sharded, Sketch, Vector
from generate.layouts import flow_of
from generate.libvig.chains import dchain_allocate_new_index, dchain_rejuvenate_index, expire_items_single_map
from generate.libvig.maps import map_get, map_put
from generate.libvig.others import (
    sketch_compute_hashes,
    sketch_expire,
    sketch_fetch,
    sketch_refresh,
    sketch_touch_buckets,
)
from generate.libvig.vectors import vector_borrow, vector_return
from generate.packets import flow_headers
from generate.run import NO_INDEX, Run
from generate.words import Record, struct

WAN, LAN = 0, 1
EXPIRY = 100_000_000_000
FLOW = struct("flow", 16, src_port=2, dst_port=2, src_ip=4, dst_ip=4, protocol=1)
CLIENT = struct("client", src_ip=4, dst_ip=4)

FLOWS = Map("flows", FLOW)
KEYS = Vector("flows_keys", FLOW)
ALLOCATOR = Chain("flow_allocator")
SKETCH = Sketch("sketch", "client_hash")


def process(run: Run) -> int:
    headers = flow_headers(run)
    if headers is None:
        return run.device
    ip, l4 = headers
    expire_items_single_map(run, ALLOCATOR, KEYS, FLOWS, EXPIRY)
    sketch_expire(run, SKETCH, EXPIRY)
    if run.device == LAN:
        return WAN
    flow = flow_of(ip, l4, FLOW)
    client = CLIENT.holds(src_ip=ip["src_addr"], dst_ip=ip["dst_addr"])
    index = map_get(run, FLOWS, flow, initial=NO_INDEX)
    sketch_compute_hashes(run, SKETCH, client)
    if index is not None:
        dchain_rejuvenate_index(run, ALLOCATOR, index)
        sketch_refresh(run, SKETCH)
        return LAN
    return LAN if admit(run, flow) else WAN


def admit(run: Run, flow: Record) -> bool:
    index = dchain_allocate_new_index(run, ALLOCATOR, initial=NO_INDEX)
    if index is None:
        return True
    key = vector_borrow(run, KEYS, index)
    key.copy(flow)
    map_put(run, FLOWS, key, index)
    vector_return(run, KEYS, index, key)
    if sketch_fetch(run, SKETCH):
        return False
    sketch_touch_buckets(run, SKETCH)
    return True


NF = NetworkFunction(
    "cl",
    process,
    Sharded(("P0.ipv4_src == P0'.ipv4_src && P0.ipv4_dst == P0'.ipv4_dst",)),
    state=(FLOWS, KEYS, ALLOCATOR, SKETCH),
    config={"max_flows": 65536, "dev_count": 2},
)
