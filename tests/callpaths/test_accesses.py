"""Accesses of generated and real paths, and as the thesis lists them."""

from __future__ import annotations

import pytest
from handmade_paths import Hand
from published import DESCRIBED, ROOTS, origin

from rss_callpaths.accesses.access import Outcome
from rss_callpaths.accesses.analyse import analyse
from rss_callpaths.accesses.text import render
from rss_callpaths.files.reader import read
from rss_callpaths.library import STATE
from rss_callpaths.library.file import vigor
from rss_callpaths.packet.traced import packet_byte
from rss_callpaths.terms import Const, Pool
from rss_callpaths.terms.bytewise import bytes_of
from rss_callpaths.terms.conditions import Engine
from rss_dsl import codes


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


def test_undecided_questions_are_a_finding(monkeypatch):
    monkeypatch.setattr("rss_callpaths.accesses.analyse.Engine", lambda pool: Engine(pool, limit=1))
    done, _ = analysed(DESCRIBED / "pol")
    assert codes.UNDECIDED_PATH in {found.rule for found in done.findings}
