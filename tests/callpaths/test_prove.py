"""From call paths to keys: right keys are proved, keys of the published constraints are refuted by packets.

What must meet is written here by hand, in the language; refutations are replayed by the reference hash and
checked against what must meet by `rss_solver.packets.semantics`, none of which the proof shares.
"""

from functools import cache
from pathlib import Path

import pytest
from published import origin, with_published
from rsstest import nf, problem

from generate.catalogue import FOLDER, descriptions
from generate.describe import Refused, Sharded
from rss_callpaths.accesses.analyse import analyse
from rss_callpaths.files.reader import read
from rss_callpaths.library.file import vigor
from rss_callpaths.prove.prove import prove
from rss_callpaths.prove.verdict import Assumed, Proved, Refuted, Undecided
from rss_callpaths.terms import Pool
from rss_dsl.diagnostics import RssError
from rss_solver.nic.steering import land
from rss_solver.packets.semantics import belongs, holds
from rss_solver.solve import Solved, solve

L4 = "ipv4-tcp, ipv4-udp"
DEVICES = {each.name: each.devices for each in descriptions()}
EXPECTED = {each.name: each.expected for each in descriptions()}

SRC, DST = "{0}.ipv4_src == {1}.ipv4_src", "{0}.ipv4_dst == {1}.ipv4_dst"


def ports(*, traffic: str = L4, hashed: str = L4, count: int = 2, queues: int = 16) -> str:
    item = f"  traffic {traffic}" if traffic else ""
    return "".join(
        f"port P{n} {{ device {n}  nic intel-x710  hash {hashed}  queues {queues}{item} }}\n"
        for n in range(count)
    )


def text(*requirements: str, **more) -> str:
    return ports(**more) + "".join(f"require {each}\n" for each in requirements)


@cache
def accesses(folder: Path):
    pool = Pool()
    paths, findings = read([folder], pool)
    assert not findings
    return analyse(paths, vigor(), pool), pool


def keys_for(spec: str):
    stated = problem(spec)
    solved = solve(stated)
    assert isinstance(solved, Solved)
    return stated, solved.solution


def judged(folder: Path, spec: str, **more):
    stated, solution = keys_for(spec)
    found, pool = accesses(folder)
    return prove(found, stated, solution, pool, **more)


def replayed(found: Refuted, spec: str, must_meet: tuple[str, ...] = ()) -> None:
    """The packets are on different queues by the reference hash, and some condition says they must meet."""
    stated, solution = keys_for(spec)
    sides = []
    for party in (found.first, found.second):
        at = next(n for n, port in enumerate(stated.ports) if port.name == party.landing.port)
        assert belongs(party.landing.packet)
        assert stated.ports[at].device in party.access.in_ports
        again = land(party.landing.packet, stated.ports[at], solution.ports[at])
        assert again == party.landing
        sides.append((at, party.landing))
    (one, first), (other, second) = sides
    assert first.queue != second.queue
    if must_meet:
        right = problem(text(*must_meet))
        pair = first.packet, second.packet
        assert any(
            (need.first, need.second, holds(need.condition, each)) == (i, j, True)
            for need in right.requirements
            for i, j, each in ((one, other, pair), (other, one, pair[::-1]))
        )


FLOW = tuple(
    f"{a}.ipv4_{x} == {b}.ipv4_{y}" for a, b, x, y in (("P0", "P1", "src", "dst"), ("P0", "P1", "dst", "src"))
)
REVERSED = " && ".join((*FLOW, "P0.l4_src == P1.l4_dst", "P0.l4_dst == P1.l4_src"))
RIGHT = {
    "nop": text(),
    "sbridge": text(),
    "fw": text(REVERSED),
    "pol": text("P0.ipv4_dst == P0'.ipv4_dst"),
    "nat": text("P0.ipv4_dst == P1.ipv4_src && P0.l4_dst == P1.l4_src"),
    "psd": text("P0.ipv4_src == P0'.ipv4_src"),
    "cl": text("P0.ipv4_src == P0'.ipv4_src && P0.ipv4_dst == P0'.ipv4_dst"),
    "hhh": text("P0.ipv4_src[0:8] == P0'.ipv4_src[0:8]"),
}


