"""Cases where an approximation would show: mixed tables, excluded values, single queues, shared keys."""

from dataclasses import replace

import pytest
from rsstest import MICROSOFT, problem

from rss_dsl.nic import Index
from rss_dsl.problem import AllOf, Compare, Const, HashInput, Slice
from rss_dsl.source import NOWHERE
from rss_solver.conflicts.conflict import Conflict
from rss_solver.diagnostics.support import component_errors
from rss_solver.gf2 import rank
from rss_solver.keys import GivenKey, apply
from rss_solver.keyspace.statement import state
from rss_solver.proof import Proof, verify
from rss_solver.smt.statement import FORMS, smtlib
from rss_solver.solve import Solved, solve
from rss_solver.tied import span_shapes


def proved(found):
    outcome = solve(found)
    assert isinstance(outcome, Solved)
    answer = verify(found, outcome.solution)
    assert isinstance(answer, Proof), answer
    return outcome.solution, answer


@pytest.mark.parametrize("mode", ["auto", "index", "hash"])
def test_components_with_other_table_sizes_are_judged_each_by_its_own(mode):
    text = """
    port A { nic generic    hash ipv4-tcp  queues 16  traffic ipv4-tcp }
    port B { nic intel-x710 hash ipv4-tcp  queues 16  traffic ipv4-tcp }
    require A.ipv4_src == A'.ipv4_src
    require B.ipv4_src == B'.ipv4_src
    """
    solution, answer = proved(problem(f"equality {mode}\n{text}"))
    assert answer.cross_checked == (32 if mode == "hash" else 9)
    assert [spread.rank for port in solution.ports for spread in port.spread][-1] == 9


def test_only_bits_that_pick_a_queue_count_as_spread():
    """B's table repeats A's 128 entries: two free hash bits above those do not spread anything."""
    fixed = "ipv4_src == 10.0.0.1 && {0}.ipv4_dst == 10.0.0.2 && {0}.tcp_src == 5 && {0}.tcp_dst == 7"
    link = " && ".join(f"{name}.{fixed.format(name)}" for name in "AB")
    text = f"""
    port A {{ nic generic    hash ipv4-tcp  queues 16  traffic ipv4-tcp }}
    port B {{ nic intel-x710 hash ipv4-tcp  queues 16  traffic ipv4-tcp }}
    require link: {link}
    require any: B.ipv4_src == B'.ipv4_src || B.ipv4_dst == B'.ipv4_dst
    """
    found = problem(text)
    conflict = solve(found)
    assert isinstance(conflict, Conflict)
    assert [found.lines[line].label for line in conflict.lines] == ["any"]


@pytest.mark.parametrize(
    ("first", "second", "condition"),
    [
        # `ipv4-other` has neither TCP nor SCTP, so nothing is required.
        ("ipv4-other", "ipv4-sctp", "A.ip_proto == B.ip_proto && A.ipv4_src == B.ipv4_src"),
        ("ipv4-tcp", "ipv4-other", "A.ip_proto == B.ip_proto && A.ipv4_dst == B.ipv4_dst"),
        # 0000011x without 6 (TCP) is 7, so x is one.
        (
            "ipv4-other",
            "ipv4-other",
            "A.ip_proto[0:7] == 3 && A.ip_proto[7:8] == B.ipv4_src[31:32] && B.ipv4_src[30:31] == 1"
            " && A.ipv4_dst == B.ipv4_dst && A.ipv4_src[0:30] == B.ipv4_src[0:30] && A.ipv4_src[30:32] == 0",
        ),
    ],
)
def test_values_that_a_class_excludes(first, second, condition):
    text = f"""
    port A {{ hash {first}   queues 4  traffic {first} }}
    port B {{ hash {second}  queues 4  traffic {second} }}
    require r: {condition}
    """
    proved(problem(text))


def test_an_excluded_value_can_shrink_the_span():
    """The same requirement with the protocol written out: both give the same windows."""
    bits = "A.ip_proto[0:7] == 3 && A.ip_proto[7:8] == B.ipv4_src[31:32]"
    out = "A.ip_proto == 7 && B.ipv4_src[31:32] == 1"
    rest = "B.ipv4_src[30:31] == 1 && A.ipv4_dst == B.ipv4_dst"
    ports = "".join(f"port {n} {{ hash ipv4-other  queues 4  traffic ipv4-other }}\n" for n in "AB")
    windows = [set(state(problem(f"{ports}require {text} && {rest}")).windows) for text in (bits, out)]
    assert windows[0] == windows[1]


def test_one_queue_needs_nothing():
    """Every packet lands on the one queue, whatever the key."""
    text = f"""
    port A {{ hash ipv4-tcp  queues 1  traffic ipv4-tcp  key {MICROSOFT.hex()} }}
    require A.ipv4_src == A'.ipv4_src
    """
    found = problem(text)
    proved(found)
    given = apply(found, [GivenKey("A", MICROSOFT, NOWHERE)], NOWHERE)
    assert isinstance(verify(found, given), Proof)
    assert isinstance(solve(replace(found, equality="hash")), Conflict)


