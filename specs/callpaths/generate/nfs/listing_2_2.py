"""The thesis's listing 2.2: source ports are learned, destination ports looked up, in one map."""

from generate.describe import Map, NetworkFunction, Refused, Verdict
from generate.libvig.maps import map_get, map_put
from generate.packets import TCP, flow_headers
from generate.run import Run
from generate.words import Record, Word, struct
from rss_callpaths.callpath import Variant

PORT = struct("Port", port=2)


def is_device(run: Run, key: Record, device: Word) -> Word:
    return device < run.devices


TABLE = Map("tb", PORT, invariant=is_device)


def process(run: Run) -> Word | int | Verdict:
    headers = flow_headers(run)
    if headers is None or run.branch(headers[0]["next_proto_id"].differs(TCP)):
        return run.device
    source, destination = (PORT.holds(port=headers[1][name]) for name in ("src_port", "dst_port"))
    if map_get(run, TABLE, source) is None:
        map_put(run, TABLE, source, run.device)
    device = map_get(run, TABLE, destination)
    return Verdict.FLOOD if device is None else device


NF = NetworkFunction(
    "listing-2-2",
    process,
    Refused(
        "a packet writes the entry of its source port and reads that of its destination port: all must meet"
    ),
    state=(TABLE,),
    variant=Variant.PLAIN,
)
