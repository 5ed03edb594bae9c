"""Building what was generated: both compilers, and what make says where something is missing."""

from __future__ import annotations

import pytest
from nfspec import QUICK


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize("name", ["firewall", "nop"])
def test_both_compilers_are_content(lab, tmp_path, compiler, name):
    if not lab.shutil.which(compiler):
        pytest.skip(f"{compiler} is not installed")
    problem = lab.a_problem(lab.an_nf(name, **lab.PORTS))
    built = lab.build(tmp_path, problem, lab.a_solution(problem), f"CC={compiler}", "CFLAGS=-O2 -Werror")
    captures = lab.write_captures(tmp_path / "captures", lab.traffic(1, 50))
    if name == "nop":
        lines = built.verdicts(*captures)
        assert all(line.split()[0] != line.split()[-1] and "forward" in line for line in lines)


def test_a_sequential_strategy_runs_on_one_core(lab, tmp_path):
    problem = lab.a_problem(lab.an_nf(**lab.PORTS, strategy=("word", "sequential")))
    built = lab.build(tmp_path, problem, lab.a_solution(problem), QUICK)
    captures = lab.write_captures(tmp_path / "captures", lab.traffic(1, 50))
    assert {line.split()[-1] for line in built.verdicts("--show-core", *captures)} == {"0"}


@pytest.fixture(scope="module")
def unbuilt(lab, tmp_path_factory):
    problem = lab.a_problem(lab.an_nf(**lab.PORTS))
    return lab.emit(tmp_path_factory.mktemp("unbuilt"), problem, lab.a_solution(problem))


def _compiler_without_libpcap(folder):
    """The machine's, to which the header is one that cannot be used."""
    header = folder / "pcap" / "pcap.h"
    header.parent.mkdir()
    header.write_text("#error not installed\n")
    return f"CC=cc -I {folder}"


def test_make_says_that_libpcap_is_missing(lab, unbuilt, tmp_path):
    compiler = _compiler_without_libpcap(tmp_path)
    for target in ("firewall-replay", "firewall-check", "replay-check"):
        result = lab.make(unbuilt, target, compiler)
        assert result.returncode != 0 and result.stderr.count("\n") == 2, result.stderr
        assert "needs libpcap's headers (Debian: libpcap-dev" in result.stderr
    assert not (unbuilt / "build").exists()


def test_make_says_that_dpdk_is_missing(lab, unbuilt):
    result = lab.make(unbuilt, "firewall", "PKG_CONFIG=nothing-of-that-name")
    assert result.returncode != 0 and result.stderr.startswith("firewall needs DPDK 22.11 or later (Debian")
    result = lab.make(unbuilt, "-n", "PKG_CONFIG=nothing-of-that-name")
    assert result.returncode == 0 and "firewall, the DPDK program, is left out: pkg-config" in result.stdout
    assert not (unbuilt / "build").exists()


def test_make_says_that_a_compiler_is_missing(lab, unbuilt):
    result = lab.make(unbuilt, "firewall-replay", "CC=nothing-of-that-name")
    assert (
        result.returncode != 0
        and "`nothing-of-that-name` does not work: install gcc or clang" in result.stderr
    )
    assert lab.make(unbuilt, "clean", "CC=nothing-of-that-name").returncode == 0


def test_make_leaves_out_what_another_release_left(lab, unbuilt):
    old = unbuilt / "runtime" / "state" / "forgotten.c"
    old.write_text("#error of another release\n")
    commands = lab.make(unbuilt, "-n", "firewall-replay").stdout
    assert "runtime/state/table.c" in commands and "forgotten" not in commands
    old.unlink()
