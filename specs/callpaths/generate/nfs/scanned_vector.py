"""A counter for each source; every packet adds up the first four: constant among owned indices (§5.6)."""

from functools import reduce

from generate.describe import NetworkFunction, Refused
from generate.layouts import ADDRESS
from generate.libvig.vectors import vector_read
from generate.packets import ethernet, ipv4
from generate.run import Run
from generate.tables import table

SOURCES = table("sources", ADDRESS)


def process(run: Run) -> int:
    ip = ipv4(run, ethernet(run))
    if ip is None or run.device == 0:
        return run.device
    SOURCES.expire(run)
    SOURCES.count(run, ADDRESS.holds(addr=ip["src_addr"]))
    first = (vector_read(run, SOURCES.counters, index).value for index in range(4))
    total = reduce(lambda one, other: one + other, first)
    return 1 if run.branch(total > 1000) else 0


NF = NetworkFunction(
    "scanned-vector",
    process,
    Refused("every packet reads cells of `sources_counters` that other sources' packets change"),
    state=SOURCES.state,
)
