"""Accesses of hand-made, generated and real paths."""

from __future__ import annotations

from dataclasses import replace

import pytest
from handmade_paths import SLOT, Hand
from published import DESCRIBED, ROOTS, origin

from rss_callpaths.accesses.access import Outcome
from rss_callpaths.accesses.analyse import analyse
from rss_callpaths.accesses.text import render
from rss_callpaths.callpath import Extra, Pointee
from rss_callpaths.files.reader import read
from rss_callpaths.library import STATE, Kind
from rss_callpaths.library.file import vigor
from rss_callpaths.packet.traced import packet_byte
from rss_callpaths.terms import Const, Op, Pool
from rss_callpaths.terms.bytewise import bytes_of
from rss_callpaths.terms.conditions import Conditions, Engine, Truth
from rss_dsl import codes

MAP, VECTOR, CHAIN, SKETCH = 1000, 2000, 3000, 4000


def analysed(folder):
    pool = Pool()
    paths, problems = read([folder], pool)
    assert not problems
    return analyse(paths, vigor(), pool), pool


both = pytest.mark.parametrize("root", ROOTS, ids=origin)


def key_fields(path, access, pool, kind="ipv4-tcp"):
    """The packet fields that a key is made of, in memory order; None for bytes that are none."""
    reading = next(one for one in path.readings if one.name == kind)
    found = []
    for byte in bytes_of(access.key, pool):
        index = packet_byte(byte)
        name = None if index is None else reading.places[index].field
        if not isinstance(byte, Const) and name not in found[-1:]:
            found.append(name)
    return tuple(found)


def what(done, pool):
    """(port, function, object, key fields or the producer's name, mutates) of every access of packets."""
    found = set()
    for path in done.paths:
        for access in path.accesses:
            key = ()
            if access.key is not None:
                producers = {path.path.calls[at].function for at in path.producers_of(access.key)}
                packet = producers == {"packet_borrow_next_chunk"}
                key = key_fields(path, access, pool) if packet else tuple(sorted(producers))
            target = access.object.name if access.object else None
            found.add((*path.in_ports, access.name, target, key, access.mutates))
    return found


def expiry(ports, *names):
    return {(port, "expire_items_single_map", name, (), True) for port in ports for name in names}


TUPLE = ("tcp_src", "tcp_dst", "ipv4_src", "ipv4_dst", "ip_proto")
BACK = ("tcp_dst", "tcp_src", "ipv4_dst", "ipv4_src", "ip_proto")
NEW, FOUND = ("dchain_allocate_new_index",), ("map_get",)


@both
def test_the_firewalls_accesses(root):
    done, pool = analysed(root / "fw")
    assert what(done, pool) == expiry((0, 1), "heap", "fv", "fm") | {
        (0, "map_get", "fm", TUPLE, False),
        (0, "dchain_rejuvenate_index", "heap", FOUND, True),
        (0, "dchain_allocate_new_index", "heap", (), True),
        (0, "dchain_allocate_new_index", "heap", (), False),
        (0, "vector_borrow", "fv", NEW, False),
        (0, "map_put", "fm", TUPLE, True),
        (0, "vector_return", "fv", NEW, True),
        (0, "vector_borrow", "int_devices", NEW, False),
        # The invariant leaves a cell one value, the one that is stored.
        (0, "vector_return", "int_devices", NEW, False),
        (1, "map_get", "fm", BACK, False),
        (1, "vector_borrow", "int_devices", FOUND, False),
        (1, "vector_return", "int_devices", FOUND, False),
        (1, "dchain_rejuvenate_index", "heap", FOUND, True),
    }
    kinds = {reading.name for path in done.paths for reading in path.readings if path.outcome is Outcome.SENT}
    plain = {"ipv4-tcp", "ipv4-udp", "ipv4-frag"}
    assert kinds == plain | {f"{name}+options" for name in plain}
    assert not done.findings


