"""Network functions that break a premise of inference in one place: no spec may let their packets part.

What is inferred is proved by `prove`, which shares nothing with inference, or refused.
"""

from inferring import problem_of, solution_of, sound

from generate.describe import NetworkFunction, Sharded, Vector
from generate.harness import explore
from generate.layouts import ADDRESS, COUNTER
from generate.libvig.chains import (
    dchain_allocate_new_index,
    dchain_free_index,
    dchain_is_index_allocated,
    expire_items_single_map_iteratively,
)
from generate.libvig.maps import map_get, map_put, map_size
from generate.libvig.vectors import vector_borrow, vector_read, vector_return
from generate.nats import index_of, is_spoofed, translate_outgoing, translations
from generate.nfs import psd
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

SERVICE = table("service", ADDRESS)
CELLS = Vector("cells", COUNTER, 4 * 65536, initialiser="null_init")
FLOWS = translations()
ENDS = Vector("ends", ADDRESS)


def inferred_from(process, state, **more):
    """What is inferred; it is proved if there is a spec."""
    accesses, pool = executed(process, state, **more)
    return sound(accesses, pool)


def executed(process, state, **more):
    """The accesses of a network function, and where their terms are from."""
    nf = NetworkFunction("broken", process, Sharded(), state=state, **more)
    pool = Pool()
    memory = Memory(pool)
    paths = [read_text(print_path(path), path.name, memory)[0] for path in explore(nf)]
    return analyse(paths, vigor(), pool), pool


def codes(found):
    return {refusal.reason.rule.code for refusal in found.refusals}


def from_lan(run):
    """The IPv4 header of a packet on device 0."""
    ip = ipv4(run, ethernet(run))
    return None if run.device == 1 else ip


def test_keys_that_are_computed_from_other_fields_are_told_apart():
    def process(run):
        if (ip := from_lan(run)) is None:
            return run.device
        name = "src_addr" if run.branch(ip["type_of_service"].equals(0)) else "dst_addr"
        SERVICE.count(run, ADDRESS.holds(addr=ip[name] + 1))
        return 1

    assert codes(inferred_from(process, SERVICE.state)) == {"RSS426"}


def test_computed_keys_are_compared_under_the_conditions_of_their_own_paths():
    def process(run):
        headers = flow_headers(run)
        if headers is None or run.device == 1:
            return run.device
        _, l4 = headers
        if run.branch(l4["dst_port"].equals(80)) or run.branch(l4["src_port"].equals(80)):
            total = l4["src_port"].extended(32) + l4["dst_port"].extended(32)
            increment(run, CELLS, total & 0xFFFF)
            return 1
        return 0

    found = inferred_from(process, (CELLS,))
    assert "P0.l4_src == P0'.l4_dst && P0.l4_dst == P0'.l4_src" in found.text


def test_a_map_that_initialisation_fills_ties_those_that_find_its_indices():
    def fill(run):
        run.now = run.number(0, 64)
        index = dchain_allocate_new_index(run, SERVICE.ages)
        if index is not None:
            map_put(run, SERVICE.entries, ADDRESS.holds(addr=run.number(1, 32)), index)

    def process(run):
        if (ip := from_lan(run)) is None:
            return run.device
        index = map_get(run, SERVICE.entries, ADDRESS.holds(addr=ip["src_addr"]))
        if index is not None:
            increment(run, SERVICE.counters, index)
        return 1

    found = inferred_from(process, SERVICE.state, initialise=fill)
    assert "P0.ipv4_src == P0'.ipv4_src" in found.text


def test_cells_computed_from_an_index_count_like_those_of_the_index():
    def process(run):
        if (ip := from_lan(run)) is None:
            return run.device
        SERVICE.expire(run)
        index = map_get(run, SERVICE.entries, ADDRESS.holds(addr=ip["src_addr"]))
        if index is not None:
            increment(run, CELLS, index * 4 + 1)
        return 1

    found = inferred_from(process, (*SERVICE.state, CELLS))
    assert "P0.ipv4_src == P0'.ipv4_src" in found.text


