"""`rssc prove`: keys of imported specs proved from the paths, those of too weak specs refuted."""

import json
from shutil import copytree

import pytest
from rsstest import ROOT

from rssc.__main__ import main

SPECS = ROOT / "specs" / "callpaths"
IMPORTED = ("nop", "nat", "hhh", "dual-stack", "masked-key", "nat-options")
"""Without requirements, and with; `hash auto`, packets left out. `tests/callpaths` proves all others."""
ONE_SIDED = """\
port P0 { device 0  nic intel-x710  hash ipv4-tcp, ipv4-udp  queues 16  traffic ipv4-tcp, ipv4-udp }
port P1 { device 1  nic intel-x710  hash ipv4-tcp, ipv4-udp  queues 16  traffic ipv4-tcp, ipv4-udp }

require own: P0.ipv4_src == P0'.ipv4_src && P0.ipv4_dst == P0'.ipv4_dst
"""


@pytest.fixture
def run(capsys):
    def call(*arguments):
        code = main([str(argument) for argument in arguments])
        found = capsys.readouterr()
        return code, found.out, found.err

    return call


@pytest.fixture(scope="module")
def solved(tmp_path_factory):
    folder = tmp_path_factory.mktemp("nat")
    assert main(["import", str(SPECS / "nat"), "--out", str(folder / "nat.rss")]) == 0
    assert main(["solve", str(folder / "nat.rss"), "--write"]) == 0
    return folder


@pytest.fixture
def nat(solved, tmp_path, capsys):
    """An imported and solved spec."""
    capsys.readouterr()
    copytree(solved, tmp_path, dirs_exist_ok=True)
    return tmp_path / "nat.rss"


@pytest.fixture
def weak(tmp_path):
    spec = tmp_path / "weak.rss"
    spec.write_text(ONE_SIDED)
    return spec


@pytest.mark.parametrize("name", IMPORTED)
def test_what_is_imported_is_proved(name, run, tmp_path):
    spec = tmp_path / "nf.rss"
    assert run("import", SPECS / name, "--out", spec)[0] == 0
    assert run("solve", spec, "--write")[0] == 0
    code, out, err = run("prove", SPECS / name, "--keys", f"{spec}.lock")
    assert code == 0, out + err
    assert out.startswith("proved: no two cores share state")


def test_assumptions_are_listed(run, nat):
    _, out, _ = run("prove", SPECS / "nat", "--keys", f"{nat}.lock")
    assert "assumed:\n  - " in out
    code, out, _ = run("prove", SPECS / "nat", "--keys", f"{nat}.lock", "--format", "json")
    verdict = json.loads(out)["verdict"]
    assert code == 0
    assert verdict["status"] == "proved"
    assert "traffic" in [each["name"] for each in verdict["assumed"]]
    assert verdict["pairs"] > verdict["local"] > 0


def test_a_spec_without_keys_is_solved(run, nat):
    code, out, _ = run("prove", SPECS / "nat", "--spec", nat)
    assert code == 0
    assert out.startswith("proved")


def test_two_packets_refute_a_weak_spec(run, weak):
    code, out, _ = run("prove", SPECS / "fw", "--spec", weak)
    assert code == 4
    assert out.startswith("counterexample: these packets can touch one cell of `fm`")
    assert ".call_path:" in out
    assert "changes it" in out
    code, out, _ = run("prove", SPECS / "fw", "--spec", weak, "--format", "json")
    verdict = json.loads(out)["verdict"]
    assert code == 4
    assert verdict["object"] == "fm"
    assert verdict["packets"][0]["queue"] != verdict["packets"][1]["queue"]
    assert any(access["mutates"] for access in verdict["accesses"])


def test_the_packets_are_where_the_reference_hash_sends_them(run, weak):
    run("solve", weak, "--write")
    keys = f"{weak}.lock"
    _, out, _ = run("prove", SPECS / "fw", "--keys", keys, "--format", "json")
    for landing in json.loads(out)["verdict"]["packets"]:
        _, out, _ = run("hash", weak, landing["port"], landing["packet"], "--keys", keys, "--format", "json")
        found = json.loads(out)
        assert (found["hash"], found["queue"]) == (landing["hash"], landing["queue"])


def test_a_spec_that_changed_is_said(run, nat):
    nat.write_text("// another day\n" + nat.read_text())
    code, out, err = run("prove", SPECS / "nat", "--keys", f"{nat}.lock")
    assert code == 0
    assert out.startswith("proved")
    assert "warning[RSS441]: `nat.rss` has changed" in err


def test_keys_alone_need_a_spec(run, nat, tmp_path, capsys):
    keys = tmp_path / "keys.txt"
    keys.write_text("P0=" + "01" * 52 + "\n")
    for arguments in ([], ["--keys", str(keys)]):
        with pytest.raises(SystemExit) as left:
            main(["prove", str(SPECS / "nat"), *arguments])
        assert left.value.code == 2
        assert "--spec" in capsys.readouterr().err


def test_a_lock_file_whose_spec_is_gone(run, nat):
    nat.unlink()
    code, out, err = run("prove", SPECS / "nat", "--keys", f"{nat}.lock")
    assert (code, out) == (1, "")
    assert "nat.rss" in err


def test_a_port_that_the_spec_lacks(run, tmp_path):
    spec = tmp_path / "one.rss"
    spec.write_text("port P0 { device 0  nic intel-x710  hash ipv4-tcp  queues 16 }\n")
    code, out, err = run("prove", SPECS / "fw", "--spec", spec)
    assert (code, out) == (1, "")
    assert "error[RSS445]" in err
