"""Hierarchical heavy hitters: packets from WAN count for their source's /8, /16 and /24, in a table each."""

from generate.describe import NetworkFunction, Sharded
from generate.packets import ethernet, ipv4
from generate.run import Run
from generate.tables import increment, table
from generate.words import struct

WAN, LAN = 0, 1
PREFIX = struct("ip_addr", addr=4)
TABLES = [(length, table(f"subnet{length}", PREFIX)) for length in (8, 16, 24)]


def process(run: Run) -> int:
    ip = ipv4(run, ethernet(run))
    if ip is None:
        return run.device
    if run.device == LAN:
        return WAN
    for length, subnets in TABLES:
        subnets.expire(run)
        prefix = PREFIX.holds(addr=ip["src_addr"] & (1 << length) - 1)
        index = subnets.find(run, prefix)
        if index is None:
            index = subnets.add(run, prefix)
        if index is None:
            return LAN
        increment(run, subnets.counters, index)
    return LAN


NF = NetworkFunction(
    "hhh",
    process,
    Sharded(("P0.ipv4_src[0:8] == P0'.ipv4_src[0:8]",)),
    state=tuple(state for _, subnets in TABLES for state in subnets.state),
    config={"capacity": 65536, "dev_count": 2},
)