def translation(answer):
    """A translation that does with packets from WAN what `answer` says."""

    def process(run):
        FLOWS.expire(run)
        headers = flow_headers(run)
        if headers is None:
            return run.device
        ip, l4 = headers
        if run.device == 1:
            return answer(run, index_of(l4), ip, l4)
        index = FLOWS.outgoing(run, ip, l4, run.input)
        if index is None:
            return 0
        end = vector_borrow(run, ENDS, index)
        end["addr"] = ip["dst_addr"]
        vector_return(run, ENDS, index, end)
        translate_outgoing(ip, l4, index)
        return 1

    return inferred_from(
        process, (*FLOWS.state, ENDS), config={"max_flows": 65536, "wan_device": 1, "start_port": 1024}
    )


def test_a_packet_that_passes_its_check_must_not_free_the_index_and_leave_its_key():
    def answer(run, index, ip, l4):
        flow = FLOWS.incoming(run, index)
        if flow is None or run.branch(is_spoofed(flow, ip, l4)):
            return 1
        dchain_free_index(run, FLOWS.ports, index)
        return 0

    found = translation(answer)
    assert found.spec is None
    labels = [label.message for refusal in found.refusals for label in refusal.reason.related]
    assert any("any index is freed" in label for label in labels)


def answering(end_after):
    """Lets through who the cell says may answer; `end_after`: who may answer next."""

    def answer(run, index, ip, l4):
        if not dchain_is_index_allocated(run, FLOWS.ports, index):
            return 1
        end = vector_borrow(run, ENDS, index)
        passes = not run.branch(end["addr"].differs(ip["src_addr"]))
        if passes:
            end["addr"] = end_after(end, ip)
        vector_return(run, ENDS, index, end)
        return 0 if passes else 1

    return answer


def test_what_a_check_compares_must_be_what_the_owner_wrote():
    assert codes(translation(answering(lambda end, ip: ip["dst_addr"]))) == {"RSS425"}
    assert "P0.ipv4_dst == P1.ipv4_src" in translation(answering(lambda end, ip: end["addr"])).text


def test_packets_that_fail_their_check_must_not_leave_with_what_the_cell_holds():
    def answer(run, index, ip, l4):
        flow = vector_read(run, FLOWS.flows, index)
        taken = dchain_is_index_allocated(run, FLOWS.ports, index)
        if not taken or run.branch(is_spoofed(flow, ip, l4)):
            ip["src_addr"] = flow["src_ip"]
        return 0

    assert codes(translation(answer)) == {"RSS425"}


def clearing(start, cells, kept):
    """The port scan detector, clearing `cells` cells from `start` of the index on; `kept`: a cell's key."""

    def process(run):
        headers = flow_headers(run)
        if headers is None or run.device == 1:
            return run.device
        ip, l4 = headers
        psd.SOURCES.expire(run)
        host = psd.HOST.holds(src_ip=ip["src_addr"])
        if psd.SOURCES.find(run, host) is not None or (index := psd.SOURCES.add(run, host)) is None:
            return 1
        expire_items_single_map_iteratively(run, psd.PORTS_KEY, psd.PORTS, start(index), cells)
        key = vector_borrow(run, psd.PORTS_KEY, index * 64)
        key.copy(psd.TOUCHED.holds(src_ip=ip[kept], port=l4["dst_port"]))
        vector_return(run, psd.PORTS_KEY, index * 64, key)
        stored = psd.TOUCHED.holds(src_ip=ip["src_addr"], port=l4["dst_port"])
        map_put(run, psd.PORTS, stored, run.number(0, 32))
        return 1

    return inferred_from(process, psd.NF.state, config=psd.NF.config)


def test_clearing_must_stay_within_the_cells_of_the_index():
    assert clearing(lambda index: index * 64, 64, "src_addr").spec is not None
    assert clearing(lambda index: index * 64, 65, "src_addr").spec is None


def test_clearing_erases_the_keys_that_the_cells_hold():
    assert clearing(lambda index: index * 64, 64, "dst_addr").spec is None


def test_a_size_that_expiry_changes_is_everybodys():
    """Refused, and keys for it are refuted."""

    def process(run):
        if from_lan(run) is None:
            return run.device
        SERVICE.expire(run)
        return 1 if run.branch(map_size(run, SERVICE.entries) < 100) else 0

    assert "RSS421" in codes(inferred_from(process, SERVICE.state))
    port = "port P{0} {{ device {0}  nic intel-x710  hash ipv4-tcp, ipv4-udp  queues 16 }}\n"
    spec = port.format(0) + port.format(1)
    accesses, pool = executed(process, SERVICE.state)
    assert isinstance(prove(accesses, problem_of(spec), solution_of(spec), pool), Refuted)
