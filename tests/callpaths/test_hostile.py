"""Network functions made to fool inference and proof: each is refused and refuted, or its spec is proved.

A refused one is refuted under keys that satisfy the requirement named with it, which is what a careless
reading of its paths comes to.
"""

import pytest
from inferring import problem_of, solution_of, sound

from generate.describe import Chain, Map, NetworkFunction, Sharded, Sketch, Vector
from generate.harness import explore
from generate.layouts import ADDRESS, COUNTER
from generate.libvig.chains import (
    dchain_allocate_new_index,
    dchain_free_index,
    dchain_is_index_allocated,
    dchain_rejuvenate_index,
    expire_items_single_map_offseted,
)
from generate.libvig.maps import map_get, map_put
from generate.libvig.others import sketch_compute_hashes, sketch_fetch, sketch_touch_buckets
from generate.libvig.vectors import vector_borrow, vector_read, vector_return
from generate.nats import index_of, is_spoofed, translate_incoming, translate_outgoing, translations
from generate.packets import ethernet, flow_headers, ipv4
from generate.tables import increment, table
from rss_callpaths.accesses.analyse import analyse
from rss_callpaths.files.memory import Memory
from rss_callpaths.files.printer import print_path
from rss_callpaths.files.reader import read_text
from rss_callpaths.library.file import vigor
from rss_callpaths.prove.prove import prove
from rss_callpaths.prove.verdict import Refuted
from rss_callpaths.terms import Pool

L4 = "ipv4-tcp, ipv4-udp"
HOSTS, OTHERS = table("hosts", ADDRESS), table("others", ADDRESS)
NAMES = Map("names", ADDRESS)
COUNTS = Vector("counts", COUNTER, initialiser="null_init")
FLOWS = translations()
CONFIG = {"max_flows": 65536, "wan_device": 1, "start_port": 1024}
BY_SOURCE = "P0.ipv4_src == P0'.ipv4_src"
BY_REMOTE_END = "P0.ipv4_dst == P1.ipv4_src && P0.l4_dst == P1.l4_src"


def executed(process, state, **more):
    pool = Pool()
    memory = Memory(pool)
    nf = NetworkFunction("hostile", process, Sharded(), state=state, **more)
    paths = [read_text(print_path(path), path.name, memory)[0] for path in explore(nf)]
    return analyse(paths, vigor(), pool), pool


def spec_of(process, state, **more):
    """What is inferred, and proved."""
    found = sound(*executed(process, state, **more))
    assert found.spec is not None, found.refusals
    return found.text


def stopped(process, state, requirement, **more):
    """What is said of a function that is refused, and refuted under keys that satisfy a requirement."""
    accesses, pool = executed(process, state, **more)
    found = sound(accesses, pool)
    assert found.spec is None, found.text
    port = f"port P{{0}} {{{{ device {{0}}  nic intel-x710  hash {L4}  queues 16  traffic {L4} }}}}\n"
    text = port.format(0) + port.format(1) + f"require {requirement}\n"
    verdict = prove(accesses, problem_of(text), solution_of(text), pool)
    assert isinstance(verdict, Refuted), verdict
    return " ".join(
        said
        for each in found.refusals
        for said in (each.reason.message, *(label.message for label in each.reason.related))
    )


def from_lan(run):
    """The key of a packet of device 0: its source."""
    ip = ipv4(run, ethernet(run))
    return None if ip is None or run.device == 1 else ADDRESS.holds(addr=ip["src_addr"])


# --- translations: cells of other indices ---------------------------------------------------------------


def translation(outgoing=None, incoming=None):
    """A translation that does more with a flow's index where it is known, and where it has been checked."""

    def process(run):
        FLOWS.expire(run)
        if (headers := flow_headers(run)) is None:
            return run.device
        ip, l4 = headers
        if run.device == 1:
            index = index_of(l4)
            flow = FLOWS.incoming(run, index)
            if flow is None or run.branch(is_spoofed(flow, ip, l4)):
                return 1
            dchain_rejuvenate_index(run, FLOWS.ports, index)
            if incoming is not None:
                incoming(run, index, ip)
            translate_incoming(ip, l4, flow)
            return 0
        index = FLOWS.outgoing(run, ip, l4, run.input)
        if index is None:
            return 0
        if outgoing is not None:
            outgoing(run, index, ip)
        translate_outgoing(ip, l4, index)
        return 1

    return process