@both
def test_the_policers_accesses(root):
    done, pool = analysed(root / "pol")
    target = ("ipv4_dst",)
    expected = expiry((0, 1), "dyn_heap", "dyn_keys", "dyn_map") | {
        (0, "map_get", "dyn_map", target, False),
        (0, "dchain_rejuvenate_index", "dyn_heap", FOUND, True),
        (0, "vector_borrow", "dyn_vals", FOUND, False),
        (0, "vector_return", "dyn_vals", FOUND, True),
        (0, "dchain_allocate_new_index", "dyn_heap", (), True),
        (0, "dchain_allocate_new_index", "dyn_heap", (), False),
        (0, "vector_borrow", "dyn_keys", NEW, False),
        (0, "vector_borrow", "dyn_vals", NEW, False),
        (0, "map_put", "dyn_map", target, True),
        (0, "vector_return", "dyn_keys", NEW, True),
        (0, "vector_return", "dyn_vals", NEW, True),
    }
    assert what(done, pool) == expected
    kinds = {reading.name for path in done.paths for reading in path.readings if path.accesses}
    assert {"ipv4-other", "ipv4-esp", "ipv4-frag"} <= kinds
    assert not done.findings


@both
def test_the_connection_limiters_accesses(root):
    done, pool = analysed(root / "cl")
    pair = ("ipv4_src", "ipv4_dst")
    found = what(done, pool)
    assert {one for one in found if one[2] == "sketch"} == {
        (0, "sketch_expire", "sketch", (), True),
        (1, "sketch_expire", "sketch", (), True),
        (0, "sketch_compute_hashes", "sketch", pair, False),
        (0, "sketch_fetch", "sketch", pair, False),
        (0, "sketch_touch_buckets", "sketch", pair, True),
        (0, "sketch_refresh", "sketch", pair, True),
    }
    assert {one for one in found if one[2] == "flows" and one[3]} == {
        (0, "map_get", "flows", TUPLE, False),
        (0, "map_put", "flows", TUPLE, True),
    }
    assert not done.findings


@both
@pytest.mark.parametrize("name", ["fw", "pol", "cl", "nop"])
def test_outcomes_are_those_of_the_paths(name, root):
    done, _ = analysed(root / name)
    counts = [sum(path.outcome is outcome for path in done.paths) for outcome in Outcome]
    assert (
        counts
        == {"nop": [0, 1, 2, 0, 2], "fw": [4, 1, 2, 5, 4], "pol": [4, 1, 2, 4, 5], "cl": [4, 1, 2, 5, 4]}[
            name
        ]
    )
    for path in done.paths:
        assert (len(path.in_ports) == 1) == (path.outcome in (Outcome.DROPPED, Outcome.SENT))
        assert all(send.ports == (1 - path.in_ports[0],) for send in path.sends)


def test_only_changed_header_bytes_are_rewrites():
    done, _ = analysed(DESCRIBED / "nat")
    for path in done.paths:
        changed = {
            place.field or place.layer
            for one in path.rewrites
            if (place := path.readings[0].places.get(one.byte)) is not None
        }
        if path.outcome is Outcome.SENT:
            # What is left of layer 3 is its checksum.
            assert changed - {3} in ({"ipv4_src", "tcp_src"}, {"ipv4_dst", "tcp_dst"})


def test_every_packet_sent_is_seen():
    done, _ = analysed(DESCRIBED / "bridge")
    sent = {(*path.in_ports, send.ports, send.flood) for path in done.paths for send in path.sends}
    assert sent == {(0, (1,), False), (1, (0,), False)}


@pytest.mark.parametrize(
    "folder", sorted(DESCRIBED.glob("*/test000001.call_path")), ids=lambda one: one.parent.name
)
def test_every_generated_network_function_is_understood(folder):
    done, _ = analysed(folder.parent)
    assert not done.findings
    for path in done.paths:
        calls = path.path.calls
        stateful = {at for at, call in enumerate(calls) if done.library.of(call.function).kind in STATE}
        before, during = ({one.call for one in part} for part in (path.setup, path.accesses))
        assert not before & during
        assert before | during == {at for at in stateful if not failed(calls[at])}


def failed(call):
    """An allocation that gave no object."""
    value = call.result.value
    made = call.function.endswith(("_allocate", "_fill_cht"))
    return made and isinstance(value, Const) and value.value == 0


