"""Intel with the DPDK drivers i40e, ice and iavf: packet types that are switched on one by one."""

from __future__ import annotations

from dataclasses import replace

from rss_dsl.nic import Evidence, FieldSet, Function, NicProfile, Scope, Switch, Via
from rss_dsl.nics.facts import BASE, code, doc, inferred, quirk, report
from rss_dsl.nics.switches import (
    EVERY,
    VERSIONS,
    addresses,
    by_mac,
    by_rule,
    inner,
    l4_switch,
    narrowed,
    nonfrag,
    pair_switch,
    tunnel_classes,
)

_I40E = "DPDK drivers/net/intel/i40e/i40e_ethdev.c"
_I40E_HASH = "DPDK drivers/net/intel/i40e/i40e_hash.c"
_ICE = "DPDK drivers/net/intel/ice/ice_ethdev.c"
_ICE_HASH = "DPDK drivers/net/intel/ice/ice_hash.c"
_IAVF = "DPDK drivers/net/intel/iavf/iavf.h"
_IAVF_HASH = "DPDK drivers/net/intel/iavf/iavf_hash.c"
_VF_GUIDE = "DPDK doc/guides/nics/intel_vf.rst"


def _i40e_version(version: str) -> tuple[Switch, ...]:
    l4 = [l4_switch(version, kind, by_rule(version, kind, ports_flag=True)) for kind in ("tcp", "udp")]
    vtag = ("sctp_vtag",)
    sctp = l4_switch(version, "sctp", by_rule(version, "sctp", vtag, ports_flag=True), vtag)
    ends = narrowed(version, Via.FLOW, ports=False)
    frag = pair_switch(f"RTE_ETH_RSS_FRAG_{version.upper()}", version, ("frag",), ends)
    other = pair_switch(nonfrag(version, "other"), version, ("other", "esp"), ends)
    return (*l4, sctp, frag, other)


def _i40e() -> tuple[Switch, ...]:
    found = [switch for version in VERSIONS for switch in _i40e_version(version)]
    found.append(pair_switch("RTE_ETH_RSS_IPV4", "ipv4", ("other", "esp")))
    found.append(Switch("RTE_ETH_RSS_L2_PAYLOAD", ("l2",), (FieldSet(("ether_type",)),)))
    for version in VERSIONS:
        pair = FieldSet(tuple(f"inner.{name}" for name in addresses(version)), Via.FLOW)
        found.append(Switch("RTE_ETH_RSS_GTPU", tunnel_classes(("gtpu",), version, EVERY), (pair,)))
    return tuple(found)


X710 = replace(
    BASE,
    name="intel-x710",
    title="Intel X710, XL710, XXV710, X722",
    driver="i40e",
    aliases=("i40e", "x710", "intel-xl710", "xl710", "intel-xxv710", "xxv710", "intel-x722", "x722"),
    key_bytes=code(52, f"{_I40E}:3896"),
    key_scope=code(Scope.PORT, f"{_I40E}: PFQF_HKEY is per physical function"),
    key_settable=code(True, f"{_I40E}: i40e_dev_rss_hash_update"),
    functions=code(
        (Function.TOEPLITZ, Function.SYMMETRIC_XOR, Function.SIMPLE_XOR),
        f"{_I40E_HASH}: SYMMETRIC_TOEPLITZ per pattern, SIMPLE_XOR for the card",
    ),
    table_sizes=code((512,), f"{_I40E}:3898 hash_lut_size"),
    table_settable=code(True, f"{_I40E}: i40e_dev_rss_reta_update"),
    max_queues=doc(64, "Suricata, high-performance configuration: 64 queues per X710 port"),
    default_queue=report(BASE.default_queue.value, "AltraMayor/gatekeeper#619, PcapPlusPlus#205"),
    field_set_scope=code(Scope.ADAPTER, f"{_I40E}: i40e_set_hash_inset writes global GLQF_HASH_INSET"),
    unselected=inferred(BASE.unselected.value, f"{_I40E}:128-202 input-set bits, most significant first"),
    switches=_i40e(),
    switches_source=code(
        "one packet type each, by start-up flags; narrower field sets by rte_flow",
        f"{_I40E_HASH}; drivers/net/intel/i40e/i40e_rxtx.c: i40e_set_default_pctype_table",
    ),
    quirks=(
        quirk(
            "there is no type for all of IPv4: RTE_ETH_RSS_IPV4 covers only packets that are "
            "neither TCP, UDP, "
            "SCTP nor fragments; without NONFRAG_IPV4_TCP, TCP goes to queue 0",
            "AltraMayor/gatekeeper#619, #152; DPDK drivers/net/intel/i40e/i40e_rxtx.c",
        ),
        quirk(
            "two ports of one card cannot hash different fields for the same packet type",
            f"{_I40E}: i40e_set_hash_inset",
        ),
        quirk(
            "SCTP includes the verification tag, which differs per direction, unless symmetric is on",
            _I40E_HASH,
        ),
        quirk(
            "in a rule, an L3 _ONLY flag without an L4 one drops the ports, an L4 one without an L3 "
            "one drops "
            "the addresses; SRC_ONLY with DST_ONLY of one layer drops the ports but keeps both addresses: "
            "never emit both",
            f"{_I40E_HASH}: i40e_hash_get_inset; Suricata util-dpdk-i40e.c",
        ),
        quirk(
            "a rule with a pattern takes no queue list and a key of 0 or 52 bytes; a queue-region rule must "
            "come first; support-multi-driver=1 forbids changes of function and input set",
            _I40E_HASH,
        ),
        quirk(
            "GTP-U by its inner packet needs the GTP profile (DDP), which decides what is hashed: "
            "taken to be "
            "the inner addresses; of the outer header only the destination address can be hashed",
            _I40E_HASH,
            Evidence.INFERRED,
        ),
        quirk(
            "Flow Director (ATR, ntuple) rules override RSS under the kernel driver: see that there are none",
            "stackpath/rxtxcpu README",
            Evidence.REPORT,
        ),
    ),
)

