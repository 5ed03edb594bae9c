"""Specs in folders named by outcome; `// expect: CODE LINE:COLUMN` in them lists every diagnostic."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rss_dsl.check import check
from rss_dsl.diagnostics import RssError, has_errors
from rss_dsl.loading import load

CASES = Path(__file__).parents[1] / "cases"
FILES = sorted(CASES.glob("*/*.rss"))

EXPECTED = re.compile(r"^// expect: (RSS\d{3}) (\d+):(\d+)$", re.MULTILINE)


def test_collects_cases_of_both_outcomes():
    outcomes = [path.parent.name for path in FILES]
    assert set(outcomes) == {"accept", "reject"}
    assert outcomes.count("accept") >= 3
    assert outcomes.count("reject") >= 9


@pytest.mark.parametrize("path", FILES, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_case(path: Path):
    try:
        diagnostics = check(load(path)).diagnostics
    except RssError as error:
        diagnostics = error.diagnostics
    found = [(d.rule.code, d.span.line, d.span.column) for d in diagnostics]
    expected = [(code, int(line), int(col)) for code, line, col in EXPECTED.findall(path.read_text())]
    assert found == expected
    assert has_errors(diagnostics) == (path.parent.name == "reject")
