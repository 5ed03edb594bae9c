"""Accesses of paths made by hand, each for one rule."""

from __future__ import annotations

from dataclasses import replace

from handmade_paths import SLOT, Hand

from rss_callpaths.callpath import Extra, Pointee
from rss_callpaths.library import Kind
from rss_callpaths.terms import Op
from rss_callpaths.terms.conditions import Conditions, Engine, Truth
from rss_dsl import codes

MAP, VECTOR, CHAIN, SKETCH = 1000, 2000, 3000, 4000


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
