"""Tables dealt over reachable entries, against enumeration of entries, masks and packets."""

from collections import Counter
from dataclasses import replace as of
from itertools import combinations, product
from math import ceil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rsstest import problem, with_tables

from rss_dsl.nic import Index
from rss_solver.choice.component import masks_for_any_queues
from rss_solver.choice.dealing import Reached, deal, masks
from rss_solver.choice.masks import places, space
from rss_solver.choice.tables import repeated, smallest_of
from rss_solver.diagnostics.findings import spread_findings
from rss_solver.nic.steering import land
from rss_solver.packets.packet import Packet
from rss_solver.proof import Proof, verify
from rss_solver.solve import Solved, solve


def round_robin(bits, queues):
    return tuple(entry % queues for entry in range(1 << bits))


def sums(vectors):
    """Everything that vectors span, the long way."""
    found = set()
    for chosen in product((0, 1), repeat=len(vectors)):
        total = 0
        for one, vector in zip(chosen, vectors, strict=True):
            total ^= one * vector
        found.add(total)
    return found


def sets(one):
    """The entries of a class, and those of each of its clusters."""
    whole = {one.start ^ entry for entry in sums(one.steps)}
    near = sums(one.near)
    return [whole, *({entry ^ step for step in near} for entry in whole)]


def loads(table, queues, entries):
    counts = Counter(table[entry] for entry in entries)
    return [counts[queue] for queue in range(queues)]


