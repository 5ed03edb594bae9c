"""Inferred specs: what every description is expected to need, nothing lost on the way, and reasons."""

import re
from dataclasses import replace
from random import Random

import pytest
from inferring import SPECS, freedom, inferred, ports_of, problem_of, with_requirements
from published import origin, with_published

from generate.catalogue import descriptions
from generate.describe import NetworkFunction, Sharded
from generate.harness import explore
from generate.layouts import ADDRESS
from generate.libvig.chains import dchain_free_index, expire_items_single_map
from generate.packets import ethernet, ipv4, options, ports
from generate.tables import increment, table
from rss_callpaths.accesses.analyse import analyse
from rss_callpaths.files.memory import Memory
from rss_callpaths.files.printer import print_path
from rss_callpaths.files.reader import read, read_text
from rss_callpaths.infer import Options, infer
from rss_callpaths.infer.results import identity
from rss_callpaths.library.file import vigor
from rss_callpaths.terms import Pool
from rss_dsl.format import format_spec
from rss_dsl.loading import loads
from rss_solver.proof import Proof, verify
from rss_solver.solve import Solved, solve

DESCRIBED = {nf.name: nf.expected for nf in descriptions()}
SHARDED = sorted(name for name, expected in DESCRIBED.items() if isinstance(expected, Sharded))
REFUSED = {
    "bridge": ("RSS423",),
    "bypass-rewrites": ("RSS425",),
    "bypass-two-vectors": ("RSS426",),
    "every-100th": ("RSS420",),
    "foreign-index": ("RSS422",),
    "gallium-nat": ("RSS422", "RSS420"),
    "groups": ("RSS422",),
    "lb": ("RSS422", "RSS421"),
    "listing-2-2": ("RSS426",),
    "listing-3-3": ("RSS422",),
    "mac-and-ip": ("RSS423",),
    "mixed-cells": ("RSS420",),
    "nat-by-remote": ("RSS422",),
    "nat-rejuvenates-first": ("RSS424",),
    "scanned-vector": ("RSS422",),
    "stored-index": ("RSS422",),
    "table-size": ("RSS421",),
}


@pytest.mark.parametrize("folder", with_published(SHARDED), ids=origin)
def test_exactly_what_is_expected_has_to_meet(folder):
    """Ours, the expected requirements, and both together leave the same keys."""
    expected = DESCRIBED[folder.name]
    _, found = inferred(folder)
    assert found.spec is not None, found.findings
    ports = ports_of(found.text)
    ours = problem_of(found.text)
    theirs = problem_of(with_requirements(ports, expected.requirements))
    both = problem_of(with_requirements(found.text, expected.requirements))
    for mode in ("hash", "index"):
        assert freedom(ours, mode) == freedom(theirs, mode) == freedom(both, mode)


@pytest.mark.parametrize("name", SHARDED)
def test_keys_exist_and_are_proved(name):
    _, found = inferred(SPECS / name)
    problem = problem_of(found.text)
    outcome = solve(problem)
    assert isinstance(outcome, Solved)
    assert isinstance(verify(problem, outcome.solution), Proof)


SURVEYED = {
    "nop": True,
    "fwd": True,
    "adder": True,
    "resize": True,
    "pol": True,
    "sbridge": True,
    "bridge": False,
    "fw": True,
    "lb": False,
    "nat": True,
    "psd": True,
    "cl": True,
    "hhh": True,
    "gallium-fw": True,
    "gallium-lb": True,
    "gallium-nat": False,
    "gallium-proxy": True,
}
"""The network functions of the survey of published results, and whether state can be split."""


def test_every_surveyed_function_is_described():
    described = {name: isinstance(DESCRIBED.get(name), Sharded) for name in SURVEYED}
    assert described == SURVEYED
    stateless = {"nop", "fwd", "adder", "resize", "sbridge", "gallium-fw", "gallium-proxy"}
    assert stateless == {name for name in SURVEYED if DESCRIBED[name] == Sharded()}


def test_every_refusal_is_expected():
    assert sorted(REFUSED) == sorted(set(DESCRIBED) - set(SHARDED))


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_refused_for_the_right_reason(name):
    _, found = inferred(SPECS / name)
    assert found.spec is None
    assert found.text == ""
    assert tuple(refusal.reason.rule.code for refusal in found.refusals) == REFUSED[name]
    for refusal in found.refusals:
        assert refusal.first.mutates or refusal.second.mutates or REFUSED[name] == ("RSS425",)
        places = {refusal.reason.span, *(label.span for label in refusal.reason.related)}
        for access in (refusal.first, refusal.second):
            assert access.path in {place.source.path for place in places}
            assert access.file_line in {place.source.position(place.start)[0] for place in places}
        assert "locks" in refusal.reason.help


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_clash_names_both_calls_and_what_is_between_them(name):
    _, found = inferred(SPECS / name)
    for refusal in found.refusals:
        told = " ".join([refusal.reason.message, *(label.message for label in refusal.reason.related)])
        shown = {f"`{a.name}` (line {a.source_line})" for a in (refusal.first, refusal.second)}
        if refusal.reason.rule.code in ("RSS420", "RSS421", "RSS422", "RSS423"):
            assert all(call in told for call in shown)
            assert f"`{refusal.first.object.name}`" in refusal.reason.message


