"""Takes new sources only while the table is not half full: its size depends on all packets."""

from generate.describe import NetworkFunction, Refused
from generate.layouts import ADDRESS
from generate.libvig.maps import map_size
from generate.packets import ethernet, ipv4
from generate.run import Run
from generate.tables import table

HALF = 32768
SOURCES = table("sources", ADDRESS)


def process(run: Run) -> int:
    ip = ipv4(run, ethernet(run))
    if ip is None or run.device == 1:
        return run.device
    SOURCES.expire(run)
    source = ADDRESS.holds(addr=ip["src_addr"])
    if SOURCES.find(run, source) is not None:
        return 1
    if run.branch(map_size(run, SOURCES.entries) >= HALF):
        return 0
    SOURCES.add(run, source)
    return 1


NF = NetworkFunction(
    "table-size",
    process,
    Refused("every new source reads the size of `sources`, which every other one changes"),
    state=(SOURCES.entries, SOURCES.keys, SOURCES.ages),
)
