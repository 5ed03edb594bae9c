"""Nodes of a Spec: what all have in common, and expressions. Data only; `rss_dsl.spec` has the rest."""

from __future__ import annotations

from dataclasses import dataclass, field

from rss_dsl.source import NOWHERE, Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """What every node has."""

    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Commented(Node):
    """A statement or block item, with the comments written before it."""

    comments: tuple[str, ...] = ()
    """Comment texts as written, markers included, one per comment; an empty text is a blank line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketName(Node):
    """`LAN`, `LAN'` (primes = 1), `TX[2]` (index = 2), `TX[*]` (index = "*"), or a relation's parameter."""

    name: str
    index: int | str | None = None
    primes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRef(Node):
    """`LAN.ipv4_src`, `WAN.inner.ipv4_src[0:24]`."""

    packet: PacketName
    field: str
    slice: tuple[int, int] | None = None
    """Half-open, bit 0 first on the wire."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Literal(Node):
    """A number or address: `mac`, `ipv6`, `ipv4` (both with an optional prefix length), `hex`, `decimal`."""

    kind: str
    value: int
    prefix: int | None = None
    text: str = field(compare=False)
    """As written, for messages; the formatter writes it canonically."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unary(Node):
    """`!a`."""

    op: str
    operand: Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class Binary(Node):
    """`a && b`, `a == b`, `a + b`, … The operator is in its symbol form (`&&`, not `and`)."""

    op: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class Range(Node):
    """`a..b`, both ends included; only on the right of `in`."""

    low: Literal
    high: Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(Node):
    """`{a, b..c, 10.0.0.0/8}`; only on the right of `in`."""

    members: tuple[Literal | Range, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership(Node):
    """`a in PREFIX`, `a in LOW..HIGH`, `a in {…}`."""

    item: Expr
    container: Literal | Range | Choice


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Node):
    """`reversed(LAN, WAN)`: a relation applied to packets."""

    relation: str
    arguments: tuple[PacketName, ...]


Expr = Unary | Binary | Membership | Call | FieldRef | Literal
