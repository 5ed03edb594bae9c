"""How the catalogue states facts: one constructor per kind of evidence, and what most NICs share.

DPDK paths are those of its source tree at commit 38f72e500b (26.11.0-rc0).
"""

from __future__ import annotations

from typing import TypeVar

from rss_dsl.nic import (
    DefaultQueue,
    Evidence,
    Fact,
    Function,
    Index,
    KeyOrder,
    KeyWrap,
    NicProfile,
    Quirk,
    Scope,
    Unselected,
)

T = TypeVar("T")

ETHDEV = "DPDK lib/ethdev/rte_ethdev.c"
MICROSOFT = "Microsoft, RSS hashing functions"


def code(value: T, source: str) -> Fact[T]:
    """Read in source code."""
    return Fact(value, source, Evidence.CODE)


def doc(value: T, source: str) -> Fact[T]:
    """Read in documentation."""
    return Fact(value, source, Evidence.DOCUMENTATION)


def report(value: T, source: str) -> Fact[T]:
    """Reported by users."""
    return Fact(value, source, Evidence.REPORT)


def inferred(value: T, source: str) -> Fact[T]:
    """Concluded from code or documents that do not say it."""
    return Fact(value, source, Evidence.INFERRED)


def unknown(value: T, why: str) -> Fact[T]:
    """Not known; the value is the cautious choice."""
    return Fact(value, why, Evidence.UNKNOWN)


def quirk(text: str, source: str, evidence: Evidence = Evidence.CODE) -> Quirk:
    """Something to know, read in code unless said otherwise."""
    return Quirk(text, source, evidence)


BASE = NicProfile(
    name="base",
    title="what RSS NICs have in common",
    driver="any",
    key_bytes=doc(40, MICROSOFT),
    key_scope=inferred(Scope.PORT, "ethdev configures a key per port"),
    key_settable=inferred(True, "the driver implements rss_hash_update"),
    key_order=inferred(KeyOrder.NORMAL, "the driver writes the key bytes in order"),
    key_wrap=inferred(KeyWrap.REJECT, "no hash input is longer than the key allows"),
    hash_init=doc(0, MICROSOFT),
    toeplitz=doc(True, MICROSOFT),
    functions=inferred((Function.TOEPLITZ,), "the driver offers no other hash function"),
    table_sizes=doc((128,), MICROSOFT),
    table_follows_queues=inferred(False, "the driver reports one reta_size"),
    table_settable=inferred(True, "the driver implements reta_update"),
    index=doc(Index.LSB, MICROSOFT),
    max_queues=unknown(None, "the device reports it at run time"),
    default_queue=inferred(DefaultQueue.QUEUE_0, "packets without a hash reach the first queue"),
    unselected=unknown(Unselected.PACKED, "no vendor documents it; needs a test on the NIC"),
    field_set_scope=inferred(Scope.PORT, "rss_hf is a setting of the port"),
    algorithm_settable=code(False, f"{ETHDEV}: rss_algo_capa is DEFAULT unless the driver fills it"),
    readable=inferred(True, "the driver implements rss_hash_conf_get"),
    switches=(),
    switches_source=unknown("none", "the base profile hashes nothing"),
)
"""Replaced field by field by every profile of a DPDK driver."""
