"""One table for both directions on one port: looked up as the packet is, then the other way round (§5.1)."""

from generate.describe import NetworkFunction, Sharded
from generate.layouts import DESTINATION, SOURCE, tie
from generate.packets import ethernet, ipv4
from generate.run import Run
from generate.tables import increment, table
from generate.words import struct

PAIR = struct("Pair", src_ip=4, dst_ip=4)
SESSIONS = table("sessions", PAIR)


def process(run: Run) -> int:
    ip = ipv4(run, ethernet(run))
    if ip is None or run.device == 1:
        return run.device
    SESSIONS.expire(run)
    there = PAIR.holds(src_ip=ip["src_addr"], dst_ip=ip["dst_addr"])
    back = PAIR.holds(src_ip=ip["dst_addr"], dst_ip=ip["src_addr"])
    index = SESSIONS.find(run, there)
    if index is None:
        index = SESSIONS.find(run, back)
    if index is None:
        index = SESSIONS.add(run, there)
    if index is not None:
        increment(run, SESSIONS.counters, index)
    return 1


NF = NetworkFunction(
    "symmetric",
    process,
    Sharded(
        (
            tie("P0", "P0'", SOURCE, DESTINATION),
            tie("P0", "P0'", ("ipv4_src", "ipv4_dst"), ("ipv4_dst", "ipv4_src")),
        )
    ),
    state=SESSIONS.state,
)
