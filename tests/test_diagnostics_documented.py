"""Every diagnostic code is explained, and its example shows it."""

from __future__ import annotations

import re
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest

from rss_dsl import codes
from rss_dsl.check import check
from rss_dsl.codes import all_rules
from rss_dsl.diagnostics import Diagnostic, RssError, Rule
from rss_dsl.loading import loads
from rss_dsl.pages import explanation
from rss_dsl.spec import Nf
from rss_solver.diagnostics.coverage import coverage

PARTS = ("What it means", "Why it matters", "Example", "What to do")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

RULES = list(all_rules().values())
SHOWN_BY_A_SPEC = [
    rule.code for rule in RULES if rule.code[3] in "012" and "```rss" in (explanation(rule.code) or "")
]


def example(code: str) -> tuple[str, str]:
    blocks = BLOCK.findall(explanation(code) or "")
    assert len(blocks) == 1, f"{code} has {len(blocks)} examples"
    return blocks[0]


def findings(text: str) -> tuple[Diagnostic, ...]:
    """What checking says or, where it says nothing, what the solver says of coverage."""
    try:
        checked = check(loads(text, "example.rss"))
        return checked.diagnostics or tuple(coverage(checked.problem))
    except RssError as error:
        return error.diagnostics


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_every_rule_is_explained(rule):
    text = explanation(rule.code)
    assert text is not None, f"no rules/{rule.code}.md"
    assert text.splitlines()[0] == f"# {rule.code} {rule.name}"
    assert tuple(re.findall(r"^\*\*(.+?)\.\*\*", text, re.MULTILINE)) == PARTS
    assert example(rule.code)[0] in ("rss", "console", "text")


def test_every_explanation_has_a_rule():
    pages = {page.name for page in (files("rss_dsl") / "rules").iterdir()}
    assert {name for name in pages if name.endswith(".md")} <= {f"{code}.md" for code in all_rules()}


def test_codes_and_names_are_unique():
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert all(re.fullmatch(r"RSS\d{3}", rule.code) for rule in RULES)


def test_most_rules_have_an_example_that_runs():
    assert len(SHOWN_BY_A_SPEC) > 40


@pytest.mark.parametrize("code", SHOWN_BY_A_SPEC)
def test_example_triggers_its_rule_alone(code):
    assert {diagnostic.rule.code for diagnostic in findings(example(code)[1])} == {code}


def test_unknown_codes_have_no_explanation():
    assert explanation("RSS999") is None
    assert explanation("../codes") is None
    assert explanation("rss101") == explanation("RSS101")


def test_every_code_is_tested():
    """By a test that names it, or by an example that is run (here, or in `test_docs.py`)."""
    tests = Path(__file__).parent
    text = "\n".join(path.read_text() for path in tests.rglob("*") if path.suffix in (".py", ".rss"))
    constants = {value.code: name for name, value in vars(codes).items() if isinstance(value, Rule)}
    for rule in RULES:
        runs = example(rule.code)[0] in ("rss", "console")
        assert runs or rule.code in text or constants[rule.code] in text, rule.code


def test_a_program_can_name_an_nf_what_no_spec_can():
    spec = loads("port A { hash ipv4-tcp  queues 4 }")
    named = replace(spec, statements=(*spec.statements, Nf(name="4ward; rm", items=())))
    assert [d.rule.code for d in check(named).diagnostics] == ["RSS124"]
