"""The thesis's listing 3.3: the same counters, with a chain that ages the ports.

The thesis shards it by source port. But a cell that no packet has written holds an index too, the same one
for every port, and the chain refreshes it whoever took it: `dchain_indexes` proves no ownership.
"""

from generate.describe import Chain, NetworkFunction, Refused, Vector
from generate.layouts import COUNTER
from generate.libvig.chains import (
    dchain_allocate_new_index,
    dchain_is_index_allocated,
    dchain_rejuvenate_index,
)
from generate.libvig.vectors import vector_borrow, vector_return
from generate.packets import flow_headers
from generate.run import Run
from generate.tables import increment
from rss_callpaths.callpath import Variant

PORTS_TABLE = Vector("ports_table", COUNTER, initialiser="null_init")
INDEXES = Vector("dchain_indexes", COUNTER, initialiser="null_init")
CHAIN = Chain("dchain")


def process(run: Run) -> int:
    headers = flow_headers(run)
    if headers is None:
        return run.device
    port = headers[1]["src_port"]
    cell = vector_borrow(run, INDEXES, port)
    index = cell.value
    if dchain_is_index_allocated(run, CHAIN, index):
        dchain_rejuvenate_index(run, CHAIN, index)
    elif (new := dchain_allocate_new_index(run, CHAIN)) is not None:
        cell.store(new)
    vector_return(run, INDEXES, port, cell)
    increment(run, PORTS_TABLE, port)
    return 1 - run.device


NF = NetworkFunction(
    "listing-3-3",
    process,
    Refused("an index read from `dchain_indexes` may be one that another port's packets have taken"),
    state=(PORTS_TABLE, INDEXES, CHAIN),
    variant=Variant.PLAIN,
)
