"""Formatting: nothing is lost, nothing is superfluous, and `specs/` already looks like it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from rssspecs import EXPRESSIONS, SPECS

from rss_dsl import spec
from rss_dsl.format import format_spec
from rss_dsl.format_expr import WIDTH, expression
from rss_dsl.parse import parse
from rss_dsl.source import Source

ROOT = Path(__file__).parents[2]


def read(text: str) -> spec.Spec:
    return parse(Source("x.rss", text))


def formatted(text: str) -> str:
    return format_spec(read(text))


@given(SPECS)
def test_parsing_gives_the_spec_back(made: spec.Spec) -> None:
    text = format_spec(made)
    found = read(text)
    assert found == made
    assert format_spec(found) == text
    assert text == "" or (text.endswith("\n") and not text.endswith("\n\n"))


def nodes(node: object) -> Iterator[spec.Node]:
    if isinstance(node, tuple):
        for part in node:
            yield from nodes(part)
    elif isinstance(node, spec.Node):
        yield node
        for entry in fields(node):
            yield from nodes(getattr(node, entry.name))


BEGINS: dict[type[spec.Node], str] = {
    spec.Import: "import ",
    spec.PortDecl: "port",
    spec.Relation: "relation ",
    spec.Require: "require ",
    spec.Assume: "assume ",
    spec.Prefer: "prefer ",
    spec.Equality: "equality ",
    spec.Seed: "seed ",
    spec.Nf: "nf ",
    spec.Device: "device ",
    spec.Nic: "nic ",
    spec.Adapter: "adapter ",
    spec.Hash: "hash ",
    spec.Queues: "queues ",
    spec.Table: "table ",
    spec.Traffic: "traffic ",
    spec.Fragments: "fragments ",
    spec.Function: "function ",
    spec.Key: "key ",
}


def probe(node: spec.Node) -> str | None:
    """A statement that holds a node's own text where the node can stand."""
    match node:
        case (
            spec.Unary() | spec.Binary() | spec.Membership() | spec.Call() | spec.FieldRef() | spec.Literal()
        ):
            return f"require n: {node.span.text}"
        case spec.Range() | spec.Choice():
            return f"require A.x in {node.span.text}"
        case spec.PacketName():
            return f"require r({node.span.text})"
        case spec.ClassHash():
            return f"port A {{ hash {node.span.text} }}"
        case spec.ClassName():
            return f"port A {{ traffic {node.span.text} }}"
        case spec.KeyBits() | spec.KeyNear() | spec.KeyStyle():
            return f"prefer {node.span.text}"
        case spec.Value():
            return f"nf n {{ x {node.span.text} }}"
        case spec.NfItem():
            return f"nf n {{ {node.span.text} }}"
        case _:
            return None


def without_comments(node: spec.Node) -> spec.Node:
    return spec.NfItem(name=node.name, value=node.value) if isinstance(node, spec.NfItem) else node


@given(SPECS)
def test_spans_cover_what_they_are_about(made: spec.Spec) -> None:
    found = list(nodes(read(format_spec(made)).statements))
    for node in found:
        assert node.span.text.startswith(BEGINS.get(type(node), node.span.text[:1]))
        assert node.span.text.strip() == node.span.text != ""
    probed = [(node, text) for node in found if (text := probe(node))]
    again = read("\n".join(text for _, text in probed)).statements
    for (node, text), statement in zip(probed, again, strict=True):
        assert without_comments(node) in list(nodes(statement)), text


@given(EXPRESSIONS)
def test_long_conditions_break_where_they_can(made: spec.Expr) -> None:
    text = format_spec(
        spec.Spec(source=Source("", ""), statements=(spec.Require(name=None, condition=made),))
    )
    assert text.split() == f"require {expression(made)}".split()
    if isinstance(made, spec.Binary) and made.op in ("&&", "||") and len(text.splitlines()) == 1:
        assert len(text) <= WIDTH + 1


