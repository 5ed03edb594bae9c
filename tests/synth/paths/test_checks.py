"""Functions made of call paths do the same on one core and on several, under every strategy."""

import re
import shutil
import subprocess

import pytest
from nfspec import QUICK

from rss_synth.nf.catalogue import added_templates

SHARED = ("bridge", "lb", "groups", "gallium-nat")
"""Whose inference refuses: cores take turns at the state."""
PORTS = {"lb": ("--port", "0=LAN", "--port", "1=SIDE", "--port", "2=WAN")}
"""Where they are not LAN and WAN."""


SPLIT = ("fw", "nat", "pol", "hhh", "cl", "single-path", "gallium-proxy")


@pytest.fixture
def checked(lab, solved_from_paths):
    """What a function's check says, and its exit code."""

    def run(name, *arguments):
        if not shutil.which("make") or not shutil.which("gcc"):
            pytest.skip("gcc and make are not installed")
        more = ("--shared",) if name in SHARED else ()
        ports = {"ports": PORTS[name]} if name in PORTS else {}
        template, problem, solution = solved_from_paths(name, "--queues", "4", *more, **ports)
        with added_templates([template]):
            folder = lab.emit(template.parent / "out", problem, solution)
        result = lab.make(folder, f"{name}-paths-check", "CC=gcc", QUICK)
        if "needs libpcap" in result.stderr:
            pytest.skip("libpcap's headers are not installed")
        assert result.returncode == 0, result.stderr
        command = [folder / f"{name}-paths-check", "--cores", "3", *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=240)
        return done.returncode, done.stdout + done.stderr

    return run


@pytest.mark.parametrize("name", [*SPLIT, *SHARED])
def test_several_cores_do_what_one_does(name, checked):
    code, said = checked(name, "--packets", 4000)
    assert code == 0, said[-3000:]
    assert said.endswith("equivalent\n")
    ways = set(re.findall(r"^(\S+), 3 cores, room for all: 4000 packets the same", said, re.MULTILINE))
    assert ways >= {"locks"} | ({"shared-nothing"} if name not in SHARED else set())


def test_names_that_cores_count_by_themselves_are_found(checked):
    """Where whole flows meet and no more, cores give one name to flows to one remote end. That the function
    leaves checksums wrong is nothing that cores differ in."""
    code, said = checked("nat-options", "--packets", 4000)
    assert code == 1
    assert "shared-nothing, 3 cores, room for all: a name was given that another flow has" in said
    assert "checksum" not in said
    assert re.search("^locks, 3 cores, room for all: 4000 packets the same", said, re.MULTILINE)


@pytest.mark.parametrize("name", ["fw", "bridge"])
def test_several_cores_do_the_same_with_captures(name, checked, lab, tmp_path):
    captures = []
    for port in ("LAN", "WAN"):
        frames = [(event.time, event.wire) for event in lab.traffic(31, 900) if event.port == port]
        captures.append(f"{port}={lab.write_pcap(tmp_path / f'{port}.pcap', frames)}")
    code, said = checked(name, "--packets", 0, *captures)
    assert code == 0, said[-3000:]
    assert re.search("^captures, room for all: one core forwards [1-9]", said, re.MULTILINE)
    assert said.endswith("equivalent\n")
