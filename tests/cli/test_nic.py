from __future__ import annotations

import json

import pytest

from rss_dsl.nics import catalogue
from rssc.__main__ import main
from rssc.nic_text import WIDTH, document, table, text

PROFILES = list(catalogue().values())


def test_list_is_the_whole_catalogue(capsys: pytest.CaptureFixture[str], golden) -> None:
    assert main(["nic", "list"]) == 0
    out = capsys.readouterr().out
    assert [line.split()[0] for line in out.splitlines()[1:] if not line.startswith(" ")] == list(catalogue())
    golden(out)


def test_list_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nic", "list", "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)["nics"]
    x710 = next(row for row in rows if row["name"] == "intel-x710")
    assert (x710["key_bytes"], x710["table_sizes"], x710["max_queues"]) == (52, [512], 64)


@pytest.mark.parametrize("profile", PROFILES, ids=lambda p: p.name)
def test_show_fits_80_columns_and_leaves_nothing_out(profile) -> None:
    shown = text(profile)
    assert max(map(len, shown.splitlines())) <= WIDTH
    words = " ".join(shown.split())
    assert all(" ".join(fact.source.split()) in words for _, fact in profile.facts())
    assert all(" ".join(q.text.split()) in words and q.source in words for q in profile.quirks)
    assert all(f"{switch.flag} " in f"{words} " for switch in profile.switches)


def test_table_fits_80_columns() -> None:
    assert max(map(len, table(PROFILES).splitlines())) <= WIDTH


@pytest.mark.parametrize("profile", PROFILES, ids=lambda p: p.name)
def test_document_is_json_and_names_every_fact(profile) -> None:
    data = json.loads(json.dumps(document(profile)))
    assert list(data["facts"]) == [name for name, _ in profile.facts()]
    assert all(fact["source"] and fact["evidence"] for fact in data["facts"].values())


def test_show_takes_an_alias(capsys: pytest.CaptureFixture[str], golden) -> None:
    assert main(["nic", "show", "i40e"]) == 0
    golden(capsys.readouterr().out)


def test_an_unknown_name_is_a_finding_with_a_suggestion(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nic", "show", "intel-x701"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "RSS104" in captured.err and "unknown NIC `intel-x701`" in captured.err
    assert "did you mean `intel-x710`?" in captured.err