LISTING_A1 = """\
  src device    0
  dst device    1
  interface     map_put
  operation     WRITE
  object        {object} fm
  read          (Concat w120 (Read w8 (w32 50) packet_chunks)
 (Concat w112 (w16 0)
 (Concat w96 (Read w8 (w32 60) packet_chunks)
 (Concat w88 (Read w8 (w32 59) packet_chunks)
 (Concat w80 (Read w8 (w32 58) packet_chunks)
 (Concat w72 (Read w8 (w32 57) packet_chunks)
 (Concat w64 (Read w8 (w32 56) packet_chunks)
 (Concat w56 (Read w8 (w32 55) packet_chunks)
 (Concat w48 (Read w8 (w32 54) packet_chunks)
 (Concat w40 (Read w8 (w32 53) packet_chunks)
 (ReadLSB w32 (w32 123) packet_chunks)))))))))))

  layer         3
  protocol      2048
  fragments     offset 41 expression (ReadLSB w160 (w32 41) packet_chunks)
 offset 82 expression (Read w8 (w32 82) packet_chunks)
  dependencies  9
 19
 18
 17
 16
 15
 14
 13
 12

  layer         4
  protocol      17
  fragments     offset 123 expression (ReadLSB w32 (w32 123) packet_chunks)
  dependencies  3
 2
 1
 0

  layer         4
  protocol      6
  fragments     offset 123 expression (ReadLSB w32 (w32 123) packet_chunks)
  dependencies  3
 2
 1
 0

  write         (ReadLSB w32 (w32 0) new_index_1)
"""


def unindented(text):
    """Continued lines by one blank, whatever their column."""
    return "".join(
        f" {line.lstrip()}\n" if line.startswith(" " * 10) else f"{line}\n" for line in text.splitlines()
    )


def test_the_thesiss_listing_a1():
    done, _ = analysed(DESCRIBED / "nat-options")
    address = next(one.address for one in done.objects if one.name == "fm")
    assert LISTING_A1.format(object=address) in unindented(render(done))


def test_the_thesiss_listing_3_2():
    hand = Hand()
    key = (7000, hand.bytes(57, 4), hand.bytes(57, 4))
    value = (7100, hand.const(0), hand.symbol("allocated_index"))
    get = hand.call("map_get", result=hand.const(1), map=1073781208, key=key, value_out=value)
    done = hand.analyse([hand.receive(0), *hand.ipv4_chunks()[:2], get, hand.send(1)], hand.is_ipv4())
    assert render(done).startswith(
        """\
=====
Access 1
  file          hand.call_path
  src device    0
  dst device    1
  interface     map_get
  operation     READ
  object        1073781208 map_1
  read          (ReadLSB w32 (w32 57) packet_chunks)

  layer         3
  protocol      2048
  fragments     offset 41 expression (ReadLSB w160 (w32 41) packet_chunks)
  dependencies  19
                18
                17
                16

  result        (ReadLSB w32 (w32 0) allocated_index)
  success       1
"""
    )


def get(hand, key=None, result=None, pointer=MAP):
    key = key if key is not None else hand.bytes(SLOT + 12, 4)
    answer = result if result is not None else hand.const(1)
    return hand.call(
        "map_get",
        result=answer,
        map=pointer,
        key=(7000, key, key),
        value_out=(7100, None, hand.symbol("found")),
    )


def test_a_function_that_nobody_knows_may_touch_everything():
    hand = Hand()
    done = hand.analyse([hand.receive(), get(hand), hand.call("counter_add", counter=77)])
    assert [found.rule for found in done.findings] == [codes.UNKNOWN_CALL]
    assert str(done.findings[0].span) == "hand.call_path:12:1"
    access = done.paths[0].accesses[1]
    assert (access.object, access.kind, access.whole, access.mutates) == (None, Kind.UNKNOWN, True, True)
    assert access.source_line == 7


def test_a_call_without_its_object_may_touch_everything():
    hand = Hand()
    done = hand.analyse([hand.receive(), hand.call("map_erase", key=5)])
    assert [found.rule for found in done.findings] == [codes.UNEXPECTED_ARGUMENTS]
    assert done.paths[0].accesses[0].object is None and done.paths[0].accesses[0].mutates


def test_a_sketch_call_without_a_key_touches_the_whole_sketch():
    hand = Hand()
    done = hand.analyse([hand.receive(), hand.call("sketch_fetch", sketch=SKETCH)])
    assert [found.rule for found in done.findings] == [codes.UNEXPECTED_ARGUMENTS]
    assert done.paths[0].accesses[0].whole


