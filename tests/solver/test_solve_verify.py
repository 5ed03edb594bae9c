"""Solving and proving: what comes out is proved, what is broken is refuted, by packets that really part."""

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rsstest import MICROSOFT, nf, ports, problem, session, with_tables

from rss_dsl.fields import packet_classes, width
from rss_dsl.source import NOWHERE
from rss_solver.choice.tables import disagreement, fill
from rss_solver.explain.examples import examples
from rss_solver.keys import GivenKey, apply
from rss_solver.nic.steering import land
from rss_solver.packets.packet import Packet
from rss_solver.packets.semantics import holds
from rss_solver.proof import Counterexample, Proof, verify
from rss_solver.solve import Solved, solve

TABLES_OF_128_AND_512 = """
port A { nic generic  hash ipv4-tcp  queues 12 }
port B { nic intel-x710  hash ipv4-tcp  queues 12 }
require """


def solved(found, seed=None):
    outcome = solve(found, seed)
    assert isinstance(outcome, Solved)
    return outcome.solution


@pytest.mark.parametrize("name", ["nop", "pol", "fw", "nat"])
def test_network_functions_solve_with_full_spread(name):
    found = nf(name)
    solution = solved(found)
    assert isinstance(verify(found, solution), Proof)
    for port in solution.ports:
        for spread in port.spread:
            assert (spread.queues, spread.clustered_queues) == (16, 16)
            assert (spread.rank, spread.clustered_rank) == (9, 9)


def test_same_seed_same_keys_and_other_seeds_other_keys():
    found = nf("fw")
    keys = [tuple(port.key for port in solved(found, seed).ports) for seed in (1, 1, 2)]
    assert keys[0] == keys[1] != keys[2]


def test_auto_keeps_whole_hashes_where_they_spread_as_well():
    assert [port.equality for port in solved(nf("fw")).ports] == ["hash", "hash"]
    assert [port.equality for port in solved(nf("pol")).ports] == ["hash", "index"]
    assert [port.equality for port in solved(nf("nat")).ports] == ["index", "index"]


@pytest.mark.parametrize(("writable", "reached", "equality"), [(False, 4, "index"), (True, 16, "hash")])
def test_auto_gives_up_whole_hashes_where_they_cost_queues_though_not_rank(writable, reached, equality):
    """Rank 7 is enough for 16 queues; but of the entries that it reaches a round-robin table makes four."""
    range_ = "in 10.0.0.0..10.3.2.1"
    text = ports("A", hash_="ipv4-tcp")
    text += f"\nrequire A.ipv4_src == A'.ipv4_src && A.ipv4_dst {range_} && A'.ipv4_dst {range_}"
    found = with_tables(problem(text), writable)
    whole = solved(replace(found, equality="hash")).ports[0]
    assert (whole.spread[0].clustered_rank, whole.spread[0].clustered_queues) == (7, reached)
    assert whole.round_robin is not writable
    (port,) = solved(found).ports
    assert (port.equality, port.spread[0].clustered_queues) == (equality, 16)


def test_whole_hashes_that_agree_are_seen_where_the_condition_ties_less_than_its_equalities():
    text = ports("A", hash_="ipv4-tcp")
    near = "A.ipv4_dst in 10.0.0.0..10.3.2.1 && A'.ipv4_dst - A.ipv4_dst < 256"
    found = problem(f"{text}\nrequire A.ipv4_src == A'.ipv4_src && {near}")
    for equality in ("hash", "index"):
        answer = verify(found, solved(replace(found, equality=equality)))
        assert isinstance(answer, Proof)
        assert answer.whole_hashes == (equality == "hash")


def test_the_policer_under_whole_hashes_has_one_key_without_clustered_spread():
    found = replace(nf("pol"), equality="hash")
    wan = solved(found).ports[1]
    # The one bit the thesis finds is bit 63, and what lies past the 127 bits in use is free.
    assert int.from_bytes(wan.key, "big") >> (416 - 127) == 1 << (126 - 63)
    assert {(spread.rank, spread.clustered_rank) for spread in wan.spread} == {(9, 0)}


def test_the_same_packet_on_both_ports_needs_equal_windows():
    """libR3S drops the pair `d == d'` also across ports, and returns keys that always fail."""
    fields = ["ipv4_src", "ipv4_dst", "l4_src", "l4_dst"]
    same = " && ".join(f"A.{name} == B.{name}" for name in fields)
    found = problem(f"{ports('A B')}\nrequire {same}")
    a, b = solved(found).ports
    assert int.from_bytes(a.key, "big") >> (416 - 127) == int.from_bytes(b.key, "big") >> (416 - 127)


def test_no_requirement_gives_random_keys():
    first, second = solved(nf("nop")).ports
    assert first.key != second.key
    assert all(len(set(port.key)) > 20 for port in (first, second))


def test_tcp_with_sctp_on_one_port_solves():
    found = problem(ports("A", hash_="ipv4-tcp, ipv4-sctp") + "\nrequire " + session("A", "A'"))
    assert [layout.bits for layout in found.ports[0].inputs] == [96, 128]
    assert isinstance(verify(found, solved(found)), Proof)


def test_microsofts_key_is_refuted_on_different_queues():
    found = nf("fw")
    given_keys = [GivenKey(name, MICROSOFT, NOWHERE) for name in ("LAN", "WAN")]
    answer = verify(found, apply(found, given_keys, NOWHERE))
    assert isinstance(answer, Counterexample)
    assert answer.parted == "queue"


