"""Which ports are open stands in a vector that packets read and give back as it was (§5.9)."""

from generate.describe import NetworkFunction, Sharded, Vector
from generate.layouts import COUNTER
from generate.libvig.vectors import vector_read
from generate.packets import flow_headers
from generate.run import Run

OPEN = Vector("open_ports", COUNTER, initialiser="null_init")


def process(run: Run) -> int:
    headers = flow_headers(run)
    if headers is None:
        return run.device
    is_open = vector_read(run, OPEN, headers[1]["dst_port"].swapped()).value
    return 1 - run.device if run.branch(is_open.differs(0)) else run.device


NF = NetworkFunction("read-only-vector", process, Sharded(), state=(OPEN,))
