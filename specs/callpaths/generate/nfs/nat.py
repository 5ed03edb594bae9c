"""Address translation (listing 4.7) that refreshes a flow after it has checked who answers."""

from generate.describe import NetworkFunction, Sharded
from generate.layouts import DESTINATION, DESTINATION_PORT, SOURCE, SOURCE_PORT, tie
from generate.libvig.chains import dchain_rejuvenate_index
from generate.libvig.others import nf_set_rte_ipv4_udptcp_checksum
from generate.nats import index_of, is_spoofed, translate_incoming, translate_outgoing, translations
from generate.packets import flow_headers
from generate.run import Run

LAN, WAN = 0, 1
FLOWS = translations()


def process(run: Run) -> int:
    FLOWS.expire(run)
    headers = flow_headers(run)
    if headers is None:
        return run.device
    ip, l4 = headers
    if run.device == WAN:
        index = index_of(l4)
        flow = FLOWS.incoming(run, index)
        if flow is None or run.branch(is_spoofed(flow, ip, l4)):
            return run.device
        dchain_rejuvenate_index(run, FLOWS.ports, index)
        translate_incoming(ip, l4, flow)
    else:
        new = FLOWS.outgoing(run, ip, l4, run.input)
        if new is None:
            return run.device
        translate_outgoing(ip, l4, new)
    nf_set_rte_ipv4_udptcp_checksum(run, ip, l4)
    return 1 - run.device


NF = NetworkFunction(
    "nat",
    process,
    Sharded(
        (
            tie("P0", "P0'", DESTINATION, DESTINATION_PORT),
            tie("P1", "P1'", SOURCE, SOURCE_PORT),
            tie("P0", "P1", ("ipv4_dst", "ipv4_src"), ("l4_dst", "l4_src")),
        )
    ),
    state=FLOWS.state,
    config={"max_flows": 65536, "wan_device": WAN, "start_port": 1024},
)
