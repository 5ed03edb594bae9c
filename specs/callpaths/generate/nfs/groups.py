"""Sources have a group, by a hash, and groups have a counter: a map's value that no chain owns (§5.5)."""

from generate.describe import Map, NetworkFunction, Refused, Vector
from generate.layouts import ADDRESS, COUNTER
from generate.libvig.maps import map_get, map_put
from generate.libvig.others import hash_of
from generate.packets import ethernet, ipv4
from generate.run import Run
from generate.tables import increment
from generate.words import Record, Word

GROUPS = 16


def is_group(run: Run, key: Record, group: Word) -> Word:
    return group < GROUPS


MEMBERS = Map("members", ADDRESS, invariant=is_group)
COUNTERS = Vector("group_counters", COUNTER, GROUPS, initialiser="null_init")


def process(run: Run) -> int:
    ip = ipv4(run, ethernet(run))
    if ip is None:
        return run.device
    source = ADDRESS.holds(addr=ip["src_addr"])
    group = map_get(run, MEMBERS, source)
    if group is None:
        group = hash_of(run, "hash_obj", source) % GROUPS
        map_put(run, MEMBERS, source, group)
    increment(run, COUNTERS, group)
    return 1 - run.device


NF = NetworkFunction(
    "groups",
    process,
    Refused("sources of one group share a cell of `group_counters`; the group is no index of a chain"),
    state=(MEMBERS, COUNTERS),
)
