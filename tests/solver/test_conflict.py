"""A conflict names a minimal set of lines: they leave no key, and without any one of them a key exists."""

from itertools import combinations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from rsstest import ports, problem

from rss_solver.choice import choose
from rss_solver.conflicts.conflict import Conflict, Reason
from rss_solver.explain import Locks, WithoutLines, ways_out, without
from rss_solver.solve import Solved, solve

TRIVIAL = "require any: A.ipv4_src == A'.ipv4_src || A.ipv4_dst == A'.ipv4_dst"


def only(found, lines):
    for line in range(len(found.lines)):
        if line not in lines:
            found = without(found, [line])
    return found


def check_minimal(found, conflict):
    assert isinstance(solve(only(found, conflict.lines)), Conflict)
    for line in conflict.lines:
        rest = [other for other in conflict.lines if other != line]
        assert isinstance(solve(only(found, rest)), Solved), found.lines[line].label


def test_the_trivial_conflict():
    found = problem(ports("A") + "\n" + TRIVIAL)
    conflict = solve(found)
    assert isinstance(conflict, Conflict)
    assert conflict.lines == (0,)
    assert conflict.reason is Reason.CONSTANT
    assert conflict.packet_classes == ("ipv4-tcp", "ipv4-udp")


def test_only_lines_that_matter_are_named():
    text = """
    require source: A.ipv4_src == A'.ipv4_src && A.ipv4_dst == A'.ipv4_dst && A.l4_src == A'.l4_src
    require user: A.ipv4_src == A'.ipv4_src
    require noise: B.ipv4_dst == B'.ipv4_dst
    require cross: A.ipv4_src == B.ipv4_dst
    require server: B.ipv4_src == B'.ipv4_src
    """
    found = problem(ports("A B", nic="generic") + text)
    conflict = solve(found)
    assert isinstance(conflict, Conflict)
    check_minimal(found, conflict)
    labels = {found.lines[line].label for line in conflict.lines}
    assert labels in ({"noise", "server"}, {"cross", "server"})
    server = next(line for line, label in enumerate(found.lines) if label.label == "server")
    ways = list(ways_out(found, conflict))
    assert [way.lines for way in ways if isinstance(way, WithoutLines)] == [(server,)]
    assert ways[-1] == Locks()


def test_one_queue_needs_no_spread():
    text = ports("A").replace("queues 16", "queues 1")
    assert isinstance(solve(problem(f"{text}\n{TRIVIAL}")), Solved)


def test_a_pinned_key_that_breaks_a_requirement():
    key = "6d5a56da255b0ec24167253d43a38fb0d0ca2bcbae7b30b477cb2da38030f20c6a42b73bbeac01fa"
    text = f"port A {{ hash ipv4-tcp  queues 4  key {key} }}\nrequire A.ipv4_dst == A'.ipv4_dst"
    found = problem(text)
    conflict = solve(found)
    assert isinstance(conflict, Conflict)
    assert conflict.reason is Reason.PINNED
    assert [found.lines[line].label for line in conflict.lines] == ["requirement 1", "key of A"]
    check_minimal(found, conflict)


def test_a_zero_key_spreads_nothing():
    found = problem("port A { hash ipv4-tcp  queues 4  key 00 }")
    conflict = solve(found)
    assert isinstance(conflict, Conflict)
    assert [found.lines[line].label for line in conflict.lines] == ["key of A"]


FIELDS = ["ipv4_src", "ipv4_dst", "tcp_src", "tcp_dst"]
lines = st.lists(
    st.tuples(st.sampled_from(["A A'", "B B'", "A B"]), st.sampled_from(FIELDS), st.sampled_from(FIELDS)),
    min_size=2,
    max_size=5,
)


@settings(max_examples=25)
@given(lines)
def test_random_conflicts_are_minimal(chosen):
    text = [ports("A B", hash_="ipv4-tcp", nic="generic")]
    for pair, left, right in chosen:
        first, second = pair.split()
        right = left if left[:3] != right[:3] else right
        text.append(f"require {first}.{left} == {second}.{right}")
    found = problem("\n".join(text))
    conflict = solve(found)
    assume(isinstance(conflict, Conflict))
    check_minimal(found, conflict)
    assert conflict.minimum
    for smaller in combinations(range(len(found.lines)), len(conflict.lines) - 1):
        assert isinstance(solve(only(found, smaller)), Solved)


def test_what_is_too_much_work_is_minimal_and_says_so(monkeypatch):
    text = "".join(f"require A.{f} == A'.{f}\n" for f in ("ipv4_src", "ipv4_dst"))
    found = problem(ports("A", hash_="ipv4-tcp") + "\n" + text)
    monkeypatch.setattr("rss_solver.conflicts.conflict.EFFORT", 0)
    conflict = solve(found)
    assert isinstance(conflict, Conflict)
    assert not conflict.minimum
    check_minimal(found, conflict)


@pytest.mark.parametrize("mode", ["hash", "index"])
def test_conflicts_are_found_wherever_subsets_have_them(mode):
    """Over all subsets of some lines: a conflict exactly if a named minimal set is inside."""
    text = f"""equality {mode}
    require a: A.ipv4_src == A'.ipv4_src
    require b: A.ipv4_dst == A'.ipv4_dst
    require c: A.tcp_src == A'.tcp_src
    require d: A.ipv4_src == A'.ipv4_dst && A.ipv4_dst == A'.ipv4_src && A.tcp_src == A'.tcp_dst"""
    found = problem(ports("A", hash_="ipv4-tcp") + "\n" + text)
    impossible = set()
    for size in range(5):
        for chosen in combinations(range(4), size):
            outcome = solve(only(found, chosen))
            inside = any(core <= set(chosen) for core in impossible)
            if isinstance(outcome, Conflict):
                assert set(outcome.lines) <= set(chosen)
                impossible.add(frozenset(outcome.lines))
            else:
                assert not inside
    assert impossible


def test_a_class_whose_key_bits_are_all_zero_is_no_question_for_z3(monkeypatch):
    def refuse(groups):
        raise AssertionError("linear algebra decides that")

    monkeypatch.setattr(choose, "pick_nonzero", refuse)
    for condition in ("A.ipv4_src == A'.ipv4_src || A.ipv4_dst == A'.ipv4_dst", "A.mac_src == A'.mac_src"):
        found = problem(f"{ports('A')}\nrequire any: {condition}")
        conflict = solve(found)
        assert isinstance(conflict, Conflict) and conflict.reason is Reason.CONSTANT
