"""Packets to a host revoke it: the list of hosts is read on one port, erased from on the other (§5.10)."""

from generate.describe import Map, NetworkFunction, Sharded
from generate.layouts import ADDRESS, DESTINATION, tie
from generate.libvig.maps import map_erase, map_get
from generate.packets import ethernet, ipv4
from generate.run import Run

ALLOWED = Map("allowed", ADDRESS)


def process(run: Run) -> int:
    ip = ipv4(run, ethernet(run))
    if ip is None:
        return run.device
    if run.device == 0:
        known = map_get(run, ALLOWED, ADDRESS.holds(addr=ip["src_addr"]))
        return 0 if known is None else 1
    map_erase(run, ALLOWED, ADDRESS.holds(addr=ip["dst_addr"]))
    return 0


NF = NetworkFunction(
    "erase-only",
    process,
    Sharded((tie("P0", "P1", ("ipv4_src", "ipv4_dst")), tie("P1", "P1'", DESTINATION))),
    state=(ALLOWED,),
)
