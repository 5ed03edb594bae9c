"""The C of functions put together by hand: what is copied, and what is read where it is."""

import re

from handmade_paths import Hand

from rss_callpaths.accesses.places import Places
from rss_callpaths.bdd.build import decisions
from rss_callpaths.callpath import Extra, Pointee
from rss_callpaths.infer import infer
from rss_callpaths.terms import Op
from rss_synth.paths.template import nf_template

VECTOR, MAP, CELLS = 70, 71, 9000


def code(hand, calls, before=()):
    """Of a function that has one path."""
    accesses = hand.analyse([*allocated(hand), *before, hand.receive(0), *calls, hand.send(1)])
    files = nf_template(
        "hand",
        accesses,
        decisions(accesses, hand.pool),
        infer(accesses, hand.pool),
        {0: "lan", 1: "wan"},
        hand.pool,
        Places({}),
        "hand",
    )
    return next(file.text for file in files if file.path == "nf.c.j2")


def allocated(hand):
    out = (9, hand.const(0, 64), hand.const(VECTOR, 64))
    yield hand.call("vector_allocate", elem_size=4, capacity=64, init_elem=0, vector_out=out)
    out = (8, hand.const(0, 64), hand.const(MAP, 64))
    yield hand.call("map_allocate", keq=0, khash=0, capacity=64, map_out=out)


def borrow(hand, index, name):
    content = hand.symbol(name)
    extra = Extra("borrowed_cell", CELLS + index, Pointee(None, content))
    vector = hand.const(VECTOR, 64)
    return hand.call("vector_borrow", extras=[extra], vector=vector, index=index, val_out=0)


def give_back(hand, index, content):
    vector, cell = hand.const(VECTOR, 64), (CELLS + index, content, None)
    return hand.call("vector_return", vector=vector, index=index, value=cell)


def increased(hand, term):
    return hand.pool.apply(Op.ADD, 32, (hand.const(1), term))


def hand_bytes(hand, name):
    array = hand.pool.array(name, 4)
    return [hand.pool.read(array, hand.const(at)) for at in range(4)]


def hand_bytes_of_packet(hand, first, end):
    return [hand.pool.read(hand.packet, hand.const(at)) for at in range(first, end)]


def joined(hand, parts):
    found = parts[0]
    for part in parts[1:]:
        found = hand.pool.apply(Op.CONCAT, found.width + 8, (part, found))
    return found


def test_a_cell_that_is_only_read_is_not_copied():
    hand = Hand()
    chunk = hand.borrow(0, 14)
    changed = (*hand_bytes(hand, "first"), *hand_bytes_of_packet(hand, 4, 14))
    calls = [chunk, borrow(hand, 1, "first"), give_back(hand, 1, hand.symbol("first"))]
    text = code(hand, [*calls, hand.give_back(0, joined(hand, changed))])
    assert "paths_look(objects->" in text
    assert "paths_return(" not in text and "_was[" not in text.split("paths_look(")[1]


def test_a_cell_is_copied_where_another_of_the_vector_is_written():
    """It can be the same."""
    hand = Hand()
    changed = (*hand_bytes(hand, "first"), *hand_bytes_of_packet(hand, 4, 14))
    calls = [
        hand.borrow(0, 14),
        borrow(hand, 1, "first"),
        borrow(hand, 2, "second"),
        give_back(hand, 2, increased(hand, hand.symbol("second"))),
        give_back(hand, 1, hand.symbol("first")),
        hand.give_back(0, joined(hand, changed)),
    ]
    text = code(hand, calls)
    assert "paths_look(" not in text
    assert re.search(r"memcpy\(ethernet, \w+_was, 4\);", text)


def test_a_key_in_the_packet_is_copied():
    """It would not stay where the map looks for it."""
    hand = Hand()
    chunk = hand.borrow(0, 14)
    key = (chunk.extras[0].address, hand.bytes(0, 6), None)
    text = code(hand, [chunk, hand.call("map_put", map=hand.const(MAP, 64), key=key, value=1)])
    assert "if (!map_keep_keys(" in text
    assert re.search(r"uint8_t key\[6\];\n    memcpy\(key, ethernet, 6\);\n    map_put\(\S+ key, ", text)


def test_the_set_up_copies_cells_too():
    hand = Hand()
    fill = [borrow(hand, 1, "first"), give_back(hand, 1, increased(hand, hand.symbol("first")))]
    clock = hand.call("loop_invariant_consume")
    text = code(hand, [], before=[*fill, clock])
    assert re.search(r"uint8_t (\w+_was)\[4\];\n    memcpy\(\1, vector_1_cell, 4\);", text)
