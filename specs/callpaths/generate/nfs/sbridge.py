"""Static bridge (listing 4.4): a table of MAC addresses that no packet changes."""

from generate.describe import Map, NetworkFunction, Sharded, Verdict
from generate.libvig.maps import map_get
from generate.packets import ethernet
from generate.run import Run
from generate.words import Record, Word, struct

STATIC_KEY = struct("StaticKey", addr=6, device=2)


def is_device(run: Run, key: Record, device: Word) -> Word:
    return device < run.devices


STATIC = Map("static_map", STATIC_KEY, 1024, invariant=is_device)


def process(run: Run) -> Word | Verdict:
    ether = ethernet(run)
    device = map_get(run, STATIC, STATIC_KEY.holds(addr=ether["d_addr"], device=run.input))
    return Verdict.FLOOD if device is None else device


NF = NetworkFunction("sbridge", process, Sharded(), state=(STATIC,), config={"dev_count": 2})