@pytest.mark.parametrize("folder", with_published(list(RIGHT)), ids=origin)
def test_right_keys_are_proved(folder):
    found = judged(folder, RIGHT[folder.name])
    assert isinstance(found, Proved)
    assert Assumed.TRAFFIC in found.assumed
    assert (found.pairs == 0) == (folder.name in ("nop", "sbridge"))


@pytest.mark.parametrize("folder", with_published(["fw", "pol", "cl"]), ids=origin)
def test_keys_of_no_requirement_are_refuted(folder):
    wrong = text()
    found = judged(folder, wrong)
    assert isinstance(found, Refuted)
    replayed(found, wrong)


SMALL = sorted(
    name
    for name, what in EXPECTED.items()
    if isinstance(what, Sharded) and name not in (*RIGHT, "masked-key")
)
"""`masked-key` has a key where the NIC hashes less; `rssc prove` is tested on it."""


@pytest.mark.parametrize("name", SMALL)
def test_what_a_description_expects_is_enough(name):
    expected = EXPECTED[name]
    assert isinstance(expected, Sharded)
    assert isinstance(judged(FOLDER / name, text(*expected.requirements, count=DEVICES[name])), Proved)


PUBLISHED = {
    # 5.1: `and` of what must be `or`ed
    "hhh": text("P0.ipv4_src[0:24] == P0'.ipv4_src[0:24]"),
    "symmetric": text(
        "P0.ipv4_src == P0'.ipv4_src && P0.ipv4_dst == P0'.ipv4_dst"
        " && P0.ipv4_src == P0'.ipv4_dst && P0.ipv4_dst == P0'.ipv4_src"
    ),
    # 5.2: constraints erased that are needed
    "two-maps": text("P0.ipv4_src == P0'.ipv4_src && P0.ipv4_dst == P0'.ipv4_dst"),
    "two-way-policer": text("P0.ipv4_src == P0'.ipv4_src"),
    # 5.3: only one path touches the state
    "single-path": text(),
    # 5.8: the mask's byte taken for the first one
    "masked-key": text("P0.ipv4_src[0:8] == P0'.ipv4_src[0:8]"),
    # 5.10: what only expires or is erased taken for constant
    "expire-only": text(),
    "erase-only": text(),
    # random keys where each flow has state
    "fw": text(),
    "cl": text(),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_keys_of_published_constraints_are_refuted(name):
    found = judged(FOLDER / name, PUBLISHED[name])
    expected = EXPECTED[name]
    assert isinstance(found, Refuted) and isinstance(expected, Sharded)
    replayed(found, PUBLISHED[name], expected.requirements)


SOURCE = text("P0.ipv4_src == P0'.ipv4_src", "P1.ipv4_src == P1'.ipv4_src", "P0.ipv4_src == P1.ipv4_src")
UNSHARDABLE = {
    # 5.4: one cell for all; 5.5, 5.6, 5.7: indices that no core owns; 5.11: keys that no NIC hashes
    "every-100th": (text(), "packets"),
    "mixed-cells": (SOURCE, "total"),
    "groups": (SOURCE, "group_counters"),
    "foreign-index": (text("P0.ipv4_src == P0'.ipv4_src", "P1.ipv4_dst == P1'.ipv4_dst"), "clients_counters"),
    "scanned-vector": (SOURCE, "sources_counters"),
    "stored-index": (RIGHT["fw"], "queue_loads"),
    "mac-and-ip": (SOURCE, "hosts"),
    "gallium-nat": (RIGHT["nat"], "port_counter"),
    "bridge": (text(), "dyn"),
    "lb": (text(count=3), "ip_to_backend_id"),
    # 5.18: indices from packets
    "nat-rejuvenates-first": (RIGHT["nat"], "fv"),
    "bypass-rewrites": (RIGHT["nat"], "fv"),
    "bypass-two-vectors": (RIGHT["nat"], "answers"),
    # its listing 3.3, by the keys that the thesis finds: an index belongs to no port
    "listing-3-3": (
        text("P0.l4_src == P0'.l4_src", "P1.l4_src == P1'.l4_src", "P0.l4_src == P1.l4_src"),
        "dchain",
    ),
    "table-size": (SOURCE, "sources"),
}
REFUSED = sorted(name for name, what in EXPECTED.items() if isinstance(what, Refused))


@pytest.mark.parametrize("name", REFUSED)
def test_keys_for_what_cannot_be_sharded_are_refuted(name):
    spec, state = UNSHARDABLE.get(name, (text(count=DEVICES[name]), ""))
    found = judged(FOLDER / name, spec)
    assert isinstance(found, Refuted)
    assert found.object is not None and found.object.name == (state or found.object.name)
    replayed(found, spec)


@pytest.mark.parametrize("name", ["any-ipv4", "pol", "fw"])
def test_packets_that_the_nic_does_not_hash_count_unless_the_spec_leaves_them_out(name):
    spec = RIGHT.get(name, text("P0.ipv4_src == P0'.ipv4_src"))
    without = spec.replace(f"  traffic {L4}", "")
    assert isinstance(judged(FOLDER / name, spec), Proved)
    found = judged(FOLDER / name, without)
    assert isinstance(found, Refuted)
    assert None in (found.first.landing.hash, found.second.landing.hash)
    replayed(found, without)


def test_a_translation_without_spoof_check_in_the_keys_is_refuted_by_who_answers():
    found = judged(FOLDER / "nat", RIGHT["fw"])
    assert isinstance(found, Refuted)
    first, second = found.first.landing, found.second.landing
    assert (first.port, second.port) == ("P0", "P1")
    assert first.packet.value("ipv4_dst") == second.packet.value("ipv4_src")
    ports_ = [
        next((v for name, v in packet.fields.items() if name.endswith(end)), 0)
        for packet, end in ((first.packet, ("tcp_dst", "udp_dst")), (second.packet, ("tcp_src", "udp_src")))
    ]
    assert ports_[0] == ports_[1]


def test_refreshing_before_the_check_is_said_to_be_why():
    found = judged(FOLDER / "nat-rejuvenates-first", RIGHT["nat"])
    assert isinstance(found, Refuted)
    assert "`dchain_rejuvenate_index` in line 25" in found.why


@pytest.mark.parametrize("name", ["fw", "nat", "pol"])
def test_the_specs_of_the_library_are_proved(name):
    stated = nf(name)
    solved = solve(stated)
    assert isinstance(solved, Solved)
    found, pool = accesses(FOLDER / name)
    verdict = prove(found, stated, solved.solution, pool)
    # pol.rss calls device 1 WAN; the published makefile's WAN is device 0.
    assert isinstance(verdict, Refuted if name == "pol" else Proved)


def test_assumptions_of_the_spec_restrict_packets_and_are_named():
    both_ends = text("P1.ipv4_src == P1'.ipv4_src && P1.ipv4_dst == P1'.ipv4_dst")
    found = judged(FOLDER / "single-path", both_ends + "assume P1.ipv4_dst == 1.2.3.4\n")
    assert isinstance(found, Proved) and Assumed.ASSUMPTIONS in found.assumed
    found = judged(FOLDER / "single-path", text() + "assume P1.l4_dst == 80\n")
    assert isinstance(found, Refuted)
    for party in (found.first, found.second):
        packet = party.landing.packet
        assert packet.value("tcp_dst" if packet.packet_class == "ipv4-tcp" else "udp_dst") == 80


def pair(first: str, second: str, *requirements: str) -> str:
    """Two ports with these items."""
    both = enumerate((first, second))
    stated = [f"port P{n} {{ device {n}  traffic {L4}  {items} }}\n" for n, items in both]
    return "".join(stated) + "".join(f"require {each}\n" for each in requirements)


HASHED = f"queues 16  hash {L4}  nic "
SESSIONS = EXPECTED["symmetric"].requirements
OTHERS = {
    "xor of both ends": ("fw", HASHED + "intel-x710  function symmetric-xor", (REVERSED,)),
    "sorted ends": ("fw", HASHED + "nvidia-connectx5  function symmetric-sort", (REVERSED,)),
    "or and xor of both ends": ("fw", HASHED + "nvidia-connectx5  function symmetric-or-xor", (REVERSED,)),
    "xor of both ends on one port": ("symmetric", HASHED + "intel-x710  function symmetric-xor", SESSIONS),
    "a function that no one chooses": ("symmetric", HASHED + "aws-ena", SESSIONS),
    "bytes of the hash added up": ("fw", HASHED + "marvell-cnxk", (REVERSED,)),
    "a remainder of the hash": ("fw", f"queues 12  hash {L4}  nic linux-tap", (REVERSED,)),
}


@pytest.mark.parametrize("kind", OTHERS)
def test_other_hashes_and_indices(kind):
    name, items, requirements = OTHERS[kind]
    assert isinstance(judged(FOLDER / name, pair(items, items, *requirements)), Proved)
    wrong = pair(items, items)
    found = judged(FOLDER / name, wrong)
    assert isinstance(found, Refuted)
    replayed(found, wrong)


def test_an_xor_of_words_is_no_keys_to_choose_and_is_refuted():
    items = HASHED + "intel-x710  function simple-xor"
    assert isinstance(judged(FOLDER / "sbridge", pair(items, items)), Proved)
    wrong = pair(items, items)
    found = judged(FOLDER / "fw", wrong)
    assert isinstance(found, Refuted)
    replayed(found, wrong)


def test_tables_of_different_sizes_agree_if_the_larger_repeats_the_smaller():
    small, large = HASHED + "intel-82599", HASHED + "intel-x710"
    assert isinstance(judged(FOLDER / "fw", pair(small, large, REVERSED)), Proved)
    # An index by the high bits of the hash and one by the low bits have nothing in common.
    apart = pair(HASHED + "linux-tap", large, REVERSED)
    found = judged(FOLDER / "fw", apart)
    assert isinstance(found, Refuted)
    replayed(found, apart)


@pytest.mark.parametrize("name", ["pol", "psd", "fw"])
def test_what_is_hashed_by_its_inside_is_parted_by_what_the_function_reads_outside(name):
    items = "queues 16  nic broadcom-bnxt  hash vxlan-ipv4-tcp"
    inside = pair(items, items).replace(f"traffic {L4}", "traffic vxlan-ipv4-tcp")
    found = judged(FOLDER / name, inside)
    assert isinstance(found, Refuted)
    assert {found.first.landing.packet.packet_class} == {"vxlan-ipv4-tcp"}
    replayed(found, inside)


def test_one_queue_needs_no_keys():
    assert isinstance(judged(FOLDER / "bridge", text(queues=1)), Proved)


def test_a_device_that_no_port_has_is_an_error():
    with pytest.raises(RssError) as caught:
        judged(FOLDER / "fw", text(count=1))
    assert {each.rule.code for each in caught.value.diagnostics} == {"RSS445"}


def test_the_solver_can_give_up():
    assert isinstance(judged(FOLDER / "cl", RIGHT["cl"], limit=1), Undecided)


@pytest.mark.parametrize("name, leaves", [("nat", True), ("nat-options", True), ("fw", False)])
def test_a_verdict_says_where_indices_leave_in_packets(name, leaves):
    """Two cores can give out one external port."""
    paths, pool = accesses(FOLDER / name)
    found = prove(paths, *keys_for(text(*EXPECTED[name].requirements)), pool)
    assert isinstance(found, Proved) and (Assumed.NUMBERS in found.assumed) is leaves