def test_without_a_key_every_condition_is_there_with_the_calls_it_is_for():
    _, found = inferred(SPECS / "listing-2-2")
    (refusal,) = found.refusals
    conditions = "P0.l4_dst == P1.l4_src", "P0.l4_src == P1.l4_dst"
    assert all(f"where `{condition}`" in refusal.reason.message for condition in conditions)
    for label, condition in zip(refusal.reason.related, conditions, strict=True):
        assert (
            label.message == f"`{condition}`: `map_get` (line 27) depends on what `map_put` (line 26) changes"
        )


@pytest.mark.parametrize("name", ["bridge", "mixed-cells", "nat-rejuvenates-first"])
def test_cores_may_share_where_the_user_says_so(name):
    _, refused = inferred(SPECS / name)
    _, found = inferred(SPECS / name, Options(shared=True))
    assert [d.rule.code for d in found.findings] == ["RSS429"] * len(refused.refusals)
    assert [_identities(each) for each in found.refusals] == [_identities(each) for each in refused.refusals]
    problem = problem_of(found.text)
    assert not problem.requirements
    assert isinstance(solve(problem), Solved)


def _identities(refusal):
    return identity(refusal.first), identity(refusal.second)


def test_what_can_be_sharded_is_not_shared():
    assert inferred(SPECS / "fw", Options(shared=True))[1].text == inferred(SPECS / "fw")[1].text


@pytest.mark.parametrize("name", sorted(DESCRIBED))
def test_every_access_is_accounted_for(name):
    accesses, found = inferred(SPECS / name)
    every = {identity(a) for path in accesses.paths for a in (*path.setup, *path.accesses)}
    used = {identity(a) for each in found.requirements for a in each.accesses}
    refused = {identity(a) for each in found.refusals for a in (each.first, each.second)}
    ignored = [identity(each.access) for each in found.ignored]
    assert used | refused | set(ignored) == every
    assert len(ignored) == len(set(ignored))
    assert not set(ignored) & (used | refused)


@pytest.mark.parametrize("name", SHARDED)
def test_the_text_is_as_the_formatter_writes_it(name):
    _, found = inferred(SPECS / name)
    assert format_spec(loads(found.text)) == found.text
    assert loads(found.text) == found.spec


@pytest.mark.parametrize("name", ["fw", "nat", "hhh", "two-maps"])
def test_the_order_of_files_does_not_matter(name):
    pool = Pool()
    paths, _ = read([SPECS / name], pool)
    Random(4).shuffle(paths)
    assert infer(analyse(paths, vigor(), pool), pool).text == inferred(SPECS / name)[1].text


@pytest.mark.parametrize("name", ["fw", "nat", "hhh", "two-maps", "listing-3-1"])
def test_where_files_are_numbered_anew_only_lines_that_name_them_change(name):
    pool = Pool()
    paths, _ = read([SPECS / name], pool)
    numbers = Random(5).sample(range(2000), len(paths))
    anew = [
        replace(path, name=f"test{number:06}.call_path") for path, number in zip(paths, numbers, strict=True)
    ]
    found = infer(analyse(sorted(anew, key=lambda path: path.name), vigor(), pool), pool)
    before, after = inferred(SPECS / name)[1].text, found.text
    assert before != after
    assert _without_files(before) == _without_files(after)


def _without_files(text):
    return re.sub(r"^// in .*\n(//   .*\n)*", "", text, flags=re.MULTILINE)


def test_a_firewall_reads_like_this():
    _, found = inferred(SPECS / "fw", Options("intel-e810", 8, ((0, "LAN"), (1, "WAN"))))
    assert (
        found.text
        == """\
port LAN { device 0  nic intel-e810  hash ipv4-tcp, ipv4-udp  queues 8  traffic ipv4-tcp, ipv4-udp }
port WAN { device 1  nic intel-e810  hash ipv4-tcp, ipv4-udp  queues 8  traffic ipv4-tcp, ipv4-udp }

// fm: map_get (lines 44, 52), map_put (line 57)
// in test000003 - test000005, test000009, test000010
require fm: LAN.ipv4_src == WAN.ipv4_dst && LAN.ipv4_dst == WAN.ipv4_src && LAN.l4_src == WAN.l4_dst
         && LAN.l4_dst == WAN.l4_src
"""
    )


def test_the_refresh_to_move_is_named():
    _, found = inferred(SPECS / "nat-rejuvenates-first")
    (refusal,) = found.refusals
    assert refusal.first.name == "dchain_is_index_allocated"
    assert refusal.second.name == "dchain_rejuvenate_index"
    assert refusal.first.object.name == refusal.second.object.name == "heap"
    assert f"move `{refusal.second.name}` (line {refusal.second.source_line}) behind" in refusal.reason.help