@pytest.mark.parametrize("path", sorted((ROOT / "specs").rglob("*.rss")), ids=lambda path: path.name)
def test_specs_are_canonical(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert formatted(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("((A.a))", "A.a"),
        ("(A.a && A.b) && A.c", "A.a && A.b && A.c"),
        ("A.a && (A.b && A.c)", "A.a && (A.b && A.c)"),
        ("(A.a == A.b) && (A.c == A.d)", "A.a == A.b && A.c == A.d"),
        ("A.a && A.b || A.c", "(A.a && A.b) || A.c"),
        ("(A.a || A.b) && A.c", "(A.a || A.b) && A.c"),
        ("not A.a == A.b", "!(A.a == A.b)"),
        ("!(r(A))", "!r(A)"),
        ("(A.a + A.b) - (A.c - A.d)", "A.a + A.b - (A.c - A.d)"),
        ("(A.a & 0xFF) == (A.b << 2)", "A.a & 0xff == A.b << 2"),
        ("(A.a | A.b) & A.c == 1", "(A.a | A.b) & A.c == 1"),
        ("(A.a == 1) == (A.b == 1)", "(A.a == 1) == (A.b == 1)"),
        ("(A.a in 1 .. 2) || A.b in {1,FE80::0}", "A.a in 1..2 || A.b in {1, fe80::}"),
        ("(A.a + 1) in 10.0.0.0/8", "A.a + 1 in 10.0.0.0/8"),
        ("A.a[ 0 : 4 ] == 1:2:3:4:5:6", "A.a[0:4] == 01:02:03:04:05:06"),
    ],
)
def test_parentheses_and_literals(text: str, expected: str) -> None:
    assert formatted(f"require {text}") == f"require {expected}\n"


def test_long_conditions_align() -> None:
    session = " && ".join(
        f"LAN.{a} == WAN.{b}" for a, b in [("ipv4_src", "ipv4_dst"), ("ipv4_dst", "ipv4_src")] * 3
    )
    assert (
        formatted(f"require session: {session}")
        == """\
require session: LAN.ipv4_src == WAN.ipv4_dst && LAN.ipv4_dst == WAN.ipv4_src
              && LAN.ipv4_src == WAN.ipv4_dst && LAN.ipv4_dst == WAN.ipv4_src
              && LAN.ipv4_src == WAN.ipv4_dst && LAN.ipv4_dst == WAN.ipv4_src
"""
    )
    assert (
        formatted(f"relation r(LAN, WAN) {{ LAN.x == 1 || ({session}) || WAN.x == 1 }}")
        == """\
relation r(LAN, WAN) {
  LAN.x == 1
  || (LAN.ipv4_src == WAN.ipv4_dst && LAN.ipv4_dst == WAN.ipv4_src && LAN.ipv4_src == WAN.ipv4_dst
   && LAN.ipv4_dst == WAN.ipv4_src && LAN.ipv4_src == WAN.ipv4_dst && LAN.ipv4_dst == WAN.ipv4_src)
  || WAN.x == 1
}
"""
    )


def test_blocks_break_for_comments_and_width() -> None:
    assert formatted("port A{device 0 queues 4}") == "port A { device 0  queues 4 }\n"
    assert formatted("port A { }") == "port A { }\n"
    assert (
        formatted("ports TX[ 4 ] { device 0 // first\n queues 4 // tail\n\n // tail\n}")
        == """\
ports TX[4] {
  // first
  device 0
  // tail
  queues 4
  // tail
}
"""
    )
    classes = ", ".join(f"class-{n}" for n in range(12))
    assert (
        formatted(f"port A {{ device 0 hash {classes} }}") == f"port A {{\n  device 0\n  hash {classes}\n}}\n"
    )


def test_blank_lines() -> None:
    text = """\
// header

import "a"
import "b"

port A { device 0 }
port B { device 1 }

// alone
port C { device 2 }
port D { device 3 }

require A.x == B.x
assume A.x == 1

seed 1
equality hash

// tail
"""
    assert formatted(text) == text
    assert formatted(text.replace("\n\n", "\n\n\n\n")) == text


def test_durations_keep_their_unit() -> None:
    assert formatted("nf x { a 60s b 5m c 300ms }") == "nf x { a 60s  b 5m  c 300ms }\n"
    made = [spec.Value(kind="duration", value=n, text="") for n in (0, 90 * 10**9, 1500, 120 * 10**6)]
    items = tuple(spec.NfItem(name="a", value=value) for value in made)
    text = format_spec(spec.Spec(source=Source("", ""), statements=(spec.Nf(name="x", items=items),)))
    assert text == "nf x { a 0s  a 90s  a 1500ns  a 120ms }\n"
