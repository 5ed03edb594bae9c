"""What the published tool makes of the counterexamples, and two packets that show it wrong.

The requirements here are its results by its own rules (conjunctions, one field set kept, paths paired with
others only, index symbols judged by name). `tied` names packets that provably reach one cell that is changed:
where ours is a spec, its requirements say so too.
"""

import pytest
from inferring import SPECS, inferred, ports_of, problem_of, solution_of, with_requirements

from rss_dsl.check import check
from rss_dsl.loading import loads
from rss_solver.nic.steering import land
from rss_solver.packets.packet import Packet
from rss_solver.proof import Counterexample, verify
from rss_solver.solve import solve

PLAIN = """\
port P0 { device 0  nic intel-x710  hash ipv4-tcp, ipv4-udp  queues 16 }
port P1 { device 1  nic intel-x710  hash ipv4-tcp, ipv4-udp  queues 16 }
"""
SOURCE = "P0.ipv4_src == P0'.ipv4_src"
DESTINATION = "P0.ipv4_dst == P0'.ipv4_dst"
FLOW = f"{SOURCE} && {DESTINATION} && P0.l4_src == P0'.l4_src && P0.l4_dst == P0'.l4_dst"
REMOTE = "P0.ipv4_dst == P1.ipv4_src && P0.l4_dst == P1.l4_src"

SHARDED = {
    "symmetric": (  # 5.1: both directions ANDed
        f"{SOURCE} && {DESTINATION} && P0.ipv4_src == P0'.ipv4_dst && P0.ipv4_dst == P0'.ipv4_src",
    ),
    "hhh": ("P0.ipv4_src[0:24] == P0'.ipv4_src[0:24]",),  # 5.1: three prefixes ANDed
    "two-maps": (f"{SOURCE} && {DESTINATION}",),  # 5.2: the first smallest set is kept
    "two-way-policer": (SOURCE,),  # 5.2: the other device's constraint is erased
    "single-path": (),  # 5.3: a path is not paired with itself
    "masked-key": ("P0.ipv4_src[0:8] == P0'.ipv4_src[0:8]",),  # 5.8: bytes and fields zipped by order
    "erase-only": (),  # 5.10: erasing is no write
    "expire-only": (),  # 5.10: expiry is no write
}
REFUSED = {
    # 5.3, 5.4: constant cells are dropped
    "every-100th": ((), "P1.ipv4_src != P1'.ipv4_src"),
    "mixed-cells": ((SOURCE,), "P0.ipv4_src != P0'.ipv4_src"),
    # 5.5: indices by name
    "groups": ((SOURCE,), "P0.ipv4_src != P0'.ipv4_src"),
    "foreign-index": ((SOURCE, "P1.ipv4_dst == P1'.ipv4_dst"), "P0.ipv4_src != P1.ipv4_dst"),
    # 5.6: a group's vector scanned with constants
    "scanned-vector": (("P1.ipv4_src == P1'.ipv4_src",), "P1.ipv4_src != P1'.ipv4_src"),
    # 5.7: indices stored in cells
    "stored-index": ((FLOW,), "P0.ipv4_src != P0'.ipv4_src"),
    # 5.18: any vector's comparison will do; rewrites are not compared
    "bypass-two-vectors": ((REMOTE,), "P1.l4_dst == P1'.l4_dst"),
    "bypass-rewrites": ((REMOTE,), "P0.ipv4_dst != P1.ipv4_src"),
}


@pytest.mark.parametrize("name", sorted(SHARDED))
def test_two_packets_that_ours_ties_are_parted_by_published_keys(name):
    _, found = inferred(SPECS / name)
    ports = ports_of(found.text)
    published = solution_of(with_requirements(ports, SHARDED[name]))
    verdict = verify(problem_of(found.text), published)
    assert isinstance(verdict, Counterexample)
    assert verdict.parted == "queue"


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_two_packets_of_one_cell_are_parted_by_published_keys_where_ours_is_none(name):
    _, found = inferred(SPECS / name)
    assert found.spec is None
    published, tied = REFUSED[name]
    keys = solution_of(with_requirements(PLAIN, published))
    verdict = verify(problem_of(with_requirements(PLAIN, (tied,))), keys)
    assert isinstance(verdict, Counterexample)
    assert verdict.parted == "queue"


def test_a_fragment_and_a_packet_of_one_source_are_parted_where_fragments_are_not_hashed():
    """5.14: published specs hash TCP and UDP only."""
    text = with_requirements(PLAIN, (SOURCE,))
    problem, keys = problem_of(text), solution_of(text)
    port, solved = problem.ports[0], keys.ports[0]
    parted = [
        source
        for source in range(0x0A000000, 0x0A000040)
        if land(Packet("ipv4-tcp", {"ipv4_src": source}), port, solved).queue
        != land(Packet("ipv4-frag", {"ipv4_src": source}), port, solved).queue
    ]
    assert parted
    _, found = inferred(SPECS / "any-ipv4")
    ours = problem_of(found.text)
    solved = solve(ours).solution.ports[0]
    for source in parted:
        queues = {
            land(Packet(name, {"ipv4_src": source, "ipv4_dst": n}), ours.ports[0], solved).queue
            for n, name in enumerate(ours.ports[0].traffic)
        }
        assert len(queues) == 1


def test_static_vectors_impose_nothing():
    """5.9: a cell that is given back unchanged counts as written there, and ties packets by port."""
    _, found = inferred(SPECS / "read-only-vector")
    assert found.requirements == ()
    assert {each.reason for each in found.ignored} >= {"no packet changes it"}


def test_the_second_access_of_a_pair_decides_too():
    """5.11: keys by address and by MAC in one table; the published test looks at the first only."""
    _, found = inferred(SPECS / "mac-and-ip")
    assert [d.rule.code for d in found.findings][:1] == ["RSS423"]
    assert "`mac_src`" in found.findings[0].message


def test_the_published_firewall_is_right():
    _, found = inferred(SPECS / "fw")
    checked = check(loads(found.text)).problem
    assert len(checked.requirements) == 1
