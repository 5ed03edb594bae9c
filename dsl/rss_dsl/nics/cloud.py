"""NICs of clouds and hypervisors."""

from __future__ import annotations

from dataclasses import replace

from rss_dsl.nic import Evidence, Function, KeyOrder, KeyWrap, NicProfile, Scope
from rss_dsl.nics.facts import BASE, code, doc, inferred, quirk, report, unknown
from rss_dsl.nics.switches import EVERY, VERSIONS, l4_switch, microsoft, pair_switch

_ENA = "DPDK drivers/net/ena/ena_rss.c"
_ENA_H = "DPDK drivers/net/ena/ena_ethdev.h"
_GVE = "DPDK drivers/net/gve/gve_ethdev.h"
_GVE_GUIDE = "DPDK doc/guides/nics/gve.rst"
_MANA = "DPDK drivers/net/mana/mana.h"
_NETVSC = "DPDK drivers/net/netvsc/hn_ethdev.c"
_VIRTIO = "DPDK drivers/net/virtio/virtio_ethdev.c"
_VIRTIO_GUIDE = "DPDK doc/guides/nics/virtio.rst"
_VMXNET3 = "DPDK drivers/net/vmxnet3/vmxnet3_ethdev.c"
_IONIC = "DPDK drivers/net/ionic/ionic_lif.c"
_CALCULATOR = "amzn-ec2-ena-utilities ena-toeplitz/toeplitz_calc.py"

_ENA_SETTABLE = replace(
    BASE,
    name="aws-ena",
    title="AWS Elastic Network Adapter, instances that take a key",
    driver="ena",
    aliases=("ena", "amazon-ena"),
    key_bytes=code(40, _ENA),
    key_settable=report(True, "amzn-drivers#135, #267: recent instance generations only"),
    key_order=code(KeyOrder.REVERSED, f"{_ENA}: ena_reorder_rss_hash_key; DPDK and the kernel hide it"),
    key_wrap=code(KeyWrap.CIRCULAR, _CALCULATOR),
    hash_init=report(0, "FreeBSD rG6d1ef2abd330: start value 0 to match Toeplitz"),
    toeplitz=doc(True, "Linux kernel documentation, ENA driver: ena.rst"),
    table_sizes=report((128,), "scylladb/seastar#654; the device reports tbl_log_size"),
    table_settable=code(True, f"{_ENA}: ena_rss_reta_update"),
    max_queues=code(128, f"{_ENA_H}: ENA_MAX_NUM_QUEUES; the instance type sets less"),
    switches=tuple(l4_switch(version, l4) for version in VERSIONS for l4 in ("tcp", "udp")),
    switches_source=code("TCP and UDP of both versions", f"{_ENA_H}:69 ENA_ALL_RSS_HF"),
    quirks=(
        quirk(
            "instances up to generation 4 have a fixed key: use the profile aws-ena-fixed",
            "amzn-drivers#80, #109, #135",
            Evidence.REPORT,
        ),
        quirk("source-only and destination-only sets cannot be reached through ethdev", _ENA),
        quirk(
            "CRC32 may be the hash function instead; check before trusting a key",
            "Linux ena.rst",
            Evidence.DOCUMENTATION,
        ),
    ),
)

_ENA_FIXED = replace(
    _ENA_SETTABLE,
    name="aws-ena-fixed",
    title="AWS Elastic Network Adapter, instances with a fixed key",
    aliases=("ena-fixed",),
    key_scope=report(Scope.FIXED, "amzn-drivers#80, #109, #135, #169, #267"),
    key_settable=report(False, "amzn-drivers#135: the key is ignored"),
    hash_init=report(0xFFFFFFFF, "amzn-drivers#169"),
    functions=report((Function.SYMMETRIC_SORT,), "amzn-ec2-ena-utilities#1: the smaller value comes first"),
    readable=report(False, "amzn-drivers#169: the default key cannot be read"),
    quirks=(
        quirk(
            "hashes the sorted pair from start value 0xffffffff with the key reversed",
            "amzn-ec2-ena-utilities#1",
            Evidence.REPORT,
        ),
        quirk("queues can be predicted, the key cannot be changed", "trex-core#509", Evidence.REPORT),
    ),
)

