"""Two tables on one port, keyed by different pairs of fields: what they share is the key of none (§5.2)."""

from generate.describe import NetworkFunction, Sharded
from generate.layouts import DESTINATION, DESTINATION_PORT, SOURCE, tie
from generate.packets import flow_headers
from generate.run import Run
from generate.tables import table
from generate.words import struct

HOSTS = struct("Hosts", src_ip=4, dst_ip=4)
SERVICE = struct("Service", dst_ip=4, dst_port=2)
PAIRS = table("pairs", HOSTS)
SERVICES = table("services", SERVICE)


def process(run: Run) -> int:
    headers = flow_headers(run)
    if headers is None or run.device == 1:
        return run.device
    ip, l4 = headers
    PAIRS.expire(run)
    SERVICES.expire(run)
    PAIRS.count(run, HOSTS.holds(src_ip=ip["src_addr"], dst_ip=ip["dst_addr"]))
    SERVICES.count(run, SERVICE.holds(dst_ip=ip["dst_addr"], dst_port=l4["dst_port"]))
    return 1


NF = NetworkFunction(
    "two-maps",
    process,
    Sharded((tie("P0", "P0'", SOURCE, DESTINATION), tie("P0", "P0'", DESTINATION, DESTINATION_PORT))),
    state=(*PAIRS.state, *SERVICES.state),
)
