"""A translation that lets both through, unknown ports unchanged and spoofed packets with a mark (§5.18)."""

from generate.describe import NetworkFunction, Refused
from generate.nats import index_of, is_spoofed, translate_incoming, translate_outgoing, translations
from generate.packets import flow_headers
from generate.run import Run

LAN, WAN = 0, 1
FLOWS = translations()


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
    flow = FLOWS.incoming(run, index_of(l4))
    if flow is None:
        return LAN
    if run.branch(is_spoofed(flow, ip, l4)):
        ip["type_of_service"] = 1
        return LAN
    translate_incoming(ip, l4, flow)
    return LAN


NF = NetworkFunction(
    "bypass-rewrites",
    process,
    Refused("a spoofed packet leaves otherwise than one to a port that nobody has"),
    state=FLOWS.state,
)