def test_a_pointer_with_two_values_touches_both_objects():
    hand = Hand()
    both_maps = hand.pool.apply(
        Op.SELECT, 32, (hand.eq(hand.symbol("which"), 0), hand.const(MAP), hand.const(MAP + 8))
    )
    calls = [hand.receive(), get(hand), get(hand, pointer=MAP + 8), get(hand, pointer=both_maps)]
    done = hand.analyse(calls)
    assert [access.object.address for access in done.paths[0].accesses] == [MAP, MAP + 8, MAP, MAP + 8]
    lost = hand.analyse([hand.receive(), get(hand), get(hand, pointer=hand.symbol("anywhere"))])
    assert [found.rule for found in lost.findings] == [codes.UNKNOWN_OBJECT]
    assert lost.paths[0].accesses[1].object is None


def test_success_is_proved_refuted_or_open():
    hand = Hand()
    symbol = hand.symbol("has")
    for conditions, expected in (
        ([], Truth.OPEN),
        ([hand.eq(symbol, 0)], Truth.REFUTED),
        ([hand.negation(hand.eq(symbol, 0))], Truth.PROVED),
    ):
        done = hand.analyse([hand.receive(), get(hand, result=symbol)], conditions)
        assert done.paths[0].accesses[0].success is expected


def cell(hand, content, address=8000):
    """A vector cell lent, and the same address given back with some content."""
    borrowed = hand.symbol("vector_data_reset", 4)
    lent = hand.call(
        "vector_borrow",
        extras=[Extra("borrowed_cell", address, Pointee(None, borrowed))],
        vector=VECTOR,
        index=hand.symbol("index"),
        val_out=0,
    )
    if content is None:
        return [lent]
    back = hand.call(
        "vector_return", vector=VECTOR, index=hand.symbol("index"), value=(address, content, None)
    )
    return [lent, back]


def test_a_cell_given_back_as_it_was_is_not_written():
    hand = Hand()
    cell_value, source = hand.symbol("vector_data_reset", 4), hand.bytes(SLOT + 12, 4)
    equal = hand.pool.apply(Op.EQ, 1, (cell_value, source))
    for content, conditions, changed in (
        (cell_value, [], False),
        (source, [], True),
        (source, [equal], False),
        (hand.pool.apply(Op.ADD, 32, (hand.const(1), cell_value)), [], True),
    ):
        done = hand.analyse([hand.receive(), *cell(hand, content)], conditions)
        assert [access.mutates for access in done.paths[0].accesses] == [False, changed]


def test_a_cell_given_back_elsewhere_is_written():
    hand = Hand()
    lent, back = cell(hand, hand.symbol("vector_data_reset", 4))
    other = hand.call(
        "vector_return",
        vector=VECTOR,
        index=hand.const(0),
        value=(8000, back.arguments[2].pointee.before, None),
    )
    done = hand.analyse([hand.receive(), lent, other])
    assert done.paths[0].accesses[1].mutates


def test_a_cell_that_is_kept_counts_as_changed():
    hand = Hand()
    done = hand.analyse([hand.receive(), *cell(hand, None)])
    assert [found.rule for found in done.findings] == [codes.KEPT_CELL]
    assert done.paths[0].accesses[0].mutates


def test_symbols_are_linked_to_the_call_that_made_them():
    hand = Hand()
    new = hand.symbol("some_index")
    take = hand.call(
        "dchain_allocate_new_index", result=hand.const(1), chain=CHAIN, index_out=(7100, None, new), time=1
    )
    use = hand.call("dchain_rejuvenate_index", result=hand.const(1), chain=CHAIN, index=new, time=1)
    done = hand.analyse([hand.receive(), get(hand), take, use])
    path = done.paths[0]
    assert path.producers_of(path.accesses[2].key) == (2,)
    assert path.accesses[1].index is new and path.accesses[2].index is new


def test_initialisation_is_no_packets_work():
    hand = Hand()
    harness = hand.call("loop_invariant_consume", table=(9000, hand.const(MAP, 64), hand.const(MAP, 64)))
    again = hand.call("loop_invariant_produce", table=(9000, hand.const(MAP, 64), hand.const(MAP, 64)))
    put = hand.call("map_put", map=MAP, key=(7000, hand.const(1), hand.const(1)), value=0)
    done = hand.analyse(
        [put, hand.call("start_time"), harness, again, hand.receive(), get(hand), harness, again]
    )
    path = done.paths[0]
    assert [access.name for access in path.setup] == ["map_put"]
    assert [access.name for access in path.accesses] == ["map_get"]
    assert path.setup[0].in_ports == () and path.accesses[0].in_ports == (0,)
    assert [one.name for one in done.objects] == ["table"]


