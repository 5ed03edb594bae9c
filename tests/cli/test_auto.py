"""`hash auto` through the commands."""

from __future__ import annotations

import json

import pytest

import rssc
from rssc.__main__ import main

POLICER = """port WAN { nic intel-x710  traffic ipv4-tcp  queues 16 }
equality hash
require user: WAN.ipv4_dst == WAN'.ipv4_dst
"""


@pytest.fixture
def spec(tmp_path):
    path = tmp_path / "policer.rss"
    path.write_text(POLICER)
    return path


def run(capsys, *arguments):
    code = main([str(argument) for argument in arguments])
    found = capsys.readouterr()
    return code, found.out, found.err


def test_solve_says_what_was_chosen_and_what_else_would_have_cost(capsys, spec):
    code, out, _ = run(capsys, "solve", spec)
    assert code == 0
    assert (
        "hash auto on WAN: rte_flow rules for ipv4-tcp, 16 of 16 queues from few prefixes; "
        "the runner-up reaches 1 of 16 queues from few prefixes\n"
    ) in out


def test_explain_shows_both_in_full(capsys, spec):
    _, out, _ = run(capsys, "explain", spec)
    assert "  ipv4-tcp by ipv4_dst (rte_flow)\n" in out
    assert "    ipv4-tcp by ipv4_src ipv4_dst tcp_src tcp_dst\n" in out
    _, out, _ = run(capsys, "explain", spec, "--format", "json")
    (choice,) = json.loads(out)["hash_auto"]
    assert (choice["ports"], choice["rte_flow"]) == (["WAN"], ["ipv4-tcp"])
    assert choice["runner_up"]["clustered_share"] < choice["clustered_share"] == 1


def test_the_lock_file_holds_the_fields(capsys, spec):
    assert run(capsys, "solve", spec, "--write")[0] == 0
    lock = spec.with_name("policer.rss.lock")
    data = json.loads(lock.read_text())
    assert data["ports"][0]["hash"] == {"ipv4-tcp": ["ipv4_dst"]} and len(data["hash_auto"]) == 1
    assert run(capsys, "verify", spec, "--keys", lock)[0] == 0
    assert run(capsys, "solve", spec, "--locked")[0] == 0


def test_other_fields_of_a_lock_file_are_taken_if_the_nic_can_have_them(capsys, spec):
    run(capsys, "solve", spec, "--write")
    lock = spec.with_name("policer.rss.lock")
    data = json.loads(lock.read_text())
    data["ports"][0]["hash"] = {"ipv4-tcp": ["ipv4_src"]}
    lock.write_text(json.dumps(data))
    assert run(capsys, "verify", spec, "--keys", lock)[0] == 4
    data["ports"][0]["hash"] = {"ipv4-tcp": ["vlan"]}
    lock.write_text(json.dumps(data))
    code, _, err = run(capsys, "verify", spec, "--keys", lock)
    assert code == 1 and "RSS506" in err


@pytest.mark.parametrize(
    "arguments", [("check",), ("example",), ("smt",), ("hash", "WAN", "ipv4-tcp 1.2.3.4:5 > 6.7.8.9:10")]
)
def test_every_command_takes_it(capsys, spec, arguments):
    assert run(capsys, arguments[0], spec, *arguments[1:])[0] == 0


def test_targets(capsys, spec, tmp_path):
    assert run(capsys, "synth", spec, "--target", "rte-flow", "--out", tmp_path / "out")[0] == 0
    assert (tmp_path / "out" / "rss_flow.cmds").exists()
    code, _, err = run(capsys, "synth", spec, "--target", "dpdk", "--out", tmp_path / "out")
    assert code == 1 and "RSS603" in err and "use the target `rte-flow`" in err


def test_the_api_resolves(spec):
    problem = rssc.check(rssc.load(spec))
    assert problem.ports[0].auto
    solved = rssc.solve(problem)
    assert isinstance(solved, rssc.Solved)
    assert isinstance(rssc.verify(problem, solved.solution), rssc.Proof)
