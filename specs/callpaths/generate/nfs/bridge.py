"""Learning bridge (listing 4.3): learns source MAC addresses, looks up destination ones, in one table."""

from generate.describe import Map, NetworkFunction, Refused, Vector, Verdict
from generate.libvig.maps import map_get
from generate.libvig.vectors import vector_borrow, vector_read, vector_return
from generate.packets import ethernet
from generate.run import Run
from generate.tables import table
from generate.words import Record, Word, struct

MAC = struct("rte_ether_addr", addr_bytes=6)
STATIC_KEY = struct("StaticKey", addr=6, device=2)
DYNAMIC_VALUE = struct("DynamicValue", device=2)


def is_device(run: Run, key: Record, device: Word) -> Word:
    return device < run.devices


def is_learned(run: Run, cell: Record) -> Word:
    return cell["device"] < run.devices


STATIC = Map("st_map", STATIC_KEY, 1024, invariant=is_device)
LEARNED = table("dyn", MAC)
DEVICES = Vector("dyn_vals", DYNAMIC_VALUE, invariant=is_learned)


def process(run: Run) -> Word | Verdict:
    LEARNED.expire(run)
    ether = ethernet(run)
    source = MAC.holds(addr_bytes=ether["s_addr"])
    if LEARNED.find(run, source) is None and (index := LEARNED.add(run, source)) is not None:
        cell = vector_borrow(run, DEVICES, index)
        cell["device"] = run.input
        vector_return(run, DEVICES, index, cell)
    static = map_get(run, STATIC, STATIC_KEY.holds(addr=ether["d_addr"], device=run.input))
    if static is not None:
        return static
    index = map_get(run, LEARNED.entries, MAC.holds(addr_bytes=ether["d_addr"]))
    return Verdict.FLOOD if index is None else vector_read(run, DEVICES, index)["device"]


NF = NetworkFunction(
    "bridge",
    process,
    Refused(
        "a packet writes the entry of its source address and reads that of its destination: all must meet"
    ),
    state=(STATIC, LEARNED.entries, LEARNED.keys, LEARNED.ages, DEVICES),
    config={"dev_count": 2},
)