_GVNIC = replace(
    BASE,
    name="google-gve",
    title="Google Virtual NIC (gVNIC)",
    driver="gve",
    aliases=("gve", "gvnic", "google-gvnic"),
    key_bytes=code(40, f"{_GVE}:42"),
    key_settable=doc(True, _GVE_GUIDE),
    table_sizes=code((128,), f"{_GVE}:43"),
    table_settable=doc(True, _GVE_GUIDE),
    readable=code(True, "DPDK drivers/net/gve/gve_ethdev.c: gives back what was set, from its own copy"),
    switches=microsoft(),
    switches_source=code("IPv4, IPv6, TCP, UDP (and *_EX)", f"{_GVE}:56-65"),
    quirks=(
        quirk(
            "the initial key and table cannot be read; set the key before types and table",
            _GVE_GUIDE,
            Evidence.DOCUMENTATION,
        ),
        quirk("the table is round robin after a key is set", _GVE_GUIDE, Evidence.DOCUMENTATION),
        quirk(
            "the hash was reported not to match Toeplitz: measure before trusting predicted queues",
            "google/compute-virtual-ethernet-dpdk#9",
            Evidence.REPORT,
        ),
    ),
)

_AZURE = replace(
    BASE,
    name="azure-mana",
    title="Microsoft Azure Network Adapter",
    driver="mana",
    aliases=("mana", "microsoft-mana"),
    key_bytes=code(40, f"{_MANA}:38-46"),
    table_sizes=code((64,), f"{_MANA}:38"),
    table_settable=code(False, "DPDK drivers/net/mana/mana.c: no reta_update"),
    switches=microsoft(),
    switches_source=code("IPv4, IPv6, TCP, UDP", f"{_MANA}:41-46"),
    quirks=(
        quirk(
            "IPv6 asks for the source address twice and never for the destination; what the device then "
            "hashes is not known",
            "DPDK drivers/net/mana/rx.c:363",
        ),
        quirk(
            "a TCP or UDP type of one IP version switches the ports on for both", "DPDK drivers/net/mana/rx.c"
        ),
    ),
)

_HYPERV = replace(
    BASE,
    name="hyperv-netvsc",
    title="Hyper-V synthetic NIC",
    driver="netvsc",
    aliases=("netvsc", "hyperv", "azure-netvsc"),
    key_bytes=code(40, _NETVSC),
    toeplitz=code(True, "DPDK drivers/net/netvsc/ndis.h: NDIS_HASH_FUNCTION_TOEPLITZ"),
    table_sizes=code((128,), f"{_NETVSC}:323"),
    table_settable=code(True, f"{_NETVSC}: hn_rss_reta_update"),
    max_queues=code(64, "DPDK drivers/net/netvsc/hn_var.h: HN_MAX_CHANNELS; the host sets less"),
    switches=tuple(
        switch
        for version in VERSIONS
        for switch in (
            l4_switch(version, "tcp"),
            pair_switch(f"RTE_ETH_RSS_{version.upper()}", version, EVERY),
        )
    ),
    switches_source=code("IPV4, IPV6 and their TCP (and *_EX)", f"{_NETVSC}:418-435"),
    quirks=(
        quirk(
            "the UDP flag is accepted and programs nothing: UDP is hashed by its addresses",
            f"{_NETVSC}:418-435; hn_rndis.c:713",
            Evidence.INFERRED,
        ),
        quirk("the setting is mirrored to the virtual function, if there is one", _NETVSC),
    ),
)

