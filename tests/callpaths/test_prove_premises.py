"""Network functions that break a premise of ownership in one place: keys that part their packets are refuted.

Each keeps all state but one thing sharded by the requirement that it is asked with, so that whoever takes the
broken premise for granted answers `proved`. Inference refuses each, or asks for keys that are proved.
"""

import pytest
from inferring import sound
from rsstest import problem

from generate.describe import Chain, Map, NetworkFunction, Sharded, Vector
from generate.harness import explore
from generate.layouts import ADDRESS
from generate.libvig.chains import (
    dchain_allocate_new_index,
    dchain_free_index,
    dchain_is_index_allocated,
    dchain_rejuvenate_index,
    expire_items_single_map,
)
from generate.libvig.maps import map_erase, map_get, map_put
from generate.libvig.vectors import vector_borrow, vector_read, vector_return
from generate.nats import index_of
from generate.packets import ethernet, flow_headers, ipv4
from generate.run import by_value
from generate.tables import EXPIRY, increment, table
from generate.words import struct
from rss_callpaths.accesses.analyse import analyse
from rss_callpaths.files.memory import Memory
from rss_callpaths.files.printer import print_path
from rss_callpaths.files.reader import read_text
from rss_callpaths.library.file import vigor
from rss_callpaths.prove.prove import prove
from rss_callpaths.prove.verdict import Proved, Refuted
from rss_callpaths.terms import Pool
from rss_solver.solve import Solved, solve

L4 = "ipv4-tcp, ipv4-udp"
PORTS = "".join(
    f"port P{n} {{ device {n}  nic intel-x710  hash {L4}  queues 16  traffic {L4} }}\n" for n in range(2)
)
BY_SOURCE = "P0.ipv4_src == P0'.ipv4_src"
BY_HOST = (BY_SOURCE, "P1.ipv4_dst == P1'.ipv4_dst", "P0.ipv4_src == P1.ipv4_dst")
HOSTS = table("hosts", ADDRESS)
NAMES = Map("names", ADDRESS)
PAIR = struct("pair", one=4, other=4)


def judged(process, state, *requirements: str, **more):
    """The verdict on keys that satisfy the requirements. Keys that inference asks for are proved."""
    pool = Pool()
    memory = Memory(pool)
    nf = NetworkFunction("premise", process, Sharded(), state=state, **more)
    paths = [read_text(print_path(path), path.name, memory)[0] for path in explore(nf)]
    stated = problem(PORTS + "".join(f"require {each}\n" for each in requirements))
    solved = solve(stated)
    assert isinstance(solved, Solved)
    accesses = analyse(paths, vigor(), pool)
    sound(accesses, pool)
    return prove(accesses, stated, solved.solution, pool)


def refuted(process, state, *requirements: str, **more) -> Refuted:
    found = judged(process, state, *requirements, **more)
    assert isinstance(found, Refuted)
    assert found.first.landing.queue != found.second.landing.queue
    return found


def host(run, *, mirrored=True):
    """The key of a packet's host: its source on port 0, its destination on port 1."""
    ip = ipv4(run, ethernet(run))
    if ip is None:
        return None
    return ADDRESS.holds(addr=ip["dst_addr" if mirrored and run.device == 1 else "src_addr"])


def test_what_these_start_from_is_proved():
    def process(run):
        key = host(run)
        if key is not None:
            HOSTS.expire(run)
            HOSTS.count(run, key)
        return 1 - run.device

    assert isinstance(judged(process, HOSTS.state, *BY_HOST), Proved)


def test_an_index_stored_under_two_maps_before_any_packet_came_is_everybodys():
    def initialise(run):
        run.now = run.number(0, 64)
        index = dchain_allocate_new_index(run, HOSTS.ages)
        if index is not None:
            map_put(run, HOSTS.entries, ADDRESS.holds(addr=run.number(1, 32)), index)
            map_put(run, NAMES, ADDRESS.holds(addr=run.number(2, 32)), index)

    def process(run):
        key = host(run)
        if key is not None:
            index = map_get(run, HOSTS.entries if run.device == 0 else NAMES, key)
            if index is not None:
                increment(run, HOSTS.counters, index)
        return 1 - run.device

    state = (HOSTS.entries, NAMES, HOSTS.ages, HOSTS.counters)
    apart = BY_SOURCE, "P1.ipv4_dst == P1'.ipv4_dst"
    assert refuted(process, state, *apart, initialise=initialise).object.name == "hosts_counters"


