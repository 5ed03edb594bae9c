"""A translation that lets unknown ports and spoofed packets through, both with the same mark (§5.18)."""

from generate.describe import NetworkFunction, Sharded
from generate.libvig.chains import dchain_rejuvenate_index
from generate.nats import (
    REMOTE_ENDS,
    index_of,
    is_spoofed,
    translate_incoming,
    translate_outgoing,
    translations,
)
from generate.packets import flow_headers
from generate.run import Run

LAN, WAN = 0, 1
FLOWS = translations()


def process(run: Run) -> int:
    FLOWS.expire(run)
    headers = flow_headers(run)
    if headers is None:
        return run.device
    ip, l4 = headers
    if run.device == LAN:
        new = FLOWS.outgoing(run, ip, l4, run.input)
        if new is None:
            return run.device
        translate_outgoing(ip, l4, new)
        return WAN
    index = index_of(l4)
    flow = FLOWS.incoming(run, index)
    if flow is None or run.branch(is_spoofed(flow, ip, l4)):
        ip["type_of_service"] = 1
        return LAN
    dchain_rejuvenate_index(run, FLOWS.ports, index)
    translate_incoming(ip, l4, flow)
    return LAN


NF = NetworkFunction("nat-marks", process, Sharded(REMOTE_ENDS), state=FLOWS.state)