def test_ports_are_enumerated_where_they_are_open():
    hand = Hand()
    device = hand.symbol("VIGOR_DEVICE", 2)
    below = hand.pool.apply(Op.ULT, 1, (device, hand.const(3, 16)))
    done = hand.analyse([hand.receive(device), get(hand), hand.send(device)], [below])
    path = done.paths[0]
    assert path.in_ports == (0, 1, 2)
    assert path.sends[0].ports == (0, 1, 2) and not done.findings
    flood = hand.analyse(
        [hand.receive(), hand.send(0xFFFF), hand.send(1), hand.call("packet_broadcast", p=0)]
    )
    assert [send.flood for send in flood.paths[0].sends] == [True, False, True]
    lost = hand.analyse([hand.receive(hand.symbol("any", 2)), hand.send(hand.symbol("some", 2))])
    assert [found.rule for found in lost.findings] == [codes.OPEN_PORT, codes.OPEN_PORT]
    assert lost.paths[0].sends[0].open


def test_a_path_that_contradicts_itself_is_left_out():
    hand = Hand()
    byte = hand.bytes(SLOT, 1)
    done = hand.analyse([hand.receive(), get(hand)], [hand.eq(byte, 1), hand.eq(byte, 2)])
    assert [found.rule for found in done.findings] == [codes.CONTRADICTORY_PATH]
    assert done.paths == ()


def test_a_chunk_of_something_else_is_found():
    hand = Hand()
    done = hand.analyse([hand.receive(), hand.borrow(0, 14, content=hand.symbol("what", 14))])
    assert [found.rule for found in done.findings] == [codes.UNPLACED_CHUNK]


def test_of_two_packets_in_one_turn_neither_is_known():
    hand = Hand()
    done = hand.analyse([hand.receive(0), hand.send(1), hand.receive(1), hand.borrow(0, 14), get(hand)])
    (access,) = done.paths[0].accesses
    assert access.in_ports == ()
    (found,) = done.findings
    assert found.rule is codes.OPEN_PORT
    assert found.message == "2 packets are received in one turn, and which of them a call is for is not known"


def test_changes_that_are_not_seen_are_known_to_be_missing():
    hand = Hand()
    start, ethernet = [hand.receive(), hand.borrow(0, 14)], hand.bytes(0, 14)
    seen = hand.give_back(0, ethernet)
    untraced = replace(seen, arguments=(seen.arguments[0], replace(seen.arguments[1], pointee=None)))
    elsewhere = hand.give_back(1, ethernet)
    for last, reshaped in ((seen, False), (untraced, True), (elsewhere, True)):
        (path,) = hand.analyse([*start, last, hand.send(1)]).paths
        assert path.reshaped is reshaped
        assert path.rewrites == ()
    (path,) = hand.analyse([start[0], replace(start[1], extras=()), seen]).paths
    assert path.reshaped
    assert path.rewrites == ()


def test_what_the_solver_gives_up_on_is_open_and_counted():
    hand = Hand()
    engine = Engine(hand.pool, limit=1)
    first, second = hand.symbol("a", 8), hand.symbol("b", 8)
    wide = [hand.pool.apply(Op.ZEXT, 128, (one,)) for one in (first, second, hand.symbol("c", 8))]
    three = hand.pool.apply(Op.ADD, 128, (wide[0], hand.pool.apply(Op.ADD, 128, (wide[1], wide[2]))))
    conditions = Conditions([hand.pool.apply(Op.ULT, 1, (wide[0], wide[1]))], engine)
    assert conditions.truth(hand.eq(three, 12345)) is Truth.OPEN
    assert conditions.undecided


def test_undecided_questions_are_a_finding(monkeypatch):
    monkeypatch.setattr("rss_callpaths.accesses.analyse.Engine", lambda pool: Engine(pool, limit=1))
    done, _ = analysed(DESCRIBED / "pol")
    assert codes.UNDECIDED_PATH in {found.rule for found in done.findings}