def test_one_path_that_sends_a_cell_out_whatever_the_chain_says_is_compared_with_itself():
    def process(run):
        if (headers := flow_headers(run)) is None:
            return run.device
        ip, l4 = headers
        if run.device == 0:
            HOSTS.expire(run)
            HOSTS.count(run, ADDRESS.holds(addr=ip["src_addr"]))
            return 1
        index = index_of(l4)
        chain = by_value("chain", run.number(run.memories[HOSTS.ages.name].address, 64))
        answer = run.path.symbol("dchain_is_index_allocated", 4)
        run.path.call("dchain_is_index_allocated", chain, by_value("index", index), result=answer)
        ip["dst_addr"] = vector_read(run, HOSTS.keys, index)["addr"]
        return 0

    found = refuted(process, HOSTS.state, BY_SOURCE)
    assert "what the core finds under the packet's index" in found.why


def test_an_index_that_is_given_back_while_its_key_stays():
    def process(run):
        key = host(run)
        if key is None:
            return run.device
        index = HOSTS.find(run, key)
        if run.device == 1:
            if index is not None:
                dchain_free_index(run, HOSTS.ages, index)
            return 0
        if index is None:
            index = HOSTS.add(run, key)
        if index is not None:
            increment(run, HOSTS.counters, index)
        return 1

    assert "given back while its key stays" in refuted(process, HOSTS.state, *BY_HOST).why


def test_a_key_that_is_erased_before_it_is_stored_stays():
    def process(run):
        key = host(run, mirrored=False)
        if key is None or run.device == 1:
            return run.device
        index = map_get(run, HOSTS.entries, key)
        if index is None:
            map_erase(run, HOSTS.entries, key)
            index = dchain_allocate_new_index(run, HOSTS.ages)
            if index is None:
                return 0
            map_put(run, HOSTS.entries, key, index)
            dchain_free_index(run, HOSTS.ages, index)
        increment(run, HOSTS.counters, index)
        return 1

    state = (HOSTS.entries, HOSTS.ages, HOSTS.counters)
    assert "given back while its key stays" in refuted(process, state, BY_SOURCE).why


def test_an_index_that_is_given_back_twice_may_be_somebody_elses_by_then():
    def process(run):
        ip = ipv4(run, ethernet(run))
        if ip is None or run.device == 1:
            return run.device
        key = ADDRESS.holds(addr=ip["src_addr"])
        other = ADDRESS.holds(addr=ip["src_addr"] ^ 0x01000000)
        index = map_get(run, HOSTS.entries, key)
        if index is not None:
            increment(run, HOSTS.counters, index)
            map_erase(run, HOSTS.entries, key)
            dchain_free_index(run, HOSTS.ages, index)
            key = other
        new = dchain_allocate_new_index(run, HOSTS.ages)
        if new is not None:
            map_put(run, HOSTS.entries, key, new)
        if index is not None:
            dchain_free_index(run, HOSTS.ages, index)
        return 1

    state = (HOSTS.entries, HOSTS.ages, HOSTS.counters)
    twice = "P0.ipv4_src[0:31] == P0'.ipv4_src[0:31]"
    assert "given back" in refuted(process, state, twice).why


def test_one_map_with_the_indices_of_two_chains():
    other = Chain("other_ages")

    def process(run):
        key = host(run)
        if key is None:
            return run.device
        index = map_get(run, HOSTS.entries, key)
        if index is None:
            index = dchain_allocate_new_index(run, HOSTS.ages if run.device == 0 else other)
            if index is None:
                return run.device
            map_put(run, HOSTS.entries, key, index)
        increment(run, HOSTS.counters, index)
        return 1 - run.device

    found = refuted(process, (HOSTS.entries, HOSTS.ages, other, HOSTS.counters), *BY_HOST)
    assert found.object.name == "hosts_counters"


def test_a_key_stored_that_is_not_in_the_cell_it_expires_by():
    def process(run):
        ip = ipv4(run, ethernet(run))
        if ip is None or run.device == 1:
            return run.device
        HOSTS.expire(run)
        key = ADDRESS.holds(addr=ip["src_addr"])
        index = map_get(run, HOSTS.entries, key)
        if index is None:
            index = dchain_allocate_new_index(run, HOSTS.ages)
            if index is None:
                return 0
            cell = vector_borrow(run, HOSTS.keys, index)
            cell["addr"] = ip["dst_addr"]
            vector_return(run, HOSTS.keys, index, cell)
            map_put(run, HOSTS.entries, key, index)
        increment(run, HOSTS.counters, index)
        return 1

    assert "do not hold the keys" in refuted(process, HOSTS.state, BY_SOURCE).why


