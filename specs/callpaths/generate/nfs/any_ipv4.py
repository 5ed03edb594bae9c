"""Counts every IPv4 packet by source, whatever it carries: also those that a NIC may not hash (§5.14)."""

from generate.describe import NetworkFunction, Sharded
from generate.layouts import ADDRESS, SOURCE, tie
from generate.packets import ethernet, ipv4
from generate.run import Run
from generate.tables import table

SOURCES = table("sources", ADDRESS)


def process(run: Run) -> int:
    ip = ipv4(run, ethernet(run))
    if ip is None or run.device == 1:
        return run.device
    SOURCES.expire(run)
    SOURCES.count(run, ADDRESS.holds(addr=ip["src_addr"]))
    return 1


NF = NetworkFunction("any-ipv4", process, Sharded((tie("P0", "P0'", SOURCE),)), state=SOURCES.state)
