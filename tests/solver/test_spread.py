"""Index functions, tables and spread, against enumeration of hashes, entries and inputs."""

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rsstest import problem

from rss_dsl.nic import Index
from rss_solver.choice.spread import Indexed, spread
from rss_solver.choice.tables import disagreement, fill
from rss_solver.conflicts.conflict import Conflict
from rss_solver.diagnostics.findings import spread_findings
from rss_solver.diagnostics.support import component_errors
from rss_solver.gf2 import span
from rss_solver.keyspace.space import Inconsistent, solve_windows
from rss_solver.keyspace.statement import Window, state
from rss_solver.nic.index import common_picks, entry_of, picks
from rss_solver.nic.steering import land
from rss_solver.packets.packet import Packet
from rss_solver.proof import Proof, verify
from rss_solver.solve import Solved, solve
from rss_solver.tied.live import Live
from rss_solver.toeplitz import key_bit, toeplitz

HASHES = st.integers(0, 2**32 - 1)
SIZES = st.sampled_from((1, 2, 4, 6, 8, 12, 16, 96, 128, 512))
PUBLISHED = bytes.fromhex("0000000000000001").ljust(52, b"\0")
"""The only key of the thesis's policer under whole-hash equality."""


@given(HASHES, st.integers(0, 9), st.sampled_from(Index))
def test_picks_are_the_index(value, bits, index):
    found = picks(1 << bits, index)
    entry = 0
    for hash_bits in found:
        entry = entry << 1 | sum(value >> 31 - bit & 1 for bit in hash_bits) & 1
    assert entry == entry_of(value, 1 << bits, index)


def of_size(size, index, queues=4):
    (port,) = problem(f"port A {{ nic generic  hash ipv4-tcp  queues {queues} }}").ports
    nic = replace(port.nic, index=replace(port.nic.index, value=index))
    return replace(port, nic=nic, table_size=size)


@given(SIZES, SIZES, st.sampled_from(Index), st.sampled_from(Index), st.lists(HASHES, max_size=40))
def test_filled_tables_agree_or_a_hash_shows_that_they_do_not(one, two, first, second, hashes):
    ports = [of_size(one, first), of_size(two, second)]
    tables = fill(ports, [(0, 1)])

    def queues(value):
        return [
            table[entry_of(value, len(table), port.nic.index.value)]
            for port, table in zip(ports, tables, strict=True)
        ]

    found = disagreement(ports, (0, 1), tables)
    if found is None:
        assert all(len(set(queues(value))) == 1 for value in hashes)
    else:
        assert len(set(queues(found.hash_value))) == 2
    if common_picks(ports) is not None:
        assert found is None


@st.composite
def cases(draw):
    bits = draw(st.integers(1, 7))
    directions = tuple(draw(st.lists(st.integers(1, (1 << bits) - 1), max_size=4, unique=True)))
    inputs = Live(draw(st.integers(0, (1 << bits) - 1)), directions, directions[1:])
    size = draw(st.sampled_from((1, 2, 4, 6, 8, 12, 16)))
    table = tuple(draw(st.lists(st.integers(0, 5), min_size=size, max_size=size)))
    return bits, inputs, Indexed(table, draw(st.sampled_from(Index)), size, draw(HASHES))


@given(st.binary(min_size=6, max_size=8), cases())
def test_spread_is_what_all_inputs_reach(key, case):
    bits, inputs, indexed = case
    layout = _Layout(bits)
    found = spread(key, layout, inputs, indexed)
    size = len(indexed.table)
    for directions, rank, queues in (
        (inputs.directions, found.rank, found.queues),
        (inputs.clustered, found.clustered_rank, found.clustered_queues),
    ):
        entries = {
            entry_of(toeplitz(key, inputs.point ^ d, bits, init=indexed.hash_init), size, indexed.index)
            for d in span(directions)
        }
        assert len({indexed.table[entry] for entry in entries}) == queues
        if size & size - 1 == 0:
            assert len(entries) == 1 << rank
        else:
            assert (len(entries) == 1) >= (rank == 0)


class _Layout:
    packet_class = "ipv4-tcp"

    def __init__(self, bits):
        self.bits = bits