def test_a_cell_with_a_key_that_is_overwritten_later():
    def process(run):
        ip = ipv4(run, ethernet(run))
        if ip is None or run.device == 1:
            return run.device
        HOSTS.expire(run)
        key = ADDRESS.holds(addr=ip["src_addr"])
        index = HOSTS.find(run, key)
        if index is None:
            index = HOSTS.add(run, key)
        else:
            cell = vector_borrow(run, HOSTS.keys, index)
            cell["addr"] = ip["dst_addr"]
            vector_return(run, HOSTS.keys, index, cell)
        if index is not None:
            increment(run, HOSTS.counters, index)
        return 1

    assert "do not hold the keys" in refuted(process, HOSTS.state, BY_SOURCE).why


def test_entries_that_expire_with_the_indices_of_another_table():
    servers = table("servers", ADDRESS)

    def process(run):
        key = host(run)
        if key is None:
            return run.device
        if run.device == 0:
            expire_items_single_map(run, HOSTS.ages, HOSTS.keys, servers.entries, EXPIRY)
            HOSTS.count(run, key)
        else:
            servers.count(run, key)
        return 1 - run.device

    refuted(process, (*HOSTS.state, *servers.state), BY_SOURCE, "P1.ipv4_dst == P1'.ipv4_dst")


def test_entries_of_configuration_that_expire_by_what_packets_store():
    def initialise(run):
        map_put(run, NAMES, ADDRESS.holds(addr=run.number(1, 32)), 7)

    def process(run):
        key = host(run)
        if key is None:
            return run.device
        if run.device == 1:
            return 0 if map_get(run, NAMES, key) is None else 1
        expire_items_single_map(run, HOSTS.ages, HOSTS.keys, NAMES, EXPIRY)
        index = dchain_allocate_new_index(run, HOSTS.ages)
        if index is not None:
            cell = vector_borrow(run, HOSTS.keys, index)
            cell.copy(key)
            vector_return(run, HOSTS.keys, index, cell)
        return 1

    state = (NAMES, HOSTS.keys, HOSTS.ages)
    found = refuted(process, state, BY_SOURCE, "P1.ipv4_dst == P1'.ipv4_dst", initialise=initialise)
    assert found.object.name == "names"


def test_an_age_that_the_packet_brings_along():
    def process(run):
        ip = ipv4(run, ethernet(run))
        if ip is None or run.device == 1:
            return run.device
        now, run.now = run.now, ip["dst_addr"].extended(64)
        HOSTS.expire(run)
        run.now = now
        HOSTS.count(run, ADDRESS.holds(addr=ip["src_addr"]))
        return 1

    refuted(process, HOSTS.state, BY_SOURCE)


def test_an_index_taken_before_any_packet_came_was_filled_by_nobody():
    flows = Vector("flows", PAIR)

    def initialise(run):
        run.now = run.number(0, 64)
        dchain_allocate_new_index(run, HOSTS.ages)

    def process(run):
        if (headers := flow_headers(run)) is None:
            return run.device
        ip, l4 = headers
        if run.device == 0:
            index = HOSTS.find(run, key := ADDRESS.holds(addr=ip["src_addr"]))
            if index is None and (index := HOSTS.add(run, key)) is not None:
                cell = vector_borrow(run, flows, index)
                cell["one"], cell["other"] = ip["src_addr"], ip["src_addr"]
                vector_return(run, flows, index, cell)
            return 1
        index = index_of(l4)
        if not dchain_is_index_allocated(run, HOSTS.ages, index):
            return 1
        if run.branch(vector_read(run, flows, index)["one"].differs(ip["dst_addr"])):
            return 1
        dchain_rejuvenate_index(run, HOSTS.ages, index)
        return 0

    state = (HOSTS.entries, HOSTS.keys, HOSTS.ages, flows)
    assert isinstance(judged(process, state, *BY_HOST), Proved)
    refuted(process, state, *BY_HOST, initialise=initialise)


@pytest.mark.parametrize("unequal", [False, True])
def test_what_pads_a_key_does_not_part_equal_keys(unequal):
    padded = struct("padded", 8, addr=4)
    hosts = Map("hosts", padded)

    def process(run):
        ip = ipv4(run, ethernet(run))
        if ip is None:
            return run.device
        key = padded.holds(addr=ip["src_addr"])
        if run.device == 1:
            key.bytes[4:] = [run.path.algebra.const(0, 8)] * 4 if unequal else key.bytes[4:]
            map_erase(run, hosts, key)
            return 0
        return 0 if map_get(run, hosts, key) is None else 1

    refuted(process, (hosts,), BY_SOURCE)
