"""What rssc knows of a NIC: a `NicProfile` of facts, each with its source and how far it was verified.

Every number is one a driver or datasheet states; `rss_dsl.nics` holds the catalogue.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Generic, TypeVar

from rss_dsl.fields import packet_classes, width, wire_rank

T_co = TypeVar("T_co", covariant=True)


class Evidence(StrEnum):
    """How far a fact was verified, best first."""

    HARDWARE = "verified on hardware"
    CODE = "read in code"
    DOCUMENTATION = "read in documentation"
    REPORT = "reported by users"
    INFERRED = "inferred"
    UNKNOWN = "not known"


@dataclass(frozen=True, slots=True)
class Fact(Generic[T_co]):
    """A value, where it comes from, and how far it was verified."""

    value: T_co
    source: str
    evidence: Evidence


class Scope(StrEnum):
    """What shares one setting."""

    PORT = "port"
    ADAPTER = "adapter"
    """All ports of one card: the solver ties them."""
    RULE = "rte_flow rule"
    QUEUE_GROUP = "queue group"
    HOST = "host"
    FIXED = "fixed"
    """Nobody can set it."""


class Index(StrEnum):
    """How a 32-bit hash becomes a table entry."""

    LSB = "low bits"
    """entry = hash & (size - 1)"""
    MODULO = "modulo"
    """entry = hash % size"""
    XOR_FOLD8 = "xor of bytes"
    """entry = XOR of the four hash bytes, masked"""
    HIGH_BITS = "high bits"
    """entry = (hash * size) >> 32"""


class Function(StrEnum):
    """How the hash input is hashed. All but the first change the input before the Toeplitz hash."""

    TOEPLITZ = "toeplitz"
    SYMMETRIC_XOR = "symmetric-xor"
    """Each address and port is replaced by the XOR of its pair: (s^d, s^d, sp^dp, sp^dp)."""
    SYMMETRIC_OR_XOR = "symmetric-or-xor"
    """(s|d, s^d, sp|dp, sp^dp); not linear over GF(2)."""
    SYMMETRIC_SORT = "symmetric-sort"
    """The smaller of each pair comes first; not linear over GF(2)."""
    SIMPLE_XOR = "simple-xor"
    """The XOR of the input's 32-bit words; the key plays no part."""


SYMMETRIC = frozenset({Function.SYMMETRIC_XOR, Function.SYMMETRIC_OR_XOR, Function.SYMMETRIC_SORT})
"""Functions that hash both directions of a flow alike."""

SIMPLE_XOR_KEY = bytes((0, 0, 0, 1))
"""`simple-xor` is the Toeplitz hash, by this key, of the XOR of the words with its bits in reverse order."""


class KeyOrder(StrEnum):
    """How the hardware reads the key bytes that are written to it below the driver."""

    NORMAL = "normal"
    REVERSED = "bytes reversed"
    WORDS_REVERSED = "words reversed"


class KeyWrap(StrEnum):
    """What stands beyond the key's last bit when the hash input is too long for it."""

    REJECT = "reject"
    CIRCULAR = "circular"


class Unselected(StrEnum):
    """What becomes of the fields that a narrower field set leaves out."""

    PACKED = "packed"
    """The remaining fields move together."""
    ZEROED = "zeroed"
    """They keep their places and read as zero."""


class DefaultQueue(StrEnum):
    """Where packets go that the NIC does not hash."""

    QUEUE_0 = "queue 0"
    TABLE_0 = "table[0]"


class Via(StrEnum):
    """How a field set is configured."""

    START = "start-up"
    """`rss_hf` at `rte_eth_dev_configure`, or `ethtool -N`."""
    FLOW = "rte_flow"


@dataclass(frozen=True, slots=True)
class FieldSet:
    """Fields that can be hashed together and how to ask for them."""

    fields: tuple[str, ...]
    """Canonical names; `l4_src`/`l4_dst` stand for the class's own where a switch covers several classes."""
    via: Via = Via.START
    flags: tuple[str, ...] = ()
    """DPDK modifier flags beside the switch's own, such as `RTE_ETH_RSS_L3_SRC_ONLY`."""
    instead: bool = False
    """The flags stand in place of the switch's own: X710 hashes TCP by addresses under `RTE_ETH_RSS_IPV4`."""


