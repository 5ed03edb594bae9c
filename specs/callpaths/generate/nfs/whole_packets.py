"""Counts flows, of packets without IPv4 options and of no fragments: their ports are where the NIC looks."""

from generate.describe import NetworkFunction, Sharded
from generate.layouts import DESTINATION, DESTINATION_PORT, FLOW, SOURCE, SOURCE_PORT, flow_of, tie
from generate.packets import ethernet, ipv4, ports
from generate.run import Run
from generate.tables import table

FLOWS = table("flows", FLOW)
FRAGMENT = 0xFF3F
"""Offset and more-fragments bit, as a little-endian machine reads them from the wire."""


def process(run: Run) -> int:
    if run.device == 1:
        return run.device
    ip = ipv4(run, ethernet(run))
    if ip is None:
        return run.device
    has_options = (ip["version_ihl"] & 0x0F).differs(5)
    if run.branch(has_options) or run.branch((ip["fragment_offset"] & FRAGMENT).differs(0)):
        return run.device
    if (l4 := ports(run, ip)) is None:
        return run.device
    FLOWS.expire(run)
    FLOWS.count(run, flow_of(ip, l4))
    return 1


NF = NetworkFunction(
    "whole-packets",
    process,
    Sharded((tie("P0", "P0'", SOURCE, DESTINATION, SOURCE_PORT, DESTINATION_PORT),)),
    state=FLOWS.state,
)
