"""The Spec: what the author wrote, as frozen nodes with spans. Data only.

Spans and nothing else are left out of comparisons, so formatting a spec and parsing the text again
gives an equal Spec. Nothing here has been checked: names may be unknown, widths may differ.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from rss_dsl.source import Source, Span
from rss_dsl.spec_expr import (
    Binary,
    Call,
    Choice,
    Commented,
    Expr,
    FieldRef,
    Literal,
    Membership,
    Node,
    PacketName,
    Range,
    Unary,
)

__all__ = [
    "Adapter",
    "Assume",
    "Binary",
    "Call",
    "Choice",
    "ClassHash",
    "ClassName",
    "Commented",
    "Device",
    "Equality",
    "Expr",
    "FieldRef",
    "Fragments",
    "Function",
    "Hash",
    "Import",
    "Key",
    "KeyBits",
    "KeyNear",
    "KeyStyle",
    "Literal",
    "Membership",
    "Nf",
    "NfItem",
    "Nic",
    "Node",
    "PacketName",
    "PortDecl",
    "PortItem",
    "Prefer",
    "Queues",
    "Range",
    "Relation",
    "Require",
    "Seed",
    "Spec",
    "Statement",
    "Table",
    "Traffic",
    "Unary",
    "Value",
]


# --- port items -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Device(Commented):
    """`device 0`: the DPDK port number (of a group, of its first member)."""

    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Nic(Commented):
    """`nic intel-x710`."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapter(Commented):
    """`adapter NAME`: the card the port is on."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassHash(Node):
    """`ipv4-tcp` or `ipv4-tcp (ipv4_src, ipv4_dst)`; `fields` None means the NIC's usual set."""

    packet_class: str
    fields: tuple[str, ...] | None = None
    field_spans: tuple[Span, ...] = field(default=(), compare=False, repr=False)
    """Where each field stands, if that is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hash(Commented):
    """`hash auto` (no entries) or `hash CLASS[(field, …)], …`."""

    entries: tuple[ClassHash, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Queues(Commented):
    """`queues 16`."""

    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Table(Commented):
    """`table 512`: entries of the indirection table."""

    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic(Commented):
    """`traffic ipv4-tcp, ipv4-udp`: the classes that matter."""

    classes: tuple[ClassName, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassName(Node):
    """A packet class by name."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fragments(Commented):
    """`fragments same-as-flow`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key(Commented):
    """`key 6d5a…`: a pinned key, its digits without `0x` and colons, in lower case."""

    digits: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Function(Commented):
    """`function symmetric-xor`: how the NIC hashes, by name."""

    name: str


PortItem = Device | Nic | Adapter | Hash | Queues | Table | Traffic | Fragments | Key | Function


# --- statements -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Import(Commented):
    """`import "std/flows.rss"`."""

    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PortDecl(Commented):
    """`port LAN { … }`, or `ports TX[4] { … }` with `count` 4."""

    name: str
    count: int | None = None
    items: tuple[PortItem, ...] = ()
    tail_comments: tuple[str, ...] = ()
    """Comments after the last item."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation(Commented):
    """`relation reversed(a, b) { … }`."""

    name: str
    parameters: tuple[str, ...]
    body: Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class Require(Commented):
    """`require [name]: CONDITION`."""

    name: str | None
    condition: Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class Assume(Commented):
    """`assume CONDITION` on the packets of one port."""

    condition: Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyBits(Node):
    """`LAN.key[0:16] == 0x6d5a`."""

    port: PacketName
    slice: tuple[int, int] | None
    value: Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyNear(Node):
    """`LAN.key near HEX`."""

    port: PacketName
    digits: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyStyle(Node):
    """`ones` or `random`."""

    style: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefer(Commented):
    """`prefer [weight N] [over rank] …`."""

    wish: KeyBits | KeyNear | KeyStyle
    weight: int | None = None
    over_rank: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Equality(Commented):
    """`equality auto|hash|index`."""

    mode: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seed(Commented):
    """`seed N`."""

    value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Value(Node):
    """The value of an `nf` item: a word, an integer, or a duration in nanoseconds with `kind` `duration`."""

    kind: str
    """`word`, `integer`, `duration`, `address`, `path`."""
    value: str | int
    text: str = field(compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class NfItem(Commented):
    """`capacity 65536`."""

    name: str
    value: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Nf(Commented):
    """`nf NAME { … }`."""

    name: str
    items: tuple[NfItem, ...] = ()
    tail_comments: tuple[str, ...] = ()


Statement = Import | PortDecl | Relation | Require | Assume | Prefer | Equality | Seed | Nf


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """One `.rss` file and, by path, the specs it imports."""

    source: Source = field(compare=False, repr=False)
    statements: tuple[Statement, ...]
    tail_comments: tuple[str, ...] = ()
    """Comments after the last statement."""
    imports: tuple[Spec, ...] = field(default=(), compare=False, repr=False)
    """What the `import` statements name, directly, in order; loaded once each."""
