"""Inserts a header into packets from device 0 and cuts it off those from device 1; it has no state."""

from generate.describe import NetworkFunction, Sharded
from generate.packets import ethernet, insert, shrink
from generate.run import Run

ADDED = 4


def process(run: Run) -> int:
    ether = ethernet(run)
    if run.device == 0:
        insert(run, ADDED)
    else:
        shrink(run, ether, ether.layout.size - ADDED)
    return 1 - run.device


NF = NetworkFunction("resize", process, Sharded())
