"""Lets answers in whose port is the index that a map has for who answers: no cell is compared (§5.18)."""

from generate.describe import NetworkFunction, Refused
from generate.libvig.chains import dchain_rejuvenate_index
from generate.libvig.maps import map_get
from generate.nats import external_port, index_of
from generate.packets import flow_headers
from generate.run import Run
from generate.tables import increment, table
from generate.words import struct

LAN, WAN = 0, 1
REMOTE_END = struct("remote", addr=4, port=2)
REMOTES = table("remotes", REMOTE_END)


def process(run: Run) -> int:
    headers = flow_headers(run)
    if headers is None:
        return run.device
    ip, l4 = headers
    REMOTES.expire(run)
    if run.device == LAN:
        remote = REMOTE_END.holds(addr=ip["dst_addr"], port=l4["dst_port"])
        index = REMOTES.find(run, remote)
        if index is None:
            index = REMOTES.add(run, remote)
        if index is None:
            return run.device
        l4["src_port"] = external_port(index)
        return WAN
    known = map_get(run, REMOTES.entries, REMOTE_END.holds(addr=ip["src_addr"], port=l4["src_port"]))
    index = index_of(l4)
    if known is None or run.branch(known.differs(index)):
        return run.device
    dchain_rejuvenate_index(run, REMOTES.ages, index)
    increment(run, REMOTES.counters, index)
    return LAN


NF = NetworkFunction(
    "nat-by-remote",
    process,
    Refused("an index computed from the packet is refreshed; that it equals the map's is not followed"),
    state=REMOTES.state,
)