X710_VF = replace(
    X710,
    name="intel-x710-vf",
    title="Intel X710 virtual function",
    driver="iavf",
    aliases=("x710-vf", "i40e-vf", "i40evf"),
    table_sizes=code((64,), "DPDK drivers/net/intel/i40e/i40e_vf_representor.c:45"),
    max_queues=code(16, f"{_IAVF}: IAVF_MAX_NUM_QUEUES_DFLT"),
    field_set_scope=inferred(Scope.FIXED, "the physical function owns the card's input sets"),
    switches=tuple(
        replace(switch, field_sets=switch.field_sets[:1])
        for switch in X710.switches
        if switch.flag != "RTE_ETH_RSS_L2_PAYLOAD" and switch.field_sets[0].via is Via.START
    ),
    quirks=(
        *X710.quirks,
        quirk(
            "what the physical function configures decides; read the settings back",
            _VF_GUIDE,
            Evidence.INFERRED,
        ),
    ),
)

_ICE_OTHER = ("tcp", "udp", "sctp", "other", "esp")


def _ice() -> tuple[Switch, ...]:
    found: list[Switch] = []
    for version in VERSIONS:
        rules = {kind: (*by_rule(version, kind), *by_mac()) for kind in ("tcp", "udp", "sctp")}
        found += [l4_switch(version, kind, more) for kind, more in rules.items()]
        more = (*narrowed(version, Via.FLOW, ports=False), *by_mac())
        found.append(pair_switch(f"RTE_ETH_RSS_{version.upper()}", version, _ICE_OTHER, more))
    frames = Switch("RTE_ETH_RSS_ETH", ("l2",), by_mac((), instead=False))
    return (*found, frames, *inner(("gtpu",), Via.FLOW, ()), _teid())


def _teid() -> Switch:
    classes = tuple(name for version in VERSIONS for name in tunnel_classes(("gtpu",), version, EVERY))
    return Switch("RTE_ETH_RSS_GTPU", classes, (FieldSet(("gtpu_teid",), Via.FLOW),))