_VIRTIO_NET = replace(
    BASE,
    name="virtio-net",
    title="virtio network device",
    driver="virtio",
    aliases=("virtio", "virtio-pci", "qemu-virtio"),
    key_bytes=code(40, "DPDK drivers/net/virtio/virtio_cvq.h:77; the device must offer 40 or more"),
    table_sizes=code((128,), "DPDK drivers/net/virtio/virtio.h:106; the device must offer 128 or more"),
    table_settable=code(True, f"{_VIRTIO}: virtio_dev_rss_reta_update"),
    max_queues=code(128, "DPDK drivers/net/virtio/virtio_ethdev.h:14; the device sets less"),
    switches=microsoft(),
    switches_source=code("IPv4, IPv6, TCP, UDP (and *_EX)", f"{_VIRTIO}:1542-1568"),
    quirks=(
        quirk(
            "each type only if the device lists it in supported_hash_types",
            _VIRTIO_GUIDE,
            Evidence.DOCUMENTATION,
        ),
        quirk("inner headers only since virtio 1.3", "oasis-tcs/virtio-spec#173", Evidence.REPORT),
    ),
)

_VMWARE = replace(
    BASE,
    name="vmware-vmxnet3",
    title="VMware VMXNET3",
    driver="vmxnet3",
    aliases=("vmxnet3",),
    key_bytes=code(40, "DPDK drivers/net/vmxnet3/vmxnet3_ethdev.h:29, internal"),
    key_settable=inferred(False, f"{_VMXNET3}: reports hash_key_size 0, so ethdev refuses a key of 40 bytes"),
    key_scope=inferred(Scope.FIXED, "DPDK drivers/net/vmxnet3/vmxnet3_rxtx.c: vmxnet3_rss_configure"),
    table_sizes=code(
        (128, 64, 32, 16, 8, 4), "DPDK drivers/net/vmxnet3/vmxnet3_rxtx.c: 4 per queue, at most 128"
    ),
    table_per_queue=code(4, "DPDK drivers/net/vmxnet3/vmxnet3_rxtx.c: vmxnet3_rss_configure"),
    table_settable=code(True, f"{_VMXNET3}:155 vmxnet3_rss_reta_update"),
    max_queues=doc(32, "DPDK doc/guides/nics/vmxnet3.rst: 16, from version 6 up to 32 as the host allows"),
    readable=code(False, f"{_VMXNET3}: no rss_hash_conf_get"),
    switches=microsoft(),
    switches_source=code(
        "IPV4, IPV6, TCP; UDP from version 4", "DPDK drivers/net/vmxnet3/vmxnet3_ethdev.h:34"
    ),
    quirks=(
        quirk(
            "the table has 4 entries per queue, not a power of two by rule",
            "DPDK drivers/net/vmxnet3/vmxnet3_rxtx.c: vmxnet3_rss_configure",
        ),
        quirk("in effect the Microsoft default key is fixed", _VMXNET3, Evidence.INFERRED),
    ),
)

_PENSANDO = replace(
    BASE,
    name="pensando-ionic",
    title="AMD Pensando DSC",
    driver="ionic",
    aliases=("ionic", "amd-pensando"),
    key_bytes=code(40, "DPDK drivers/net/ionic/ionic_if.h:1546"),
    table_sizes=unknown(
        (128,), "DPDK drivers/net/ionic/ionic_ethdev.c:426: the device reports rss_ind_tbl_sz"
    ),
    table_settable=code(True, "DPDK drivers/net/ionic/ionic_ethdev.c: ionic_dev_rss_reta_update"),
    switches=microsoft(),
    switches_source=code("IPv4, IPv6, TCP, UDP", "DPDK drivers/net/ionic/ionic_ethdev.h:11-16"),
    quirks=(
        quirk("the default key repeats 6d5a: symmetric, and of rank 16", _IONIC),
        quirk("the table's size is not known here: check reta_size", _IONIC, Evidence.UNKNOWN),
    ),
)

PROFILES: tuple[NicProfile, ...] = (
    _ENA_SETTABLE,
    _ENA_FIXED,
    _GVNIC,
    _AZURE,
    _HYPERV,
    _VIRTIO_NET,
    _VMWARE,
    _PENSANDO,
)
