"""What bad specs are told: rule, message, place and a way out, all errors at once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rss_dsl.diagnostics import Diagnostic, RssError
from rss_dsl.expressions import MAX_DEPTH
from rss_dsl.lexical import MAX_NESTING
from rss_dsl.parse import MAX_ERRORS, parse, parse_partial
from rss_dsl.source import Source
from rss_dsl.spec import PortDecl, Seed

RULES = Path(__file__).parents[2] / "dsl" / "rss_dsl" / "rules"


def problems(text: str) -> tuple[Diagnostic, ...]:
    with pytest.raises(RssError) as error:
        parse(Source("x.rss", text))
    return error.value.diagnostics


def problem(text: str) -> Diagnostic:
    (only,) = problems(text)
    return only


@pytest.mark.parametrize(
    ("text", "where", "message"),
    [
        ("prot LAN { }", "prot", "expected a statement, found `prot`"),
        ("port { }", "{", "expected the port's name after `port`, found `{`"),
        ("port", "port", "expected the port's name after `port`, found the end of the file"),
        ("port LAN", "LAN", "expected `{` after `LAN`, found the end of the file"),
        ("port LAN { devize 0 }", "devize", "expected a port item or `}` after `{`, found `devize`"),
        ("port LAN { device }", "}", "expected a number after `device`, found `}`"),
        ("port LAN { nic 7 }", "7", "expected a name after `nic`, found `7`"),
        ("port LAN { hash }", "}", "expected a packet class or `auto` after `hash`, found `}`"),
        ("port LAN { hash l2, }", "}", "expected a packet class after `,`, found `}`"),
        ("port LAN { hash l2 (a, ) }", ")", "expected a field after `,`, found `)`"),
        ("port LAN { fragments no }", "no", "expected `same-as-flow` after `fragments`, found `no`"),
        ("ports LAN { }", "{", "expected `[` after `LAN`, found `{`"),
        ("relation r( { a.b == c.d }", "{", "expected a packet's name after `(`, found `{`"),
        ("relation r(a) a.b == c.d", "a.b", "expected `{` after `)`, found `a.b`"),
        ("relation r(a) { }", "}", "expected a condition after `{`, found `}`"),
        (
            "relation r(a) { a.b == a.c",
            "a.c",
            "expected an operator or `}` after `a.c`, found the end of the file",
        ),
        ("require", "require", "expected a condition after `require`, found the end of the file"),
        ("require a: LAN.x ==", "==", "expected a value after `==`, found the end of the file"),
        ("require a: LAN.x == /* ? */ )", ")", "expected a value after `==`, found `)`"),
        ("require LAN.x == 1 &&", "&&", "expected a condition after `&&`, found the end of the file"),
        (
            "require LAN.x WAN.y",
            "WAN.y",
            "expected an operator or the next statement after `LAN.x`, found `WAN.y`",
        ),
        ("require (LAN.x == 1", "1", "expected an operator or `)` after `1`, found the end of the file"),
        (
            "require LAN.x in",
            "in",
            "expected a prefix, a range or a set after `in`, found the end of the file",
        ),
        ("require LAN.x in {1, }", "}", "expected a value after `,`, found `}`"),
        ("require LAN.x in {1 2}", "2", "expected `}` after `1`, found `2`"),
        ("require LAN", "LAN", "expected a field of the packet, found `LAN` alone"),
        ("require r(LAN, )", ")", "expected a packet after `,`, found `)`"),
        ("require LAN.x + !WAN.x == 1", "!", "expected a value after `+`, found `!`"),
        ("require A.x == A.y == A.z", "==", "comparisons do not chain: `==` after `==`"),
        ("require A.x < A.y in 1..2", "in", "comparisons do not chain: `in` after `<`"),
        ("import std", "std", "expected a path in double quotes after `import`, found `std`"),
        ("equality full", "full", "expected `auto`, `hash` or `index` after `equality`, found `full`"),
        ("prefer LAN.key", "LAN.key", "expected `==` or `near` after `LAN.key`, found the end of the file"),
        ("prefer LAN.key[0:4] near 6d5a", "LAN.key[0:4]", "`near` is about a whole key"),
        ("prefer x", "x", "expected a key such as `LAN.key`, `ones` or `random` after `prefer`, found `x`"),
        ("seed x", "x", "expected a number after `seed`, found `x`"),
        ("nf x { a }", "}", "expected a value after `a`, found `}`"),
        ("nf x { 1 b }", "1", "expected an item or `}` after `{`, found `1`"),
        ("seed 1 \u2028", "\u2028", "expected a statement after `1`, found `U+2028`"),
    ],
)
def test_syntax(text: str, where: str, message: str) -> None:
    found = problem(text)
    assert (found.rule.code, found.span.text, found.message) == ("RSS001", where, message)


@pytest.mark.parametrize(
    ("text", "help_"),
    [
        ("prot LAN { }", "did you mean `port`?"),
        ("port LAN { devize 0 }", "did you mean `device`?"),
        ("equality indx", "did you mean `index`?"),
        ("require LAN.x = WAN.x", "comparison is `==`"),
        ("require LAN.x == WAN.x;", "nothing ends a statement but the next one"),
        *(
            (
                f"nf x {{ stations {path} }}",
                "values have no quotes, and a path begins with a letter: "
                "`nf/stations.txt`, relative to the spec",
            )
            for path in ("./a.txt", "../a.txt", "/a.txt", '"a.txt"')
        ),
        ("nf x { capacity 65k }", "units are `h`, `m`, `s`, `ms`, `us`, `ns`"),
        ("require LAN '.x == 1", "the prime touches the port's name: `LAN'`"),
        ("port LAN[4] { }", "a group of ports is declared with `ports NAME[COUNT] { … }`"),
        ("require LAN.x[0:4", "a slice follows a field: `LAN.ipv4_src[0:24]`"),
        ("require LAN.x == 1..5", "a range stands after `in`: `PORT.FIELD in 1..5`"),
        ("import 'std'", "use double quotes"),
        ("require A.x == A.y == A.z", "write `a == b && b == c`"),
        ("require LAN", "such as `LAN.ipv4_src`"),
    ],
)
def test_help(text: str, help_: str) -> None:
    assert problem(text).help == help_


@pytest.mark.parametrize(
    ("text", "where", "message"),
    [
        ("assume A.x == 10.0.0.300", "10.0.0.300", "`300` in the IPv4 address `10.0.0.300` is more than 255"),
        ("assume A.x == 10.0.0.01", "10.0.0.01", "`01` in the IPv4 address `10.0.0.01` has a leading zero"),
        ("assume A.x == 1.2.3", "1.2.3", "`1.2.3` is not a number or an address"),
        ("assume A.x in 10.0.0.0/40", "10.0.0.0/40", "the prefix length of `10.0.0.0/40` is more than 32"),
        ("assume A.x in ::/129", "::/129", "the prefix length of `::/129` is more than 128"),
        ("assume A.x in 10.0.0.0/", "10.0.0.0/", "`10.0.0.0/` has no prefix length after `/`"),
        ("assume A.x in 5/3", "5/3", "`5` takes no prefix length"),
        ("assume A.x == 0x", "0x", "`0x` has no digits"),
        ("assume A.x == 0xfg", "0xfg", "`0xfg` is not a number or an address"),
        ("assume A.x == 1:2:3", "1:2:3", "`1:2:3` is neither a MAC nor an IPv6 address"),
        ("assume A.x == 5x", "5x", "`5x` is not a number or an address"),
        ("assume A.x in {1, dst}", "dst", "`dst` is not a number or an address"),
        ("assume A.x[5:2] == 1", "A.x[5:2]", "the slice `[5:2]` is empty"),
        ("assume A.x[2:2] == 1", "A.x[2:2]", "the slice `[2:2]` is empty"),
        ("assume A.x[5] == 1", "A.x[5]", "`[5]` is not a slice"),
        ("assume A[x].y == 1", "A[x].y", "`[x]` does not name a port of a group"),
        ("seed 0x10", "0x10", "`0x10` is not a decimal number"),
        (
            "port A { queues 99999999999999999999 }",
            "99999999999999999999",
            "`99999999999999999999` is too large",
        ),
        ("port A { key xyz }", "xyz", "`xyz` is not a key: `x` is not a hex digit"),
        ("port A { key 6d5 }", "6d5", "`6d5` is not a key: a digit is missing"),
        ("port A { key 6d:5:a }", "6d:5:a", "`6d:5:a` is not a key: a digit is missing"),
        ("port A { key 0x }", "0x", "`0x` is not a key: a digit is missing"),
        ("nf x { expiry 60sec }", "60sec", "`60sec` is not a number, a duration or an address"),
    ],
)
def test_bad_literals(text: str, where: str, message: str) -> None:
    found = problem(text)
    assert (found.rule.code, found.span.text, found.message) == ("RSS005", where, message)


def test_numbers_of_any_length_are_refused() -> None:
    for digits in ("9" * 5000, "0x" + "f" * 5000, "9" * 1000):
        found = problem(f"assume A.x == {digits}")
        assert found.rule.code == "RSS005"
        assert found.message.endswith("… is too large".replace("…", "…`"))
        assert len(found.message) < 80


def test_every_statement_has_its_own_error() -> None:
    text = """\
