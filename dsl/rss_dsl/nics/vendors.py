"""NICs of vendors with one driver each, from Broadcom to Netronome."""

from __future__ import annotations

from dataclasses import replace

from rss_dsl.nic import Evidence, FieldSet, Function, Index, KeyOrder, NicProfile, Scope, Switch, Via
from rss_dsl.nics.facts import BASE, code, doc, inferred, quirk, unknown
from rss_dsl.nics.switches import (
    VERSIONS,
    addresses,
    exclusive,
    inner,
    l4_switch,
    microsoft,
    nonfrag,
    pair_switch,
)

_NET = "DPDK drivers/net"
_BNXT = f"{_NET}/bnxt/bnxt_ethdev.c"
_CXGBE = f"{_NET}/cxgbe/cxgbe_ethdev.c"
_SFC = f"{_NET}/sfc/sfc_rx.c"
_DPAA2 = f"{_NET}/dpaa2/dpaa2_ethdev.c"
_HNS3 = f"{_NET}/hns3/hns3_rss.c"


def _esp(version: str) -> Switch:
    fields = FieldSet((*addresses(version), "esp_spi"))
    return Switch("RTE_ETH_RSS_ESP", (f"{version}-esp",), (fields,), f"esp{version[-1]}")


_BROADCOM = replace(
    BASE,
    name="broadcom-bnxt",
    title="Broadcom NetXtreme-C/E (P5, P7)",
    driver="bnxt",
    aliases=("bnxt", "bnxt_en", "broadcom-p5", "broadcom-thor"),
    key_bytes=code(40, f"{_BNXT}: HW_HASH_KEY_SIZE"),
    key_scope=code(Scope.PORT, f"{_NET}/bnxt/bnxt_vnic.c:1389: the key is the VNIC's"),
    key_settable=code(True, f"{_BNXT}:2486 bnxt_rss_hash_update_op"),
    table_sizes=code((128, 64, 256, 512), f"{_BNXT}:1192: 64 per context, as many as the rings need"),
    table_settable=code(True, f"{_BNXT}: bnxt_reta_update_op"),
    algorithm_settable=code(True, f"{_BNXT}:1209 rss_algo_capa: TOEPLITZ, on P7 also SIMPLE_XOR"),
    switches=(
        *microsoft(),
        *(_esp(version) for version in VERSIONS),
        *inner(("vxlan", "geneve", "gre", "ipip"), Via.START, ("RTE_ETH_RSS_LEVEL_INNERMOST",)),
    ),
    switches_source=code("IPv4, IPv6, TCP, UDP, level; ESP where the firmware has it", f"{_BNXT}:1142-1162"),
    quirks=(
        quirk(
            "tunnelled packets are hashed by their inner header by default",
            "DPDK doc/guides/nics/bnxt.rst",
            Evidence.DOCUMENTATION,
        ),
        quirk(
            "the tunnels it looks into are taken to be those it can segment: VXLAN, Geneve, GRE, IP in IP",
            f"{_BNXT}: transmit offloads",
            Evidence.INFERRED,
        ),
        quirk("the table grows with the number of rx rings: 128 entries only before P5", f"{_BNXT}:1192"),
        quirk(
            "checksums, the IPv6 flow label, AH and ESP depend on the firmware; what ESP hashes "
            "beside the SPI "
            "is taken to be the addresses",
            f"{_BNXT}:1155-1162",
            Evidence.INFERRED,
        ),
        quirk("symmetric functions are refused in rte_flow", f"{_NET}/bnxt/bnxt_vnic.c"),
        quirk(
            "only P7 offers simple-xor beside Toeplitz: not offered here, where a profile is for P5 too",
            f"{_BNXT}:1209 rss_algo_capa",
        ),
    ),
)

