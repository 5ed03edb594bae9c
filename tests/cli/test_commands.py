"""The commands as users call them: answers, exit codes, JSON, files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from rsstest import MICROSOFT, ROOT

from rss_solver.smt.learn import Oracle
from rss_solver.tied.learn import learn
from rss_solver.tied.spans import span_shapes
from rssc.__main__ import main
from rssc.exits import Exit

FW = str(ROOT / "specs" / "nf" / "fw.rss")
NO_KEY = """port A { hash ipv4-tcp  queues 4 }
require any: A.ipv4_src == A'.ipv4_src || A.ipv4_dst == A'.ipv4_dst
"""


@pytest.fixture
def spec(tmp_path):
    def write(text, name="spec.rss"):
        path = tmp_path / name
        path.write_text(text)
        return str(path)

    return write


def run(capsys, *arguments):
    code = main(arguments)
    found = capsys.readouterr()
    return code, found.out, found.err


def test_check_says_ok(capsys):
    assert run(capsys, "check", FW) == (0, f"{FW}: ok\n", "")


def test_check_reports_every_error_of_every_spec(capsys, spec):
    bad = spec("port A { nic intel-x701  hash ipv4-tpc  queues 4 }\n")
    code, _, err = run(capsys, "check", FW, bad)
    assert code == 1
    assert "RSS104" in err
    assert "RSS103" in err
    assert "did you mean" in err


def test_check_as_json_and_sarif(capsys, spec):
    bad = spec("port A { nic intel-x701 }\n")
    code, out, _ = run(capsys, "check", bad, "--format", "json")
    assert code == 1
    assert json.loads(out)["format_version"] == 1
    code, out, _ = run(capsys, "check", FW, "--format", "sarif")
    assert code == 0
    assert json.loads(out)["runs"][0]["results"] == []


def test_solve_document(capsys):
    code, out, _ = run(capsys, "solve", FW, "--format", "json")
    found = json.loads(out)
    assert code == 0
    assert found["format_version"] == 1
    assert found["spec"]["path"] == "fw.rss"
    assert found["verdict"]["status"] == "proved"
    lan = found["ports"][0]
    assert (lan["name"], lan["device"], lan["nic"]) == ("LAN", 0, "intel-x710")
    assert (lan["table_size"], lan["queues"], lan["equality"], lan["table"]) == (512, 16, "hash", None)
    assert lan["hash"]["ipv4-tcp"] == ["ipv4_src", "ipv4_dst", "tcp_src", "tcp_dst"]
    assert lan["rank"] == lan["clustered_rank"] == {"ipv4-tcp": 9, "ipv4-udp": 9}
    assert len(bytes.fromhex(lan["key"])) == 52


def test_solve_as_text(capsys, golden):
    code, out, err = run(capsys, "solve", FW)
    assert (code, err) == (0, "")
    golden(out)


def test_explain_as_text(capsys, golden):
    code, out, _ = run(capsys, "explain", str(ROOT / "specs" / "nf" / "nat.rss"))
    assert code == 0
    golden(out)


def test_seeds_change_keys(capsys):
    first, second, third = (run(capsys, "solve", FW, "--seed", seed)[1] for seed in "112")
    assert first == second != third


def test_no_key_is_an_answer(capsys, spec, golden):
    path = spec(NO_KEY)
    code, out, err = run(capsys, "solve", path)
    assert (code, out) == (3, "")
    golden(err.replace(path, "spec.rss"))
    code, out, _ = run(capsys, "solve", path, "--format", "json")
    found = json.loads(out)
    assert code == 3
    assert [line["label"] for line in found["conflict"]["requirements"]] == ["any"]
    code, out, _ = run(capsys, "explain", path)
    assert code == 3
    golden(out, ".explain.txt")


def test_a_conflict_of_several_lines_is_told_as_one(capsys, spec):
    text = "port A { hash ipv4-tcp  queues 4 }\n"
    text += "".join(f"require A.ipv4_{f} == A'.ipv4_{f}\n" for f in ("src", "dst"))
    code, _, err = run(capsys, "solve", spec(text))
    assert code == 3
    assert "`requirement 1` lets A.ipv4_dst, A.tcp_src and A.tcp_dst be anything" in err
    assert "`rssc explain` says" in err


def test_hash_mode_conflict_names_index_as_a_way_out(capsys, spec):
    text = "equality hash\nport A { nic intel-x710  hash ipv4-tcp  queues 4 }\n"
    text += "".join(f"require A.{f} == A'.{f}\n" for f in ("ipv4_src[1:25]", "ipv4_dst"))
    code, out, _ = run(capsys, "explain", spec(text))
    assert (code, "`equality index`" in out) in ((3, True), (3, False), (0, False))


def test_lock_files(capsys, spec, tmp_path):
    path = spec(Path(FW).read_text())
    lock = tmp_path / "spec.rss.lock"
    assert run(capsys, "solve", path, "--locked")[0] == 1
    assert run(capsys, "solve", path, "--write", "--seed", "7")[0] == 0
    written = lock.read_text()
    assert json.loads(written)["seed"] == 7
    assert run(capsys, "solve", path, "--locked")[0] == 0
    assert run(capsys, "verify", path, "--keys", str(lock))[0] == 0
    lock.write_text(written.replace('"seed": 7', '"seed": 8'))
    code, _, err = run(capsys, "solve", path, "--locked")
    assert code == 1
    assert "RSS508" in err
    lock.write_text(written.replace('"format_version": 1', '"format_version": 9'))
    for command in (["solve", path, "--locked"], ["verify", path, "--keys", str(lock)]):
        code, _, err = run(capsys, *command)
        assert code == 1
        assert "RSS502" in err


def test_verify_refutes_a_key(capsys, tmp_path):
    keys = tmp_path / "keys"
    keys.write_text(f"# from the driver\nLAN = {MICROSOFT.hex()}\nWAN={MICROSOFT.hex(':')}\n")
    code, out, _ = run(capsys, "verify", FW, "--keys", str(keys))
    assert code == 4
    assert out.startswith("counterexample: `session`")
    code, out, _ = run(capsys, "verify", FW, "--keys", str(keys), "--format", "json")
    found = json.loads(out)["verdict"]
    assert code == 4
    assert found["status"] == "refuted"
    first, second = found["packets"]
    assert first["queue"] != second["queue"]
    for landing in (first, second):
        shown = run(
            capsys, "hash", FW, landing["port"], landing["packet"], "--keys", str(keys), "--format", "json"
        )
        assert {k: v for k, v in json.loads(shown[1]).items() if k != "format_version"} == landing


def ethtool(name, key, queues=16, entries=512, function="toeplitz"):
    rows = [f"{at:5}: " + "".join(f"{(at + i) % queues:6}" for i in range(8)) for at in range(0, entries, 8)]
    functions = "".join(
        f"    {f}: {'on' if f == function else 'off'}\n" for f in ("toeplitz", "xor", "crc32")
    )
    return (
        f"RX flow hash indirection table for {name} with {queues} RX ring(s):\n"
        + "\n".join(rows)
        + f"\nRSS hash key:\n{key.hex(':')}\nRSS hash function:\n{functions}"
    )


def test_verify_reads_ethtool(capsys, tmp_path):
    solved = json.loads(run(capsys, "solve", FW, "--format", "json")[1])
    keys = {port["name"]: bytes.fromhex(port["key"]) for port in solved["ports"]}
    files = {}
    for port, key in keys.items():
        files[port] = tmp_path / f"{port}.txt"
        files[port].write_text(ethtool(f"eth{len(files)}", key))
    given = [f"{port}={path}" for port, path in files.items()]
    assert run(capsys, "verify", FW, "--keys", given[0], "--keys", given[1])[0] == 0
    code, _, err = run(capsys, "verify", FW, "--keys", str(files["LAN"]))
    assert code == 1
    assert "does not say which port" in err
    files["WAN"].write_text(ethtool("eth1", keys["WAN"], function="xor"))
    code, _, err = run(capsys, "verify", FW, "--keys", given[0], "--keys", given[1])
    assert code == 1
    assert "RSS507" in err
    files["WAN"].write_text(ethtool("eth1", keys["WAN"], queues=8))
    assert run(capsys, "verify", FW, "--keys", given[0], "--keys", given[1])[0] == 4


def test_interface_names_can_be_port_names(capsys, tmp_path):
    solved = json.loads(run(capsys, "solve", FW, "--format", "json")[1])
    both = tmp_path / "both.txt"
    both.write_text("".join(ethtool(port["name"], bytes.fromhex(port["key"])) for port in solved["ports"]))
    assert run(capsys, "verify", FW, "--keys", str(both))[0] == 0


def test_example_pairs_land_together_or_not(capsys):
    code, out, _ = run(capsys, "example", FW, "--count", "5", "--format", "json")
    found = json.loads(out)["examples"]
    assert code == 0
    assert {example["tied"] for example in found} == {True, False}
    for example in found:
        first, second = example["packets"]
        if example["tied"]:
            assert first["hash"] == second["hash"]
    assert "does not tie" in run(capsys, "example", FW)[1]


@pytest.mark.parametrize(
    ("packet", "code"),
    [
        ("ipv4-tpc 1.2.3.4:5 > 6.7.8.9:10", "did you mean `ipv4-tcp`"),
        ("ipv4-tcp 1.2.3.4 5.6.7.8", "SOURCE > DESTINATION"),
        ("ipv4-tcp 1.2.3.400:1 > 5.6.7.8:2", "not an IPv4 address"),
        ("ipv4-tcp 1.2.3.4:70000 > 5.6.7.8:2", "past 65535"),
        ("ipv4-tcp 1.2.3.4:1 > 5.6.7.8:2 valn=3", "did you mean `vlan`"),
        ("ipv4-tcp 1.2.3.4:1 > 5.6.7.8:2 vlan=5000", "12 bits"),
    ],
)
def test_bad_packets(capsys, packet, code):
    exit_code, _, err = run(capsys, "hash", FW, "LAN", packet)
    assert exit_code == 1
    assert "RSS509" in err
    assert code in err


def test_unhashed_packets_go_to_the_default_queue(capsys):
    _, out, _ = run(capsys, "hash", FW, "WAN", "ipv4-frag 1.2.3.4 > 5.6.7.8")
    assert "not hashed  queue 0" in out


def test_unknown_port(capsys):
    code, _, err = run(capsys, "hash", FW, "LNA", "ipv4-tcp 1.2.3.4:1 > 5.6.7.8:2")
    assert code == 1
    assert "did you mean `LAN`" in err


@pytest.mark.parametrize("target", ["json", "ethtool", "testpmd", "dpdk", "xdp", "nf"])
def test_synth_writes_a_folder(capsys, tmp_path, target):
    out = tmp_path / "out"
    code, listed, _ = run(capsys, "synth", FW, "--target", target, "--out", str(out))
    assert code == 0
    files = [Path(line) for line in listed.splitlines()]
    assert files
    assert all(path.is_file() for path in files)
    assert not list(out.rglob(".*"))


def test_synth_refuses_unproven_keys(capsys, tmp_path):
    keys = tmp_path / "keys"
    keys.write_text(f"LAN={MICROSOFT.hex()}\nWAN={MICROSOFT.hex()}\n")
    out = tmp_path / "out"
    code, _, _ = run(capsys, "synth", FW, "--target", "json", "--out", str(out), "--keys", str(keys))
    assert code == 4
    assert not out.exists()
    arguments = ("--target", "json", "--out", str(out), "--keys", str(keys), "--format", "json")
    code, said, _ = run(capsys, "synth", FW, *arguments)
    assert code == 4 and json.loads(said)["verdict"]["status"] == "refuted"


@pytest.mark.parametrize(
    ("function", "help"),
    [
        (
            "policer { strategy shared-nothing  lan LAN  wan WAN }",
            "help: add `require WAN.ip_dst == WAN'.ip_dst`, or",
        ),
        (
            "bridge { strategy shared-nothing  left LAN  right WAN }",
            "help: say `strategy locks`; 7 requirements",
        ),
    ],
)
def test_synth_says_once_that_keys_do_not_serve(capsys, spec, tmp_path, function, help):
    """As an error, not as the warning of the other commands, too."""
    ports = "".join(f"port {name} {{ nic intel-x710  hash ipv4-tcp  queues 4 }}\n" for name in ("LAN", "WAN"))
    path = spec(f"{ports}nf {function}\n")
    code, _, err = run(capsys, "synth", path, "--target", "nf", "--out", str(tmp_path / "out"))
    assert code == 1 and not (tmp_path / "out").exists()
    assert "RSS632" not in err and err.count("error[RSS627]") == 1
    assert help in err
    code, _, err = run(capsys, "solve", path)
    assert code == 0 and "warning[RSS632]" in err


def test_unwritable_folder(capsys, tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    code, _, err = run(capsys, "synth", FW, "--target", "json", "--out", str(file / "below"))
    assert code == 1
    assert "RSS510" in err


def test_unknown_target_is_usage(capsys, tmp_path):
    assert main(["synth", FW, "--target", "ethtol", "--out", str(tmp_path)]) == 2
    assert "`ethtool`" in capsys.readouterr().err


def test_usage_errors_exit_with_two():
    for arguments in (["solve"], ["nonsense"], ["solve", FW, "--seed", "x"]):
        with pytest.raises(SystemExit) as found:
            main(arguments)
        assert found.value.code == 2


def test_every_condition_is_solved(capsys, spec):
    text = """port A { nic intel-x710  hash ipv4-tcp  queues 4  traffic ipv4-tcp }
    assume A.ipv4_src in 10.0.0.0/8 && A.tcp_src != 0
    prefer ones
    require order: A.tcp_src < A'.tcp_src && A.ipv4_dst == A'.ipv4_dst
    require negated: !(A.tcp_src == A'.tcp_src) && A.ipv4_dst == A'.ipv4_dst
    require sum: A.tcp_src + A.tcp_dst == A'.tcp_src && A.ipv4_dst == A'.ipv4_dst
    """
    code, out, err = run(capsys, "solve", spec(text))
    assert (code, err.count("error")) == (0, 0)
    assert "proved" in out


def test_hashes_that_start_differently_are_refused(capsys, spec):
    text = """port A { nic aws-ena-fixed  hash ipv4-tcp  queues 4  key 0x0123456789abcdef }
    port B { hash ipv4-tcp  queues 4 }
    require A.ipv4_src == B.ipv4_src
    """
    code, out, err = run(capsys, "solve", spec(text))
    assert (code, out) == (1, "")
    assert err.count("RSS301") == 1
    assert "start from 0xffffffff and 0x00000000: an input of zeros hashes to that, whatever the keys" in err
    assert "yet" not in err


def test_ports_whose_entries_no_part_of_a_hash_picks_agree_on_all_of_it(capsys, spec):
    port = "{ nic tap  hash ipv4-tcp  queues 6  traffic ipv4-tcp }"
    text = f"port A {port}\nport B {port}\nrequire A.ipv4_src == B.ipv4_src\n"
    code, _, err = run(capsys, "solve", spec(text))
    assert code == 0
    assert "RSS316" in err


def test_fmt(capsys, spec):
    path = spec("port   A{queues 4 hash ipv4-tcp}\n// last\n")
    assert run(capsys, "fmt", "--check", path)[0] == 1
    assert run(capsys, "fmt", path)[0] == 0
    assert run(capsys, "fmt", "--check", path)[0] == 0
    assert "// last" in Path(path).read_text()


def test_as_a_process_broken_pipe_and_internal_errors_are_quiet(tmp_path):
    command = f"{sys.executable} -m rssc nic list | head -1"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, env=os.environ)
    assert (done.returncode, done.stderr) == (0, "")


def test_an_internal_error_is_reported_without_a_traceback(capsys, monkeypatch):
    def fail(*_):
        raise ZeroDivisionError("because")

    monkeypatch.setattr("rssc.pipeline.front", fail)
    monkeypatch.setattr("rssc.pipeline.ready", fail)
    code, _, err = run(capsys, "solve", FW)
    assert code == 70
    assert "RSS901" in err
    assert "Traceback" not in err


@pytest.mark.parametrize("command", ["solve", "explain"])
def test_an_input_beyond_the_key_means_that_no_key_exists(capsys, spec, command):
    too_long = "port A { nic hisilicon-hns3  hash ipv6-sctp  queues 8 }\n"
    exit_code, out, err = run(capsys, command, spec(too_long))
    assert exit_code == Exit.NO_KEY
    assert "RSS207" in err
    assert not out
    exit_code, _, err = run(capsys, command, spec(f"{too_long}require B.vlan == B'.vlan\n"))
    assert exit_code == Exit.FINDINGS


@pytest.mark.parametrize("command", [["solve"], ["solve", "--count"], ["solve", "--engine", "smt"], ["smt"]])
def test_what_z3_gives_up_on_is_named(spec, capsys, monkeypatch, command):
    monkeypatch.setattr(Oracle.__init__, "__defaults__", (1,))
    learn.cache_clear()
    span_shapes.cache_clear()
    text = """port A { hash ipv4-tcp  queues 4  traffic ipv4-tcp }
    require odd: (A.ipv4_src << A'.ipv4_src) + A.ipv4_dst == A'.ipv4_dst - A'.ipv4_src
      && A.ipv4_src[3:10] - A'.ipv4_dst[0:7] < A'.ipv4_src[1:8]
    """
    code, out, err = run(capsys, *command, spec(text))
    assert (code, out) == (Exit.UNDECIDED, "")
    assert "RSS310" in err
    assert "what `odd` ties of `ipv4-tcp` on `A` and `ipv4-tcp` on `A` is undecided" in err
    code, out, err = run(capsys, "solve", spec(text), "--format", "json")
    assert (code, err) == (Exit.UNDECIDED, "")
    assert [found["code"] for found in json.loads(out)["diagnostics"]] == ["RSS310"]