def counted(run, index, ip):
    increment(run, COUNTS, index)


def test_what_only_checked_packets_reach_is_their_flows():
    assert BY_REMOTE_END in spec_of(translation(None, counted), (*FLOWS.state, COUNTS), config=CONFIG)


def a_fixed_cell(run, index, ip):
    vector_read(run, COUNTS, 5)


def the_next_cell(run, index, ip):
    vector_read(run, COUNTS, index + 1)


def a_cell_of_another_chain(run, index, ip):
    other = dchain_allocate_new_index(run, OTHERS.ages)
    if other is not None:
        vector_read(run, COUNTS, other)


@pytest.mark.parametrize("reads", [a_fixed_cell, the_next_cell, a_cell_of_another_chain])
def test_others_read_what_checked_packets_change(reads):
    def outgoing(run, index, ip):
        vector_read(run, COUNTS, index)
        reads(run, index, ip)

    state = (*FLOWS.state, COUNTS, OTHERS.ages)
    said = stopped(translation(outgoing, counted), state, BY_REMOTE_END, config=CONFIG)
    assert "belongs to other packets" in said


def test_a_cell_may_be_read_before_its_index_is_known_to_be_taken():
    def process(run):
        FLOWS.expire(run)
        if (headers := flow_headers(run)) is None:
            return run.device
        ip, l4 = headers
        if run.device == 1:
            flow = vector_read(run, FLOWS.flows, index := index_of(l4))
            if not dchain_is_index_allocated(run, FLOWS.ports, index):
                return 1
            if run.branch(is_spoofed(flow, ip, l4)):
                return 1
            dchain_rejuvenate_index(run, FLOWS.ports, index)
            translate_incoming(ip, l4, flow)
            return 0
        index = FLOWS.outgoing(run, ip, l4, run.input)
        if index is None:
            return 0
        translate_outgoing(ip, l4, index)
        return 1

    assert BY_REMOTE_END in spec_of(process, FLOWS.state, config=CONFIG)


def test_checked_packets_may_give_back_an_index_that_no_map_holds():
    ends = Vector("ends", ADDRESS)

    def process(run):
        if (headers := flow_headers(run)) is None:
            return run.device
        ip, l4 = headers
        if run.device == 1:
            if not dchain_is_index_allocated(run, FLOWS.ports, index := index_of(l4)):
                return 1
            if run.branch(vector_read(run, ends, index)["addr"].differs(ip["src_addr"])):
                return 1
            dchain_free_index(run, FLOWS.ports, index)
            return 0
        index = dchain_allocate_new_index(run, FLOWS.ports)
        if index is None:
            return 0
        end = vector_borrow(run, ends, index)
        end["addr"] = ip["dst_addr"]
        vector_return(run, ends, index, end)
        translate_outgoing(ip, l4, index)
        return 1

    assert "P0.ipv4_dst == P1.ipv4_src" in spec_of(process, (FLOWS.ports, ends), config=CONFIG)


def test_a_new_flow_may_take_the_index_that_its_packet_was_checked_for():
    def process(run):
        if (headers := flow_headers(run)) is None:
            return run.device
        ip, l4 = headers
        if run.device == 1:
            flow = FLOWS.incoming(run, index := index_of(l4))
            if flow is None or run.branch(is_spoofed(flow, ip, l4)):
                return 1
            FLOWS.expire(run)
            FLOWS.outgoing(run, ip, l4, run.input)
            increment(run, COUNTS, index)
            return 0
        FLOWS.expire(run)
        index = FLOWS.outgoing(run, ip, l4, run.input)
        if index is None:
            return 0
        increment(run, COUNTS, index)
        translate_outgoing(ip, l4, index)
        return 1

    stopped(process, (*FLOWS.state, COUNTS), BY_REMOTE_END, config=CONFIG)


# --- indices --------------------------------------------------------------------------------------------


