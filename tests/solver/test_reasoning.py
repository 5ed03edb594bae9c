"""The reasoning behind conflicts, and ways out that hold when the changed problem is solved."""

from dataclasses import replace

import pytest
from rsstest import MICROSOFT, ports, problem, session

from rss_solver.conflicts.conflict import Conflict
from rss_solver.explain import (
    EqualityIndex,
    Locks,
    OnesWhereZero,
    Unequal,
    WithoutLines,
    reasoning,
    ways_out,
    without,
)
from rss_solver.solve import Solved, solve
from rssc.conflicts import show_reasoning

A, AB = ports("A", hash_="ipv4-tcp"), ports("A B", hash_="ipv4-tcp")
KEY = f"key {MICROSOFT.hex()}"
USER, SERVER = "require user: B.ipv4_dst == B'.ipv4_dst", "require server: A.ipv4_dst == A'.ipv4_dst"
SPECS = {
    "chain": f"{AB}\nrequire session: {session('A', 'B')}\n{USER}\n{SERVER}",
    "prefix": f"{A}\nrequire net: A.ipv4_dst[0:8] == A'.ipv4_dst[0:8]",
    "either": f"{A}\nrequire any: A.ipv4_src == A'.ipv4_src || A.ipv4_dst == A'.ipv4_dst",
    "always": f"{A}\nrequire all: A.tcp_src >= 0 && A'.tcp_src >= 0",
    "pinned": f"{ports('A', hash_='ipv4-tcp', more=KEY)}\n{SERVER}",
    "unequal": f"{ports('A', hash_='ipv4-tcp', more=KEY)}\nrequire both: {session('A', chr(65) + chr(39))}",
    "hash": f"equality hash\n{A}\nrequire a: A.ipv4_dst[0:1] == A'.ipv4_dst[0:1]",
}


def conflict_of(name):
    found = problem(SPECS[name])
    conflict = solve(found)
    assert isinstance(conflict, Conflict)
    return found, conflict


@pytest.mark.parametrize("name", SPECS)
def test_reasons_read_well(name, golden):
    found, conflict = conflict_of(name)
    golden(show_reasoning(found, reasoning(found, conflict)) + "\n")


@pytest.mark.parametrize("name", SPECS)
def test_every_way_out_leaves_a_key(name):
    found, conflict = conflict_of(name)
    ways = list(ways_out(found, conflict))
    assert ways[-1] == Locks()
    for way in ways:
        match way:
            case WithoutLines(lines):
                assert isinstance(solve(without(found, lines)), Solved)
            case EqualityIndex():
                assert isinstance(solve(replace(found, equality="index")), Solved)
            case _:
                pass
    assert any(isinstance(way, WithoutLines) for way in ways)


def test_pinned_keys_clash_where_the_reasoning_says():
    found, conflict = conflict_of("pinned")
    end = reasoning(found, conflict).end
    assert isinstance(end, OnesWhereZero)
    bits = int.from_bytes(MICROSOFT, "big")
    assert all(bits >> 319 - bit & 1 for bit in end.bits)
    found, conflict = conflict_of("unequal")
    assert isinstance(reasoning(found, conflict).end, Unequal)