_CHELSIO = replace(
    BASE,
    name="chelsio-cxgbe",
    title="Chelsio T5, T6",
    driver="cxgbe",
    aliases=("cxgbe", "cxgb4", "chelsio"),
    key_bytes=code(40, f"{_NET}/cxgbe/cxgbe.h:30-40"),
    key_scope=code(Scope.ADAPTER, f"{_CXGBE}:1184 t4_write_rss_key(adapter, mod_key, -1)"),
    key_order=code(KeyOrder.WORDS_REVERSED, f"{_CXGBE}: cxgbe_dev_rss_hash_update; DPDK hides it"),
    toeplitz=inferred(True, "no source names the function"),
    table_sizes=unknown((128,), f"{_CXGBE}:142: the firmware reports rss_size"),
    table_settable=code(True, f"{_CXGBE}: cxgbe_dev_rss_reta_update"),
    switches=microsoft(),
    switches_source=code("IP, TCP, UDP", f"{_NET}/cxgbe/cxgbe.h:31-40; cxgbe_main.c:1830"),
    quirks=(
        quirk("one key for all ports of the adapter", f"{_CXGBE}:1184"),
        quirk("UDP is hashed by ports only if TCP is as well", f"{_CXGBE}:1226"),
        quirk("the table's size is not known here: check reta_size", f"{_CXGBE}:142", Evidence.UNKNOWN),
    ),
)

_SOLARFLARE = replace(
    BASE,
    name="solarflare-sfc",
    title="AMD Solarflare EF10, EF100",
    driver="sfc",
    aliases=("sfc", "solarflare", "sfc_efx"),
    key_bytes=code(40, "DPDK drivers/common/sfc_efx/base/efx.h: EFX_RSS_KEY_SIZE"),
    key_scope=code(
        Scope.QUEUE_GROUP, "DPDK drivers/common/sfc_efx/base/ef10_nic.c:1481-1527: per RSS context"
    ),
    table_sizes=code((128,), "DPDK drivers/common/sfc_efx/base/efx.h:2910"),
    table_settable=code(True, f"{_NET}/sfc/sfc_ethdev.c: sfc_dev_rss_reta_update"),
    max_queues=code(64, "DPDK drivers/common/sfc_efx/base/efx.h:2911 EFX_MAXRSS"),
    switches=microsoft(),
    switches_source=code("TCP and UDP (and *_EX), IP with fragments and the rest", f"{_SFC}:1345-1358"),
    quirks=(
        quirk(
            "the ultra-low-latency firmware has no L4 hash and one RSS context",
            "DPDK drivers/common/sfc_efx/base/ef10_nic.c:1481-1527",
        ),
    ),
)


def _plain(version: str) -> tuple[Switch, ...]:
    l4 = [l4_switch(version, kind) for kind in ("tcp", "udp", "sctp")]
    return (*l4, pair_switch(f"RTE_ETH_RSS_{version.upper()}", version, ("frag", "other", "esp")))


_NXP = replace(
    BASE,
    name="nxp-dpaa2",
    title="NXP DPAA2",
    driver="dpaa2",
    aliases=("dpaa2",),
    key_bytes=code(0, f"{_DPAA2}:456-464"),
    key_scope=doc(Scope.FIXED, "DPDK doc/guides/nics/dpaa2.rst: the key cannot be changed"),
    key_settable=doc(False, "DPDK doc/guides/nics/dpaa2.rst"),
    toeplitz=doc(False, "DPDK doc/guides/nics/dpaa2.rst: key extraction and a fixed hardware hash"),
    table_sizes=code((), f"{_DPAA2}:463: 64 emulated entries, only i % N is accepted"),
    table_settable=code(False, f"{_DPAA2}: dpaa2_dev_rss_reta_update"),
    index=code(Index.MODULO, f"{_DPAA2}:90: hash % dist_size"),
    readable=code(False, f"{_DPAA2}: there is no key"),
    switches=tuple(switch for version in VERSIONS for switch in _plain(version)),
    switches_source=code(
        "L2_PAYLOAD, IP, UDP, TCP, SCTP, MPLS, VLAN, ESP, AH, PPPOE: fields to extract",
        f"{_NET}/dpaa2/dpaa2_ethdev.h:114-124",
    ),
    quirks=(quirk("no Toeplitz hash: nothing can be solved for it", _DPAA2),),
)


def _hns3_version(version: str) -> tuple[Switch, ...]:
    l4 = [
        l4_switch(version, kind, exclusive(version, Via.START, ports=True), extra)
        for kind, extra in (("tcp", ()), ("udp", ()), ("sctp", ("sctp_vtag",)))
    ]
    ends = exclusive(version, Via.START, ports=False)
    frag = pair_switch(f"RTE_ETH_RSS_FRAG_{version.upper()}", version, ("frag",), ends)
    other = [
        pair_switch(flag, version, ("other", "esp"), ends)
        for flag in (nonfrag(version, "other"), f"RTE_ETH_RSS_{version.upper()}")
    ]
    return (*l4, frag, *other)


