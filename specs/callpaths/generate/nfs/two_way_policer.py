"""A policer for each direction: by source on one port, by destination on the other, in two tables (§5.2)."""

from generate.describe import NetworkFunction, Sharded
from generate.layouts import ADDRESS, DESTINATION, SOURCE, tie
from generate.packets import ethernet, ipv4
from generate.run import Run
from generate.tables import table

LAN = 0
UPLOADS = table("uploads", ADDRESS)
DOWNLOADS = table("downloads", ADDRESS)


def process(run: Run) -> int:
    ip = ipv4(run, ethernet(run))
    if ip is None:
        return run.device
    if run.device == LAN:
        UPLOADS.expire(run)
        UPLOADS.count(run, ADDRESS.holds(addr=ip["src_addr"]))
    else:
        DOWNLOADS.expire(run)
        DOWNLOADS.count(run, ADDRESS.holds(addr=ip["dst_addr"]))
    return 1 - run.device


NF = NetworkFunction(
    "two-way-policer",
    process,
    Sharded((tie("P0", "P0'", SOURCE), tie("P1", "P1'", DESTINATION))),
    state=(*UPLOADS.state, *DOWNLOADS.state),
)
