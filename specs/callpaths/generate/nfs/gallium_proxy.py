"""Gallium's proxy: packets to some ports are sent on to the host that a fixed table names for the port."""

from generate.describe import Map, NetworkFunction, Sharded, Vector
from generate.layouts import ADDRESS
from generate.libvig.maps import map_get
from generate.libvig.vectors import vector_read
from generate.packets import flow_headers
from generate.run import Run
from generate.words import struct

PORT = struct("port", port=2)
TARGETS = Map("map", PORT, 64, invariant=lambda run, key, index: index < 64)
HOSTS = Vector("targets", ADDRESS, 64)


def process(run: Run) -> int:
    headers = flow_headers(run)
    if headers is None:
        return run.device
    ip, l4 = headers
    index = map_get(run, TARGETS, PORT.holds(port=l4["dst_port"]))
    if index is not None:
        ip["dst_addr"] = vector_read(run, HOSTS, index)["addr"]
    return 1 - run.device


NF = NetworkFunction("gallium-proxy", process, Sharded(), state=(TARGETS, HOSTS))
