"""Flows remember a number from their first packet, which then picks a cell of another vector (§5.7)."""

from generate.describe import NetworkFunction, Refused, Vector
from generate.layouts import COUNTER, FLOW, flow_of
from generate.libvig.vectors import vector_borrow, vector_read, vector_return
from generate.packets import flow_headers
from generate.run import Run
from generate.tables import increment, table
from generate.words import Record, Word

QUEUES = 64


def is_queue(run: Run, cell: Record) -> Word:
    return cell.value < QUEUES


FLOWS = table("flows", FLOW)
QUEUE_OF = Vector("queue_of_flow", COUNTER, initialiser="null_init", invariant=is_queue)
LOADS = Vector("queue_loads", COUNTER, QUEUES, initialiser="null_init")


def process(run: Run) -> int:
    headers = flow_headers(run)
    if headers is None or run.device == 1:
        return run.device
    ip, l4 = headers
    FLOWS.expire(run)
    flow = flow_of(ip, l4)
    known = FLOWS.find(run, flow)
    if known is not None:
        increment(run, LOADS, vector_read(run, QUEUE_OF, known).value)
    elif (index := FLOWS.add(run, flow)) is not None:
        cell = vector_borrow(run, QUEUE_OF, index)
        cell.store(ip["type_of_service"].extended(32) & QUEUES - 1)
        vector_return(run, QUEUE_OF, index, cell)
    return 1


NF = NetworkFunction(
    "stored-index",
    process,
    Refused("flows with the same stored number share a cell of `queue_loads`"),
    state=(FLOWS.entries, FLOWS.keys, FLOWS.ages, QUEUE_OF, LOADS),
)