def test_other_tables_are_judged_as_they_are():
    """Equal entries that two tables send to different queues break a requirement."""
    found = nf("fw")
    solution = solved(found)
    table = (*solution.ports[0].table[:-1], 7)
    changed = replace(solution, ports=(replace(solution.ports[0], table=table), solution.ports[1]))
    answer = verify(found, changed)
    assert isinstance(answer, Counterexample)
    assert (answer.first.entry, answer.second.entry) == (511, 511)
    assert answer.parted == "queue"


def test_ports_with_different_tables_agree_on_the_smallest():
    found = problem(TABLES_OF_128_AND_512 + session("A", "B"))
    solution = solved(found)
    a, b = solution.ports
    assert (a.table_size, b.table_size) == (128, 512)
    assert b.table == a.table * 4
    assert not b.round_robin
    assert isinstance(verify(found, solution), Proof)


def test_fixed_tables_that_split_are_found():
    """128 and 512 entries over 12 queues: round robin parts them at hash 128."""
    fixed = with_tables(problem(TABLES_OF_128_AND_512 + session("A", "B")), writable=False).ports
    difference = disagreement(fixed, (0, 1), fill(fixed, [(0, 1)]))
    assert difference is not None
    assert (difference.hash_value, difference.queues) == (128, (0, 8))


def test_a_key_shared_by_a_card_is_one_key():
    text = "\n".join(f"port {n} {{ nic chelsio  adapter c  hash ipv4-tcp  queues 4 }}" for n in "AB")
    found = problem(f"{text}\nrequire A.ipv4_dst == A'.ipv4_dst")
    assert found.shared_keys
    a, b = solved(found).ports
    assert a.key == b.key


conditions = st.lists(
    st.tuples(st.sampled_from(["ip_src", "ip_dst", "l4_src", "l4_dst"]), st.booleans()),
    min_size=1,
    max_size=4,
)


@settings(max_examples=20)
@given(conditions, st.sampled_from(["A B", "A A'"]), st.integers(0, 1 << 30))
def test_solutions_are_proved_and_hold_for_random_packets(chosen, pair, seed):
    first, second = pair.split()
    parts = []
    for name, crossed in chosen:
        other = name.replace("src", "~").replace("dst", "src").replace("~", "dst") if crossed else name
        parts.append(f"{first}.{name} == {second}.{other}")
    text = ports("A B", hash_="ipv4-tcp, ipv4-udp, ipv6-tcp", nic="generic")
    found = problem(f"{text}\nrequire {' && '.join(parts)}")
    outcome = solve(found, seed)
    if not isinstance(outcome, Solved):
        return
    assert isinstance(verify(found, outcome.solution), Proof)
    for example in examples(found, seed, 6):
        requirement = example.requirement
        assert holds(requirement.condition, example.packets) == example.tied
        landings = [
            land(packet, found.ports[i], outcome.solution.ports[i])
            for i, packet in zip((requirement.first, requirement.second), example.packets, strict=True)
        ]
        if example.tied:
            assert landings[0].queue == landings[1].queue


def test_examples_of_what_is_not_tied_keep_to_the_assumptions():
    text = ports("A", hash_="ipv4-tcp", nic="generic")
    assume = "assume A.ipv4_dst in 10.0.0.0/8\nassume A.tcp_src < 4\nassume A.tcp_dst == A.tcp_src"
    found = problem(f"{text}\n{assume}\nrequire A.ipv4_dst == A'.ipv4_dst && A.tcp_src == A'.tcp_src")
    shown = list(examples(found, 0, 6))
    assert [example.tied for example in shown] == [True] * 6 + [False] * 6
    for example in shown:
        for packet in example.packets:
            assert packet.value("ipv4_dst") >> 24 == 10
            assert packet.value("tcp_dst") == packet.value("tcp_src") < 4


@settings(max_examples=30)
@given(st.sampled_from(["fw", "nat", "pol"]), st.integers(0, 1), st.integers(0, 126), st.integers(0, 1 << 20))
def test_a_flipped_bit_is_refuted_exactly_if_random_pairs_part(name, port, bit, seed):
    """The verdict against a search that knows nothing of algebra: tied packets made field by field."""
    found = nf(name)
    solution = solved(found)
    key = int.from_bytes(solution.ports[port].key, "big") ^ 1 << (415 - bit)
    flipped = replace(solution.ports[port], key=key.to_bytes(52, "big"))
    changed = replace(
        solution, ports=tuple(flipped if i == port else p for i, p in enumerate(solution.ports))
    )
    answer = verify(found, changed)
    parted = any(_parts(found, changed, random.Random(f"{seed} {i}")) for i in range(300))
    assert isinstance(answer, Counterexample) == parted


def _parts(found, solution, source):
    requirement = found.requirements[0]
    kinds = [source.choice(["ipv4-tcp", "ipv4-udp"]) for _ in range(2)]
    packets = []
    for kind in kinds:
        names = [n for n in packet_classes()[kind].names.values() if n.endswith(("src", "dst"))]
        packets.append({n: source.getrandbits(width(n)) for n in names if not n.startswith("mac")})
    for part in getattr(requirement.condition, "parts", (requirement.condition,)):
        a = packet_classes()[kinds[0]].canonical(part.left.field)
        b = packet_classes()[kinds[1]].canonical(part.right.field)
        packets[1][b] = packets[0][a]
    pair = tuple(Packet(kind, fields) for kind, fields in zip(kinds, packets, strict=True))
    if not holds(requirement.condition, pair):
        return False
    first = land(pair[0], found.ports[requirement.first], solution.ports[requirement.first])
    second = land(pair[1], found.ports[requirement.second], solution.ports[requirement.second])
    return first.entry != second.entry
