"""An index of one table picks the cell of a vector that another table's indices pick too (§5.5)."""

from generate.describe import NetworkFunction, Refused
from generate.layouts import ADDRESS
from generate.packets import ethernet, ipv4
from generate.run import Run
from generate.tables import increment, table

LAN = 0
CLIENTS = table("clients", ADDRESS)
SERVERS = table("servers", ADDRESS)


def process(run: Run) -> int:
    ip = ipv4(run, ethernet(run))
    if ip is None:
        return run.device
    found, field = (CLIENTS, "src_addr") if run.device == LAN else (SERVERS, "dst_addr")
    found.expire(run)
    key = ADDRESS.holds(addr=ip[field])
    index = found.find(run, key)
    if index is None:
        index = found.add(run, key)
    if index is not None:
        increment(run, CLIENTS.counters, index)
    return 1 - run.device


NF = NetworkFunction(
    "foreign-index",
    process,
    Refused("indices of `clients_chain` and of `servers_chain` meet in `clients_counters`"),
    state=(*CLIENTS.state, SERVERS.entries, SERVERS.keys, SERVERS.ages),
)
