"""Every network function keeps the contract of looks that may only read, whatever the packets' bytes."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from compiling import compile_and_link
from nfspec import solved

from rss_synth.nf.catalogue import nf_templates

SPECS = Path(__file__).parents[3] / "specs" / "nf"
DRIVER = Path(__file__).parent / "passes.c"
SMALL = {
    "cl": "limit 3  width 16",
    "hhh": "wide 3000  middle 2000  narrow 1000  burst 4000",
    "lb": "backends 3  silence 50s",
    "nat-homing": "first_port 65000  capacity 100",
    "policer": "rate 2000  burst 4000",
    "psd": "limit 11",
}
"""Parameters by which traffic meets limits soon and states are small."""
FLAGS = ("-std=c11", "-D_DEFAULT_SOURCE", "-O1", "-g", "-Wall", "-Wextra", "-Werror", "-DNF_LOCKS")
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
SOURCES = (
    "config.c", "runtime/state/*.c", "runtime/packet/*.c", "runtime/steering/*.c", "runtime/common/array.c",
    "runtime/common/message.c", "runtime/check/frame.c", "runtime/check/story.c", "runtime/check/traffic.c",
)  # fmt: skip


def spec_of(name: str) -> tuple[str, Path]:
    """The shipped spec with small parameters, and where it is."""
    path = next(path for path in SPECS.glob("*.rss") if f"nf {name} {{" in path.read_text())
    text = path.read_text()
    small = SMALL.get(name, "")
    for item in re.findall(r"(\w+) \w+", small):
        text = re.sub(rf"(?<=\s){item} [\w]+(?=\s[^;]*\}}\s*$)", "", text)
    return re.sub(r"\}\s*$", f"  {small} }}\n", text), path


@pytest.mark.parametrize("name", sorted(nf_templates()))
def test_readers_decide_what_writers_would_and_leave_no_trace_otherwise(lab, tmp_path, name):
    if not shutil.which("gcc"):
        pytest.skip("gcc is not installed")
    text, path = spec_of(name)
    lab.emit(tmp_path, *solved(text, path))
    sources = [path.relative_to(tmp_path) for part in SOURCES for path in sorted(tmp_path.glob(part))]
    program = tmp_path / "passes"
    command = ["gcc", *FLAGS, *SANITIZERS, "-I.", "-Iruntime"]
    compile_and_link(program, command, [DRIVER, *sources], folder=tmp_path)
    done = subprocess.run([program, "30000"], capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stdout + done.stderr
    readers, writers = map(int, re.findall(r"\d+", done.stdout))
    stateless = name in ("nop", "sbridge", "lb-static")
    assert readers > 1000 and (stateless or writers > 300)


@pytest.mark.parametrize("level", ["-O2", "-O3"])
@pytest.mark.parametrize("name", ["firewall", "hhh", "policer", "psd"])
def test_compilers_keep_both_stages_of_asking_the_memory(lab, tmp_path, name, level):
    """gcc takes a function that only prefetches for one without effects, and leaves out calls of it."""
    if not shutil.which("gcc"):
        pytest.skip("gcc is not installed")
    text, path = spec_of(name)
    lab.emit(tmp_path, *solved(text, path))
    command = ["gcc", "-std=c11", level, f"-I{tmp_path}", f"-I{tmp_path / 'runtime'}", "-S", "-o", "-"]
    assembly = subprocess.run(
        [*command, tmp_path / "nf.c"], check=True, capture_output=True, text=True, timeout=60
    )
    asked = re.findall(r"^\s+(?:prefetch|prfm)", assembly.stdout, re.MULTILINE)
    assert len(asked) >= 2, "cells and records"
