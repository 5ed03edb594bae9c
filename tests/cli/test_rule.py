from __future__ import annotations

import pytest

from rss_dsl.codes import all_rules
from rssc.__main__ import main


def test_without_a_code_all_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rule"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(all_rules())
    assert all(
        line.split()[1:] == [rule.severity, rule.name]
        for line, rule in zip(lines, all_rules().values(), strict=True)
    )


@pytest.mark.parametrize("name", ["RSS104", "rss104", "104", "unknown-nic"])
def test_a_code_is_explained(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rule", name]) == 0
    assert "unknown-nic" in capsys.readouterr().out


def test_an_unknown_code_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_info:
        main(["rule", "RSS999"])
    assert exit_info.value.code == 2
    assert "unknown code `RSS999`" in capsys.readouterr().err
