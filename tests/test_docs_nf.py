"""The operator's pages of network functions: complete, and true to templates, specs, records and states."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from compiling import compile_and_link

from rss_synth.nf.catalogue import nf_templates
from rssc.__main__ import main

ROOT = Path(__file__).parents[1]
PAGES = ROOT / "docs" / "nf"
TEMPLATES = sorted(nf_templates())
SECTIONS = [
    "What it does",
    "Spec",
    "Parameters",
    "State",
    "Which packets must meet",
    "What sharding changes",
    "Strategies",
    "Compared with Vigor's and Maestro's",
    "Build, check, run",
    "Speed",
]
PARTS = ["summary", "spec", "parameters", "needs", "commands", "plot"]


def module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = made  # where its dataclasses look for their annotations
    spec.loader.exec_module(made)
    return made


GENERATE = module(ROOT / "docs" / "generate_nf.py")
PLOT = module(ROOT / "bench" / "plot_nf.py")


def prose(name: str) -> str:
    return (PAGES / f"{name}.md").read_text(encoding="utf-8")


def test_every_network_function_has_a_page_and_no_page_is_left_over():
    assert {path.stem for path in PAGES.glob("*.md")} == {"README", *TEMPLATES}


@pytest.mark.parametrize("name", TEMPLATES)
def test_pages_have_all_parts(name):
    text = re.sub(r"^```.*?^```$", "", prose(name), flags=re.MULTILINE | re.DOTALL)
    assert re.findall(r"^#+ (.*)$", text, re.MULTILINE) == [name, *SECTIONS]
    assert re.findall(r"<!-- (\w+) -->", text) == [part for entry in PARTS for part in ((entry, "end"))]


@pytest.mark.parametrize("name", ["README", *TEMPLATES])
def test_generated_parts_are_up_to_date(name):
    assert GENERATE.refreshed(prose(name), nf_templates().get(name)) == prose(name), "run `make docs`"


def test_an_old_page_is_found_out():
    page = prose("firewall").replace("65536", "65535").replace("drop", "pass")
    assert GENERATE.refreshed(page, nf_templates()["firewall"]) != page


# --- plots ------------------------------------------------------------------------------------------


def test_plots_are_those_of_the_record():
    record = PLOT.read_record()
    assert sorted(record.functions) == TEMPLATES
    for name in TEMPLATES:
        drawn = (PAGES / "plots" / f"{name}.svg").read_text(encoding="utf-8")
        assert drawn == PLOT.plot(name, record), "run `python bench/plot_nf.py`"
        for run in record.functions[name]:
            assert f">{run.median:.1f}</text>" in drawn


@pytest.mark.parametrize("most", [0.3, 1, 9.9, 10, 27.4, 60, 76.2, 152.8, 999])
def test_scales_hold_what_is_drawn_in_round_steps(most):
    scale = PLOT.scale(most)
    assert most < scale.top < 2 * most + 1
    assert len(scale.ticks) <= 9
    assert f"{scale.step:.0e}"[0] in "125"


# --- memory -----------------------------------------------------------------------------------------

CORES = 16
DRIVER = f"""
#include "nf/nf.h"
#include <stdio.h>
int main(void)
{{
    size_t capacity = nf_config.capacity;
    if (NF_SHARED) {{
        const struct nf_shape shared = {{.capacity = capacity, .sharers = {CORES}, .parts = 1}};
        printf("%zu\\n", nf_state_bytes(&shared));
        return 0;
    }}
    const struct nf_shape one = {{.capacity = capacity, .sharers = 1, .parts = 1}};
    const struct nf_shape part = {{
        .capacity = (capacity + {CORES} - 1) / {CORES}, .sharers = 1, .parts = {CORES}}};
    printf("%zu\\n%zu\\n", nf_state_bytes(&one), nf_state_bytes(&part));
    return 0;
}}
"""


def sizes(folder: Path, *flags: str) -> list[int]:
    """Bytes of states, as a generated function says under a strategy."""
    (folder / "driver.c").write_text(DRIVER)
    state = (path.relative_to(folder) for path in sorted((folder / "runtime" / "state").glob("*.c")))
    # What decides about packets, and the rest of the runtime with it, is left out.
    apart = ["-ffunction-sections", "-fdata-sections", "-Wl,--gc-sections"]
    command = ["gcc", "-std=c11", "-D_DEFAULT_SOURCE", "-I.", "-Iruntime", *apart, *flags]
    compile_and_link(folder / "driver", command, ["driver.c", "nf.c", "config.c", *state], folder=folder)
    said = subprocess.run([folder / "driver"], check=True, capture_output=True, text=True).stdout
    return [int(line) for line in said.split()]


def written(size: int) -> str:
    """As the page writes sizes."""
    if size >= 1_000_000:
        return f"{size / 1e6:.1f} MB"
    return f"{size / 1e3:.0f} kB" if size >= 1000 else f"{size} bytes"


def commands(name: str) -> list[list[str]]:
    """The words of the page's commands."""
    block = re.search(r"^```sh\n(.*?)^```$", prose(name), re.MULTILINE | re.DOTALL)
    assert block is not None
    return [line.split() for line in block[1].splitlines()]


@pytest.mark.skipif(not (shutil.which("gcc") and shutil.which("make")), reason="needs gcc and make")
@pytest.mark.parametrize("name", TEMPLATES)
def test_commands_and_sizes_are_those_of_what_is_generated(name, tmp_path, monkeypatch):
    shutil.copytree(ROOT / "specs" / "nf", tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    synth, make, check, replay, run = commands(name)
    assert main(synth[1:]) == 0
    for command in (make, check):
        dry = subprocess.run([*command, "-n"], check=True, capture_output=True, text=True).stdout
        assert f"-o {name}-check" in dry
    assert re.search(rf"^\./{name}-check", dry, re.MULTILINE)
    makefile = (tmp_path / name / "Makefile").read_text()
    assert {"$(NAME)-replay:", "$(NAME):"} <= set(re.findall(r"^\S+:", makefile, re.MULTILINE))
    assert (replay[0], run[0]) == (f"{name}/{name}-replay", f"{name}/{name}")
    ports = re.findall(r"\.name = \"(\w+)\",\n\s*\.device", (tmp_path / name / "config.c").read_text())
    assert sorted(word.split("=")[0] for word in replay if "=" in word) == sorted(ports)

    found = [*sizes(tmp_path / name), *sizes(tmp_path / name, "-DNF_LOCKS")]
    table = re.findall(r"^\| `([\w-]+)` \| .*? \| (.*?) \| (.*?) \| (.*?) \|$", prose("README"), re.MULTILINE)
    listed = {row[0]: list(row[1:]) for row in table}
    assert listed[name] == [written(size) for size in found]