def test_fragments_that_reach_state_are_found():
    _, found = inferred(SPECS / "fw")
    assert [d.rule.code for d in found.findings] == ["RSS427", "RSS427"]
    assert "`ipv4-frag`" in found.findings[0].message
    assert "`fm`" in found.findings[0].message


@pytest.mark.parametrize("name", ["whole-packets", "hub", "dual-stack", "vlan-hosts"])
def test_nothing_is_left_out_where_every_packet_has_its_fields(name):
    accesses, found = inferred(SPECS / name)
    assert found.findings == ()
    (port,) = {a.in_ports for each in found.requirements for a in each.accesses}
    steered = set(ports_of(found.text).split("traffic")[1].split("}")[0].replace(",", " ").split())
    used = {a.path for each in found.requirements for a in each.accesses}
    reaching = [path for path in accesses.paths if path.path.name in used]
    assert steered == {reading.packet_class for path in reaching for reading in path.readings}
    assert port == (0,)


def test_classes_whose_keys_are_hashed_are_steered_whatever_they_carry():
    _, found = inferred(SPECS / "any-ipv4")
    assert "traffic ipv4-tcp, ipv4-udp, ipv4-sctp, ipv4-frag, ipv4-other, ipv4-esp" in found.text
    assert found.findings == ()


def test_without_packets_nothing_is_inferred():
    pool = Pool()
    paths, _ = read([SPECS / "nop"], pool)
    accesses = analyse(paths, vigor(), pool)
    idle = analyse([p.path for p in accesses.paths if not p.in_ports], vigor(), pool)
    found = infer(idle, pool)
    assert [d.rule.code for d in found.findings] == ["RSS428"]
    assert found.spec is None


def test_an_unknown_nic_is_an_error():
    accesses, _ = inferred(SPECS / "nop")
    with pytest.raises(ValueError, match="no-such-nic"):
        infer(accesses, Pool(), Options("no-such-nic"))


SERVICE = table("service", ADDRESS)


def count_service(run, first, last, skips_options=True):
    """Counts the sources of packets to some ports, from device 0."""
    ip = ipv4(run, ethernet(run))
    if ip is None or run.device == 1:
        return run.device
    if skips_options:
        options(run, ip)
    if (l4 := ports(run, ip)) is None:
        return run.device
    port = l4["dst_port"].swapped()
    if run.branch(port < first) or run.branch(run.number(last, 16) < port):
        return 1
    SERVICE.count(run, ADDRESS.holds(addr=ip["src_addr"]))
    return 1


@pytest.mark.parametrize(
    ("first", "last", "condition"),
    [
        (53, 53, "P0.l4_dst == 53"),
        (1024, 2047, "P0.l4_dst in 1024..2047"),
        (0, 1023, "P0.l4_dst <= 1023"),
        (1024, 65535, "P0.l4_dst >= 1024"),
        (0, 65535, None),
    ],
)
def test_what_all_packets_that_reach_state_have_in_common_is_assumed(first, last, condition):
    found = inferred_from(lambda run: count_service(run, first, last))
    lines = [line for line in found.text.splitlines() if line.startswith("assume")]
    assert lines == ([f"assume {condition}"] if condition else [])
    assert "P0.ipv4_src == P0'.ipv4_src" in found.text


def test_nothing_is_assumed_of_ports_that_may_be_options():
    found = inferred_from(lambda run: count_service(run, 53, 53, skips_options=False))
    assert "assume" not in found.text


def inferred_from(process):
    nf = NetworkFunction("service", process, Sharded(), state=SERVICE.state)
    pool = Pool()
    memory = Memory(pool)
    paths = [read_text(print_path(path), path.name, memory)[0] for path in explore(nf)]
    return infer(analyse(paths, vigor(), pool), pool)


def test_freeing_an_index_whose_key_stays_proves_no_ownership():
    def process(run):
        ip = ipv4(run, ethernet(run))
        if ip is None or run.device == 1:
            return run.device
        key = ADDRESS.holds(addr=ip["src_addr"])
        index = SERVICE.find(run, key)
        if index is None:
            index = SERVICE.add(run, key)
        elif run.branch(ip["type_of_service"].equals(1)):
            dchain_free_index(run, SERVICE.ages, index)
            return 1
        if index is not None:
            increment(run, SERVICE.counters, index)
        return 1

    found = inferred_from(process)
    assert {refusal.reason.rule.code for refusal in found.refusals} <= {"RSS421", "RSS422"}
    labels = [label.message for refusal in found.refusals for label in refusal.reason.related]
    assert any("its key stays in `service`" in label for label in labels)


def test_expiry_by_a_vector_that_does_not_hold_the_keys_proves_no_ownership():
    def process(run):
        ip = ipv4(run, ethernet(run))
        if ip is None or run.device == 1:
            return run.device
        expire_items_single_map(run, SERVICE.ages, SERVICE.counters, SERVICE.entries, 10**9)
        SERVICE.count(run, ADDRESS.holds(addr=ip["src_addr"]))
        return 1

    found = inferred_from(process)
    assert found.spec is None
    labels = [label.message for refusal in found.refusals for label in refusal.reason.related]
    assert any("`service_counters`" in label for label in labels)
