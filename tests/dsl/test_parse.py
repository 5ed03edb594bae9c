"""What the grammar takes, node by node, with exact spans."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import fields, is_dataclass

import pytest

from rss_dsl import spec
from rss_dsl.diagnostics import RssError
from rss_dsl.expressions import MAX_DEPTH
from rss_dsl.lexical import KEYWORDS, MAX_NESTING
from rss_dsl.parse import parse
from rss_dsl.source import Source
from rss_dsl.spec import (
    Binary,
    Call,
    Choice,
    FieldRef,
    Literal,
    Membership,
    PacketName,
    Range,
    Require,
    Unary,
)

SAMPLE = """\
import "std/flows.rss"

/* both sides */ port LAN {
  device 0 nic intel-x710  adapter card-1
  hash ipv4-tcp ( ipv4_src , ipv4_dst ), ipv4-udp
  queues 16 table 512 traffic ipv4-tcp,l2
  fragments same-as-flow function simple-xor key 0x6D:5A
}
  ports TX[4] { hash auto }
relation mirrored(a, b) { a.ip_src == b.ip_dst }
require session: mirrored(LAN, TX[*]')
             and not (LAN.ipv4_src[ 0:24 ] & 0xFF == 3)
assume LAN.tcp_dst in {80, 1024..65535} || LAN.ipv4_src in 10.0.0.0/8
prefer weight 3 LAN.key[0:16] == 0x6d5a
prefer LAN.key near 6d5a6d5b
prefer ones
equality index seed 7
nf firewall { strategy shared-nothing expiry 60s gateway 10.0.0.1 }
"""

SPANS: dict[type[spec.Node], list[str]] = {
    spec.Import: ['import "std/flows.rss"'],
    spec.Device: ["device 0"],
    spec.Nic: ["nic intel-x710"],
    spec.Adapter: ["adapter card-1"],
    spec.Hash: ["hash ipv4-tcp ( ipv4_src , ipv4_dst ), ipv4-udp", "hash auto"],
    spec.ClassHash: ["ipv4-tcp ( ipv4_src , ipv4_dst )", "ipv4-udp"],
    spec.Queues: ["queues 16"],
    spec.Table: ["table 512"],
    spec.Traffic: ["traffic ipv4-tcp,l2"],
    spec.ClassName: ["ipv4-tcp", "l2"],
    spec.Fragments: ["fragments same-as-flow"],
    spec.Function: ["function simple-xor"],
    spec.Key: ["key 0x6D:5A"],
    spec.PortDecl: [
        SAMPLE[SAMPLE.index("port LAN") : SAMPLE.index("\n  ports")],
        "ports TX[4] { hash auto }",
    ],
    spec.Relation: ["relation mirrored(a, b) { a.ip_src == b.ip_dst }"],
    spec.Require: [SAMPLE[SAMPLE.index("require") : SAMPLE.index("\nassume")]],
    spec.Call: ["mirrored(LAN, TX[*]')"],
    spec.Unary: ["not (LAN.ipv4_src[ 0:24 ] & 0xFF == 3)"],
    spec.PacketName: ["a", "b", "LAN", "TX[*]'", "LAN", "LAN", "LAN", "LAN", "LAN"],
    spec.FieldRef: ["a.ip_src", "b.ip_dst", "LAN.ipv4_src[ 0:24 ]", "LAN.tcp_dst", "LAN.ipv4_src"],
    spec.Literal: ["0xFF", "3", "80", "1024", "65535", "10.0.0.0/8", "0x6d5a"],
    spec.Range: ["1024..65535"],
    spec.Choice: ["{80, 1024..65535}"],
    spec.Membership: ["LAN.tcp_dst in {80, 1024..65535}", "LAN.ipv4_src in 10.0.0.0/8"],
    spec.Assume: ["assume LAN.tcp_dst in {80, 1024..65535} || LAN.ipv4_src in 10.0.0.0/8"],
    spec.KeyBits: ["LAN.key[0:16] == 0x6d5a"],
    spec.KeyNear: ["LAN.key near 6d5a6d5b"],
    spec.KeyStyle: ["ones"],
    spec.Prefer: ["prefer weight 3 LAN.key[0:16] == 0x6d5a", "prefer LAN.key near 6d5a6d5b", "prefer ones"],
    spec.Equality: ["equality index"],
    spec.Seed: ["seed 7"],
    spec.Nf: ["nf firewall { strategy shared-nothing expiry 60s gateway 10.0.0.1 }"],
    spec.NfItem: ["strategy shared-nothing", "expiry 60s", "gateway 10.0.0.1"],
    spec.Value: ["shared-nothing", "60s", "10.0.0.1"],
    spec.Binary: [
        "a.ip_src == b.ip_dst",
        SAMPLE[SAMPLE.index("mirrored(LAN") : SAMPLE.index("\nassume")],
        "LAN.ipv4_src[ 0:24 ] & 0xFF == 3",
        "LAN.ipv4_src[ 0:24 ] & 0xFF",
        "LAN.tcp_dst in {80, 1024..65535} || LAN.ipv4_src in 10.0.0.0/8",
    ],
}


def read(text: str) -> spec.Spec:
    return parse(Source("x.rss", text))


def condition(text: str) -> spec.Expr:
    (statement,) = read(f"require {text}").statements
    assert isinstance(statement, Require)
    return statement.condition


def nodes(node: object) -> Iterator[spec.Node]:
    """Every node in the order of its source."""
    if isinstance(node, tuple):
        for part in node:
            yield from nodes(part)
    elif is_dataclass(node) and isinstance(node, spec.Node):
        yield node
        for entry in fields(node):
            yield from nodes(getattr(node, entry.name))


def field(name: str, packet: str = "A") -> FieldRef:
    return FieldRef(packet=PacketName(name=packet), field=name)


def number(value: int) -> Literal:
    return Literal(kind="decimal", value=value, text="")


@pytest.mark.parametrize("kind", SPANS, ids=lambda kind: kind.__name__)
def test_spans(kind: type[spec.Node]) -> None:
    found = [node for node in nodes(read(SAMPLE).statements) if type(node) is kind]
    assert [node.span.text for node in found] == SPANS[kind]


def test_every_node_type_has_a_location_test() -> None:
    kinds = {kind for kind in vars(spec).values() if isinstance(kind, type) and issubclass(kind, spec.Node)}
    assert set(SPANS) == kinds - {spec.Node, spec.Commented}


def test_lines_and_columns() -> None:
    group = read(SAMPLE).statements[2]
    assert (group.span.line, group.span.column) == (9, 3)
    assert str(group.span) == "x.rss:9:3"


def test_sample_contents() -> None:
    lan = read(SAMPLE).statements[1]
    assert isinstance(lan, spec.PortDecl)
    assert lan.comments == ("/* both sides */",)
    assert lan.items[3] == spec.Hash(
        entries=(
            spec.ClassHash(packet_class="ipv4-tcp", fields=("ipv4_src", "ipv4_dst")),
            spec.ClassHash(packet_class="ipv4-udp"),
        )
    )
    assert lan.items[-1] == spec.Key(digits="6d5a")
    *_, nf = read(SAMPLE).statements
    assert isinstance(nf, spec.Nf)
    assert [(item.value.kind, item.value.value) for item in nf.items] == [
        ("word", "shared-nothing"),
        ("duration", 60 * 10**9),
        ("address", "10.0.0.1"),
    ]


@pytest.mark.parametrize(
    ("text", "kind", "value", "prefix"),
    [
        ("1234", "decimal", 1234, None),
        ("0x00fF", "hex", 255, None),
        ("10.1.2.3", "ipv4", 0x0A010203, None),
        ("10.0.0.0/8", "ipv4", 0x0A000000, 8),
        ("::", "ipv6", 0, None),
        ("fe80::1/64", "ipv6", 0xFE80 << 112 | 1, 64),
        ("::ffff:1.2.3.4", "ipv6", 0xFFFF01020304, None),
        ("00:1b:21:Aa:bb:c", "mac", 0x001B21AABB0C, None),
        ("ab:cd:ef:01:02:03", "mac", 0xABCDEF010203, None),
        ("1:2:3:4:5:6:7:8", "ipv6", 0x00010002000300040005000600070008, None),
    ],
)
def test_literals(text: str, kind: str, value: int, prefix: int | None) -> None:
    expected = Literal(kind=kind, value=value, prefix=prefix, text="")
    assert condition(f"A.x == {text}") == Binary(op="==", left=field("x"), right=expected)
    assert condition(f"{text} == A.x") == Binary(op="==", left=expected, right=field("x"))
    assert condition(f"A.x in {text}") == Membership(item=field("x"), container=expected)


@pytest.mark.parametrize(
    ("text", "parenthesised"),
    [
        ("A.a && A.b || A.c && A.d", "(A.a && A.b) || (A.c && A.d)"),
        ("A.a || A.b || A.c", "(A.a || A.b) || A.c"),
        ("!A.a == A.b && A.c", "(!(A.a == A.b)) && A.c"),
        ("not not A.a and A.b or A.c", "((!(!A.a)) && A.b) || A.c"),
        ("A.a && !A.b", "A.a && (!A.b)"),
        ("A.a | A.b ^ A.c & A.d << A.e + A.f", "A.a | (A.b ^ (A.c & (A.d << (A.e + A.f))))"),
        ("A.a + A.b - A.c == A.d & A.e", "((A.a + A.b) - A.c) == (A.d & A.e)"),
        ("A.a << A.b >> A.c", "(A.a << A.b) >> A.c"),
        ("A.a + 1 in 1..2 && A.b", "((A.a + 1) in 1..2) && A.b"),
        ("A.a < A.b && A.c >= A.d", "(A.a < A.b) && (A.c >= A.d)"),
    ],
)
def test_precedence(text: str, parenthesised: str) -> None:
    assert condition(text) == condition(parenthesised)


def test_grouping_matters() -> None:
    assert condition("A.a && (A.b && A.c)") != condition("A.a && A.b && A.c")


def test_word_operators_become_symbols() -> None:
    assert condition("not A.a and A.b or A.c") == condition("!A.a && A.b || A.c")
    assert condition("not A.a") == Unary(op="!", operand=field("a"))


def test_containers() -> None:
    members = (number(1), Range(low=number(2), high=number(3)))
    assert condition("A.x in { 1 , 2 .. 3 }") == Membership(
        item=field("x"), container=Choice(members=members)
    )
    assert condition("A.x in 2..3") == Membership(item=field("x"), container=members[1])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("LAN", PacketName(name="LAN")),
        ("LAN'", PacketName(name="LAN", primes=1)),
        ("TX[2]", PacketName(name="TX", index=2)),
        ("TX[ * ]'", PacketName(name="TX", index="*", primes=1)),
    ],
)
def test_packets(text: str, expected: PacketName) -> None:
    assert condition(f"r({text})") == Call(relation="r", arguments=(expected,))
    assert condition(f"{text}.inner.ipv4_src[0:24]") == FieldRef(
        packet=expected, field="inner.ipv4_src", slice=(0, 24)
    )


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("require a: A.x == 1", "a"),
        ("require a : A.x == 1", "a"),
        ("require A.x == 1", None),
        ("require ab:cd:ef:01:02:03 == A.x", None),
        ("require fe80::1 == A.x", None),
        ("require m: ab:cd:ef:01:02:03 == A.x", "m"),
    ],
)
def test_requirement_names(text: str, name: str | None) -> None:
    (statement,) = read(text).statements
    assert isinstance(statement, Require)
    assert statement.name == name


@pytest.mark.parametrize(
    "digits", ["6d5a", "0x6d5a", "0X6D5A", "6d:5a", "0x6d5a:56da", "12345678", "00112233aabb"]
)
def test_keys(digits: str) -> None:
    (port,) = read(f"port LAN {{ key {digits} queues 4 }}").statements
    assert isinstance(port, spec.PortDecl)
    expected = digits.lower().removeprefix("0x").replace(":", "")
    assert port.items == (spec.Key(digits=expected), spec.Queues(count=4))
    (prefer,) = read(f"prefer LAN.key near {digits}").statements
    assert prefer == spec.Prefer(wish=spec.KeyNear(port=PacketName(name="LAN"), digits=expected))


def test_item_words_are_not_reserved() -> None:
    words = [
        "device",
        "nic",
        "adapter",
        "hash",
        "queues",
        "table",
        "traffic",
        "fragments",
        "key",
        "auto",
        "weight",
    ]
    for word in words:
        text = (
            f"port {word} {{ device 0 nic {word} adapter {word} }} require {word}: {word}.{word} == 1 seed 1"
        )
        port, require, _ = read(text).statements
        assert isinstance(port, spec.PortDecl) and port.name == word
        assert isinstance(require, Require) and require.name == word
        (wish,) = read(f"prefer {word}.key near 6d5a").statements
        assert isinstance(wish, spec.Prefer) and wish.weight is None


@pytest.mark.parametrize("word", sorted(KEYWORDS))
def test_keywords_are_not_names(word: str) -> None:
    texts = [f"port {word} {{ }}", f"nf {word} {{ }}", f"relation {word}(a) {{ a.x == 1 }}"]
    for text in (*texts, *[f"require {word}.x == 1"] * (word != "not")):
        with pytest.raises(RssError) as error:
            read(text)
        (problem,) = error.value.diagnostics
        assert problem.help == f"`{word}` is a keyword and cannot be a name"
    assert read(f"port {word}s_ {{ }} require LAN.{word} == 1").statements


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("300ms", "duration", 300 * 10**6),
        ("5us", "duration", 5000),
        ("9ns", "duration", 9),
        ("2m", "duration", 120 * 10**9),
        ("1h", "duration", 3600 * 10**9),
        ("65536", "integer", 65536),
        ("0x10", "integer", 16),
        ("shared-nothing", "word", "shared-nothing"),
        ("FE80::1/64", "address", "fe80::1/64"),
        ("0:1:2:3:4:5", "address", "00:01:02:03:04:05"),
    ],
)
def test_nf_values(text: str, kind: str, value: str | int) -> None:
    (nf,) = read(f"nf x {{ item {text} }}").statements
    assert isinstance(nf, spec.Nf)
    assert nf.items[0].value == spec.Value(kind=kind, value=value, text="")
    assert nf.items[0].value.text == text


def test_comments_go_where_they_belong() -> None:
    text = """\
// header
// more

// of a
port A { // of a too
  // of device
  device 0 // of device too
  nic x /* of nic */ queues 1 // of queues
  // tail of a
} // after a
require /* inside */ A.x == 1 // after require
// tail

/* tail
   too */"""
    found = read(text)
    port, require = found.statements
    assert isinstance(port, spec.PortDecl)
    assert port.comments == ("// header", "// more", "", "// of a", "// of a too", "// after a")
    assert [item.comments for item in port.items] == [
        ("// of device", "// of device too"),
        ("/* of nic */",),
        ("// of queues",),
    ]
    assert port.tail_comments == ("// tail of a",)
    assert require.comments == ("/* inside */", "// after require")
    assert found.tail_comments == ("// tail", "", "/* tail\n   too */")


def test_comments_separate_but_do_not_glue() -> None:
    assert condition("A.x/**/==//\n1") == condition("A.x == 1")
    with pytest.raises(RssError):
        condition("A/**/'.x == 1")


def test_line_ends_of_windows() -> None:
    found = read("// c\r\nseed 1\r\n")
    assert found == spec.Spec(source=found.source, statements=(spec.Seed(value=1, comments=("// c",)),))
    assert (found.statements[0].span.line, found.statements[0].span.column) == (2, 1)


def test_nothing_is_an_empty_spec() -> None:
    for text in ("", " \n\t"):
        assert read(text).statements == ()


def test_limits_leave_room_for_recursion() -> None:
    frames = 0
    frame = sys._getframe()
    while frame.f_back is not None:
        frame, frames = frame.f_back, frames + 1

    def deeper(levels: int) -> spec.Expr:
        if levels:
            return deeper(levels - 1)
        return condition("(" * MAX_NESTING + "A.x == 1" + ")" * MAX_NESTING)

    assert deeper(max(450 - frames, 0)) == condition("A.x == 1")
    chain = condition(" && ".join(["A.x"] * MAX_DEPTH))
    assert chain == condition(" && ".join(["A.x"] * MAX_DEPTH))
    assert hash(chain) == hash(chain)