@settings(max_examples=50)
@given(
    st.lists(st.sets(st.tuples(st.integers(0, 1), st.integers(0, 5)), min_size=1, max_size=3), max_size=4),
    st.integers(1, 3),
    st.sampled_from(Index),
    st.integers(0, 2**16),
)
def test_windows_of_picks_are_their_equations(terms, bits, index, seed):
    """A key of the space, spelled out: the index changes of all terms of a window cancel."""
    windows = [Window(tuple(sorted(found)), 2) for found in terms]
    agree = picks(1 << bits, index)
    space = solve_windows(windows, {0: 48, 1: 48}, dict.fromkeys((0, 1), agree), {})
    assert not isinstance(space, Inconsistent)
    keys = space.sample(Random(seed))
    for window in windows:
        for hash_bits in agree:
            for t in range(window.width):
                total = [
                    key_bit(keys[port], start + t + bit) for port, start in window.terms for bit in hash_bits
                ]
                assert sum(total) % 2 == 0


POLICER = """
port LAN { nic intel-x710  hash ipv4-tcp, ipv4-udp  queues 16 }
require user: LAN.ipv4_dst == LAN'.ipv4_dst
"""


def only(found):
    outcome = solve(found)
    assert isinstance(outcome, Solved)
    assert isinstance(verify(found, outcome.solution), Proof)
    return outcome.solution


def test_the_policers_published_key_reads_the_prefix_and_ours_does_not():
    published = problem(POLICER.replace("queues 16", f"queues 16 key {PUBLISHED.hex()}"))
    ours = problem(POLICER)
    assert {s.clustered_rank for s in only(published).ports[0].spread} == {0}
    assert {s.rank for s in only(published).ports[0].spread} == {9}
    assert {s.clustered_rank for s in only(ours).ports[0].spread} == {9}


def test_an_assumed_prefix_catches_a_key_that_reads_nothing_else():
    """Bits 0 to 7 of the address pick the entry: all of 10/8 lands on one queue."""
    key = (1 << 8 * 40 - 1 - 31).to_bytes(40, "big").hex()
    text = f"port LAN {{ nic generic  hash ipv4-tcp (ipv4_src, ipv4_dst)  queues 16  key {key} }}\n"
    assert {s.rank for s in only(problem(text)).ports[0].spread} == {7}
    assumed = solve(problem(text + "assume LAN.ipv4_src in 10.0.0.0/8\n"))
    assert isinstance(assumed, Conflict)
    assert assumed.packet_classes


REVERSED = """import "std/flows.rss"
port TAP { nic intel-x710  hash CLASS  queues 16  function FUNCTION }
require session: reversed(TAP, TAP')"""


@pytest.mark.parametrize(
    ("packet_class", "function"), [("ipv4-tcp", "symmetric-xor"), ("ipv4-other", "simple-xor")]
)
def test_a_function_alone_gives_symmetry(packet_class, function):
    text = REVERSED.replace("CLASS", packet_class).replace("FUNCTION", function)
    if packet_class == "ipv4-other":
        text = text.replace(
            "reversed(TAP, TAP')", "TAP.ipv4_src == TAP'.ipv4_dst && TAP.ipv4_dst == TAP'.ipv4_src"
        )
    found = problem(text)
    solution = only(found)
    there = Packet(packet_class, {"ipv4_src": 1, "ipv4_dst": 0xA0B0C0D, "tcp_src": 77, "tcp_dst": 443})
    back = Packet(packet_class, {"ipv4_src": 0xA0B0C0D, "ipv4_dst": 1, "tcp_src": 443, "tcp_dst": 77})
    hashes = [land(packet, found.ports[0], solution.ports[0]).hash for packet in (there, back)]
    assert hashes[0] == hashes[1]
    named = {d.rule.code for d in spread_findings(found, solution)}
    assert ("RSS317" in named) == (function == "symmetric-xor")


def test_simple_xor_does_not_swap_ports():
    """Source and destination port share a word: no key can change that, and the conflict says so."""
    found = problem(REVERSED.replace("CLASS", "ipv4-tcp").replace("FUNCTION", "simple-xor"))
    outcome = solve(found)
    assert isinstance(outcome, Conflict)
    assert {found.lines[line].label for line in outcome.lines} == {"session", "function of TAP"}


def test_equality_index_needs_an_index_of_hash_bits():
    found = problem(
        "port A { nic generic  hash ipv4-tcp  queues 4 }\nequality index\nrequire A.ipv4_src == A'.ipv4_src"
    )
    odd = replace(found, ports=(of_size(96, Index.MODULO),))
    assert [d.rule.code for d in component_errors(odd, state(odd))] == ["RSS315"]
    assert not list(component_errors(found, state(found)))
