"""Functions made of call paths do the same on one core and on several, under every strategy."""

import re
import shutil
import subprocess

import pytest

from rss_synth.nf.catalogue import added_templates

SHARED = ("bridge", "lb")
"""Whose inference refuses: cores take turns at the state."""
PORTS = {"lb": ("--port", "0=LAN", "--port", "1=SIDE", "--port", "2=WAN")}
"""Where they are not LAN and WAN."""


@pytest.mark.parametrize("name", ["fw", "nat", "pol", "hhh", "cl", "bridge", "lb"])
def test_several_cores_do_what_one_does(name, lab, solved_from_paths):
    if not shutil.which("make") or not shutil.which("gcc"):
        pytest.skip("gcc and make are not installed")
    more = ("--shared",) if name in SHARED else ()
    ports = {"ports": PORTS[name]} if name in PORTS else {}
    template, problem, solution = solved_from_paths(name, "--queues", "4", *more, **ports)
    with added_templates([template]):
        folder = lab.emit(template.parent / "out", problem, solution)
    result = lab.make(folder, f"{name}-paths-check", "CC=gcc", "CFLAGS=-O1 -g -Werror")
    if "needs libpcap" in result.stderr:
        pytest.skip("libpcap's headers are not installed")
    assert result.returncode == 0, result.stderr
    command = [folder / f"{name}-paths-check", "--cores", "3", "--packets", "4000"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    assert done.stdout.endswith("equivalent\n")
    ways = set(re.findall(r"^(\S+), 3 cores, room for all: 4000 packets the same", done.stdout, re.MULTILINE))
    assert ways >= {"locks"} | ({"shared-nothing"} if name not in SHARED else set())
