"""NVIDIA (Mellanox) ConnectX."""

from __future__ import annotations

from dataclasses import replace

from rss_dsl.nic import DefaultQueue, Evidence, Function, NicProfile, Scope, Via
from rss_dsl.nics.facts import BASE, code, doc, inferred, quirk, unknown
from rss_dsl.nics.switches import inner, microsoft, modified, only_by_rule

_MLX5 = "DPDK drivers/net/mlx5"
_MLX4 = "DPDK drivers/net/mlx4"

_CONNECTX5 = replace(
    BASE,
    name="nvidia-connectx5",
    title="NVIDIA ConnectX-4, -5, -6, -7 and BlueField",
    driver="mlx5",
    aliases=(
        "mlx5",
        "connectx5",
        "mellanox-connectx5",
        "nvidia-connectx4",
        "connectx4",
        "nvidia-connectx6",
        "connectx6",
        "nvidia-connectx7",
        "connectx7",
        "nvidia-bluefield",
    ),
    key_bytes=code(40, f"{_MLX5}/mlx5_flow.c: key_len is 0 or 40"),
    key_scope=doc(Scope.RULE, "DPDK doc/guides/nics/mlx5.rst: one key per flow rule"),
    key_settable=code(True, f"{_MLX5}/mlx5_rss.c: mlx5_rss_hash_update"),
    toeplitz=code(True, f"{_MLX5}/mlx5_devx.c: rx_hash_fn"),
    functions=code(
        (Function.TOEPLITZ, Function.SYMMETRIC_SORT, Function.SYMMETRIC_OR_XOR),
        f"{_MLX5}/mlx5_devx.c: rx_hash_symmetric sorts; the kernel driver offers symmetric-or-xor",
    ),
    table_sizes=code((512, 256, 128, 64, 32, 16, 8, 4, 2, 1), f"{_MLX5}/mlx5_defs.h:88-93"),
    table_follows_queues=code(True, f"{_MLX5}/mlx5_ethdev.c:219"),
    table_settable=code(True, f"{_MLX5}/mlx5_rss.c: mlx5_dev_rss_reta_update resizes"),
    max_queues=code(512, f"{_MLX5}/mlx5_defs.h: RSS queues cannot exceed the table's limit"),
    default_queue=inferred(DefaultQueue.TABLE_0, f"{_MLX5}/mlx5_rxq.c:3114: no hash fields, one queue"),
    switches=(
        *modified(("tcp", "udp")),
        *inner(("vxlan", "geneve", "gtpu", "gre", "ipip"), Via.FLOW, ("RTE_ETH_RSS_LEVEL_INNERMOST",)),
    ),
    switches_source=code(
        "IP, UDP, TCP (and ESP) with L3/L4 SRC/DST_ONLY at start-up; no SCTP; inner headers by "
        "rte_flow, level 2",
        f"{_MLX5}/mlx5_defs.h: MLX5_RSS_HF_MASK; mlx5_flow_dv.c: mlx5_flow_dv_hashfields_set",
    ),
    quirks=(
        quirk(
            "the table has as many entries as queues when that is a power of two: the hash bits in "
            "use change "
            "with the number of queues",
            f"{_MLX5}/mlx5_ethdev.c:219",
        ),
        quirk(
            "SYMMETRIC_TOEPLITZ sorts the pair (with a warning) and SYMMETRIC_TOEPLITZ_SORT is refused: not "
            "linear, leave symmetric functions off",
            f"{_MLX5}/mlx5_flow.c: mlx5_validate_action_rss",
        ),
        quirk(
            "the _ONLY flags of the port's rss_hf narrow all its types; of SRC_ONLY with DST_ONLY the first "
            "branch wins: never emit both",
            f"{_MLX5}/mlx5_flow_dv.c: mlx5_flow_dv_hashfields_set",
        ),
        quirk(
            "RTE_ETH_RSS_ESP adds the SPI to what the address types hash: not offered here, ESP is hashed by "
            "its addresses",
            f"{_MLX5}/mlx5_flow_dv.c: mlx5_flow_dv_hashfields_set",
        ),
        quirk(
            "ethtool refuses single-sided fields while a symmetric transform is on: set `xfrm none` first",
            "LNST-project/lnst#409",
            Evidence.REPORT,
        ),
        quirk(
            "GRE and IP-in-IP are hashed by their inner packet through a rule of level 2; the kernel driver "
            "does so unasked",
            "dpdk-dev 2018-04-20, net/mlx5: support tunnel RSS level; Linux 7b3722fa9ef6, a795d8db2a6d",
        ),
        quirk("a 52-byte key is refused", "mos-stack/mOS-networking-stack#28", Evidence.REPORT),
    ),
)

_CONNECTX3 = replace(
    BASE,
    name="nvidia-connectx3",
    title="NVIDIA ConnectX-3",
    driver="mlx4",
    aliases=("mlx4", "connectx3", "mellanox-connectx3"),
    key_bytes=code(40, f"{_MLX4}/mlx4.h:45"),
    key_scope=inferred(Scope.RULE, f"{_MLX4}/mlx4_rxq.c: mlx4_rss_get, one context per rule"),
    key_settable=inferred(True, f"{_MLX4}/mlx4_rxq.c: by the rte_flow RSS action only"),
    table_sizes=unknown((128,), "no source states the size; the driver has no reta_size"),
    table_settable=code(False, f"{_MLX4}: no reta_update"),
    readable=code(False, f"{_MLX4}: no rss_hash_conf_get"),
    switches=only_by_rule(microsoft()),
    switches_source=code("IPv4, IPv6, TCP, UDP", f"{_MLX4}/mlx4_flow.c:112"),
    quirks=(
        quirk(
            "the table's size is not known and its contents cannot be written: do not rely on "
            "predicted queues",
            _MLX4,
            Evidence.UNKNOWN,
        ),
        quirk("the key goes by rte_flow: rss_hash_update is not implemented", _MLX4),
    ),
)

PROFILES: tuple[NicProfile, ...] = (_CONNECTX5, _CONNECTX3)