@dataclass(frozen=True, slots=True)
class Switch:
    """One thing to switch on: a DPDK `rss_hf` flag. It stands for a set of classes.

    Where several enabled switches list a class, the first in the profile's order governs it.
    """

    flag: str
    """The DPDK name, `RTE_ETH_RSS_NONFRAG_IPV4_TCP`."""
    classes: tuple[str, ...]
    field_sets: tuple[FieldSet, ...]
    """What it can hash, the usual set first."""
    ethtool: str | None = None
    """The flow type of `ethtool -N DEV rx-flow-hash`, such as `tcp4`."""


@dataclass(frozen=True, slots=True)
class Quirk:
    """Something to know before trusting the NIC."""

    text: str
    source: str
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class NicProfile:
    """The model parameters of one NIC under one driver."""

    name: str
    title: str
    driver: str
    aliases: tuple[str, ...] = ()

    key_bytes: Fact[int]
    key_scope: Fact[Scope]
    key_settable: Fact[bool]
    key_order: Fact[KeyOrder]
    key_wrap: Fact[KeyWrap]
    hash_init: Fact[int]
    """Start value of the hash: an affine constant that cancels in equalities and moves predicted queues."""
    toeplitz: Fact[bool]
    """Whether the hash is Toeplitz at all; nothing can be solved where it is not."""
    functions: Fact[tuple[Function, ...]]
    """What can be chosen; the first is what start-up gives."""
    table_sizes: Fact[tuple[int, ...]]
    """Possible sizes, the default first; empty: the NIC has no settable table."""
    table_follows_queues: Fact[bool]
    """mlx5: a power-of-two number of queues makes a table of that size, anything else the largest size."""
    table_per_queue: Fact[int] | None = None
    """vmxnet3: this many entries for every queue, up to the largest size, and no choice."""
    table_settable: Fact[bool]
    """Whether contents can be written; otherwise entry i is queue i % queues."""
    index: Fact[Index]
    max_queues: Fact[int | None]
    default_queue: Fact[DefaultQueue]
    unselected: Fact[Unselected]
    field_set_scope: Fact[Scope]
    algorithm_settable: Fact[bool]
    """Whether `rte_eth_rss_conf.algorithm` may be anything but DEFAULT at start-up."""
    readable: Fact[bool]
    """Whether the driver gives back the key it took."""
    switches: tuple[Switch, ...]
    switches_source: Fact[str]
    """Where the list of switches is from; its value is a summary."""
    quirks: tuple[Quirk, ...] = ()

    def facts(self) -> Iterator[tuple[str, Fact[object]]]:
        """Every fact with its parameter's name, in order."""
        for entry in fields(self):
            value = getattr(self, entry.name)
            if isinstance(value, Fact):
                yield entry.name, value

    def default_table(self, queues: int) -> int:
        """Entries of the table when the spec names no size; without a table, one per queue."""
        sizes = self.table_sizes.value
        if not sizes:
            return queues
        if self.table_per_queue is not None:
            return min(queues * self.table_per_queue.value, max(sizes))
        if self.table_follows_queues.value and queues & (queues - 1) == 0:
            return queues
        return max(sizes) if self.table_follows_queues.value else sizes[0]

    def hashable(self) -> frozenset[str]:
        """Every class that some switch covers."""
        return frozenset(name for switch in self.switches for name in switch.classes)


def concrete(field_set: FieldSet, packet_class: str) -> tuple[str, ...]:
    """The canonical fields of a set for one class, in wire order; those the class lacks are left out."""
    names = (packet_classes()[packet_class].canonical(name) for name in field_set.fields)
    return tuple(sorted({name for name in names if name is not None}, key=wire_rank))


def input_bits(names: tuple[str, ...]) -> int:
    """Width of a hash input."""
    return sum(width(name) for name in names)