def test_queue_counts_that_differ_are_one_error():
    ports = "port A { hash ipv4-tcp  queues 16 }\nport B { hash ipv4-tcp  queues 1 }\n"
    found = problem(f"{ports}require A.ipv4_src == B.ipv4_src")
    assert [d.rule.code for d in component_errors(found, state(found))] == ["RSS308"]


def test_hashes_that_start_differently_are_refused():
    ports = "port A { hash ipv4-tcp  queues 16 }\nport B { hash ipv4-tcp  queues 16 }\n"
    found = problem(f"{ports}require A.ipv4_src == B.ipv4_src")
    start = replace(found.ports[1].nic.hash_init, value=1)
    other = replace(found.ports[1], nic=replace(found.ports[1].nic, hash_init=start))
    changed = replace(found, ports=(found.ports[0], other))
    assert [d.rule.code for d in component_errors(changed, state(changed))] == ["RSS301"]


def test_equality_is_decided_for_each_component_of_a_shared_key():
    """One key for the card, two components: only the one that needs it gives up whole hashes."""
    card = "nic chelsio  adapter c  hash ipv4-tcp  queues 4  traffic ipv4-tcp"
    text = "\n".join(f"port {n} {{ {card} }}" for n in "AB")
    solution, _ = proved(problem(f"{text}\nrequire A.ipv4_dst == A'.ipv4_dst"))
    assert {port.name: port.equality for port in solution.ports} == {"A": "index", "B": "hash"}
    assert solution.ports[0].key == solution.ports[1].key


def test_too_many_alternatives_are_learned_instead():
    """Disjunctions with 2^39 alternatives, of which two are left."""
    parts = " && ".join(f"(A.tcp_src == {n} || A.tcp_dst == {n + 2})" for n in (1, 1, 2) * 13)
    few = "(A.tcp_src == 1 && A.tcp_dst == 4 || A.tcp_src == 2 && A.tcp_dst == 3)"
    spaces = []
    for condition in (parts, few):
        found = problem(
            f"port A {{ hash ipv4-tcp  queues 4 }}\nrequire A.ipv4_src == A'.ipv4_src && {condition}"
        )
        windows = state(found).windows
        spaces.append({sum(1 << x for _, x in w.terms) for w in windows if w.width == 1})
    assert rank(spaces[0]) == rank(spaces[1]) == rank(spaces[0] | spaces[1]) == 2


def test_a_contradiction_ties_nothing():
    found = problem("port A { hash ipv4-tcp  queues 4 }")
    layout = found.ports[0].inputs[0]
    both = AllOf(tuple(Compare("==", Slice(0, "tcp_src"), Const(n, 16)) for n in (1, 2)))
    assert span_shapes(both, layout, layout) is None


def test_a_requirement_that_no_packets_satisfy_ties_no_ports_in_the_exported_statement():
    ports = "".join(f"port {n} {{ hash ipv4-tcp  queues 4 }}\n" for n in "AB")
    found = problem(f"{ports}require A.tcp_dst == B.tcp_src && A.tcp_dst > B.tcp_src")
    statement = state(found)
    assert len(statement.groups) == 2
    for form in FORMS:
        assert smtlib(found, statement, form, ()).endswith("(check-sat)\n")


@pytest.mark.parametrize("index", [Index.MODULO, Index.HIGH_BITS])
def test_entries_that_repeat_those_of_a_smaller_table_are_all_that_counts_as_spread(index):
    """Six entries repeat two: hashes that differ by two have rank, and pick one queue."""
    ports = "".join(f"port {n} {{ hash ipv4-tcp  queues 2 }}\n" for n in "AB")
    found = problem(f"{ports}require B.ipv4_src == 0.0.0.0 && A.ipv4_src == A.ipv4_src")
    nics = (replace(p.nic, index=replace(p.nic.index, value=index)) for p in found.ports)
    sized = zip(found.ports, nics, (6, 2), strict=True)
    changed = replace(found, ports=tuple(replace(p, nic=nic, table_size=n) for p, nic, n in sized))
    assert isinstance(solve(changed), Conflict)


def test_inputs_alike_in_all_but_their_length_are_judged_apart():
    """An address behind zeros reads other key bits than an address alone, where this key has none set."""
    key = (0xFFFFFFFF << 320 - 96).to_bytes(40, "big")
    found = problem(f"port A {{ hash ipv4-tcp, ipv4-udp  queues 4  key {key.hex()} }}")
    port = found.ports[0]
    classes = [layout.packet_class for layout in port.live]
    behind = HashInput(classes[0], ("ipv4_dst",), zeroed=("ipv4_src",))
    alone = HashInput(classes[1], ("ipv4_dst",))
    assert isinstance(solve(replace(found, ports=(replace(port, inputs=(behind,)),))), Solved)
    assert isinstance(solve(replace(found, ports=(replace(port, inputs=(behind, alone)),))), Conflict)
