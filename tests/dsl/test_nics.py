from __future__ import annotations

import re

import pytest

from rss_dsl.fields import packet_classes
from rss_dsl.nic import (
    Evidence,
    Function,
    Index,
    KeyOrder,
    KeyWrap,
    NicProfile,
    Scope,
    Via,
    concrete,
    input_bits,
)
from rss_dsl.nics import catalogue, find
from rss_dsl.nics.switches import exclusive, narrowed
from rss_solver.toeplitz import HASH_BITS

PROFILES = list(catalogue().values())
each = pytest.mark.parametrize("profile", PROFILES, ids=lambda p: p.name)


def profile(name: str) -> NicProfile:
    found = find(name)
    assert found is not None, name
    return found


def sets(name: str, packet_class: str, via: Via | None = None) -> set[tuple[str, ...]]:
    return {
        concrete(field_set, packet_class)
        for switch in profile(name).switches
        if packet_class in switch.classes
        for field_set in switch.field_sets
        if via is None or field_set.via is via
    }


def test_names_and_aliases_are_unique_and_find_their_profile() -> None:
    names = [name for p in PROFILES for name in (p.name, *p.aliases)]
    assert len(names) == len(set(names))
    assert all(find(name) is p for p in PROFILES for name in (p.name, *p.aliases))
    assert find("intel-x71") is None


@each
def test_name_is_kebab_case(profile: NicProfile) -> None:
    assert all(re.fullmatch(r"[a-z0-9]+([-_][a-z0-9]+)*", name) for name in (profile.name, *profile.aliases))
    assert profile.title and profile.driver


@each
def test_every_fact_and_quirk_has_a_source(profile: NicProfile) -> None:
    facts = dict(profile.facts())
    assert len(facts) == (20 if profile.table_per_queue else 19)
    assert all(fact.source.strip() for fact in facts.values())
    assert all(q.source.strip() and q.text.strip() and not q.text.endswith(".") for q in profile.quirks)


@each
def test_nothing_claims_to_be_verified_on_hardware(profile: NicProfile) -> None:
    assert all(fact.evidence is not Evidence.HARDWARE for _, fact in profile.facts())


@each
def test_switches_name_known_classes_and_their_fields(profile: NicProfile) -> None:
    assert profile.switches
    for switch in profile.switches:
        assert len(set(switch.classes)) == len(switch.classes) > 0
        for field_set in switch.field_sets:
            inputs = {name: concrete(field_set, name) for name in switch.classes}
            assert all(inputs.values()), (switch.flag, inputs)
            reached = {
                f for name in switch.classes for f in field_set.fields if packet_classes()[name].canonical(f)
            }
            assert reached == set(field_set.fields), (switch.flag, field_set)


@pytest.mark.parametrize("profile", [p for p in PROFILES if p.toeplitz.value], ids=lambda p: p.name)
def test_key_covers_every_hash_input(profile: NicProfile) -> None:
    beyond = {
        name
        for switch in profile.switches
        for field_set in switch.field_sets
        for name in switch.classes
        if input_bits(concrete(field_set, name)) + HASH_BITS - 1 > 8 * profile.key_bytes.value
    }
    assert beyond == ({"ipv6-sctp"} if profile.name == "hisilicon-hns3" else set())


@each
def test_no_field_set_asks_for_both_only_flags_of_a_layer(profile: NicProfile) -> None:
    for switch in profile.switches:
        for field_set in switch.field_sets:
            layers = [flag.split("_")[3] for flag in field_set.flags if flag.endswith("_ONLY")]
            assert len(layers) == len(set(layers))


@each
def test_numbers_are_usable(profile: NicProfile) -> None:
    sizes = profile.table_sizes.value
    assert all(size & (size - 1) == 0 for size in sizes)
    assert len(set(sizes)) == len(sizes)
    assert bool(sizes) or not profile.table_settable.value
    assert profile.max_queues.value is None or profile.max_queues.value > 0
    assert profile.default_table(8) > 0
    assert 0 <= profile.hash_init.value < 1 << HASH_BITS
    assert profile.functions.value


@each
def test_flow_types_are_those_ethtool_knows(profile: NicProfile) -> None:
    known = {f"{kind}{v}" for kind in ("tcp", "udp", "sctp", "esp", "ah") for v in "46"}
    for switch in profile.switches:
        if switch.ethtool is not None:
            assert switch.ethtool in known
            kind, version = switch.ethtool[:-1], switch.ethtool[-1]
            assert switch.classes == (f"ipv{version}-{kind}",)


