"""Load balancer (listing 4.6): servers announce themselves on LAN, flows from WAN go to any that is alive."""

from generate.describe import Chain, Map, NetworkFunction, Refused, Vector
from generate.layouts import ADDRESS, COUNTER, FLOW, flow_of
from generate.libvig.chains import (
    dchain_allocate_new_index,
    dchain_free_index,
    dchain_is_index_allocated,
    dchain_rejuvenate_index,
    expire_items_single_map,
)
from generate.libvig.maps import map_erase, map_get, map_put
from generate.libvig.others import (
    cht_fill_cht,
    cht_find_preferred_available_backend,
    hash_of,
    nf_set_rte_ipv4_udptcp_checksum,
)
from generate.libvig.vectors import vector_borrow, vector_read, vector_return
from generate.packets import ethernet, ipv4, ports
from generate.path import PathEndedError
from generate.run import Run
from generate.words import Record, Word, struct

WAN = 2
EXPIRY = 100_000_000_000
BACKENDS, HEIGHT = 32, 37
BACKEND = struct("LoadBalancedBackend", nic=2, mac=6, ip=4)


def is_backend(run: Run, backend: Record) -> Word:
    return (backend["nic"] < run.devices) & backend["nic"].differs(WAN)


def is_backend_index(run: Run, cell: Record) -> Word:
    return cell.value < BACKENDS


FLOW_IDS = Map("flow_to_flow_id", FLOW)
FLOW_HEAP = Vector("flow_heap", FLOW)
FLOW_CHAIN = Chain("flow_chain")
CHOSEN = Vector("flow_id_to_backend_id", COUNTER, initialiser="null_init", invariant=is_backend_index)
BACKEND_IDS = Map("ip_to_backend_id", ADDRESS, BACKENDS)
BACKEND_IPS = Vector("backend_ips", ADDRESS, BACKENDS)
DETAILS = Vector("backends", BACKEND, BACKENDS, invariant=is_backend)
ACTIVE = Chain("active_backends", BACKENDS)
CHT = Vector("cht", COUNTER, BACKENDS * HEIGHT, initialiser="null_init")


def initialise(run: Run) -> None:
    if not cht_fill_cht(run, CHT, HEIGHT, BACKENDS):
        raise PathEndedError


def process(run: Run) -> Word | int:
    expire_items_single_map(run, FLOW_CHAIN, FLOW_HEAP, FLOW_IDS, EXPIRY)
    expire_items_single_map(run, ACTIVE, BACKEND_IPS, BACKEND_IDS, EXPIRY)
    ether = ethernet(run)
    if (ip := ipv4(run, ether)) is None or (l4 := ports(run, ip)) is None:
        return run.device
    if run.device != WAN:
        announce(run, ether, ip)
        return run.device
    chosen = backend_of(run, flow_of(ip, l4))
    if chosen is None:
        return run.device
    backend = vector_read(run, DETAILS, chosen)
    ip["dst_addr"] = backend["ip"]
    nf_set_rte_ipv4_udptcp_checksum(run, ip, l4)
    ether["d_addr"] = backend["mac"]
    return backend["nic"]


def announce(run: Run, ether: Record, ip: Record) -> None:
    """A server says that it is there."""
    address = ADDRESS.holds(addr=ip["src_addr"])
    if (index := map_get(run, BACKEND_IDS, address)) is not None:
        dchain_rejuvenate_index(run, ACTIVE, index)
    elif (index := dchain_allocate_new_index(run, ACTIVE)) is not None:
        backend = vector_borrow(run, DETAILS, index)
        backend.copy(BACKEND.holds(nic=run.input, mac=ether["s_addr"], ip=ip["src_addr"]))
        vector_return(run, DETAILS, index, backend)
        owner = vector_borrow(run, BACKEND_IPS, index)
        owner.copy(address)
        map_put(run, BACKEND_IDS, owner, index)
        vector_return(run, BACKEND_IPS, index, owner)


def backend_of(run: Run, flow: Record) -> Word | None:
    """The server of a flow: the one that it had if that is still there, else one that is."""
    known = map_get(run, FLOW_IDS, flow)
    if known is not None:
        backend = vector_read(run, CHOSEN, known).value
        if dchain_is_index_allocated(run, ACTIVE, backend):
            dchain_rejuvenate_index(run, FLOW_CHAIN, known)
            return backend
        dchain_free_index(run, FLOW_CHAIN, known)
        map_erase(run, FLOW_IDS, flow)
    hashed = hash_of(run, "LoadBalancedFlow_hash", flow)
    found = cht_find_preferred_available_backend(run, hashed, CHT, ACTIVE, HEIGHT, BACKENDS)
    if found is not None and (index := dchain_allocate_new_index(run, FLOW_CHAIN)) is not None:
        key = vector_borrow(run, FLOW_HEAP, index)
        key.copy(flow)
        map_put(run, FLOW_IDS, key, index)
        vector_return(run, FLOW_HEAP, index, key)
        choice = vector_borrow(run, CHOSEN, index)
        choice.store(found)
        vector_return(run, CHOSEN, index, choice)
    return found


NF = NetworkFunction(
    "lb",
    process,
    Refused(
        "any flow from WAN may go to any server, and every server's announcement changes which there are"
    ),
    state=(FLOW_IDS, FLOW_HEAP, FLOW_CHAIN, CHOSEN, BACKEND_IDS, BACKEND_IPS, DETAILS, ACTIVE, CHT),
    config={"backend_capacity": BACKENDS, "cht_height": HEIGHT, "dev_count": 3},
    devices=3,
    initialise=initialise,
)
