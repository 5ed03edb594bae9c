"""Drops every 100th packet: the counter is one cell for all (§5.3, §5.4)."""

from generate.describe import NetworkFunction, Refused, Vector
from generate.layouts import COUNTER
from generate.run import Run
from generate.tables import increment

PACKETS = Vector("packets", COUNTER, 1, initialiser="null_init")


def process(run: Run) -> int:
    if run.device == 0:
        return 1
    return 1 if run.branch((increment(run, PACKETS, 0) % 100).equals(0)) else 0


NF = NetworkFunction(
    "every-100th", process, Refused("every packet from port 1 changes cell 0 of `packets`"), state=(PACKETS,)
)
