"""A table that packets look up and that expires, but to which none adds (§5.10)."""

from generate.describe import NetworkFunction, Sharded
from generate.layouts import ADDRESS, SOURCE, tie
from generate.packets import ethernet, ipv4
from generate.run import Run
from generate.tables import table

LEASES = table("leases", ADDRESS)


def process(run: Run) -> int:
    ip = ipv4(run, ethernet(run))
    if ip is None or run.device == 1:
        return run.device
    LEASES.expire(run)
    return 0 if LEASES.find(run, ADDRESS.holds(addr=ip["src_addr"])) is None else 1


NF = NetworkFunction(
    "expire-only",
    process,
    Sharded((tie("P0", "P0'", SOURCE),)),
    state=(LEASES.entries, LEASES.keys, LEASES.ages),
)
