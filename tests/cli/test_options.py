"""What people see of preferences, counts, several keys, functions, chosen fields and conflicts."""

from __future__ import annotations

import json

import pytest
from rsstest import ROOT

from rssc.__main__ import main

PREFERRED = """import "std/flows.rss"
port LAN { nic intel-x710  hash ipv4-tcp, ipv4-udp  queues 16  traffic ipv4-tcp, ipv4-udp }
port WAN { nic intel-x710  hash ipv4-tcp, ipv4-udp  queues 16  traffic ipv4-tcp, ipv4-udp }
require session: reversed(LAN, WAN)
prefer weight 3 LAN.key near 6d5a56da255b0ec2
prefer over rank WAN.key[0:4] == 0
prefer ones
"""
MESH = """import "std/flows.rss"
ports TX[8] { nic generic  hash ipv4-tcp  queues 8  traffic ipv4-tcp }
require session: reversed(TX[*], TX[*]')
"""
CUSTOMERS = """port A { nic intel-x710  hash ipv4-tcp  queues 16  traffic ipv4-tcp }
require customer: A.ipv4_src[0:8] == A'.ipv4_src[0:8]
"""
FUNCTION = """import "std/flows.rss"
port A { nic intel-x710  hash ipv4-tcp  queues 4  traffic ipv4-tcp  function NAME }
require session: reversed(A, A')
"""
ONE_PREFIX = """port WAN { nic intel-x710  hash ipv4-tcp  queues 16  traffic ipv4-tcp  key 0000000000000001 }
require user: WAN.ipv4_dst == WAN'.ipv4_dst
assume WAN.ipv4_dst in 10.20.0.0/16
"""
TWO_USERS = """port LAN { nic intel-x710  hash ipv4-tcp  queues 16  traffic ipv4-tcp }
require senders: LAN.ipv4_src == LAN'.ipv4_src
require receivers: LAN.ipv4_dst == LAN'.ipv4_dst
"""
UPF = str(ROOT / "specs" / "needs" / "upf.rss")


@pytest.fixture
def ask(capsys, tmp_path, monkeypatch):
    """Runs a command on a spec's text and returns its exit code, answer and messages."""

    def run(command, text, *arguments):
        monkeypatch.chdir(tmp_path)
        (tmp_path / "spec.rss").write_text(text)
        code = main([command, "spec.rss", *arguments])
        found = capsys.readouterr()
        return code, found.out, found.err

    return run


@pytest.mark.parametrize("command", ["solve", "explain"])
def test_preferences(ask, golden, command):
    code, out, err = ask(command, PREFERRED)
    assert (code, err) == (0, "")
    golden(out[out.index("preferences:") :])


@pytest.mark.parametrize("command", ["solve", "explain"])
def test_documents_have_the_preferences(ask, command):
    found = json.loads(ask(command, PREFERRED, "--format", "json")[1])
    assert [wish["weight"] for wish in found["preferences"]] == [3, 1, 1]
    assert [wish["over_rank"] for wish in found["preferences"]] == [False, True, False]
    assert found["preferences_maximal"] is True
    assert all(
        sum(why["bits"] for why in wish["fallen"]) == wish["bits"] - wish["held"]
        for wish in found["preferences"]
    )
    without = json.loads(ask(command, TWO_USERS.rpartition("require")[0], "--format", "json")[1])
    assert "preferences" not in without


def test_count(ask, golden):
    code, out, err = ask("solve", CUSTOMERS, "--count")
    assert code == 0 and "RSS305" in err
    golden(out)


def test_several_keys(ask, golden):
    code, out, _ = ask("solve", CUSTOMERS, "--keys", "3")
    assert code == 0
    golden(out)


def test_keys_by_z3_alone(ask, golden):
    code, out, _ = ask("solve", TWO_USERS.rpartition("require")[0], "--engine", "smt")
    assert code == 0
    golden(out)


def test_the_statement(ask, golden):
    code, out, _ = ask("smt", CUSTOMERS)
    assert code == 0
    golden(out, ".smt2")


@pytest.mark.parametrize(
    "text", [CUSTOMERS, MESH, FUNCTION.replace("NAME", "symmetric-xor")], ids=["prefix", "mesh", "symmetric"]
)
def test_key_map(ask, golden, text):
    code, out, _ = ask("explain", text)
    assert code == 0
    golden(out)


@pytest.mark.parametrize("function", ["symmetric-xor", "simple-xor"])
def test_solve_names_the_function(ask, function):
    text = FUNCTION.replace("NAME", function).replace("reversed", "same_flow")
    code, out, _ = ask("solve", text)
    assert code == 0 and f"\n  function  {function}" in out
    (port,) = json.loads(ask("solve", text, "--format", "json")[1])["ports"]
    assert port["function"] == function
    assert "function" not in ask("solve", text.replace(f"function {function}", ""))[1]


