"""Intel NICs of the Microsoft style: ixgbe, igb and igc, with their virtual functions."""

from __future__ import annotations

from dataclasses import replace

from rss_dsl.nic import Evidence, NicProfile, Scope
from rss_dsl.nics.facts import BASE, code, doc, inferred, quirk, report
from rss_dsl.nics.switches import microsoft

_IXGBE = "DPDK drivers/net/intel/ixgbe/ixgbe_ethdev.c"
_IXGBE_H = "DPDK drivers/net/intel/ixgbe/ixgbe_ethdev.h"
_VF_GUIDE = "DPDK doc/guides/nics/intel_vf.rst"
_IGB = "DPDK drivers/net/intel/e1000/igb_ethdev.c"
_IGC = "DPDK drivers/net/intel/e1000/igc_ethdev.c"
_I210_SHEET = "Intel I210 datasheet, 7.1.2.10"

_COMMON_QUIRKS = (
    quirk(
        "IPV4 covers SCTP and fragments too, and TCP and UDP unless their own types are on; fragments never "
        "count as TCP or UDP",
        "Intel 82598 datasheet, p. 237",
        Evidence.DOCUMENTATION,
    ),
    quirk(
        "the *_EX types hash the home address or routing header instead of the fixed header: not "
        "offered here",
        "Intel 82598 datasheet",
        Evidence.DOCUMENTATION,
    ),
)

_82599 = replace(
    BASE,
    name="intel-82599",
    title="Intel 82599, X520, X540",
    driver="ixgbe",
    aliases=("ixgbe", "82599", "intel-x520", "x520", "intel-x540", "x540"),
    key_bytes=code(40, f"{_IXGBE_H}:114, 10 words"),
    key_scope=doc(Scope.PORT, _VF_GUIDE),
    key_settable=code(True, f"{_IXGBE}: ixgbe_dev_rss_hash_update"),
    toeplitz=code(True, "DPDK drivers/net/intel/ixgbe/ixgbe_flow.c: other functions are refused"),
    table_sizes=code((128,), f"{_IXGBE}: ixgbe_reta_size_get"),
    table_settable=code(True, f"{_IXGBE}: ixgbe_dev_rss_reta_update"),
    max_queues=report(16, "ntop/PF_RING#499: entries of the table have 4 bits"),
    switches=microsoft(),
    switches_source=code("IPV4, IPV6 and their TCP and UDP; no SCTP, fragments or L2", f"{_IXGBE_H}:114"),
    quirks=(
        *_COMMON_QUIRKS,
        quirk(
            "Flow Director (ATR, ntuple) rules override RSS under the kernel driver: see that there are none",
            "stackpath/rxtxcpu README",
            Evidence.REPORT,
        ),
        quirk("virtual functions share this key and table", _VF_GUIDE, Evidence.DOCUMENTATION),
    ),
)

_X550 = replace(
    _82599,
    name="intel-x550",
    title="Intel X550, X552, X553, E610",
    aliases=("x550", "intel-x552", "x552", "intel-x553", "x553", "intel-e610", "e610"),
    table_sizes=code((512,), f"{_IXGBE}: ixgbe_reta_size_get"),
    max_queues=code(63, "Linux drivers/net/ethernet/intel/ixgbe/ixgbe.h: IXGBE_MAX_RSS_INDICES_X550"),
    quirks=_82599.quirks[:-1],
)

_82599_VF = replace(
    _82599,
    name="intel-82599-vf",
    title="Intel 82599 and X540 virtual function",
    driver="ixgbevf",
    aliases=("ixgbevf", "82599-vf", "x540-vf"),
    key_scope=doc(Scope.ADAPTER, f"{_VF_GUIDE}: the physical function and all its VFs share key and table"),
    key_settable=doc(False, f"{_VF_GUIDE}: the physical function's key is used"),
    table_settable=code(
        False, f"{_IXGBE}: ixgbe_reta_size_get gives 0; the physical function's table is used"
    ),
    max_queues=doc(4, _VF_GUIDE),
    readable=inferred(False, "the key is the physical function's"),
    quirks=(
        *_COMMON_QUIRKS,
        quirk("configure key and table on the physical function", _VF_GUIDE, Evidence.DOCUMENTATION),
    ),
)

_X550_VF = replace(
    _82599,
    name="intel-x550-vf",
    title="Intel X550 virtual function",
    driver="ixgbevf",
    aliases=("x550-vf",),
    key_scope=inferred(Scope.PORT, f"{_IXGBE}: X550 VFs have registers of their own"),
    table_sizes=code((64,), f"{_IXGBE}: ixgbe_reta_size_get"),
    max_queues=inferred(4, f"{_VF_GUIDE} gives 4 for 82599 VFs"),
    quirks=_COMMON_QUIRKS,
)

_I350 = replace(
    BASE,
    name="intel-i350",
    title="Intel I350, I354, 82580",
    driver="igb",
    aliases=("igb", "i350", "intel-i354", "intel-82580", "82580"),
    key_bytes=code(40, "DPDK drivers/net/intel/e1000/e1000_ethdev.h:84"),
    key_settable=code(True, f"{_IGB}: eth_igb_rss_hash_update"),
    toeplitz=doc(True, f"{_I210_SHEET}: one function, Microsoft's Toeplitz"),
    table_sizes=code((128,), f"{_IGB}:2380"),
    table_settable=code(True, f"{_IGB}: eth_igb_rss_reta_update"),
    max_queues=code(8, f"{_IGB}:2335-2381"),
    switches=microsoft(),
    switches_source=code("as ixgbe", "DPDK drivers/net/intel/e1000/e1000_ethdev.h:84"),
    quirks=_COMMON_QUIRKS,
)

_82576 = replace(
    _I350,
    name="intel-82576",
    title="Intel 82576",
    aliases=("82576",),
    max_queues=code(16, f"{_IGB}:2335-2381"),
)

_I210 = replace(
    _I350,
    name="intel-i210",
    title="Intel I210",
    aliases=("i210",),
    max_queues=code(4, f"{_IGB}:2335-2381"),
    quirks=(*_COMMON_QUIRKS, quirk("entries of the table have 3 bits", _I210_SHEET, Evidence.DOCUMENTATION)),
)

_I211 = replace(
    _I210, name="intel-i211", title="Intel I211", aliases=("i211",), max_queues=code(2, f"{_IGB}:2335-2381")
)

_I225 = replace(
    _I350,
    name="intel-i225",
    title="Intel I225, I226",
    driver="igc",
    aliases=("igc", "i225", "intel-i226", "i226"),
    key_settable=code(True, f"{_IGC}: eth_igc_rss_hash_update"),
    table_sizes=code((128,), f"{_IGC}:1654"),
    table_settable=code(True, f"{_IGC}: eth_igc_rss_reta_update"),
    max_queues=code(4, "DPDK drivers/net/intel/e1000/igc_ethdev.h: IGC_QUEUE_PAIRS_NUM"),
    switches_source=code("as ixgbe", _IGC),
)

PROFILES: tuple[NicProfile, ...] = (_82599, _82599_VF, _X550, _X550_VF, _I350, _82576, _I210, _I211, _I225)
