"""A translation that checks one vector's cell and changes another's, picked by another field (§5.18)."""

from generate.describe import NetworkFunction, Refused, Vector
from generate.layouts import COUNTER
from generate.nats import index_of, is_spoofed, translate_outgoing, translations
from generate.packets import flow_headers
from generate.run import Run
from generate.tables import increment

LAN, WAN = 0, 1
FLOWS = translations()
ANSWERS = Vector("answers", COUNTER, initialiser="null_init")


def process(run: Run) -> int:
    headers = flow_headers(run)
    if headers is None:
        return run.device
    ip, l4 = headers
    FLOWS.expire(run)
    if run.device == LAN:
        index = FLOWS.outgoing(run, ip, l4, run.input)
        if index is None:
            return run.device
        translate_outgoing(ip, l4, index)
        return WAN
    flow = FLOWS.incoming(run, ip["packet_id"].swapped().extended(32))
    if flow is None or run.branch(is_spoofed(flow, ip, l4)):
        return WAN
    increment(run, ANSWERS, index_of(l4))
    return LAN


NF = NetworkFunction(
    "bypass-two-vectors",
    process,
    Refused("the check ties the packet to a flow of `fv`, not to the cell of `answers` that it changes"),
    state=(*FLOWS.state, ANSWERS),
)