SIMPLE = FUNCTION.replace("NAME", "simple-xor").replace("reversed", "same_flow")
PINNED = "port B { nic intel-x710  hash ipv4-tcp  queues 4  key 00112233445566778899aabbccddeeff }\n"
FIXED = {"the function": SIMPLE, "a pinned key": PINNED, "a pinned key or the function": SIMPLE + PINNED}


@pytest.mark.parametrize("by", FIXED)
def test_the_legend_says_what_fixes_key_bits(ask, by):
    out = ask("explain", FIXED[by])[1]
    assert f"# fixed by {by}  " in out


def test_what_is_all_that_is_hashed_is_not_listed(ask):
    every = CUSTOMERS.replace("A.ipv4_src[0:8] == A'.ipv4_src[0:8]", "A.ipv4_src >= A'.ipv4_src")
    code, _, err = ask("solve", every)
    assert code == 3 and "lets all that is hashed on A be anything, so the key bits that hash it" in err


@pytest.mark.parametrize("text", [TWO_USERS, ONE_PREFIX], ids=["lines", "assumption"])
def test_conflict(ask, golden, text):
    code, out, err = ask("explain", text)
    assert code == 3
    golden(err + out)


def test_fields_that_need_rules_are_one_finding_a_port(capsys, tmp_path):
    assert main(["synth", UPF, "--target", "dpdk", "--out", str(tmp_path)]) == 1
    found = capsys.readouterr().err
    assert found.count("RSS603") == 1
    assert "`gtpu-ipv4-tcp`, `gtpu-ipv4-udp`" in found


WRONG = {
    "prefer NET.key near ff": "RSS101",
    "prefer LAN.key[0:16] == 0x123456": "RSS115",
    "prefer LAN.key[400:500] == 0": "RSS116",
    "prefer weight 0 ones": "RSS120",
    "prefer weight -3 ones": "RSS001",
    "prefer sevens": "RSS001",
    "prefer over rank": "RSS001",
    "prefer LAN.key near zz": "RSS005",
    f"prefer LAN.key near {'ab' * 60}": "RSS203",
    "prefer LAN.key[8:8] == 0": "RSS005",
    "assume LAN.ipv4_src == LAN'.ipv4_src": "RSS112",
    "assume LAN.tcp_dst == 70000": "RSS115",
    "assume true": "RSS001",
    "equality sometimes": "RSS001",
    "seed 99999999999999999999999": "RSS005",
    "port A { nic intel-e810  hash ipv4-tcp  queues 4  function simple-xor  key ff }": "RSS243",
    "port A { nic generic  hash ipv4-tcp  queues 4  function sha }": "RSS240",
    "port A { nic intel-x710  hash ipv4-tcp (ipv4_src)  queues 4  function symmetric-xor }": "RSS242",
    "port A { nic intel-82599  hash ipv4-tcp  queues 4  function symmetric-xor }": "RSS241",
    "port A { nic intel-x710  hash auto, ipv4-tcp  queues 4 }": "RSS001",
    "port A { nic intel-x710  hash ipv4-tcp  hash auto  queues 4 }": "RSS107",
    "port A { nic nvidia-connectx5  hash ipv4-tcp (ipv4_src, tcp_dst, vlan)  queues 4 }": "RSS205",
    "port A { nic intel-e810  hash ipv4-tcp (ipv4_src), ipv4-udp (tcp_src)  queues 4 }": "RSS122",
    "port A { nic generic  queues 4  traffic vxlan-ipv4-tcp }": "RSS320",
    "port A { nic generic  hash auto  queues 4  traffic l2 }": "RSS320",
}


@pytest.mark.parametrize("line", WRONG)
def test_wrong_items_are_findings(ask, line):
    code, out, err = ask("solve", f"{TWO_USERS.rpartition('require')[0]}{line}\n")
    assert (code, out) == (1, "")
    assert f"error[{WRONG[line]}]" in err


@pytest.mark.parametrize(
    "arguments",
    [
        ["--keys", "0"],
        ["--keys", "1001"],
        ["--keys", "9" * 5000],
        ["--keys", "two"],
        ["--keys", "2", "--count"],
        ["--count", "--write"],
        ["--engine", "z4"],
    ],
)
def test_wrong_options_are_usage(ask, arguments):
    with pytest.raises(SystemExit) as stopped:
        ask("solve", CUSTOMERS, *arguments)
    assert stopped.value.code == 2
