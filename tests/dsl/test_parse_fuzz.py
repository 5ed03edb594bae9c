"""No text makes anything but a spec or diagnostics, and no comment is ever lost."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rssspecs import SPECS

from rss_dsl import spec
from rss_dsl.diagnostics import RssError
from rss_dsl.format import format_spec
from rss_dsl.lexical import KEYWORDS, scan
from rss_dsl.loading import load
from rss_dsl.parse import parse
from rss_dsl.source import Source

ROOT = Path(__file__).parents[2]
GRAMMAR = (ROOT / "dsl" / "rss_dsl" / "rss.tx").read_text(encoding="utf-8")
RULES = frozenset(re.findall(r"^(\w+):", GRAMMAR, re.MULTILINE))

EVERYTHING = """\
import "std/flows.rss"
port LAN { device 0 nic intel-x710 adapter card-1 hash ipv4-tcp (ipv4_src), l2 queues 16 table 512
  traffic ipv4-tcp, l2 fragments same-as-flow key 0x6d:5a }
ports TX[4] { hash auto }
relation mirrored(a, b) { a.ip_src == b.ip_dst }
require session: mirrored(LAN, TX[*]') && !(LAN.ipv4_src[0:24] & 0xff == 3 || not LAN.x < 2)
assume LAN.tcp_dst in {80, 1024..65535} or LAN.ipv4_src in 10.0.0.0/8 and fe80::1 != LAN.ipv6_src
prefer weight 3 LAN.key[0:16] == 0x6d5a
prefer LAN.key near 6d5a6d5b
prefer ones
equality index
seed 7
nf firewall { strategy shared-nothing expiry 60s gateway 10.0.0.1 mac 00:1b:21:aa:bb:cc }
"""
CORPUS = [EVERYTHING, *(path.read_text(encoding="utf-8") for path in sorted((ROOT / "specs").rglob("*.rss")))]
TOKENS = sorted(
    {
        *re.findall(r"\w+|\s+|[^\w\s]+", "".join(CORPUS)),
        *KEYWORDS,
        "/*",
        "*/",
        "//",
        '"',
        "\0",
        "é",
        "(" * 40,
        "1..2",
        "::",
        "\r",
    }
)


def survives(text: str) -> None:
    """The text is a spec that formatting keeps, or its diagnostics are fit to be read."""
    try:
        found = parse(Source("x.rss", text))
    except RssError as error:
        assert error.diagnostics
        for problem in error.diagnostics:
            assert 0 <= problem.span.start <= problem.span.end <= len(text)
            assert problem.span.text or not text
            assert "\n" not in problem.message and not problem.message.endswith(".")
            plain = re.sub(r"`[^`]*`", "", problem.message)
            assert plain[0] == " " or not plain[0].isupper()
            assert not RULES & set(re.findall(r"\b[A-Z]\w+", plain))
    else:
        assert parse(Source("x.rss", format_spec(found))) == found


@given(st.text(max_size=80))
@example("\ud800")
@example("\u2028")
def test_any_text(text: str) -> None:
    survives(text)


@given(st.binary(max_size=80))
def test_any_bytes(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.rss"
    path.write_bytes(data)
    try:
        load(path)
    except RssError as error:
        assert error.diagnostics


@given(st.lists(st.sampled_from(TOKENS), max_size=30))
def test_any_tokens(tokens: list[str]) -> None:
    survives("".join(tokens))
    survives(" ".join(tokens))


@given(st.sampled_from(CORPUS), st.integers(0, 2**32))
def test_mutated_specs(text: str, seed: int) -> None:
    survives(mutated(text, random.Random(seed)))


def mutated(text: str, choose: random.Random) -> str:
    """A text with a few tokens dropped, doubled, swapped or replaced."""
    tokens = re.findall(r"\w+|\s+|[^\w\s]", text)
    for _ in range(choose.randint(1, 4)):
        at, other = choose.randrange(len(tokens)), choose.randrange(len(tokens))
        match choose.randrange(5):
            case 0:
                tokens[at] = ""
            case 1:
                tokens[at] *= 2
            case 2:
                tokens[at], tokens[other] = tokens[other], tokens[at]
            case 3:
                tokens[at] = choose.choice(TOKENS)
            case _:
                tokens[at:] = []
                tokens += [""]
    return "".join(tokens)


def comments_of(node: object) -> Iterator[str]:
    if isinstance(node, tuple):
        for part in node:
            yield from comments_of(part)
    elif isinstance(node, spec.Node | spec.Spec):
        for entry in fields(node):
            if entry.name in ("comments", "tail_comments"):
                yield from filter(None, getattr(node, entry.name))
            else:
                yield from comments_of(getattr(node, entry.name))


def bare(found: spec.Spec) -> spec.Spec:
    """A spec without its comments."""
    source = Source("", scan(Source("", found.source.text)).code)
    return parse(replace(source, path=found.source.path))


@given(SPECS, st.data())
def test_comments_anywhere_are_kept(made: spec.Spec, data: st.DataObject) -> None:
    code = scan(Source("", format_spec(made))).code
    gaps = [match.end() for match in re.finditer(r'"[^"\n]*"|(\s)', code) if match[1]]
    if not gaps:
        return
    places = sorted(data.draw(st.lists(st.sampled_from(gaps), max_size=6)), reverse=True)
    text = code
    for number, place in enumerate(places):
        comment = data.draw(
            st.sampled_from([f"/* {number} */", f"/* {number}\n\n */", f"// {number}\n", f"//{number} /*\n"])
        )
        text = text[:place] + comment + text[place:]
    quoted = scan(Source("", text)).comments
    found = parse(Source("x.rss", text))
    assert sorted(comments_of(found)) == sorted(comment.text for comment in quoted)
    assert bare(found) == parse(Source("", code))
    assert parse(Source("", format_spec(found))) == found