_ICE_QUIRKS = (
    quirk(
        "start-up accepts FRAG_IPV4, NONFRAG_IPV4_OTHER and L2_PAYLOAD and ignores them; RTE_ETH_RSS_IPV4 "
        "covers everything but fragments",
        f"{_ICE}: ice_rss_hash_set; drivers/net/intel/ice/base/ice_flow.c: ice_ptypes_ipv4_ofos_all",
    ),
    quirk(
        "fragments can be hashed by rte_flow only, and then with the IP identification: datagrams of one "
        "host pair scatter",
        f"{_ICE_HASH}:807-837",
    ),
    quirk(
        "Ethernet addresses can be hashed by rte_flow only: RTE_ETH_RSS_ETH in the pattern's type list",
        f"{_ICE_HASH}: ice_hash_pattern_list, ICE_RSS_TYPE_ETH, eth_tmplt",
    ),
    quirk(
        "rules cannot set a key, a queue list or a level; IPV4 with NONFRAG_IPV4_TCP in one rule is refused",
        f"{_ICE_HASH}: ice_hash_parse_action_check",
    ),
    quirk("needs the DDP package; in safe mode there is no RSS", "DPDK doc/guides/nics/ice.rst"),
    quirk(
        "SRC_ONLY with DST_ONLY of one layer cancel each other: never emit both",
        "DPDK lib/ethdev/rte_ethdev.h: rte_eth_rss_hf_refine",
    ),
    quirk(
        "the kernel driver accepted symmetric-xor without effect until a 2026-02 series: trust only what is "
        "read back and measured",
        "intel-wired-lan 20260220092630.720082-1",
        Evidence.REPORT,
    ),
    quirk(
        "ethtool does not show whether 2 or 4 fields are hashed unless asked per flow type",
        "ntop/PF_RING#974",
        Evidence.REPORT,
    ),
)

E810 = replace(
    BASE,
    name="intel-e810",
    title="Intel E810, E823, E825, E830",
    driver="ice",
    aliases=("ice", "e810", "intel-e830", "e830", "intel-e825", "e825", "intel-e823"),
    key_bytes=code(52, "DPDK drivers/net/intel/ice/base/ice_hw_autogen.h: VSIQF_HKEY, 13 words"),
    key_scope=code(Scope.PORT, f"{_ICE}: the key is the VSI's"),
    key_settable=code(True, f"{_ICE}: ice_rss_hash_update"),
    functions=code(
        (Function.TOEPLITZ, Function.SYMMETRIC_XOR, Function.SIMPLE_XOR),
        f"{_ICE_HASH}: SYMMETRIC_TOEPLITZ by rule, SIMPLE_XOR with an empty pattern",
    ),
    table_sizes=code((512, 128, 2048), f"{_ICE}: ice_rss_reta_update; DPDK reports at most 512"),
    table_settable=code(True, f"{_ICE}: ice_rss_reta_update"),
    max_queues=code(256, "DPDK drivers/net/intel/ice: ICE_MAX_Q_PER_TC"),
    switches=_ice(),
    switches_source=code(
        "TCP, UDP, SCTP and IP by start-up flags; narrower field sets and GTP-U by rte_flow, not "
        "with symmetric",
        f"{_ICE}: ice_rss_hash_set; {_ICE_HASH}",
    ),
    quirks=_ICE_QUIRKS,
)

IAVF = replace(
    E810,
    name="intel-iavf",
    title="Intel virtual function behind ice (adaptive VF)",
    driver="iavf",
    aliases=("iavf", "intel-avf", "avf", "intel-e810-vf", "e810-vf"),
    key_bytes=inferred(52, f"{_IAVF}: the physical function reports rss_key_size, 52 as a rule"),
    key_scope=code(Scope.PORT, f"{_IAVF}:56; no key per rule"),
    key_settable=inferred(True, f"{_IAVF}: rss_hash_update over virtchnl"),
    functions=code(
        (Function.TOEPLITZ, Function.SYMMETRIC_XOR), f"{_IAVF_HASH}: symmetric; xor and sort refused"
    ),
    table_sizes=code((64, 512), f"{_IAVF}: rss_lut_size as reported; 512 after sysfs rss_lut_vf_attr=512"),
    table_settable=code(True, "DPDK drivers/net/intel/iavf/iavf_ethdev.c: iavf_dev_rss_reta_update"),
    max_queues=code(256, f"{_IAVF}: IAVF_MAX_NUM_QUEUES_LV"),
    switches=_ice(),
    switches_source=code("as ice, without L2_PAYLOAD", f"{_IAVF_HASH}: iavf_rss_hash_set"),
    quirks=(
        quirk("16 queues by default; more only as a large VF", f"{_IAVF}: IAVF_MAX_NUM_QUEUES_DFLT"),
        *_ICE_QUIRKS,
    ),
)

PROFILES: tuple[NicProfile, ...] = (X710, X710_VF, E810, IAVF)
