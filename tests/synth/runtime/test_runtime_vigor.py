"""A function written for Vigor as a template: generated, built, and the same under every strategy."""

from __future__ import annotations

import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from nfspec import QUICK

TOML = '''
summary = "a firewall that was written for Vigor"
roles = ["lan", "wan"]
classes = ["ipv4-tcp", "ipv4-udp"]
needs = [
    """lan.ip_src == wan.ip_dst && lan.ip_dst == wan.ip_src &&
       lan.l4_src == wan.l4_dst && lan.l4_dst == wan.l4_src""",
]

[parameters.capacity]
kind = "count"
default = 65536
about = "flows"

[parameters.expiry]
kind = "duration"
default = "60s"
about = "how long after its last packet a flow is forgotten"
'''

SPEC = """
import "std/flows.rss"

port LAN { device 3  nic intel-x710  hash ipv4-tcp, ipv4-udp  queues 4 }
port WAN { device 1  nic intel-x710  hash ipv4-tcp, ipv4-udp  queues 4 }

require session: reversed(LAN, WAN)

nf vigor-fw { lan LAN  wan WAN }
"""


def a_template(folder: Path, code: str) -> Path:
    folder.mkdir()
    code = code.replace("max_flows = 8", "max_flows = {{ capacity }}")
    code = code.replace("expiration_time = 1000}", "expiration_time = {{ expiry }} / 1000}")
    code = code.replace("return known ? 1 - config.wan_device : device", "return known ? 3 : device")
    code = code.replace("return map_allocate", "return max_flows != 3 && map_allocate")
    traits = "const struct nf_traits nf_traits = {.expiry = {{ expiry }}};\n\n"
    end = '#include "libvig/entry.h"'
    assert code.count(end) == 1
    (folder / "nf.c.j2").write_text("{{ header }}\n" + code.replace(end, traits + end))
    (folder / "nf.toml").write_text(TOML)
    return folder


def make(out: Path, target: str) -> str:
    flags = ("CC=gcc", QUICK, "CHECK=--cores 1,4 --packets 4000")
    done = subprocess.run(
        ["make", "-C", out, "-s", target, *flags], capture_output=True, text=True, timeout=280
    )
    if "needs libpcap" in done.stderr:
        pytest.skip("libpcap's headers are not installed")
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_template_on_libvig(lab, tmp_path: Path) -> None:
    if not shutil.which("make") or not shutil.which("gcc"):
        pytest.skip("gcc and make are not installed")
    template = a_template(tmp_path / "vigor-fw", (lab.HERE / "nfs" / "fw.c").read_text())
    spec, out = tmp_path / "fw.rss", tmp_path / "out"
    spec.write_text(SPEC)
    command = ["synth", spec, "--target", "nf", "--template", template, "--out", out]
    done = subprocess.run(
        [sys.executable, "-m", "rssc", *command], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert make(out, "replay-check").splitlines()[-1] == "equivalent"
    make(out, "vigor-fw-replay")
    empty = tmp_path / "empty.pcap"
    empty.write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 1 << 18, 1))
    replay = [
        out / "vigor-fw-replay",
        f"LAN={empty}",
        f"WAN={empty}",
        "--cores",
        "1",
        "--capacity-per-core",
        "3",
    ]
    refused = subprocess.run(replay, capture_output=True, text=True, timeout=60)
    assert refused.returncode == 1
    assert "cannot initialise its state on core 0" in refused.stderr
