"""RSS in software: the tap device and the operating systems' own steering."""

from __future__ import annotations

from dataclasses import replace

from rss_dsl.nic import DefaultQueue, Evidence, FieldSet, Index, NicProfile, Scope, Switch
from rss_dsl.nics.facts import BASE, code, doc, inferred, quirk, unknown
from rss_dsl.nics.switches import EVERY, L4, PORTS, VERSIONS, addresses, microsoft, only_by_rule, pair_switch

_TAP = "DPDK drivers/net/tap/tap_flow.c"
_TAP_BPF = "DPDK drivers/net/tap/bpf/tap_rss.c"
_SCALING = "Linux Documentation/networking/scaling.rst"
_FREEBSD = "FreeBSD sys/net/rss_config.c"
_OPENBSD = "OpenBSD sys/net/toeplitz.c, commit aa794c2"


def _tuple(version: str, kind: str) -> FieldSet:
    ports = PORTS if kind in L4 else ()
    return FieldSet((*addresses(version), *ports))


_TAP_DEVICE = replace(
    BASE,
    name="linux-tap",
    title="Linux tap device with RSS in eBPF",
    driver="tap",
    aliases=("tap", "net_tap"),
    key_bytes=code(40, "DPDK drivers/net/tap/tap_rss.h:14"),
    key_scope=code(Scope.RULE, f"{_TAP}: the key goes with the RSS action of a rule"),
    key_settable=code(True, f"{_TAP}: by the rte_flow RSS action only"),
    toeplitz=code(True, f"{_TAP_BPF}: softrss_be"),
    table_sizes=code((), f"{_TAP_BPF}: no table"),
    table_settable=code(False, f"{_TAP_BPF}: no table"),
    index=code(Index.HIGH_BITS, f"{_TAP_BPF}: reciprocal_scale"),
    max_queues=code(64, "DPDK drivers/net/tap/meson.build:17 TAP_MAX_QUEUES"),
    readable=code(False, "DPDK drivers/net/tap/rte_eth_tap.c: no rss_hash_conf_get"),
    switches=only_by_rule(microsoft()),
    switches_source=code("L3 or L4 per IP version", f"{_TAP}:1843-1851"),
    quirks=(
        quirk(
            "an L4 type stands for TCP and UDP together and excludes the L3 type of its IP version",
            f"{_TAP}:1843",
        ),
        quirk("with an L4 type fragments and everything but TCP and UDP are not hashed", _TAP_BPF),
        quirk("needs a kernel with eBPF classifiers", "DPDK doc/guides/nics/tap.rst", Evidence.DOCUMENTATION),
    ),
)

_LINUX_RPS = replace(
    BASE,
    name="linux-rps",
    title="Linux Receive Packet Steering",
    driver="kernel",
    aliases=("rps",),
    key_bytes=doc(0, _SCALING),
    key_scope=doc(Scope.HOST, _SCALING),
    key_settable=doc(False, f"{_SCALING}: the kernel's flow hash has a secret of its own"),
    toeplitz=doc(False, f"{_SCALING}: Toeplitz only where the NIC delivers its hash"),
    table_sizes=doc((), f"{_SCALING}: a CPU mask per receive queue"),
    table_settable=doc(False, _SCALING),
    index=code(Index.HIGH_BITS, "Linux net/core/dev.c: get_rps_cpu, reciprocal_scale"),
    default_queue=inferred(DefaultQueue.QUEUE_0, "the CPU that took the interrupt"),
    algorithm_settable=doc(False, _SCALING),
    readable=doc(False, _SCALING),
    switches=tuple(
        Switch(f"flow-dissector-{version}-{kind}", (f"{version}-{kind}",), (_tuple(version, kind),))
        for version in VERSIONS
        for kind in EVERY
    ),
    switches_source=doc("the flow dissector's 2- or 4-tuple", _SCALING),
    quirks=(
        quirk(
            "uses the NIC's hash where there is one, the kernel's otherwise", _SCALING, Evidence.DOCUMENTATION
        ),
        quirk("there is no key to solve for", _SCALING, Evidence.DOCUMENTATION),
    ),
)

_FREEBSD_RSS = replace(
    BASE,
    name="freebsd-rss",
    title="FreeBSD kernel RSS",
    driver="kernel",
    aliases=("freebsd",),
    key_bytes=code(40, _FREEBSD),
    key_scope=code(Scope.HOST, _FREEBSD),
    key_settable=code(False, f"{_FREEBSD}: the Microsoft key is compiled in, the sysctl is read-only"),
    toeplitz=code(True, f"{_FREEBSD}: Toeplitz, or a naive hash as an option"),
    table_sizes=code((128, 64, 32, 16, 8, 4, 2, 1), f"{_FREEBSD}: at most 2^RSS_MAXBITS"),
    table_settable=code(False, _FREEBSD),
    index=code(Index.LSB, f"{_FREEBSD}: hash & mask"),
    max_queues=code(64, _FREEBSD),
    algorithm_settable=code(False, _FREEBSD),
    readable=code(True, f"{_FREEBSD}: sysctl net.inet.rss.key"),
    switches=tuple(
        switch
        for version in VERSIONS
        for switch in (
            Switch(f"RSS_HASHTYPE_RSS_TCP_{version.upper()}", (f"{version}-tcp",), (_tuple(version, "tcp"),)),
            pair_switch(f"RSS_HASHTYPE_RSS_{version.upper()}", version, EVERY),
        )
    ),
    switches_source=code("IPV4, TCP_IPV4, IPV6, TCP_IPV6 (and _EX)", _FREEBSD),
    quirks=(
        quirk("UDP is hashed by its addresses: ports would part a datagram's fragments", _FREEBSD),
        quirk("the key is Microsoft's; it cannot be set", _FREEBSD),
    ),
)

_OPENBSD_STOEPLITZ = replace(
    BASE,
    name="openbsd-stoeplitz",
    title="OpenBSD symmetric Toeplitz",
    driver="kernel",
    aliases=("openbsd", "stoeplitz"),
    key_bytes=inferred(40, f"{_OPENBSD}: expanded to what the driver asks for"),
    key_scope=code(Scope.HOST, f"{_OPENBSD}: one seed for stack and NICs"),
    key_settable=code(False, f"{_OPENBSD}: a 16-bit seed, repeated"),
    toeplitz=code(True, _OPENBSD),
    table_sizes=unknown((128,), "the driver decides"),
    table_settable=unknown(False, "the driver decides"),
    algorithm_settable=code(False, _OPENBSD),
    readable=inferred(False, f"{_OPENBSD}: no interface gives the seed"),
    switches=tuple(
        Switch(f"stoeplitz-{version}-{kind}", (f"{version}-{kind}",), (_tuple(version, kind),))
        for version in VERSIONS
        for kind in ("tcp", "udp", "other")
    ),
    switches_source=unknown("addresses, with ports where the driver hashes them", "the driver decides"),
    quirks=(
        quirk("the key repeats 16 bits: symmetric by construction, rank at most 16", _OPENBSD),
        quirk("what is hashed and where the table lies depends on the driver", _OPENBSD, Evidence.UNKNOWN),
    ),
)

PROFILES: tuple[NicProfile, ...] = (_TAP_DEVICE, _LINUX_RPS, _FREEBSD_RSS, _OPENBSD_STOEPLITZ)
