"""Standard streams that are closed or full: no internal error, and a clear message where one can be read."""

from __future__ import annotations

import subprocess
import sys

import pytest
from rsstest import ROOT

FW = ROOT / "specs" / "nf" / "fw.rss"


def shell(command, redirect):
    line = f'"{sys.executable}" -m rssc {command} {redirect}'
    return subprocess.run(["sh", "-c", line], capture_output=True, text=True)


@pytest.mark.parametrize("command", [f'check "{FW}"', f'check "{FW}" --format json', "nic list", "--help"])
@pytest.mark.parametrize("redirect", [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_closed_streams_stay_silent(command, redirect):
    done = shell(command, redirect)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "command", [f'check "{FW}"', "nic list", "rule RSS104", "check nowhere.rss --format json"]
)
def test_a_full_disk_is_told(command):
    done = shell(command, ">/dev/full")
    assert done.returncode == 1
    assert done.stderr == "cannot write the answer: no space left on device\n"


def test_findings_that_cannot_be_written_still_have_their_exit_code():
    for redirect in ("2>/dev/full", "2>&-", ">/dev/full 2>/dev/full"):
        done = shell("check nowhere.rss", redirect)
        assert (done.returncode, done.stdout, done.stderr) == (1, "", "")


def test_broken_pipes_are_quiet():
    for command in ("nic list", "check nowhere.rss --format json", "--help"):
        done = shell(command, "| true")
        assert (done.returncode, done.stderr) == (0, "")