_HISILICON = replace(
    BASE,
    name="hisilicon-hns3",
    title="HiSilicon Kunpeng network engine",
    driver="hns3",
    aliases=("hns3", "kunpeng"),
    key_bytes=code(40, f"{_NET}/hns3/hns3_rss.h: HNS3_RSS_KEY_SIZE; the device may report up to 128"),
    key_settable=code(True, f"{_HNS3}: hns3_dev_rss_hash_update"),
    functions=code(
        (Function.TOEPLITZ, Function.SYMMETRIC_XOR, Function.SIMPLE_XOR), f"{_HNS3}: hns3_hash_func_map"
    ),
    table_sizes=code((512, 1024, 2048), f"{_NET}/hns3/hns3_rss.h: HNS3_RSS_IND_TBL_SIZE, _MAX"),
    table_settable=code(True, f"{_HNS3}: hns3_dev_rss_reta_update"),
    algorithm_settable=code(True, f"{_NET}/hns3/hns3_common.c:137 rss_algo_capa"),
    switches=tuple(switch for version in VERSIONS for switch in _hns3_version(version)),
    switches_source=code(
        "all of IPv4 and IPv6 with L3/L4 SRC/DST_ONLY at start-up", f"{_HNS3}: hns3_set_tuple_table"
    ),
    quirks=(
        quirk(
            "SCTP includes the verification tag unless an _ONLY flag narrows it, and with IPv6 that is more "
            "than its key of 40 bytes reaches",
            f"{_HNS3}: hns3_set_tuple_table, SCTP_VER",
        ),
        quirk(
            "the _ONLY flags narrow all types at once; one layer's flag alone drops the other layer",
            f"{_HNS3}: hns3_rss_calc_tuple_filed",
        ),
    ),
)

_CISCO = replace(
    BASE,
    name="cisco-enic",
    title="Cisco VIC",
    driver="enic",
    aliases=("enic", "cisco-vic"),
    key_bytes=code(40, f"{_NET}/enic/enic_res.h:56"),
    table_sizes=code((128,), f"{_NET}/enic/enic_res.h:54, 2^7"),
    table_settable=code(True, f"{_NET}/enic/enic_ethdev.c: enicpmd_dev_rss_reta_update"),
    readable=inferred(True, f"{_NET}/enic/enic_ethdev.c: enicpmd_dev_rss_hash_conf_get"),
    switches=microsoft(),
    switches_source=code("IPv4, IPv6, TCP, UDP as the vNIC is set up", f"{_NET}/enic/enic_res.c:155-186"),
    quirks=(
        quirk(
            "the types depend on the vNIC's settings; older adapters hash UDP only together with TCP",
            f"{_NET}/enic/enic_res.c:178",
        ),
    ),
)

_NETRONOME = replace(
    BASE,
    name="netronome-nfp",
    title="Netronome (Corigine) Agilio",
    driver="nfp",
    aliases=("nfp", "corigine-nfp"),
    key_bytes=code(40, "DPDK drivers/common/nfp/nfp_common_ctrl.h:256"),
    table_sizes=code((128,), "DPDK drivers/common/nfp/nfp_common_ctrl.h:259"),
    table_settable=code(True, f"{_NET}/nfp/nfp_ethdev.c: nfp_net_reta_update"),
    functions=code(
        (Function.TOEPLITZ, Function.SIMPLE_XOR),
        f"{_NET}/nfp/nfp_net_common.c: rss_algo_capa, Toeplitz and xor",
    ),
    algorithm_settable=code(True, f"{_NET}/nfp/nfp_net_common.c: rss_algo_capa, Toeplitz and xor"),
    switches=microsoft(("tcp", "udp", "sctp")),
    switches_source=code("IPv4, IPv6, TCP, UDP, SCTP", f"{_NET}/nfp/nfp_net_common.h:45-51"),
    quirks=(
        quirk(
            "SCTP is taken to be hashed without its verification tag",
            f"{_NET}/nfp/nfp_net_common.c:1951",
            Evidence.INFERRED,
        ),
    ),
)

PROFILES: tuple[NicProfile, ...] = (
    _BROADCOM,
    _CHELSIO,
    _SOLARFLARE,
    _NXP,
    _HISILICON,
    _CISCO,
    _NETRONOME,
)
