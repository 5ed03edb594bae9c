"""Counts sources of IPv4 and of IPv6 packets, with a VLAN tag or without one, each version in a table."""

from generate.describe import NetworkFunction, Sharded
from generate.layouts import ADDRESS, SOURCE, tie
from generate.packets import (
    ETHER_TYPE_IPV4,
    ETHER_TYPE_IPV6,
    ETHER_TYPE_VLAN,
    IPV4,
    IPV6,
    VLAN,
    borrow,
    ethernet,
)
from generate.run import Run
from generate.tables import table
from generate.words import struct

LONG_ADDRESS = struct("ip6_addr", addr=16)
SHORT = table("short", ADDRESS)
LONG = table("long", LONG_ADDRESS)


def process(run: Run) -> int:
    if run.device == 1:
        return run.device
    kind = ethernet(run)["ether_type"]
    if run.branch(kind.equals(ETHER_TYPE_VLAN)):
        if run.branch(run.unread < VLAN.size):
            return run.device
        kind = borrow(run, VLAN)["ether_type"]
    if run.branch(kind.equals(ETHER_TYPE_IPV4)):
        if run.branch(run.unread < IPV4.size):
            return run.device
        SHORT.expire(run)
        SHORT.count(run, ADDRESS.holds(addr=borrow(run, IPV4)["src_addr"]))
    elif run.branch(kind.equals(ETHER_TYPE_IPV6)):
        if run.branch(run.unread < IPV6.size):
            return run.device
        LONG.expire(run)
        LONG.count(run, LONG_ADDRESS.holds(addr=borrow(run, IPV6)["src_addr"]))
    return 1


NF = NetworkFunction(
    "dual-stack",
    process,
    Sharded((tie("P0", "P0'", SOURCE), tie("P0", "P0'", ("ipv6_src", "ipv6_src")))),
    state=(*SHORT.state, *LONG.state),
)
