"""Rebalancing in the replay: verdicts stay those of one core while entries move, as not every entry may."""

from __future__ import annotations

import re

import pytest
from nfspec import SANITIZED

CAREFUL = "return !on_its_way && (!rebalance->idle_only || is_idle(rebalance, group, now));"


def hashed(lab, seed, count):
    """Without packets that come to core 0 by no table entry, which would make it the busiest for good."""
    events = (event for event in lab.traffic(seed, count) if isinstance(event.packet, lab.Packet))
    return [event for event in events if event.packet.kind in lab.IPV4 and event.packet.keep is None]


def verdicts(built, out, captures, *options):
    result = built.replay(*options, "-o", out, *captures)
    moves = re.search(r"(\d+) moves of table entries", result.stderr)
    return out.read_text(), int(moves[1]) if moves else 0


@pytest.mark.parametrize("cores", [2, 5, 16])
def test_a_state_per_core_gives_one_cores_verdicts_while_entries_move(lab, firewall, tmp_path, cores):
    captures = lab.write_captures(tmp_path, hashed(lab, cores, 8000))
    expected, _ = verdicts(firewall, tmp_path / "one", captures, "--sequential")
    options = ("--cores", cores, "--capacity-per-core", 65536, "--rebalance", 500)
    actual, moves = verdicts(firewall, tmp_path / "many", captures, *options)
    assert actual == expected
    assert moves > 20
    assert expected.count("forward LAN") > 300


def test_entries_that_move_before_their_flows_expire_change_verdicts(lab, tmp_path):
    """So the test above does not pass for want of flows that moves could hurt."""
    problem = lab.a_problem(lab.an_nf(**lab.PORTS))
    folder = lab.emit(tmp_path / "made", problem, lab.a_solution(problem))
    source = folder / "runtime" / "sharing" / "rebalance.c"
    code = source.read_text()
    assert code.count(CAREFUL) == 1
    source.write_text(code.replace(CAREFUL, "return !on_its_way || is_idle(rebalance, group, now);"))
    result = lab.make(folder, "firewall-replay", "CC=gcc", *SANITIZED)
    assert result.returncode == 0, result.stderr
    built = lab.Built(folder)
    captures = lab.write_captures(tmp_path, hashed(lab, 2, 8000))
    expected, _ = verdicts(built, tmp_path / "one", captures, "--sequential")
    options = ("--cores", 16, "--rebalance", 500, "--capacity-per-core", 65536)
    assert verdicts(built, tmp_path / "many", captures, *options)[0] != expected


@pytest.mark.parametrize("strategy", ["locks", "tm"])
def test_a_shared_state_lets_any_entry_move(lab, firewall, tmp_path, strategy):
    captures = lab.write_captures(tmp_path, hashed(lab, 7, 4000))
    expected, _ = verdicts(firewall, tmp_path / "one", captures, "--sequential")
    options = ("--strategy", strategy, "--cores", 4, "--rebalance", 500)
    actual, moves = verdicts(firewall, tmp_path / "four", captures, *options)
    assert actual == expected
    assert moves > 20


def test_captures_are_not_split_while_entries_move(lab, firewall, tmp_path):
    captures = lab.write_captures(tmp_path, lab.traffic(1, 10))
    result = firewall.replay("--rebalance", 1, "--presplit-out", tmp_path / "split", *captures, code=2)
    assert "`--presplit-out` cannot go with `--rebalance`" in result.stderr