def even(table, queues, entries):
    """Whether no table could deal these entries more evenly."""
    return set(loads(table, queues, entries)) <= {len(entries) // queues, ceil(len(entries) / queues)}


@st.composite
def reached(draw, bits):
    steps = draw(st.lists(st.integers(0, (1 << bits) - 1), max_size=bits))
    near = draw(st.integers(0, len(steps)))
    return Reached(draw(st.integers(0, (1 << bits) - 1)), space(steps), space(steps[:near]))


@st.composite
def cases(draw, most_bits, most_classes):
    bits = draw(st.integers(1, most_bits))
    return bits, draw(st.lists(reached(bits), min_size=1, max_size=most_classes))


@given(cases(9, 1), st.integers(1, 20))
def test_one_class_and_its_clusters_are_dealt_as_evenly_as_can_be(case, queues):
    bits, (one,) = case
    found = places(bits, masks(bits, [one])) * queues >> bits
    assert all(even(found, queues, entries) for entries in sets(one))


@settings(max_examples=60)
@given(cases(4, 4), st.integers(1, 3))
def test_masks_serve_every_power_of_two_where_some_masks_do(case, log):
    bits, classes = case
    queues, wanted = 1 << log, [entries for one in classes for entries in sets(one)]

    def serves(table):
        return all(even(table, queues, entries) for entries in wanted)

    def linear(chosen):
        odd = [[(mask & entry).bit_count() & 1 for mask in chosen] for entry in range(1 << bits)]
        return [sum(bit << place for place, bit in enumerate(row)) for row in odd]

    if log <= bits and any(serves(linear(chosen)) for chosen in combinations(range(1, 1 << bits), log)):
        assert serves(deal((0,) * (1 << bits), queues, classes))


@given(cases(7, 4))
def test_masks_number_entries(case):
    bits, classes = case
    found = places(bits, masks(bits, classes)).tolist()
    assert sorted(found) == list(range(1 << bits))
    assert found[0] == 0


@given(cases(6, 4), st.integers(1, 20))
def test_what_is_dealt_is_not_worse_than_what_was_there(case, queues):
    """The fewest queues that a cluster reaches, of those it could; this is what is looked at first."""
    bits, classes = case
    given_table = round_robin(bits, queues)
    found = deal(given_table, queues, classes)

    def worst(table):
        clusters = (entries for one in classes for entries in sets(one)[1:])
        return min(
            sum(load > 0 for load in loads(table, queues, entries)) / min(len(entries), queues)
            for entries in clusters
        )

    assert worst(found) >= worst(given_table)
    if all(even(given_table, queues, entries) for one in classes for entries in sets(one)):
        assert found == given_table


@given(st.integers(0, 5), st.integers(0, 3), st.sampled_from((Index.LSB, Index.HIGH_BITS)), st.data())
def test_larger_tables_repeat_the_smallest(bits, more, index, data):
    (port,) = problem("port A { nic generic  hash ipv4-tcp  queues 4 }").ports
    port = of(port, table_size=1 << bits + more, nic=of(port.nic, index=of(port.nic.index, value=index)))
    table = tuple(data.draw(st.lists(st.integers(0, 3), min_size=1 << bits, max_size=1 << bits)))
    whole = repeated(port, table)
    assert len(whole) == port.table_size
    assert smallest_of(port, whole, len(table)) == table


def solved(found, **options):
    outcome = solve(found, **options)
    assert isinstance(outcome, Solved)
    assert isinstance(verify(found, outcome.solution), Proof)
    return outcome.solution


PREFIXES = """
port LAN { nic intel-x710  hash ipv4-tcp, ipv6-tcp  queues 16 }
port WAN { nic intel-x710  hash ipv4-tcp, ipv6-tcp  queues QUEUES }
assume WAN.ipv4_src in 0.0.0.0/0
assume WAN.ipv6_src in ::/0
require WAN.ipv4_src[0:8] == WAN'.ipv4_src[0:8]
require WAN.ipv6_src[0:32] == WAN'.ipv6_src[0:32]
"""
"""Of the nine index bits, the last one is zero under every key."""


def queue(found, solution, port, packet_class, **fields):
    return land(Packet(packet_class, fields), found.port(port), solution.port(port)).queue


@pytest.mark.parametrize("queues", [2, 3, 4, 12, 16, 60, 64])
def test_prefixes_reach_every_queue_evenly(queues):
    found = problem(PREFIXES.replace("QUEUES", str(queues)))
    solution = solved(found)
    lan, wan = solution.ports
    assert lan.round_robin
    assert [spread.clustered_queues for spread in wan.spread] == [queues, queues]
    assert not list(spread_findings(found, solution))
    counts = Counter(queue(found, solution, "WAN", "ipv4-tcp", ipv4_src=first << 24) for first in range(256))
    assert set(counts) == set(range(queues))
    assert max(counts.values()) <= 1.1 * ceil(256 / queues)


def test_an_odd_number_of_queues_stays_round_robin():
    assert solved(problem(PREFIXES.replace("QUEUES", "15"))).ports[1].round_robin


TWO_BITS = bytes.fromhex("00000000000002" + "0" * 56 + "80" + "0" * 24).ljust(52, b"\0")
APART = f"""
port A {{
  nic NIC  hash ipv4-tcp, ipv6-tcp  queues 8  table 512  key {TWO_BITS.hex()}
  traffic ipv4-tcp, ipv6-tcp
}}
assume A.ipv4_src in 10.0.0.0/29 && A.ipv4_dst == 10.1.1.1 && A.l4_src == 7 && A.l4_dst == 80
assume A.ipv6_src == 2001:db8::1 && A.ipv6_dst in 2001:db8::/125
"""
"""Eight packets of each class, which differ in the index bits 6 to 8 and 4 to 6."""


def spread_of(found, solution):
    of_v4 = {queue(found, solution, "A", "ipv4-tcp", ipv4_src=0x0A000000 + i) for i in range(8)}
    base = 0x20010DB8 << 96
    of_v6 = {queue(found, solution, "A", "ipv6-tcp", ipv6_src=base + 1, ipv6_dst=base + i) for i in range(8)}
    return len(of_v4), len(of_v6)


def test_classes_that_reach_different_entries_are_both_dealt_to_all_queues():
    found = problem(APART.replace("NIC", "intel-x710"))
    solution = solved(found)
    assert spread_of(found, solution) == (8, 8)


def test_tables_that_cannot_be_written_stay_as_they_are():
    found = with_tables(problem(APART.replace("NIC", "intel-x710")), writable=False)
    solution = solved(found)
    assert solution.ports[0].round_robin
    assert spread_of(found, solution) == (1, 1)
    assert {finding.rule.code for finding in spread_findings(found, solution)} == {"RSS305"}


TIED = """
port A { nic generic  hash ipv4-tcp  queues 16 }
port B { nic intel-x710  hash ipv4-tcp  queues 16 }
assume A.ipv4_src in 0.0.0.0/0
assume B.ipv4_src in 0.0.0.0/0
require A.ipv4_src[0:6] == A'.ipv4_src[0:6]
require A.ipv4_src[0:6] == B.ipv4_src[0:6]
require B.ipv4_src[0:6] == B'.ipv4_src[0:6]
"""
"""Tables of 128 and 512 entries."""


def test_tied_tables_of_different_sizes_are_dealt_alike():
    a, b = solved(problem(TIED)).ports
    assert b.table == a.table * 4
    assert not a.round_robin
    assert [port.spread[0].clustered_queues for port in (a, b)] == [16, 16]


def test_masks_for_any_queues_give_the_tables_that_were_dealt():
    found = problem(TIED)
    solution = solved(found)
    for port, own in zip(solution.ports, masks_for_any_queues(found, solution), strict=True):
        entries = range(port.table_size)
        odd = [[(mask & entry).bit_count() & 1 for mask in own] for entry in entries]
        place = [sum(bit << len(own) - 1 - at for at, bit in enumerate(row)) for row in odd]
        assert tuple(at * port.queues >> len(own) for at in place) == port.table


def test_round_robin_needs_no_masks():
    found = problem(PREFIXES.replace("QUEUES", "15"))
    lan, wan = masks_for_any_queues(found, solved(found))
    assert lan == ()
    assert len(wan) == 9
    assert masks_for_any_queues(with_tables(found, writable=False), solved(found)) == ((), ())


@pytest.mark.parametrize("wish", ["prefer ones", "prefer random", "prefer over rank WAN.key[23:31] == 0x01"])
def test_wishes_keep_the_queues_of_dealt_tables(wish):
    wan = solved(problem(PREFIXES.replace("QUEUES", "4") + wish)).ports[1]
    least = 2 if "over" in wish else 4
    assert all(spread.clustered_queues >= least for spread in wan.spread)


def test_keys_by_z3_alone_have_dealt_tables():
    wan = solved(problem(PREFIXES.replace("QUEUES", "8")), engine="smt").ports[1]
    assert all(spread.clustered_queues == min(8, 2**spread.clustered_rank) for spread in wan.spread)
