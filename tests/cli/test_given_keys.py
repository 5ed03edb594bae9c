"""Keys from outside: whose they are, what is wrong with them, and what is doubtful about good ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rsstest import MICROSOFT, ROOT

from rssc.__main__ import main

FW = str(ROOT / "specs" / "nf" / "fw.rss")
SYMMETRIC = bytes.fromhex("6d5a" * 26).hex()


def run(capsys, *arguments):
    code = main(arguments)
    found = capsys.readouterr()
    return code, found.out, found.err


@pytest.fixture
def file(tmp_path):
    def write(text, name="keys"):
        (tmp_path / name).write_text(text)
        return str(tmp_path / name)

    return write


@pytest.fixture
def lock(tmp_path, capsys):
    spec = tmp_path / "fw.rss"
    spec.write_text(Path(FW).read_text())
    assert main(["solve", str(spec), "--write"]) == 0
    capsys.readouterr()
    return Path(f"{spec}.lock")


def test_a_key_for_an_unknown_port_of_the_command_line(capsys, file):
    code, _, err = run(capsys, "verify", FW, "--keys", f"WNA={file('6d5a')}")
    assert code == 1
    assert "RSS504" in err
    assert "did you mean `WAN`?" in err


def test_a_file_for_one_port_gives_its_key_alone(capsys, file):
    both = file(f"LAN={SYMMETRIC}\nWAN={SYMMETRIC}\n")
    assert run(capsys, "verify", FW, "--keys", f"LAN={both}", "--keys", f"WAN={both}")[0] == 0
    other = file(f"WAN={SYMMETRIC}\n", "other")
    code, _, err = run(capsys, "verify", FW, "--keys", f"LAN={other}")
    assert code == 1
    assert f"no key for `LAN` in `{other}`" in err
    assert "it has keys for `WAN`" in err


def test_a_bare_key(capsys, file):
    bare = file(f"# from the driver\n{SYMMETRIC}\n")
    assert run(capsys, "verify", FW, "--keys", f"LAN={bare}", "--keys", f"WAN={bare}")[0] == 0
    assert run(capsys, "verify", FW, "--keys", bare)[0] == 1


def test_everything_wrong_in_all_files_is_told_together(capsys, file):
    one = file("LAN=zz\nLNA=6d5a\nWAN=6d5a\nWAN=6d5b\nnothing\nWAN=123\n")
    code, _, err = run(capsys, "verify", FW, "--keys", one, "--keys", "LAN=nowhere")
    assert code == 1
    for text in (
        "`zz` is not hexadecimal",
        "did you mean `LAN`?",
        "a second key for `WAN`",
        "expected `PORT=HEX`",
        "3 hexadecimal digits are not whole bytes",
        "cannot read `nowhere`",
    ):
        assert text in err


def test_hash_needs_the_key_of_its_port_alone(capsys, file):
    keys = file(f"LAN={MICROSOFT.hex()}")
    packet = "ipv4-tcp 66.9.149.187:2794 > 161.142.100.80:1766"
    code, out, _ = run(capsys, "hash", FW, "LAN", packet, "--keys", keys)
    assert (code, "hash 51ccc178" in out) == (0, True)
    assert run(capsys, "hash", FW, "WAN", packet, "--keys", keys)[0] == 1


def test_tables_are_pointed_at(capsys, lock):
    written = json.loads(lock.read_text())
    written["ports"][1]["table"] = [99] * 512
    lock.write_text(json.dumps(written))
    code, _, err = run(capsys, "verify", FW, "--keys", str(lock))
    column = lock.read_text().index("[99,") + 1
    assert code == 1
    assert f":1:{column}" in err
    assert "RSS505" in err
    written["ports"][1] |= {"table": None, "table_size": 100}
    lock.write_text(json.dumps(written, indent=2))
    _, _, err = run(capsys, "verify", FW, "--keys", str(lock))
    assert '"table_size": 100' in err


def test_ethtool_tables_are_pointed_at(capsys, file):
    rows = "".join(f"{8 * r:5}: " + "    99" * 8 + "\n" for r in range(64))
    text = f"RX flow hash indirection table for LAN with 100 RX ring(s):\n{rows}RSS hash key:\n" + ":".join(
        ["6d"] * 52
    )
    path = file(text)
    code, _, err = run(capsys, "verify", FW, "--keys", path)
    assert code == 1
    assert f"{path}:2:1" in err


@pytest.mark.parametrize("version", ["1", True, None, 1.5, [1]])
def test_versions_that_are_no_numbers(capsys, lock, version):
    lock.write_text(json.dumps(json.loads(lock.read_text()) | {"format_version": version}))
    spec = str(lock.with_suffix(""))
    code, _, err = run(capsys, "verify", spec, "--keys", str(lock))
    assert code == 1
    assert "RSS501" in err
    assert f"rssc solve {spec} --write" in err


def test_locked_wants_a_file_and_its_seed(capsys, lock):
    spec = str(lock.with_suffix(""))
    assert run(capsys, "solve", spec, "--locked", "--seed", "0")[0] == 0
    code, _, err = run(capsys, "solve", spec, "--locked", "--seed", "5")
    assert code == 1
    assert "made with seed 0, not 5" in err
    lock.unlink()
    code, _, err = run(capsys, "solve", spec, "--locked")
    assert code == 1
    assert f"no lock file `{lock}`" in err
    assert f"write it with `rssc solve {spec} --write`" in err


def test_a_proof_of_poor_keys_does_not_look_fine(capsys, file):
    keys = file(f"LAN={SYMMETRIC}\nWAN={SYMMETRIC}\n")
    code, out, err = run(capsys, "verify", FW, "--keys", keys)
    assert code == 0
    assert err.count("RSS213") == 2
    assert "let `rssc solve` choose one" in err
    assert "LAN  ipv4-tcp  rank 9, clustered" in out
    zero = file(f"LAN={'00' * 52}\nWAN={'00' * 52}\n")
    code, out, err = run(capsys, "verify", FW, "--keys", zero)
    assert code == 0
    assert "can reach 1 of 16 queues" in err
    assert "the given key leaves no better spread" in err
    code, out, _ = run(capsys, "verify", FW, "--keys", zero, "--format", "json")
    assert code == 0
    assert json.loads(out)["ports"][0] == {
        "name": "LAN",
        "rank": {"ipv4-tcp": 0, "ipv4-udp": 0},
        "clustered_rank": {"ipv4-tcp": 0, "ipv4-udp": 0},
        "reachable_queues": {"ipv4-tcp": 1, "ipv4-udp": 1},
    }


def test_tables_that_part_packets(capsys, lock):
    written = json.loads(lock.read_text())
    written["ports"][1]["table"] = [(entry + 1) % 16 for entry in range(512)]
    lock.write_text(json.dumps(written))
    code, out, _ = run(capsys, "verify", FW, "--keys", str(lock))
    assert code == 4
    assert "the tables part them" in out


def test_the_advice_for_poor_spread_fits(capsys, file):
    line = "port A { nic intel-x710  hash ipv4-tcp  queues 16 KEY }\n"
    site, user = "require A.ipv4_src[0:8] == A'.ipv4_src[0:8]\n", "require A.ipv4_dst == A'.ipv4_dst\n"
    for text, help_ in (
        (line.replace("KEY", "key 00000001"), "solve without it"),
        (f"equality hash\n{line.replace('KEY', '')}{user}", "`equality index`"),
        (f"{line.replace('KEY', '')}{site}", "only leading address bits"),
    ):
        _, _, err = run(capsys, "solve", file(text, "a.rss"))
        assert "RSS305" in err
        assert help_ in err


def test_a_dealt_table_goes_with_its_key(capsys, file, tmp_path):
    spec = file(
        "port A { nic intel-x710  hash ipv4-tcp  queues 4 }\nrequire A.ipv4_src[0:8] == A'.ipv4_src[0:8]\n",
        "prefix.rss",
    )
    assert run(capsys, "solve", spec, "--write")[0] == 0
    assert run(capsys, "solve", spec, "--locked")[0] == 0
    lock = json.loads(Path(f"{spec}.lock").read_text())["ports"][0]
    assert lock["reachable_queues"] == {"ipv4-tcp": 4}
    assert run(capsys, "verify", spec, "--keys", f"{spec}.lock")[0] == 0
    out = tmp_path / "out"
    assert run(capsys, "synth", spec, "--target", "json", "--out", str(out))[0] == 0
    assert json.loads((out / "steering.json").read_text())["ports"][0]["table"] == lock["table"]
    for first in range(0, 256, 50):
        packet = f"ipv4-tcp {first}.1.1.1:1 > 2.2.2.2:2"
        landed = json.loads(run(capsys, "hash", spec, "A", packet, "--format", "json")[1])
        assert landed["queue"] == lock["table"][landed["entry"]]
