"""Counts by the last byte of the source, cut out by a mask: not the first byte that the key reads (§5.8)."""

from generate.describe import NetworkFunction, Sharded
from generate.layouts import ADDRESS
from generate.packets import ethernet, ipv4
from generate.run import Run
from generate.tables import table

HOSTS = table("hosts", ADDRESS)
LAST_BYTE = 0xFF000000
"""Of an address that a little-endian machine reads from the wire."""


def process(run: Run) -> int:
    ip = ipv4(run, ethernet(run))
    if ip is None or run.device == 1:
        return run.device
    HOSTS.expire(run)
    HOSTS.count(run, ADDRESS.holds(addr=ip["src_addr"] & LAST_BYTE))
    return 1


NF = NetworkFunction(
    "masked-key", process, Sharded(("P0.ipv4_src[24:32] == P0'.ipv4_src[24:32]",)), state=HOSTS.state
)
