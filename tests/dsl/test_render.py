"""Diagnostics as text, JSON and SARIF."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rss_dsl import codes
from rss_dsl.check import check
from rss_dsl.diagnostics import Diagnostic, Label
from rss_dsl.excerpt import WIDEST, columns
from rss_dsl.loading import loads
from rss_dsl.render import render_json, render_sarif, render_text, summary
from rss_dsl.source import NOWHERE, Source, Span

TEXT = """port LAN { device 0  nic intel-x710  queues 16 }
port WAN { device 0  nic intel-x710  queues 16 }
require a: LAM.vlan == WAN.vlan
"""

RENDERED = """\
dir/a b.rss:2:12: error[RSS108]: `WAN` and `LAN` are both device 0
  2 | port WAN { device 0  nic intel-x710  queues 16 }
    |            ^^^^^^^^
  dir/a b.rss:1:12: `LAN` is declared with it here
  1 | port LAN { device 0  nic intel-x710  queues 16 }
    |            --------
  help: give each port its own device; the ports of a group are numbered on from the first

dir/a b.rss:3:12: error[RSS101]: unknown port `LAM`
  3 | require a: LAM.vlan == WAN.vlan
    |            ^^^
  help: did you mean `LAN`?

2 errors
"""


def found(text: str = TEXT):
    return check(loads(text, "dir/a b.rss")).diagnostics


def one(text: str, start: int, end: int, **more) -> Diagnostic:
    return Diagnostic(rule=codes.SYNTAX, message="bad", span=Span(Source("f.rss", text), start, end), **more)


def excerpt_of(text: str, start: int, end: int) -> list[str]:
    return render_text([one(text, start, end)]).splitlines()[1:-2]


def test_text():
    assert render_text(found()) == RENDERED


def test_nothing_found_is_no_text():
    assert render_text([]) == ""
    assert summary([]) == ""


def test_summary_counts_by_severity():
    rules = [codes.SYNTAX, codes.ALWAYS_FALSE, codes.SYNTAX, codes.EXTRA_CLASSES]
    diagnostics = [Diagnostic(rule=rule, message="x", span=NOWHERE) for rule in rules]
    assert summary(diagnostics) == "2 errors, 1 warning, 1 note"
    assert render_text(diagnostics).endswith("\n\n2 errors, 1 warning, 1 note\n")


def test_color_only_adds_escapes():
    colored = render_text(found(), color=True)
    assert "\x1b[1;31merror[RSS108]\x1b[0m" in colored
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == RENDERED


def test_tabs_and_wide_characters_stay_aligned():
    assert excerpt_of("\tab = cd", 6, 8) == ["  1 |     ab = cd", "    |          ^^"]
    assert excerpt_of("変数 = x", 5, 6) == ["  1 | 変数 = x", "    |        ^"]
    assert excerpt_of("x = 変数", 4, 6) == ["  1 | x = 変数", "    |     ^^^^"]


def test_spans_of_several_lines_show_both_ends():
    text = "one {\n  two\n  three\n}\nrest"
    assert excerpt_of(text, 4, text.index("}") + 1) == [
        "  1 | one {",
        "    |     ^",
        "    | …",
        "  4 | }",
        "    | ^",
    ]
    assert excerpt_of("one\ntwo\n", 0, 4) == ["  1 | one", "    | ^^^"]


def test_line_numbers_share_a_margin():
    text = "\n" * 8 + "a {\n}\n"
    assert excerpt_of(text, 10, 13) == ["   9 | a {", "     |   ^", "  10 | }", "     | ^"]


def test_long_lines_are_clipped_around_the_mark():
    line = "x" * 400 + "HERE" + "y" * 400
    shown, marks = excerpt_of(line, 400, 404)
    assert shown.startswith("  1 | …x")
    assert shown.endswith("y…")
    assert shown[marks.index("^") : marks.rindex("^") + 1] == "HERE"
    assert len(shown) <= WIDEST + 8


def test_empty_spans_and_ends_of_files_get_one_caret():
    assert excerpt_of("abc", 3, 3) == ["  1 | abc", "    |    ^"]
    assert excerpt_of("abc\n", 4, 4) == ["  2 |", "    | ^"]


def test_control_characters_are_not_obeyed():
    text = render_text([one("a \x1b[31m\u202e b", 0, 1, help="say `\x07`")])
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\x07" not in text


def test_built_in_places_have_no_excerpt():
    text = render_text([Diagnostic(rule=codes.SYNTAX, message="bad", span=NOWHERE)])
    assert text == "<built-in>:1:1: error[RSS001]: bad\n\n1 error\n"


@given(st.text(max_size=200), st.integers(0, 200), st.integers(0, 200))
def test_any_span_of_any_text_renders(text, start, length):
    lines = render_text([one(text, start, start + length)]).splitlines()
    assert all(sum(columns(c) for c in line) <= WIDEST + 12 for line in lines[1:])
    assert all(line.isprintable() for line in lines)


def test_json():
    document = json.loads(render_json(found()))
    assert document["format_version"] == 1
    assert document["counts"] == {"error": 2, "warning": 0, "note": 0}
    first, second = document["diagnostics"]
    assert first["related"] == [
        {
            "message": "`LAN` is declared with it here",
            "file": "dir/a b.rss",
            "start": {"line": 1, "column": 12, "offset": 11},
            "end": {"line": 1, "column": 20, "offset": 19},
        }
    ]
    assert second == {
        "code": "RSS101",
        "name": "unknown-port",
        "severity": "error",
        "message": "unknown port `LAM`",
        "file": "dir/a b.rss",
        "start": {"line": 3, "column": 12, "offset": 109},
        "end": {"line": 3, "column": 15, "offset": 112},
        "related": [],
        "help": "did you mean `LAN`?",
    }


def test_json_of_nothing():
    counts = {"error": 0, "warning": 0, "note": 0}
    assert json.loads(render_json([])) == {"format_version": 1, "diagnostics": [], "counts": counts}


def test_sarif_lists_every_rule():
    document = json.loads(render_sarif([], "1.2.3"))
    (run,) = document["runs"]
    driver = run["tool"]["driver"]
    assert (document["version"], run["results"], driver["semanticVersion"]) == ("2.1.0", [], "1.2.3")
    assert [rule["id"] for rule in driver["rules"]] == list(codes.all_rules())
    levels = {rule["id"]: rule["defaultConfiguration"]["level"] for rule in driver["rules"]}
    assert (levels["RSS101"], levels["RSS125"], levels["RSS215"]) == ("error", "warning", "note")


def test_sarif_results():
    (run,) = json.loads(render_sarif(found(), "1.2.3"))["runs"]
    first, second = run["results"]
    assert run["tool"]["driver"]["rules"][second["ruleIndex"]]["id"] == second["ruleId"] == "RSS101"
    assert second["message"]["text"] == "unknown port `LAM`\nhelp: did you mean `LAN`?"
    place = second["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "dir/a%20b.rss"
    assert place["region"] == {"startLine": 3, "startColumn": 12, "endLine": 3, "endColumn": 15}
    assert first["relatedLocations"][0]["message"]["text"] == "`LAN` is declared with it here"


@pytest.mark.parametrize(
    ("path", "uri"), [("/a/ü.rss", "file:///a/%C3%BC.rss"), ("a\\b.rss", "a/b.rss"), ("x\udcff", "x%FF")]
)
def test_sarif_uris(path, uri):
    diagnostic = Diagnostic(rule=codes.SYNTAX, message="bad", span=Span(Source(path, "x"), 0, 1))
    (run,) = json.loads(render_sarif([diagnostic], "1"))["runs"]
    assert run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


def test_sarif_of_built_in_places_has_no_location():
    diagnostic = Diagnostic(rule=codes.SYNTAX, message="bad", span=NOWHERE, related=(Label(NOWHERE, "here"),))
    (run,) = json.loads(render_sarif([diagnostic], "1"))["runs"]
    assert run["results"][0]["locations"] == run["results"][0]["relatedLocations"] == []
