"""Gallium's firewall: flows pass that a list, filled before the first packet, allows."""

from generate.describe import Map, NetworkFunction, Sharded
from generate.layouts import FLOW, flow_of
from generate.libvig.maps import map_get
from generate.packets import flow_headers
from generate.run import Run

ALLOWED = Map("map", FLOW)


def process(run: Run) -> int:
    headers = flow_headers(run)
    if headers is None or map_get(run, ALLOWED, flow_of(*headers)) is None:
        return run.device
    return 1 - run.device


NF = NetworkFunction("gallium-fw", process, Sharded(), state=(ALLOWED,))
