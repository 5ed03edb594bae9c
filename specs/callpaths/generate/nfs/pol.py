"""Vigor's policer: a token bucket for every destination of packets from WAN. Any IPv4 packet counts."""

from generate.describe import Chain, Map, NetworkFunction, Sharded, Vector
from generate.layouts import ADDRESS
from generate.libvig.chains import dchain_allocate_new_index, dchain_rejuvenate_index, expire_items_single_map
from generate.libvig.maps import map_get, map_put
from generate.libvig.vectors import vector_borrow, vector_return
from generate.packets import ethernet, ipv4
from generate.run import NO_INDEX, Run
from generate.words import Record, Word, struct

WAN, LAN = 0, 1
SECOND = 1_000_000_000
RATE, BURST = 1_000_000_000, 10_000_000_000
BUCKET = struct("DynamicValue", bucket_size=8, bucket_time=8)


def is_bucket(run: Run, bucket: Record) -> Word:
    time = bucket["bucket_time"]
    return time.not_negative() & time.signed_at_most(run.now) & (bucket["bucket_size"] <= BURST)


MAP = Map("dyn_map", ADDRESS)
KEYS = Vector("dyn_keys", ADDRESS)
HEAP = Chain("dyn_heap")
VALUES = Vector("dyn_vals", BUCKET, invariant=is_bucket)


def process(run: Run) -> int:
    ip = ipv4(run, ethernet(run))
    if ip is None:
        return run.device
    expire_items_single_map(run, HEAP, KEYS, MAP, BURST // RATE * SECOND)
    if run.device == LAN:
        return WAN
    key = ADDRESS.holds(addr=ip["dst_addr"])
    index = map_get(run, MAP, key, initial=NO_INDEX)
    allowed = refill(run, index) if index is not None else admit(run, key)
    return LAN if allowed else WAN


def refill(run: Run, index: Word) -> bool:
    dchain_rejuvenate_index(run, HEAP, index)
    bucket = vector_borrow(run, VALUES, index)
    elapsed = run.now - bucket["bucket_time"]
    if run.branch(elapsed < BURST // RATE * SECOND):
        added = elapsed * RATE // SECOND
        run.path.assume(run.number(0, 64) <= added)
        bucket["bucket_size"] = bucket["bucket_size"] + added
        if run.branch(bucket["bucket_size"] > BURST):
            bucket["bucket_size"] = BURST
    else:
        bucket["bucket_size"] = BURST
    bucket["bucket_time"] = run.now
    size = run.length.extended(64)
    allowed = run.branch(bucket["bucket_size"] > size)
    if allowed:
        bucket["bucket_size"] = bucket["bucket_size"] - size
    vector_return(run, VALUES, index, bucket)
    return allowed


def admit(run: Run, key: Record) -> bool:
    index = dchain_allocate_new_index(run, HEAP, initial=NO_INDEX)
    if index is None:
        return False
    owner = vector_borrow(run, KEYS, index)
    bucket = vector_borrow(run, VALUES, index)
    owner.copy(key)
    bucket["bucket_size"] = BURST - run.length.extended(64)
    bucket["bucket_time"] = run.now
    map_put(run, MAP, owner, index)
    vector_return(run, KEYS, index, owner)
    vector_return(run, VALUES, index, bucket)
    return True


NF = NetworkFunction(
    "pol",
    process,
    Sharded(("P0.ipv4_dst == P0'.ipv4_dst",)),
    state=(MAP, KEYS, HEAP, VALUES),
    config={"capacity": 65536, "dev_count": 2},
)