NUMBERS = {
    "generic": (40, (128,), None),
    "intel-x710": (52, (512,), 64),
    "intel-x710-vf": (52, (64,), 16),
    "intel-e810": (52, (512, 128, 2048), 256),
    "intel-iavf": (52, (64, 512), 256),
    "intel-82599": (40, (128,), 16),
    "intel-82599-vf": (40, (128,), 4),
    "intel-x550": (40, (512,), 63),
    "intel-x550-vf": (40, (64,), 4),
    "intel-i350": (40, (128,), 8),
    "intel-82576": (40, (128,), 16),
    "intel-i210": (40, (128,), 4),
    "intel-i211": (40, (128,), 2),
    "intel-i225": (40, (128,), 4),
    "nvidia-connectx5": (40, (512, 256, 128, 64, 32, 16, 8, 4, 2, 1), 512),
    "nvidia-connectx3": (40, (128,), None),
    "aws-ena": (40, (128,), 128),
    "aws-ena-fixed": (40, (128,), 128),
    "google-gve": (40, (128,), None),
    "azure-mana": (40, (64,), None),
    "hyperv-netvsc": (40, (128,), 64),
    "virtio-net": (40, (128,), 128),
    "vmware-vmxnet3": (40, (128, 64, 32, 16, 8, 4), 32),
    "pensando-ionic": (40, (128,), None),
    "broadcom-bnxt": (40, (128, 64, 256, 512), None),
    "chelsio-cxgbe": (40, (128,), None),
    "marvell-cnxk": (48, (64, 128, 256), None),
    "solarflare-sfc": (40, (128,), 64),
    "nxp-dpaa2": (0, (), None),
    "hisilicon-hns3": (40, (512, 1024, 2048), None),
    "cisco-enic": (40, (128,), None),
    "marvell-qede": (40, (128,), None),
    "netronome-nfp": (40, (128,), None),
    "aquantia-atlantic": (40, (64,), 8),
    "linux-tap": (40, (), 64),
    "linux-rps": (0, (), None),
    "freebsd-rss": (40, (128, 64, 32, 16, 8, 4, 2, 1), 64),
    "openbsd-stoeplitz": (40, (128,), None),
}


def test_the_table_of_numbers_is_the_catalogue() -> None:
    found = {p.name: (p.key_bytes.value, p.table_sizes.value, p.max_queues.value) for p in PROFILES}
    assert found == NUMBERS


@pytest.mark.parametrize(
    ("name", "parameter", "value"),
    [
        ("intel-x710", "field_set_scope", Scope.ADAPTER),
        ("intel-82599-vf", "key_scope", Scope.ADAPTER),
        ("intel-82599-vf", "key_settable", False),
        ("nvidia-connectx5", "key_scope", Scope.RULE),
        (
            "nvidia-connectx5",
            "functions",
            (Function.TOEPLITZ, Function.SYMMETRIC_SORT, Function.SYMMETRIC_OR_XOR),
        ),
        ("aws-ena", "key_order", KeyOrder.REVERSED),
        ("aws-ena", "key_wrap", KeyWrap.CIRCULAR),
        ("aws-ena-fixed", "hash_init", 0xFFFFFFFF),
        ("aws-ena-fixed", "key_settable", False),
        ("aws-ena-fixed", "readable", False),
        ("azure-mana", "table_settable", False),
        ("vmware-vmxnet3", "key_settable", False),
        ("chelsio-cxgbe", "key_scope", Scope.ADAPTER),
        ("chelsio-cxgbe", "key_order", KeyOrder.WORDS_REVERSED),
        ("broadcom-bnxt", "algorithm_settable", True),
        ("hisilicon-hns3", "algorithm_settable", True),
        ("intel-e810", "algorithm_settable", False),
        ("nxp-dpaa2", "toeplitz", False),
        ("nxp-dpaa2", "index", Index.MODULO),
        ("linux-rps", "index", Index.HIGH_BITS),
        ("linux-tap", "index", Index.HIGH_BITS),
        ("freebsd-rss", "key_settable", False),
    ],
)
def test_what_sets_a_nic_apart(name: str, parameter: str, value: object) -> None:
    assert dict(profile(name).facts())[parameter].value == value