def test_asking_a_chain_about_an_index_of_another():
    def process(run):
        if (key := from_lan(run)) is None:
            return run.device
        found = []
        for each in (HOSTS, OTHERS):
            index = map_get(run, each.entries, key)
            if index is None and (index := dchain_allocate_new_index(run, each.ages)) is not None:
                map_put(run, each.entries, key, index)
            found.append(index)
        if found[0] is None:
            return 0
        return 1 if dchain_is_index_allocated(run, OTHERS.ages, found[0]) else 0

    state = HOSTS.entries, HOSTS.ages, OTHERS.entries, OTHERS.ages
    assert "different chains" in stopped(process, state, BY_SOURCE)


def test_an_index_under_two_keys_of_one_map():
    def process(run):
        if (key := from_lan(run)) is None:
            return run.device
        HOSTS.expire(run)
        other = ADDRESS.holds(addr=key["addr"] ^ 0x01000000)
        index = HOSTS.find(run, key)
        if index is None and (index := HOSTS.add(run, key)) is not None:
            map_put(run, HOSTS.entries, other, index)
            cell = vector_borrow(run, HOSTS.keys, index)
            cell.copy(other)
            vector_return(run, HOSTS.keys, index, cell)
        if index is not None:
            increment(run, HOSTS.counters, index)
        return 1

    stopped(process, HOSTS.state, "P0.ipv4_src[0:31] == P0'.ipv4_src[0:31]")


@pytest.mark.parametrize("offset", [0, 1])
def test_expiry_takes_keys_from_the_cells_of_their_indices(offset):
    def process(run):
        if (key := from_lan(run)) is None:
            return run.device
        expire_items_single_map_offseted(run, HOSTS.ages, HOSTS.keys, HOSTS.entries, 100, offset)
        HOSTS.count(run, key)
        return 1

    if offset:
        assert "other cells than their own" in stopped(process, HOSTS.state, BY_SOURCE)
    else:
        assert BY_SOURCE in spec_of(process, HOSTS.state)


def test_an_index_that_is_stored_when_it_is_free_again():
    chain = Chain("slots")

    def process(run):
        if (key := from_lan(run)) is None:
            return run.device
        index = map_get(run, NAMES, key)
        if index is None:
            if (index := dchain_allocate_new_index(run, chain)) is None:
                return 0
            dchain_free_index(run, chain, index)
            map_put(run, NAMES, key, index)
        increment(run, COUNTS, index)
        return 1

    stopped(process, (NAMES, chain, COUNTS), BY_SOURCE)


# --- keys -----------------------------------------------------------------------------------------------


def test_keys_out_of_cells():
    """Stored by one packet, a key of another map for the next."""
    last = Vector("last", ADDRESS)

    def process(run):
        ip = ipv4(run, ethernet(run))
        if ip is None or run.device == 1:
            return run.device
        HOSTS.expire(run)
        key = ADDRESS.holds(addr=ip["src_addr"])
        if (index := HOSTS.find(run, key)) is not None:
            map_put(run, NAMES, ADDRESS.holds(addr=vector_read(run, last, index)["addr"]), 3)
        elif (index := HOSTS.add(run, key)) is not None:
            cell = vector_borrow(run, last, index)
            cell["addr"] = ip["dst_addr"]
            vector_return(run, last, index, cell)
        return 1

    assert "no hashed field decides" in stopped(process, (*HOSTS.state, last, NAMES), BY_SOURCE)


def test_keys_that_the_time_decides():
    def process(run):
        if from_lan(run) is None:
            return run.device
        map_put(run, NAMES, ADDRESS.holds(addr=run.now.truncated(32)), 3)
        return 1

    stopped(process, (NAMES,), BY_SOURCE)


def test_branches_that_the_time_decides():
    def process(run):
        ip = ipv4(run, ethernet(run))
        if ip is None or run.device == 1:
            return run.device
        if run.branch(run.now < 1000):
            map_put(run, NAMES, ADDRESS.holds(addr=ip["src_addr"]), 3)
        else:
            map_get(run, NAMES, ADDRESS.holds(addr=ip["dst_addr"]))
        return 1

    assert "no key spreads" in stopped(process, (NAMES,), BY_SOURCE)


