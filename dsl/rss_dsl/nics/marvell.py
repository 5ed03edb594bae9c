"""Marvell NICs: OCTEON, and what came from QLogic and Aquantia."""

from __future__ import annotations

from dataclasses import replace

from rss_dsl.nic import Evidence, Index, NicProfile
from rss_dsl.nics.facts import BASE, code, doc, quirk
from rss_dsl.nics.switches import microsoft, modified

_NET = "DPDK drivers/net"
_CNXK = f"{_NET}/cnxk/cnxk_ethdev.c"

_OCTEON = replace(
    BASE,
    name="marvell-cnxk",
    title="Marvell OCTEON 9, OCTEON 10",
    driver="cnxk",
    aliases=("cnxk", "octeontx2", "marvell-octeon"),
    key_bytes=code(48, "DPDK drivers/common/cnxk/roc_nix.h:369; its comment says 352 bits"),
    key_settable=code(True, f"{_NET}/cnxk/cnxk_ethdev_ops.c: cnxk_nix_rss_hash_update"),
    table_sizes=doc((64, 128, 256), "DPDK doc/guides/nics/cnxk.rst: devarg reta_size"),
    table_settable=code(True, f"{_NET}/cnxk/cnxk_ethdev_ops.c: cnxk_nix_reta_update"),
    index=doc(Index.LSB, "DPDK doc/guides/nics/cnxk.rst: XOR of the hash bytes with the devarg tag_as_xor"),
    switches=modified(("tcp", "udp", "sctp")),
    switches_source=code(
        "IP, TCP, UDP, SCTP with L3/L4 SRC/DST_ONLY at start-up", f"{_NET}/cnxk/cnxk_ethdev.h:58-66"
    ),
    quirks=(
        quirk(
            "any type of an IP version hashes all of that version by address; the _ONLY flags "
            "narrow all types",
            f"{_CNXK}: cnxk_rss_ethdev_to_nix",
        ),
        quirk(
            "L2_PAYLOAD adds the destination MAC to every class: not offered here",
            f"{_CNXK}: cnxk_rss_ethdev_to_nix",
        ),
        quirk(
            "RTE_ETH_RSS_LEVEL_INNERMOST hashes inner in place of outer fields in all types at once, which "
            "leaves packets outside of tunnels without a hash; VXLAN, GENEVE and GTPU add their identifier: "
            "not offered here",
            f"{_CNXK}: cnxk_rss_ethdev_to_nix",
        ),
        quirk(
            "with the devarg tag_as_xor the table entry is the XOR of the hash bytes: leave it off",
            "DPDK doc/guides/nics/cnxk.rst",
            Evidence.DOCUMENTATION,
        ),
        quirk(
            "the default key repeats FEED0BAD: period 32, symmetric for IPv4 pairs by accident",
            _CNXK,
            Evidence.INFERRED,
        ),
        quirk(
            "rte_flow takes only the default function and keys of at most 48 bytes",
            f"{_NET}/cnxk/cnxk_flow.c:78",
        ),
    ),
)

_FASTLINQ = replace(
    BASE,
    name="marvell-qede",
    title="Marvell (QLogic) FastLinQ 41000, 45000",
    driver="qede",
    aliases=("qede", "qlogic-fastlinq"),
    key_bytes=code(40, f"{_NET}/qede/base/ecore_l2_api.h:26, 10 words"),
    table_sizes=code((128,), f"{_NET}/qede/base/ecore_l2_api.h:25"),
    table_settable=code(True, f"{_NET}/qede/qede_ethdev.c: qede_rss_reta_update"),
    switches=microsoft(),
    switches_source=code("IPv4, IPv6, TCP, UDP (and VXLAN, GENEVE)", f"{_NET}/qede/qede_rxtx.h:76-83"),
    quirks=(
        quirk(
            "RTE_ETH_RSS_VXLAN and _GENEVE are accepted; what they hash is not known: not offered here",
            f"{_NET}/qede/qede_rxtx.h:82",
            Evidence.UNKNOWN,
        ),
    ),
)

_AQTION = replace(
    BASE,
    name="aquantia-atlantic",
    title="Marvell (Aquantia) AQtion",
    driver="atlantic",
    aliases=("atlantic", "aqtion"),
    key_bytes=code(40, f"{_NET}/atlantic/atl_types.h: hash_secret_key"),
    table_sizes=code((64,), f"{_NET}/atlantic/atl_ethdev.c:1128"),
    table_settable=code(True, f"{_NET}/atlantic/atl_ethdev.c: atl_reta_update"),
    max_queues=code(8, f"{_NET}/atlantic/atl_common.h:81 AQ_HW_MAX_RX_QUEUES"),
    switches=microsoft(),
    switches_source=code("IPv4, IPv6, TCP, UDP (and *_EX)", f"{_NET}/atlantic/atl_ethdev.h:14-22"),
)

PROFILES: tuple[NicProfile, ...] = (_OCTEON, _FASTLINQ, _AQTION)
