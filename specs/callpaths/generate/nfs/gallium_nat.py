"""Gallium's translation: the next external port is a counter in one cell that all packets share."""

from generate.describe import Map, NetworkFunction, Refused, Vector
from generate.layouts import COUNTER, FLOW, flow_of
from generate.libvig.maps import map_get, map_put
from generate.libvig.vectors import vector_borrow, vector_read, vector_return
from generate.packets import flow_headers
from generate.run import Run
from generate.tables import increment

LAN, WAN = 0, 1
EXTERNAL_ADDRESS = 0x0104A8C0

FLOWS = Map("map", FLOW)
BY_PORT = Vector("vector", FLOW)
NEXT_PORT = Vector("port_counter", COUNTER, 1, initialiser="null_init")


def process(run: Run) -> int:
    headers = flow_headers(run)
    if headers is None:
        return run.device
    ip, l4 = headers
    if run.device == WAN:
        flow = vector_read(run, BY_PORT, l4["dst_port"].swapped())
        if run.branch(flow["dst_ip"].differs(ip["src_addr"])):
            return run.device
        ip["dst_addr"], l4["dst_port"] = flow["src_ip"], flow["src_port"]
        return LAN
    flow = flow_of(ip, l4)
    port = map_get(run, FLOWS, flow)
    if port is None:
        port = increment(run, NEXT_PORT, 0)
        map_put(run, FLOWS, flow, port)
        cell = vector_borrow(run, BY_PORT, port)
        cell.copy(flow)
        vector_return(run, BY_PORT, port, cell)
    ip["src_addr"], l4["src_port"] = EXTERNAL_ADDRESS, port.truncated(16).swapped()
    return WAN


NF = NetworkFunction(
    "gallium-nat",
    process,
    Refused("every new flow takes the number in the one cell of `port_counter`"),
    state=(FLOWS, BY_PORT, NEXT_PORT),
    config={"dev_count": 2},
)
