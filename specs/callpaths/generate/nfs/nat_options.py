"""The translation's LAN side with IPv4 options, whose `map_put` is the thesis's listing A.1."""

from generate.describe import NetworkFunction, Sharded
from generate.layouts import DESTINATION, DESTINATION_PORT, SOURCE, SOURCE_PORT, tie
from generate.nats import translate_outgoing, translations
from generate.packets import ethernet, ipv4, options, ports
from generate.run import Run
from rss_callpaths.callpath import Variant

LAN, WAN = 0, 1
FLOWS = translations()


def process(run: Run) -> int:
    if run.device == WAN:
        return run.device
    ip = ipv4(run, ethernet(run))
    if ip is None:
        return run.device
    options(run, ip)
    if (l4 := ports(run, ip)) is None:
        return run.device
    FLOWS.expire(run)
    index = FLOWS.outgoing(run, ip, l4, run.number(LAN, 16))
    if index is None:
        return run.device
    translate_outgoing(ip, l4, index)
    return WAN


NF = NetworkFunction(
    "nat-options",
    process,
    Sharded((tie("P0", "P0'", SOURCE, DESTINATION, SOURCE_PORT, DESTINATION_PORT),)),
    state=FLOWS.state,
    config={"max_flows": 65536, "wan_device": WAN, "start_port": 1024},
    variant=Variant.PLAIN,
)
