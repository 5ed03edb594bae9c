"""Counts what comes from device 0 by both addresses, then sends it to all other devices in one call."""

from generate.describe import NetworkFunction, Sharded, Verdict
from generate.layouts import DESTINATION, SOURCE, tie
from generate.packets import ethernet, ipv4
from generate.run import Run
from generate.tables import table
from generate.words import struct

PAIR = struct("pair", src=4, dst=4)
PAIRS = table("pairs", PAIR)


def process(run: Run) -> int | Verdict:
    ip = ipv4(run, ethernet(run))
    if ip is None or run.device != 0:
        return run.device
    PAIRS.expire(run)
    PAIRS.count(run, PAIR.holds(src=ip["src_addr"], dst=ip["dst_addr"]))
    return Verdict.BROADCAST


NF = NetworkFunction(
    "hub", process, Sharded((tie("P0", "P0'", SOURCE, DESTINATION),)), state=PAIRS.state, devices=3
)
