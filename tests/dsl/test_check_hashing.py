"""Switches and field sets: against a brute-force reading of the profile, and on NICs that differ."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain, combinations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rss_dsl.check import check, ports
from rss_dsl.check.fragments import at_start
from rss_dsl.check.switches import at_start_up, offered, select
from rss_dsl.loading import loads
from rss_dsl.nic import Evidence, Fact, FieldSet, KeyWrap, Scope, Switch, Via, concrete
from rss_dsl.nics import catalogue, find
from rss_dsl.problem import Only

PAIR = ("ipv4_src", "ipv4_dst")
FULL = (*PAIR, "l4_src", "l4_dst")


def hashed(text: str):
    result = check(loads(f"port P {{ {text}  queues 4 }}"))
    assert result.problem is not None, result.diagnostics
    (port,) = result.problem.ports
    return {i.packet_class: i.fields for i in port.inputs}, [switch.flag for switch, _ in port.switches]


def test_usual_fields():
    inputs, flags = hashed("nic intel-x710  hash ipv4-udp, ipv4-tcp")
    assert inputs == {
        "ipv4-tcp": ("ipv4_src", "ipv4_dst", "tcp_src", "tcp_dst"),
        "ipv4-udp": ("ipv4_src", "ipv4_dst", "udp_src", "udp_dst"),
    }
    assert list(inputs) == ["ipv4-tcp", "ipv4-udp"]
    assert flags == ["RTE_ETH_RSS_NONFRAG_IPV4_TCP", "RTE_ETH_RSS_NONFRAG_IPV4_UDP"]


def test_generic_names_and_any_order_of_fields():
    inputs, _ = hashed("nic generic  hash ipv4-tcp (l4_dst, ip_dst, tcp_src, ipv4_src)")
    assert inputs == {"ipv4-tcp": ("ipv4_src", "ipv4_dst", "tcp_src", "tcp_dst")}


def test_the_most_specific_switch_governs():
    inputs, flags = hashed("nic intel-82599  hash ipv4-tcp, ipv4-other")
    assert inputs["ipv4-tcp"] == ("ipv4_src", "ipv4_dst", "tcp_src", "tcp_dst")
    assert inputs["ipv4-other"] == inputs["ipv4-udp"] == PAIR
    assert flags == ["RTE_ETH_RSS_NONFRAG_IPV4_TCP", "RTE_ETH_RSS_IPV4"]


def test_a_switch_left_off_gives_the_class_to_the_wider_one():
    inputs, flags = hashed("nic intel-82599  hash ipv4-tcp (ipv4_src, ipv4_dst)")
    assert inputs["ipv4-tcp"] == PAIR
    assert flags == ["RTE_ETH_RSS_IPV4"]


def test_modifier_flags_hold_for_the_whole_port():
    inputs, _ = hashed("nic mlx5  hash ipv4-tcp (ipv4_src, tcp_src), ipv4-udp (ipv4_src, udp_src)")
    assert inputs == {"ipv4-tcp": ("ipv4_src", "tcp_src"), "ipv4-udp": ("ipv4_src", "udp_src")}
    result = check(loads("port P { nic mlx5  hash ipv4-tcp (ipv4_src, tcp_src), ipv4-udp  queues 4 }"))
    assert [d.rule.code for d in result.diagnostics] == ["RSS217"]
    assert result.problem is not None
    assert result.problem.ports[0].inputs[1].fields == ("ipv4_src", "udp_src")


def test_auto_leaves_it_open():
    for text in ("nic intel-x710  hash auto", "nic intel-x710"):
        assert hashed(text) == ({}, [])
    result = check(loads("port P { nic intel-x710  hash auto  queues 4 }"))
    assert result.problem is not None
    assert result.problem.ports[0].auto


CLASSES = ("ipv4-tcp", "ipv4-udp", "ipv4-other")
field_sets = st.sampled_from(
    [
        FieldSet(FULL),
        FieldSet(PAIR),
        FieldSet(("ipv4_src",), flags=("SRC",)),
        FieldSet(("ipv4_dst",), flags=("DST",)),
        FieldSet(("ipv4_dst",), via=Via.FLOW),
    ]
)
switches = st.builds(
    Switch,
    flag=st.sampled_from(["A", "B", "C", "D"]),
    classes=st.lists(st.sampled_from(CLASSES), min_size=1, unique=True).map(tuple),
    field_sets=st.lists(field_sets, min_size=1, max_size=3, unique=True).map(tuple),
)
profiles = st.lists(switches, min_size=1, max_size=4, unique_by=lambda s: s.flag).map(
    lambda found: replace(catalogue()["generic"], switches=tuple(found))
)
wishes = st.dictionaries(
    st.sampled_from(CLASSES), st.sampled_from([None, PAIR, ("ipv4_src",), ("ipv4_dst",)]), min_size=1
)


def configurations(profile):
    """What is hashed, by definition, for every set of enabled switches with consistent field sets."""
    indices = range(len(profile.switches))
    for on in chain.from_iterable(combinations(indices, n) for n in indices):
        yield from _with(profile, on)
    yield from _with(profile, tuple(indices))


def _with(profile, on):
    chosen = [profile.switches[i] for i in on]
    for sets in product(*(range(len(s.field_sets)) for s in chosen)):
        used = [s.field_sets[i] for s, i in zip(chosen, sets, strict=True)]
        world = {flag for f in used for flag in f.flags}
        known = [{flag for f in s.field_sets if f.via is Via.START for flag in f.flags} for s in chosen]
        consistent = all(set(f.flags) == world & k for f, k in zip(used, known, strict=True))
        if consistent and all(f.via is Via.START for f in used):
            hashed = {}
            for switch, field_set in zip(chosen, used, strict=True):
                for name in switch.classes:
                    hashed.setdefault(name, concrete(field_set, name))
            yield hashed


@settings(max_examples=150)
@given(profiles, wishes)
def test_selection_is_sound_and_has_fewest_extra_classes(profile, wanted):
    possible = [
        hashed
        for hashed in configurations(profile)
        if all(name in hashed and fields in (None, hashed[name]) for name, fields in wanted.items())
    ]
    found = at_start_up(profile, wanted)
    if found is None:
        # The one world not tried joins modifier flags that no field set has together.
        assert not [h for h in possible if not _joined(profile, h)]
        return
    hashed = {i.packet_class: i.fields for i in found.inputs}
    assert hashed in possible
    usual = {n: offered(profile, n, Via.START)[0] for n, f in wanted.items() if f is None}
    unusual = [sum(h[n] != f for n, f in usual.items()) for h in possible if not _joined(profile, h)]
    mine = sum(hashed[n] != f for n, f in usual.items())
    assert mine <= min(unusual, default=mine)
    equal = [
        len(h)
        for h in possible
        if sum(h[n] != f for n, f in usual.items()) == mine and not _joined(profile, h)
    ]
    assert len(hashed) <= min(equal, default=len(hashed))


def _joined(profile, hashed):
    """Whether it needs both SRC and DST flags: sets that differ so between switches."""
    return {("ipv4_src",), ("ipv4_dst",)} <= set(hashed.values())


@pytest.mark.parametrize("name", sorted(catalogue()))
def test_every_nic_hashes_every_class_it_offers(name):
    profile = catalogue()[name]
    for packet_class in at_start(profile):
        for fields in offered(profile, packet_class, Via.START):
            found = select(profile, {packet_class: fields})
            assert found is not None
            assert {i.packet_class: i.fields for i in found.inputs}[packet_class] == fields


# --- fragments --------------------------------------------------------------------------------------


def test_fragments_are_hashed_and_tied_where_flows_cannot_be_narrowed():
    result = check(loads("port P { nic intel-x710  hash ipv4-tcp  queues 4  fragments same-as-flow }"))
    assert result.problem is not None
    (port,), (requirement,), (line,) = result.problem.ports, result.problem.requirements, result.problem.lines
    assert {i.packet_class: len(i.fields) for i in port.inputs} == {"ipv4-tcp": 4, "ipv4-frag": 2}
    assert requirement.only == Only(frozenset({"ipv4-frag"}), frozenset({"ipv4-tcp"}))
    assert (requirement.first, requirement.second, requirement.line) == (0, 0, 0)
    assert line.label == "fragments of P"
    assert {part.left.field for part in requirement.condition.parts} == {"ipv4_src", "ipv4_dst"}


def test_fragments_narrow_flows_where_the_nic_can():
    text = "port P { nic generic  hash ipv4-tcp, ipv6-udp  queues 4  fragments same-as-flow }"
    result = check(loads(text))
    assert result.problem is not None
    inputs = {i.packet_class: i.fields for i in result.problem.ports[0].inputs}
    assert inputs["ipv4-tcp"] == inputs["ipv4-frag"] == PAIR
    assert inputs["ipv6-udp"] == inputs["ipv6-frag"] == ("ipv6_src", "ipv6_dst")
    assert len(result.problem.requirements) == 2
    assert "RSS216" in {d.rule.code for d in result.diagnostics}


# --- what no NIC of the catalogue does, or not yet -----------------------------------------------------


@pytest.fixture
def nic(monkeypatch):
    """Puts a variant of the generic NIC into the catalogue, as `special`."""

    def put(**changes):
        facts = {
            key: value if key == "switches" else Fact(value, "made up", Evidence.INFERRED)
            for key, value in changes.items()
        }
        special = replace(catalogue()["generic"], name="special", **facts)
        monkeypatch.setattr(ports, "find", lambda name: special if name == "special" else find(name))

    return put


def codes(text: str) -> list[str]:
    return [d.rule.code for d in check(loads(text)).diagnostics]


def test_key_too_short_for_an_input(nic):
    text = "port P { nic special  hash ipv6-tcp  queues 4 }"
    for wrap in KeyWrap:
        nic(key_bytes=39, key_wrap=wrap)
        assert codes(text) == ["RSS207"]
    nic(key_bytes=40, key_wrap=KeyWrap.REJECT)
    assert codes(text) == []


def test_adapter_with_one_field_set_per_class(nic):
    nic(field_set_scope=Scope.ADAPTER)
    one = "port A { nic special  adapter X  hash ipv4-tcp (ipv4_src, ipv4_dst)  traffic ipv4-tcp  queues 4 }"
    two = "port B { nic special  adapter X  hash ipv4-tcp  queues 4 }"
    result = check(loads(f"{one}\n{two}"))
    (found,) = [d for d in result.diagnostics if d.rule.code == "RSS208"]
    assert (found.span.line, found.related[0].span.line) == (2, 1)
    assert "RSS208" not in codes(one + two.replace("adapter X", "adapter Y"))
    assert "RSS208" not in codes(f"{two}\n{two.replace('port B', 'port C')}")


def test_keys_shared_by_an_adapter():
    ports = "".join(f"port {n} {{ nic cxgbe  adapter X  hash ipv4-tcp  queues 4 }}" for n in "ABC")
    result = check(loads(ports + "require A.ipv4_src == B.ipv4_src"))
    assert result.problem is not None
    shared = result.problem.shared_keys
    assert [(s.line, s.first, s.second) for s in shared] == [(1, 0, 1), (1, 0, 2)]
    assert result.problem.lines[1].label == "adapter X"
    apart = check(loads(ports.replace("adapter X", "")))
    assert apart.problem is not None
    assert apart.problem.shared_keys == ()


def test_keys_shared_by_a_host():
    result = check(loads("ports P[2] { nic freebsd-rss  hash ipv4-tcp  queues 4 }"))
    assert result.problem is not None
    assert [(s.first, s.second) for s in result.problem.shared_keys] == [(0, 1)]
    assert result.problem.lines[0].label == "host key of freebsd-rss"
