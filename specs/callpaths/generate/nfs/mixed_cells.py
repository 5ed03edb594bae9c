"""A counter for each source, and one for all packets: the shardable part does not save the other (§5.4)."""

from generate.describe import NetworkFunction, Refused, Vector
from generate.layouts import ADDRESS, COUNTER
from generate.packets import ethernet, ipv4
from generate.run import Run
from generate.tables import increment, table

SOURCES = table("sources", ADDRESS)
TOTAL = Vector("total", COUNTER, 1, initialiser="null_init")


def process(run: Run) -> int:
    ip = ipv4(run, ethernet(run))
    if ip is None:
        return run.device
    SOURCES.expire(run)
    SOURCES.count(run, ADDRESS.holds(addr=ip["src_addr"]))
    increment(run, TOTAL, 0)
    return 1 - run.device


NF = NetworkFunction(
    "mixed-cells",
    process,
    Refused("every packet changes cell 0 of `total`"),
    state=(*SOURCES.state, TOTAL),
)
