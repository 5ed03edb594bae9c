"""libVig's models one by one, the driver's, and the thesis's listings among the accesses of descriptions."""

from pathlib import Path

import pytest

from generate import nfs
from generate.algebra import Algebra
from generate.catalogue import describe
from generate.describe import Chain, Map, NetworkFunction, Sharded, Vector, Verdict
from generate.feasible import reads_of, satisfiable
from generate.harness import explore
from generate.layouts import COUNTER
from generate.libvig.chains import dchain_allocate_new_index, dchain_free_index, expire_items_single_map
from generate.libvig.maps import map_erase, map_get, map_put
from generate.libvig.vectors import vector_borrow, vector_return
from generate.packets import ethernet, flow_headers
from generate.words import struct
from rss_callpaths.terms import Const

NUMBER = struct("Number", number=2)


def processed(nf, device=0):
    """The calls of the packet's processing, on paths with a packet from a device."""
    found = []
    for path in explore(nf):
        names = [call.function for call in path.calls]
        if "packet_state_total_length" in names:
            start = names.index("packet_state_total_length")
            if path.calls[start - 1].arguments[0].value.value == device:
                found.append(path.calls[start + 1 : -2])
    return found


def run_once(process, *state, devices=2, device=0):
    return processed(NetworkFunction("test", process, Sharded(), state=state, devices=devices), device)


TABLE, CELLS, CHAIN = Map("table", NUMBER), Vector("cells", COUNTER), Chain("chain")


def test_a_map_knows_what_was_put_and_what_was_erased():
    answers = []

    def process(run):
        key = NUMBER.holds(number=run.length)
        map_put(run, TABLE, key, 7)
        answers.append(map_get(run, TABLE, key).number)
        map_erase(run, TABLE, key)
        answers.append(map_get(run, TABLE, key))
        return run.device

    assert len(run_once(process, TABLE)) == 1
    assert answers[:2] == [7, None]


def test_a_map_asks_whether_keys_are_those_it_knows():
    def process(run):
        _, l4 = flow_headers(run) or (None, None)
        if l4 is not None:
            map_get(run, TABLE, NUMBER.holds(number=l4["src_port"]))
            map_get(run, TABLE, NUMBER.holds(number=l4["dst_port"]))
        return run.device

    lookups = [
        [c.result.value.value for c in calls if c.function == "map_get"] for calls in run_once(process, TABLE)
    ]
    assert sorted(lookups) == [[], [], [0, 0], [0, 0], [0, 1], [1, 0], [1, 1], [1, 1]]


def test_a_vector_lends_one_cell_after_the_other():
    def process(run):
        for _ in range(2):
            cell = vector_borrow(run, CELLS, 5)
            cell.store(cell.value + 1)
            vector_return(run, CELLS, 5, cell)
        return run.device

    (calls,) = run_once(process, CELLS)
    lent = [call.extras[0] for call in calls if call.function == "vector_borrow"]
    assert [min(read.index.value for read in reads_of(extra.value.after)) for extra in lent] == [0, 4]
    assert lent[1].address - lent[0].address == 4


def test_a_vector_lends_only_eight_cells():
    with pytest.raises(ValueError, match="cells lends 8 cells"):
        run_once(lambda run: [vector_borrow(run, CELLS, 0) for _ in range(9)], CELLS)


def test_a_chain_that_got_an_index_back_has_one():
    def process(run):
        dchain_free_index(run, CHAIN, run.number(3, 32))
        dchain_allocate_new_index(run, CHAIN)
        return run.device

    (calls,) = run_once(process, CHAIN)
    assert calls[1].result.value.value == 1


def test_a_chain_is_full_only_if_nothing_expired():
    def process(run):
        expire_items_single_map(run, CHAIN, CELLS, TABLE, 10)
        dchain_allocate_new_index(run, CHAIN)
        return run.device

    nf = NetworkFunction("test", process, Sharded(), state=(TABLE, CELLS, CHAIN))
    for path in explore(nf):
        for call in path.calls:
            if call.function == "dchain_allocate_new_index" and call.result.value.value == 0:
                freed = next(
                    read
                    for read in set().union(*map(reads_of, path.constraints))
                    if "freed" in read.array.name
                )
                assert not satisfiable([*path.constraints, Algebra().equal(Algebra().const(1, 8), freed)])


def test_a_chain_gives_one_index_in_a_path():
    def process(run):
        dchain_allocate_new_index(run, CHAIN)
        dchain_allocate_new_index(run, CHAIN)
        return run.device

    with pytest.raises(ValueError, match="chain gives one index"):
        run_once(process, CHAIN)


def test_flooding_sends_to_every_other_device():
    (calls,) = run_once(lambda run: Verdict.FLOOD, devices=4, device=2)
    assert [call.arguments[1].value.value for call in calls] == [0, 1, 3]


def test_a_symbolic_destination_is_each_device_and_to_the_input_is_to_drop():
    def process(run):
        return ethernet(run)["ether_type"]

    ends = [calls[-1] for calls in run_once(process, devices=3, device=1)]
    assert sorted(
        (c.function, c.arguments[-1].value.value & 0xFF) for c in ends if c.function == "packet_send"
    ) == [
        ("packet_send", 0),
        ("packet_send", 2),
    ]
    assert [c.function for c in ends].count("packet_free") == 1


def test_every_chunk_has_a_slot_of_41_bytes():
    def process(run):
        flow_headers(run)
        return run.device

    (whole,) = (
        c for c in run_once(process) if sum(call.function == "packet_borrow_next_chunk" for call in c) == 3
    )
    chunks = [call.extras[0] for call in whole if call.extras]
    first = [min(read.index.value for read in reads_of(chunk.value.after)) for chunk in chunks]
    assert first == [0, 41, 82]
    assert [chunk.address - chunks[0].address for chunk in chunks] == first


def test_source_lines_are_those_of_the_description():
    lines = (Path(nfs.__path__[0]) / "fw.py").read_text().splitlines()
    called = {
        call.source_line
        for path in explore(describe("fw"))
        for call in path.calls
        if call.function == "map_get"
    }
    assert called and all("map_get(" in lines[line - 1] for line in called)


def test_the_thesis_listing_3_2_is_an_access_of_the_policer():
    for calls in processed(describe("pol")):
        get = next((call for call in calls if call.function == "map_get"), None)
        if get is not None and get.result.value.value == 1:
            key, out = get.arguments[1].pointee.after, get.arguments[2].pointee.after
            assert sorted(read.index.value for read in reads_of(key)) == [57, 58, 59, 60]
            assert {read.array.name for read in reads_of(out)} == {"allocated_index"}
            break
    else:
        pytest.fail("no path of the policer finds its key")


def test_the_thesis_listing_a_1_is_an_access_of_the_translation_with_options():
    """Both ports, behind the options, both addresses, two zero bytes (the device) and the protocol."""
    keys = [
        call.arguments[1].pointee.before
        for calls in processed(describe("nat-options"))
        for call in calls
        if call.function == "map_put" and sum(c.function == "packet_borrow_next_chunk" for c in calls) == 4
    ]
    algebra = Algebra()
    parts = [part.value if isinstance(part, Const) else part.index.value for part in algebra.split(keys[0])]
    assert len(keys) == 1
    assert parts == [123, 124, 125, 126, 53, 54, 55, 56, 57, 58, 59, 60, 0, 0, 50]