FOUR = ("ipv4_src", "ipv4_dst", "tcp_src", "tcp_dst")
PAIR = ("ipv4_src", "ipv4_dst")


def test_x710_hashes_each_packet_type_by_its_own_flag() -> None:
    assert sets("intel-x710", "ipv4-tcp", Via.START) == {FOUR}
    assert ("ipv4_src",) in sets("intel-x710", "ipv4-tcp", Via.FLOW)
    assert ("tcp_src", "tcp_dst") in sets("intel-x710", "ipv4-tcp", Via.FLOW)
    assert PAIR in sets("intel-x710", "ipv4-tcp", Via.FLOW)
    ipv4 = [s for s in profile("intel-x710").switches if s.flag == "RTE_ETH_RSS_IPV4"]
    assert [s.classes for s in ipv4] == [("ipv4-other", "ipv4-esp")]
    assert sets("intel-x710", "l2") == {("ether_type",)}


def test_x710_always_hashes_the_sctp_verification_tag_of_the_usual_set() -> None:
    usual = sets("intel-x710", "ipv4-sctp", Via.START)
    assert usual == {("ipv4_src", "ipv4_dst", "sctp_src", "sctp_dst", "sctp_vtag")}
    assert sets("intel-e810", "ipv4-sctp", Via.START) == {
        ("ipv4_src", "ipv4_dst", "sctp_src", "sctp_dst"),
        PAIR,
    }


def test_ixgbe_hashes_sctp_and_fragments_with_the_rest_of_ipv4() -> None:
    switch = next(s for s in profile("intel-82599").switches if s.flag == "RTE_ETH_RSS_IPV4")
    kinds = ("tcp", "udp", "sctp", "frag", "other", "esp")
    assert switch.classes == tuple(f"ipv4-{kind}" for kind in kinds)
    flags = [s.flag for s in profile("intel-82599").switches]
    assert flags.index("RTE_ETH_RSS_NONFRAG_IPV4_TCP") < flags.index("RTE_ETH_RSS_IPV4")
    assert "ipv4-tcp" in switch.classes and sets("intel-82599", "ipv4-tcp") == {FOUR, PAIR}


def test_mlx5_narrows_fields_at_start_up_per_layer() -> None:
    assert ("ipv4_src", "tcp_src", "tcp_dst") in sets("nvidia-connectx5", "ipv4-tcp", Via.START)
    assert ("ipv4_dst", "tcp_src") in sets("nvidia-connectx5", "ipv4-tcp", Via.START)
    assert sets("nvidia-connectx5", "ipv4-sctp") == {PAIR, ("ipv4_src",), ("ipv4_dst",)}
    assert profile("nvidia-connectx5").default_table(8) == 8
    assert profile("nvidia-connectx5").default_table(12) == 512


def test_hns3_drops_the_layer_that_no_flag_names() -> None:
    assert ("ipv4_src",) in sets("hisilicon-hns3", "ipv4-tcp", Via.START)
    assert ("ipv4_src", "tcp_src", "tcp_dst") not in sets("hisilicon-hns3", "ipv4-tcp")


def test_inner_headers_of_tunnels() -> None:
    inner = ("inner.ipv4_src", "inner.ipv4_dst", "inner.tcp_src", "inner.tcp_dst")
    assert inner in sets("nvidia-connectx5", "vxlan-ipv4-tcp", Via.FLOW)
    assert inner in sets("broadcom-bnxt", "vxlan-ipv4-tcp", Via.START)
    assert ("inner.ipv4_src", "inner.ipv4_dst") in sets("intel-x710", "gtpu-ipv4-udp", Via.FLOW)
    assert ("gtpu_teid",) in sets("intel-e810", "gtpu-ipv4-udp")


def test_only_flags_say_which_end_is_kept() -> None:
    by_flags = {f.flags: f.fields for f in narrowed("ipv4", Via.START, ports=True)}
    assert by_flags["RTE_ETH_RSS_L4_DST_ONLY",] == ("ipv4_src", "ipv4_dst", "l4_dst")
    by_flags = {f.flags: f.fields for f in exclusive("ipv4", Via.FLOW, ports=True)}
    assert by_flags["RTE_ETH_RSS_L4_DST_ONLY",] == ("l4_dst",)
    assert by_flags["RTE_ETH_RSS_L3_SRC_ONLY", "RTE_ETH_RSS_L4_DST_ONLY"] == ("ipv4_src", "l4_dst")
    assert len(by_flags) == 8