def test_prefixes_of_two_lengths():
    """The shorter one is also a longer one that ends in zeros."""

    def process(run):
        ip = ipv4(run, ethernet(run))
        if ip is None:
            return run.device
        prefix = ip["src_addr"] & 0x00FFFFFF if run.device == 0 else ip["dst_addr"] & 0x0000FFFF
        map_put(run, NAMES, ADDRESS.holds(addr=prefix), 1)
        return 1 - run.device

    found = spec_of(process, (NAMES,))
    assert "P0.ipv4_src[0:16] == P1.ipv4_dst[0:16] && P0.ipv4_src[16:24] == 0" in found


@pytest.mark.parametrize(
    "key, requirement",
    [
        (lambda ip: ip["src_addr"].swapped() >> 8 << 8, "P0.ipv4_src[0:24] == P0'.ipv4_src[0:24]"),
        (lambda ip: ip["src_addr"].swapped() % 256, "P0.ipv4_src[24:32] == P0'.ipv4_src[24:32]"),
        (lambda ip: ip["src_addr"] ^ ip["dst_addr"], None),
        (lambda ip: ip["src_addr"].swapped() + ip["dst_addr"].swapped(), None),
    ],
)
def test_computed_keys(key, requirement):
    def process(run):
        ip = ipv4(run, ethernet(run))
        if ip is None or run.device == 1:
            return run.device
        map_put(run, NAMES, ADDRESS.holds(addr=key(ip)), 3)
        return 1

    if requirement is None:
        stopped(process, (NAMES,), BY_SOURCE)
    else:
        assert requirement in spec_of(process, (NAMES,))


# --- ports ----------------------------------------------------------------------------------------------


def test_three_ports_with_one_table():
    def process(run):
        ip = ipv4(run, ethernet(run))
        if ip is None:
            return run.device
        HOSTS.expire(run)
        HOSTS.count(run, ADDRESS.holds(addr=ip["dst_addr" if run.device == 1 else "src_addr"]))
        return (run.device + 1) % 3

    found = spec_of(process, HOSTS.state, devices=3)
    assert "P0.ipv4_src == P1.ipv4_dst" in found and "P1.ipv4_dst == P2.ipv4_src" in found


def test_a_third_port_that_counts_by_number():
    def process(run):
        if (headers := flow_headers(run)) is None:
            return run.device
        ip, l4 = headers
        if run.device == 1:
            increment(run, HOSTS.counters, l4["dst_port"].extended(32))
            return 0
        HOSTS.expire(run)
        HOSTS.count(run, ADDRESS.holds(addr=ip["src_addr"]))
        return 1

    assert "belongs to other packets" in stopped(process, HOSTS.state, BY_SOURCE)


def test_a_sketch_that_two_ports_ask_by_different_fields():
    sketch = Sketch("sketch", "host_hash")

    def process(run):
        ip = ipv4(run, ethernet(run))
        if ip is None:
            return run.device
        name = "src_addr" if run.device == 0 else "dst_addr"
        sketch_compute_hashes(run, sketch, ADDRESS.holds(addr=ip[name]))
        if run.device == 1:
            return 1 if sketch_fetch(run, sketch) else 0
        sketch_touch_buckets(run, sketch)
        return 1

    assert "P0.ipv4_src == P1.ipv4_dst" in spec_of(process, (sketch,))


def test_a_constant_that_everybody_writes():
    def process(run):
        if from_lan(run) is None:
            return run.device
        cell = vector_borrow(run, COUNTS, 7)
        cell.store(1)
        vector_return(run, COUNTS, 7, cell)
        return 1

    assert "one cell" in stopped(process, (COUNTS,), BY_SOURCE)


def test_cells_that_are_only_compared_with_packets_are_configuration():
    limits = Vector("limits", ADDRESS)

    def process(run):
        if (key := from_lan(run)) is None:
            return run.device
        if run.branch(vector_read(run, limits, 0)["addr"].equals(key["addr"])):
            HOSTS.expire(run)
            HOSTS.count(run, key)
        return 1

    assert BY_SOURCE in spec_of(process, (*HOSTS.state, limits))
