"""Remembers where each source was last seen, on one path and without looking (§5.3)."""

from generate.describe import Map, NetworkFunction, Sharded
from generate.layouts import ADDRESS, SOURCE, tie
from generate.libvig.maps import map_put
from generate.packets import ethernet, ipv4
from generate.run import Run

SEEN = Map("seen", ADDRESS)


def process(run: Run) -> int:
    ip = ipv4(run, ethernet(run))
    if ip is None or run.device == 0:
        return run.device
    map_put(run, SEEN, ADDRESS.holds(addr=ip["src_addr"]), run.now.truncated(32))
    return 0


NF = NetworkFunction("single-path", process, Sharded((tie("P1", "P1'", SOURCE),)), state=(SEEN,))
