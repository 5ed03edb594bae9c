"""The reasoning behind conflicts, and ways out that hold when the changed problem is solved."""

import re
from dataclasses import replace

import pytest
from rsstest import MICROSOFT, ports, problem, session

from rss_solver.conflicts.conflict import Conflict
from rss_solver.explain import (
    EqualityIndex,
    Locks,
    OddSum,
    OnesWhereZero,
    OtherFieldSets,
    OtherNic,
    Shared,
    Unequal,
    WithoutAssumption,
    WithoutLines,
    reasoning,
    unassumed,
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
    "assumed": f"{A}\nassume A.ipv4_dst in 10.0.0.0/12\nassume A.tcp_dst == 80\n"
    "require net: A.ipv4_dst[0:12] == A'.ipv4_dst[0:12]",
    "shared": "\n".join(
        f"port {name} {{ nic chelsio-cxgbe  adapter card  hash ipv4-tcp  queues 16 }}\n"
        f"require {name}: {name}.ipv4_{end} == {name}'.ipv4_{end}"
        for name, end in (("A", "src"), ("B", "dst"))
    ),
    "odd": "\n".join(
        f"port {name} {{ nic generic  hash ipv4-other  queues 16  key {key.hex()} }}"
        for name, key in (("A", MICROSOFT), ("B", MICROSOFT[::-1]))
    )
    + "\nrequire same: A.ipv4_src == A.ipv4_dst && A.ipv4_src == B.ipv4_src && A.ipv4_src == B.ipv4_dst",
    "fields": f"equality hash\n{A}\nrequire user: A.ipv4_dst[1:32] == A'.ipv4_dst[1:32]",
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
            case WithoutAssumption(assumption):
                assert isinstance(solve(unassumed(found, assumption)), Solved)
            case OtherFieldSets(sets) | OtherNic(sets=sets):
                nic = way.nic if isinstance(way, OtherNic) else None
                assert isinstance(solve(problem(rewritten(SPECS[name], found, sets, nic))), Solved)
            case Locks():
                pass
    kinds = {type(way) for way in ways}
    assert WithoutLines in kinds
    assert (WithoutAssumption in kinds) == (name == "assumed")
    assert OtherFieldSets in kinds or name != "fields"
    assert OtherNic in kinds or name != "shared"


def rewritten(text, found, sets, nic):
    """The spec with the fields of a way out written down, and its NIC."""
    text = text if nic is None else re.sub(r"nic [\w-]+", f"nic {nic}", text)
    for one in sets:
        for i in one.ports:
            name = found.ports[i].name
            live = {layout.packet_class for layout in found.ports[i].live}
            hashed = ", ".join(f"{c} ({', '.join(fields)})" for c, fields in one.inputs.items() if c in live)
            text = re.sub(rf"(port {name} {{.*?hash) [^{{}}]*?(?=  queues)", rf"\1 {hashed}", text)
    return text


def test_pinned_keys_clash_where_the_reasoning_says():
    found, conflict = conflict_of("pinned")
    end = reasoning(found, conflict).end
    assert isinstance(end, OnesWhereZero)
    bits = int.from_bytes(MICROSOFT, "big")
    assert all(bits >> 319 - bit & 1 for bit in end.bits)
    found, conflict = conflict_of("unequal")
    assert isinstance(reasoning(found, conflict).end, Unequal)
    found, conflict = conflict_of("odd")
    end = reasoning(found, conflict).end
    assert isinstance(end, OddSum)
    keys = [int.from_bytes(port.pinned.key[:40], "big") for port in found.ports]
    assert sum(keys[port] >> 319 - bit & 1 for port, bit in end.bits) % 2 == 1


def test_one_key_for_a_card_is_a_step():
    found, conflict = conflict_of("shared")
    steps = reasoning(found, conflict).steps
    assert Shared in map(type, steps)


def test_assumptions_that_take_part_are_named_and_others_are_not():
    found, conflict = conflict_of("assumed")
    unrelated = problem(f"{SPECS['assumed']}\nassume A.mac_src == 02:00:00:00:00:01")
    for one in (found, unrelated):
        why = reasoning(one, conflict)
        assert why.end.assumptions == (0, 1)
        assert [step.assumptions for step in why.steps] == [(1,)]


def test_fields_of_another_class_are_said_to_be():
    text = f"equality hash\n{ports('A', hash_='ipv4-tcp, ipv6-tcp')}\n"
    found = problem(text + "require user: A.ipv6_dst == A'.ipv6_dst")
    conflict = solve(found)
    assert isinstance(conflict, Conflict) and conflict.packet_classes == ("ipv4-tcp",)
    (step,) = reasoning(found, conflict).steps
    assert step.elsewhere and step.classes == (("ipv6-tcp", "ipv6-tcp"),)
    shown = show_reasoning(found, reasoning(found, conflict))
    assert "`user`, of `ipv6-tcp`, lets A.ipv6_src" in shown
