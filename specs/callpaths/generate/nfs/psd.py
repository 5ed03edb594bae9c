"""Port scan detector: hosts on WAN may touch only so many destination ports."""

from generate.describe import Map, NetworkFunction, Sharded, Vector
from generate.layouts import SOURCE, tie
from generate.libvig.chains import expire_items_single_map_iteratively
from generate.libvig.maps import map_get, map_put
from generate.libvig.vectors import vector_borrow, vector_return
from generate.packets import flow_headers
from generate.run import Run
from generate.tables import table
from generate.words import Record, Word, struct

WAN, LAN = 0, 1
HOSTS, MAX_PORTS = 1024, 64
HOST = struct("Host", src_ip=4)
TOUCHED = struct("TouchedPort", 8, src_ip=4, port=2)


def is_count(run: Run, key: Record, number: Word) -> Word:
    return number.not_negative() & number.signed_less(MAX_PORTS)


SOURCES = table("srcs", HOST, HOSTS)
PORTS = Map("ports", TOUCHED, HOSTS * MAX_PORTS, invariant=is_count)
PORTS_KEY = Vector("ports_key", TOUCHED, HOSTS * MAX_PORTS)


def process(run: Run) -> int:
    headers = flow_headers(run)
    if headers is None:
        return run.device
    if run.device == LAN:
        return WAN
    SOURCES.expire(run)
    ip, l4 = headers
    host = HOST.holds(src_ip=ip["src_addr"])
    port = TOUCHED.holds(src_ip=ip["src_addr"], port=l4["dst_port"])
    index = SOURCES.find(run, host)
    if index is None:
        index = SOURCES.add(run, host)
        if index is None:
            return WAN
        expire_items_single_map_iteratively(run, PORTS_KEY, PORTS, index * MAX_PORTS, MAX_PORTS)
        store_count(run, index, port, run.number(0, 32))
        return LAN
    counter = vector_borrow(run, SOURCES.counters, index)
    vector_return(run, SOURCES.counters, index, counter)
    if map_get(run, PORTS, port) is None:
        if run.branch(counter.value >= MAX_PORTS):
            return WAN
        store_count(run, index, port, counter.value)
    return LAN


def store_count(run: Run, index: Word, port: Record, count: Word) -> None:
    """Remember a port as the host's next one."""
    counter = vector_borrow(run, SOURCES.counters, index)
    counter.store(count + 1)
    vector_return(run, SOURCES.counters, index, counter)
    place = index * MAX_PORTS + count
    key = vector_borrow(run, PORTS_KEY, place)
    key.copy(port)
    map_put(run, PORTS, key, count)
    vector_return(run, PORTS_KEY, place, key)


NF = NetworkFunction(
    "psd",
    process,
    Sharded((tie("P0", "P0'", SOURCE),)),
    state=(*SOURCES.state, PORTS, PORTS_KEY),
    config={"capacity": HOSTS, "max_ports": MAX_PORTS, "dev_count": 2},
)
