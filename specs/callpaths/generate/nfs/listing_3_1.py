"""The thesis's listing 3.1: counts packets by source port, in a vector that the port itself indexes."""

from generate.describe import NetworkFunction, Sharded, Vector
from generate.layouts import COUNTER, SOURCE_PORT, tie
from generate.packets import flow_headers
from generate.run import Run
from generate.tables import increment
from rss_callpaths.callpath import Variant

PORTS_TABLE = Vector("ports_table", COUNTER, initialiser="null_init")


def process(run: Run) -> int:
    headers = flow_headers(run)
    if headers is None:
        return run.device
    increment(run, PORTS_TABLE, headers[1]["src_port"])
    return 1 - run.device


NF = NetworkFunction(
    "listing-3-1",
    process,
    Sharded(tuple(tie(*pair, SOURCE_PORT) for pair in (("P0", "P0'"), ("P1", "P1'"), ("P0", "P1")))),
    state=(PORTS_TABLE,),
    variant=Variant.PLAIN,
)
