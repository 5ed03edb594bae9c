"""Forwards by destination prefix, from a table that is filled before the first packet."""

from generate.describe import Lpm, NetworkFunction, Sharded
from generate.libvig.others import lpm_lookup_elem, lpm_update_elem
from generate.packets import ethernet, ipv4
from generate.path import PathEndedError
from generate.run import Run
from generate.words import Word

ROUTES = Lpm("routes")
TEN = 0x0000000A
"""10.0.0.0 as a little-endian machine reads it from the wire."""


def initialise(run: Run) -> None:
    added = lpm_update_elem(run, ROUTES, run.number(TEN, 32), 8, run.number(1, 16))
    if run.branch(added.equals(0)):
        raise PathEndedError


def process(run: Run) -> Word | int:
    ip = ipv4(run, ethernet(run))
    if ip is None:
        return run.device
    device = lpm_lookup_elem(run, ROUTES, ip["dst_addr"])
    return device if run.branch(device < run.devices) else run.device


NF = NetworkFunction("router", process, Sharded(), state=(ROUTES,), devices=3, initialise=initialise)