import std
port LAN { device }
port WAN { device 1 key 6d5 nic x table 0x1 }
require a: LAN.x ==
require b: LAN.x == 10.0.0.300 && WAN.x == 1.2.3.4/99
require c: LAN.x == WAN.x
seed
"""
    assert [(p.span.line, p.rule.code) for p in problems(text)] == [
        (1, "RSS001"),
        (2, "RSS001"),
        (3, "RSS005"),
        (3, "RSS005"),
        (4, "RSS001"),
        (5, "RSS005"),
        (5, "RSS005"),
        (7, "RSS001"),
    ]


def test_an_open_block_does_not_swallow_what_follows() -> None:
    first, second = problems("port A { device 0\nport B { device 1 }\nport C { devise 2 }")
    assert (first.message, first.span.line) == ("expected a port item or `}` after `0`, found `port`", 1)
    assert second.span.text == "devise"


def test_strings_and_comments_hide_statements() -> None:
    assert problem('import "port x" /* require */ // seed\nseed x').span.line == 2


def test_unterminated() -> None:
    for text, where in [
        ("/* x", "/*"),
        ("port A { device 0 /* x }\nseed 1", "/*"),
        ('import "std/flows\nseed 1', '"std/flows'),
        ('seed 1 import "', '"'),
    ]:
        found = problem(text)
        assert (found.rule.code, found.span.text) == ("RSS006", where)
    assert [p.rule.code for p in problems('import "a\nseed x /* c')] == ["RSS006", "RSS001", "RSS006"]


def test_stray_characters_are_reported_once() -> None:
    found = problem("seed\x00 1 // \x01\n")
    assert (found.rule.code, found.span.start, found.span.end) == ("RSS008", 4, 5)
    assert found.message == "a spec cannot contain the character `U+0000`"


@pytest.mark.parametrize("depth", [MAX_NESTING + 1, 5000])
def test_nested_parentheses(depth: int) -> None:
    text = f"require {'(' * depth}A.x == 1{')' * depth}\nseed x"
    found, other = problems(text)
    assert (found.rule.code, found.span.start) == ("RSS007", len("require ") + MAX_NESTING)
    assert other.span.line == 2


def test_long_conditions() -> None:
    assert problem(f"require {' && '.join(['A.x == 1'] * 5000)}").rule.code == "RSS007"
    assert problem(f"require {'!' * 5000}A.x").rule.code == "RSS007"
    assert problem(f"require {'!' * MAX_DEPTH}A.x").rule.code == "RSS007"


def test_garbage_is_not_read_to_its_end() -> None:
    found = problems("seed x\n" * (MAX_ERRORS + 50))
    assert len(found) == MAX_ERRORS + 1
    assert len(problems('"\n' * 1000)) == MAX_ERRORS + 1
    assert found[-1].message == f"more than {MAX_ERRORS} errors; the others are left out"


def test_messages_quote_safely() -> None:
    found = problem(f"seed `{'x' * 100}")
    assert found.message == "expected a number after `seed`, found `U+0060`"
    assert "…`" in problem(f"seed {'x' * 100}").message
    assert "\n" not in problem("require A.x[\n1:0] == 1").message.replace("\\n", "")


@pytest.mark.parametrize("code", [f"RSS00{n}" for n in range(1, 9)])
def test_rules_are_explained_by_an_example_that_has_them(code: str) -> None:
    text = (RULES / f"{code}.md").read_text(encoding="utf-8")
    assert re.match(rf"# {code} [a-z-]+\n\n\*\*What it means\.\*\*", text)
    example = re.search(r"```rss\n(.*?)```", text, re.DOTALL)
    if example and code != "RSS003":
        assert [p.rule.code for p in problems(example[1])] == [code]


# --- several errors at once ---------------------------------------------------------------------------


def seen(text: str) -> list[tuple[str, str | None]]:
    return [(p.span.text, p.help) for p in problems(text)]


@pytest.mark.parametrize("block", ["port LAN { device 0  qeues 16 }", "port LAN { device", "nf x { a }"])
def test_a_misspelt_statement_after_a_broken_block(block: str) -> None:
    text = f"{block}\nrequre x: A.x == A.y\nassumee A.x ==\nrequire y: A.x = 1"
    found = seen(text)
    assert len(found) == 4
    assert found[1:] == [
        ("requre", "did you mean `require`?"),
        ("assumee", "did you mean `assume`?"),
        ("=", "comparison is `==`"),
    ]


def test_a_misspelt_statement_leaves_the_others_alone() -> None:
    text = "port LAN { device 0 }\nrequre x: A.x == A.y\nport WAN { device 1 }"
    spec, found = parse_partial(Source("x.rss", text))
    assert [(p.span.text, p.message) for p in found] == [("requre", "expected a statement, found `requre`")]
    assert [s.name for s in spec.statements if isinstance(s, PortDecl)] == ["LAN", "WAN"]


def test_several_errors_in_one_port() -> None:
    text = """port LAN {
  device
  nic 7
  qeues 16
  hash l2 (a, )
  key 6d5
  fragments no  table x
}
seed 1"""
    assert [p.span.text for p in problems(text)] == ["device", "7", "qeues", ")", "6d5", "no", "x"]
    spec, _ = parse_partial(Source("x.rss", text))
    assert spec.statements == (Seed(value=1),)


def test_words_of_items_and_conditions_are_no_misspelt_statements() -> None:
    for text in ("port A {\nnic x\nqueues 1\nkey\n}", "require A.x == 1 &&\nrequired.x 1"):
        assert len(problems(text)) == 1


@pytest.mark.parametrize(
    ("text", "help_"),
    [
        ("port LAN-1 { }", "names have letters, digits and `_`; hyphens are for NICs and packet classes"),
        ("ports TX-a[2] { }", "names have letters, digits and `_`; hyphens are for NICs and packet classes"),
        ("port Größe { }", "names have the letters `a` to `z` and `A` to `Z`, digits and `_`"),
        ("port Öl { }", "names have the letters `a` to `z` and `A` to `Z`, digits and `_`"),
        ("port A { nic 82599 }", "did you mean `intel-82599`?"),
        ("seed -1", None),
    ],
)
def test_names_that_cannot_be(text: str, help_: str | None) -> None:
    assert problem(text).help == help_


def test_statements_in_error_are_left_out() -> None:
    text = 'import "std\nassume A.x in 10.0.0.999/8\nseed 1\nport A { key 6d5 }\nrequire A.x =='
    spec, found = parse_partial(Source("x.rss", text))
    assert len(found) == 4
    assert spec.statements == (Seed(value=1),)
