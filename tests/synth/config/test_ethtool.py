from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rss_dsl.diagnostics import RssError
from rss_dsl.nic import Function
from rss_solver.solution import PortSolution
from rss_synth.ethtool import EthtoolTarget, _spread
from rss_synth.target import Artifact

FAKE = Path(__file__).parent / "fake_ethtool.py"
SORTED = [0] * 100 + [1] * 300 + [3] * 112
SCRAMBLED = [(i * 7 + i // 64) % 16 for i in range(512)]


def emit(solved, origin) -> dict[str, Artifact]:
    return {artifact.path: artifact for artifact in EthtoolTarget().emit(*solved, origin)}


class Bench:
    """The script in a folder, with a fake `ethtool` whose state is a JSON file."""

    def __init__(self, folder: Path, files: dict[str, Artifact]) -> None:
        self.folder = folder
        self.state = folder / "state.json"
        for artifact in files.values():
            path = folder / artifact.path
            path.write_text(artifact.text)
            path.chmod(0o755 if artifact.executable else 0o644)

    def run(self, *arguments: str, **faults: str) -> subprocess.CompletedProcess[str]:
        tool = self.folder / "ethtool"
        tool.write_text(f'#!/bin/sh\nexec {sys.executable} -S -E {FAKE} "$@"\n')
        tool.chmod(0o755)
        shutil.copy(tool, self.folder / "fake_reta")
        environment = {
            "PATH": f"{self.folder}:{os.environ['PATH']}",
            "FAKE_STATE": str(self.state),
            **faults,
        }
        command = ["sh", str(self.folder / "steer.sh"), *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    @property
    def interfaces(self) -> dict[str, dict[str, object]]:
        return json.loads(self.state.read_text())["interfaces"]

    @property
    def commands(self) -> list[list[str]]:
        return json.loads(self.state.read_text())["commands"]


@pytest.fixture
def bench(tmp_path: Path, build, origin) -> Bench:
    return Bench(tmp_path, emit(build(), origin))


def test_firewall_script(build, origin, golden) -> None:
    files = emit(build(), origin)
    assert list(files) == ["steer.sh"] and files["steer.sh"].executable
    golden(files["steer.sh"].text, ".sh")


def test_the_script_configures_what_was_solved(bench: Bench, build) -> None:
    done = bench.run("LAN=eth0", "WAN=eth1")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "2 ports configured and read back\n"
    _, solution = build()
    for interface, port in zip(("eth0", "eth1"), solution.ports, strict=True):
        state = bench.interfaces[interface]
        assert state["key"] == port.key.hex(":")
        assert state["table"] == list(port.table)
        assert state["channels"] == 16
        assert state["fields"] == {"tcp4": "sdfn", "udp4": "sdfn"}


def test_interfaces_may_come_from_the_environment(bench: Bench) -> None:
    assert bench.run("WAN=eth1", IF_LAN="eth0").returncode == 0
    assert set(bench.interfaces) == {"eth0", "eth1"}


@pytest.mark.parametrize("arguments", [[], ["LAN=eth0"], ["LAN=eth0", "WAN="], ["LAN=a", "WAN=b", "DMZ=c"]])
def test_wrong_arguments_are_a_usage_error(bench: Bench, arguments: list[str]) -> None:
    done = bench.run(*arguments)
    assert done.returncode == 2
    assert "usage:" in done.stderr and "LAN=IFNAME WAN=IFNAME" in done.stderr
    assert not bench.state.exists()


def test_one_interface_is_not_two_ports(bench: Bench) -> None:
    done = bench.run("LAN=eth0", "WAN=eth0")
    assert done.returncode == 2
    assert "eth0 is given for two ports" in done.stderr and "usage:" in done.stderr
    assert not bench.state.exists()


def test_without_ethtool_nothing_is_tried(bench: Bench) -> None:
    done = bench.run("LAN=eth0", "WAN=eth1", ETHTOOL="no-such-ethtool")
    assert (done.returncode, done.stdout) == (1, "")
    assert "no-such-ethtool not found" in done.stderr and len(done.stderr.splitlines()) == 1


def test_a_key_that_the_card_shares_is_read_back_after_all_ports_are_set(bench: Bench, build) -> None:
    done = bench.run("LAN=eth0", "WAN=eth1", FAKE_FAULT="shared-key")
    assert (done.returncode, done.stdout) == (1, "")
    lan, wan = (port.key.hex(":") for port in build()[1].ports)
    assert f"eth0: the key is '{wan}', not '{lan}'" in done.stderr
    assert "eth1" not in done.stderr


def test_fields_that_the_card_shares_are_read_back_after_all_ports_are_set(
    tmp_path: Path, build, origin
) -> None:
    lan = ("ipv4_src", "tcp_src", "tcp_dst")
    problem, solution = build(nic="mlx5", classes={"ipv4-tcp": lan})
    other = build(nic="mlx5", classes=("ipv4-tcp",))
    mixed = (
        replace(problem, ports=(problem.ports[0], other[0].ports[1])),
        replace(solution, ports=(solution.ports[0], other[1].ports[1])),
    )
    done = Bench(tmp_path, emit(mixed, origin)).run("LAN=eth0", "WAN=eth1", FAKE_FAULT="shared-fields")
    assert done.returncode == 1
    assert "eth0: the hash input of tcp4 is 'sdfn', not 'sfn'" in done.stderr


def test_an_interface_name_is_never_split_or_expanded(bench: Bench) -> None:
    assert bench.run("LAN=a b;*", "WAN=$(id)").returncode == 0
    assert set(bench.interfaces) == {"a b;*", "$(id)"}


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("ignore-key", "the key is"),
        ("no-key", "the key is"),
        ("ignore-table", "the table is"),
        ("small-table", "the table is"),
        ("ignore-fields", "the hash input of tcp4 is 'sd', not 'sdfn'"),
        ("extra-field", "the hash input of tcp4 is 'vsdfn', not 'sdfn'"),
        ("ignore-xfrm", "the hash function is"),
        ("ignore-channels", "the number of channels is '4', not '16'"),
    ],
)
def test_a_nic_that_takes_something_else_fails_the_script(bench: Bench, fault: str, said: str) -> None:
    done = bench.run("LAN=eth0", "WAN=eth1", FAKE_FAULT=fault)
    assert done.returncode == 1
    assert said in done.stderr and "eth0" in done.stderr and "eth1" in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("refused", ["hkey", "rx-flow-hash", "equal", "-L", "-x"])
def test_a_refusal_stops_the_script(bench: Bench, refused: str) -> None:
    done = bench.run("LAN=eth0", "WAN=eth1", FAKE_REFUSE=refused)
    assert done.returncode == 1
    assert "eth0: " in done.stderr and "eth1" not in done.stderr


def test_symmetric_transformations_are_off_before_fields_are_set(bench: Bench) -> None:
    assert bench.run("LAN=eth0", "WAN=eth1", FAKE_FAULT="symmetric").returncode == 0
    words = [" ".join(command) for command in bench.commands]
    assert words.index("-X eth0 xfrm none") < words.index("-N eth0 rx-flow-hash tcp4 sdfn")


@pytest.mark.parametrize(("fault", "code"), [("", 0), ("ignore-xfrm-on", 1)])
def test_symmetric_transformations_are_set_after_the_fields_and_read_back(
    tmp_path: Path, build, origin, fault: str, code: int
) -> None:
    problem, solution = build()
    ports = tuple(replace(port, function=Function.SYMMETRIC_XOR) for port in problem.ports)
    bench = Bench(tmp_path, emit((replace(problem, ports=ports), solution), origin))
    done = bench.run("LAN=eth0", "WAN=eth1", FAKE_FAULT=fault)
    assert done.returncode == code and ("input transformation" in done.stderr) == bool(code), done.stderr
    words = [" ".join(command) for command in bench.commands]
    assert words.index("-X eth0 xfrm symmetric-xor") > words.index("-N eth0 rx-flow-hash udp4 sdfn")


def test_the_right_number_of_channels_is_left_alone(bench: Bench) -> None:
    assert bench.run("LAN=eth0", "WAN=eth1").returncode == 0
    assert bench.run("LAN=eth0", "WAN=eth1").returncode == 0
    assert sum(command[0] == "-L" for command in bench.commands) == 2


def test_a_sorted_table_goes_by_weights(tmp_path: Path, build, origin) -> None:
    files = emit(build(queues=4, table=SORTED), origin)
    assert list(files) == ["steer.sh"]
    assert "weight 100 300 0 112" in files["steer.sh"].text
    bench = Bench(tmp_path, files)
    done = bench.run("LAN=eth0", "WAN=eth1")
    assert (done.returncode, done.stderr) == (0, "")
    assert bench.interfaces["eth0"]["table"] == SORTED


def test_any_other_table_goes_through_the_helper(tmp_path: Path, build, origin) -> None:
    files = emit(build(table=SCRAMBLED), origin)
    assert list(files) == ["Makefile", "reta.c", "steer.sh"]
    bench = Bench(tmp_path, files)
    missing = bench.run("LAN=eth0", "WAN=eth1")
    assert missing.returncode == 1 and "run make" in missing.stderr
    done = bench.run("LAN=eth0", "WAN=eth1", RETA=str(tmp_path / "fake_reta"))
    assert (done.returncode, done.stderr) == (0, "")
    assert bench.interfaces["eth1"]["table"] == SCRAMBLED


def solved(table: Sequence[int], queues: int) -> PortSolution:
    return PortSolution(
        name="P",
        device=0,
        nic="generic",
        key=b"",
        queues=queues,
        table=tuple(table),
        equality="hash",
        inputs=(),
        spread=(),
    )


def ethtool_weights(weights: Sequence[int], size: int) -> list[int]:
    """What `ethtool -X` does with `weight` (fill_indir_table in ethtool.c)."""
    table, queue, partial = [], -1, 0
    for entry in range(size):
        while entry >= size * partial // sum(weights):
            queue += 1
            partial += weights[queue]
        table.append(queue)
    return table


@given(
    st.integers(1, 16).flatmap(
        lambda n: st.tuples(st.just(n), st.lists(st.integers(0, n - 1), min_size=64, max_size=64))
    )
)
def test_weights_reproduce_every_sorted_table(case: tuple[int, list[int]]) -> None:
    queues, entries = case
    table = sorted(entries)
    kind, *numbers = (_spread(solved(table, queues)) or "").split()
    expected = (
        ethtool_weights([int(n) for n in numbers], 64)
        if kind == "weight"
        else [i % queues for i in range(64)]
    )
    assert table == expected


@given(st.lists(st.integers(0, 7), min_size=64, max_size=64))
def test_a_table_is_never_approximated(table: list[int]) -> None:
    spread = _spread(solved(table, 8))
    assert (spread is None) == (table != sorted(table) and table != [i % 8 for i in range(64)])


needs_shellcheck = pytest.mark.skipif(shutil.which("shellcheck") is None, reason="no shellcheck")
needs_gcc = pytest.mark.skipif(shutil.which("gcc") is None, reason="no gcc")


@needs_shellcheck
@pytest.mark.parametrize("table", [None, SORTED, SCRAMBLED], ids=["equal", "weight", "helper"])
def test_shellcheck_finds_nothing(tmp_path: Path, build, origin, table: list[int] | None) -> None:
    path = tmp_path / "steer.sh"
    path.write_text(emit(build(table=table), origin)["steer.sh"].text)
    done = subprocess.run(["shellcheck", "-s", "sh", path], capture_output=True, text=True, check=False)
    assert done.stdout == ""


@needs_gcc
def test_the_helper_compiles_and_refuses_what_it_cannot_write(tmp_path: Path, build, origin) -> None:
    files = emit(build(table=SCRAMBLED), origin)
    for artifact in files.values():
        (tmp_path / artifact.path).write_text(artifact.text)
    flags = "CFLAGS=-std=gnu11 -Wall -Wextra -Werror"
    subprocess.run(["make", "-s", "-C", tmp_path, "CC=gcc", flags], check=True)
    reta = tmp_path / "reta"

    def run(*arguments: str) -> tuple[int, str]:
        done = subprocess.run([reta, *arguments], capture_output=True, text=True, check=False)
        return done.returncode, done.stderr

    assert run()[0] == 2 and run("lo")[0] == 2
    assert run("lo", "0", "x") == (2, f"{reta}: x is no queue number\n")
    assert run("x" * 16, "0")[0] == 2
    assert run("lo", "0", "1")[0] == 1


def test_classes_without_a_flow_type_are_refused(build, origin) -> None:
    with pytest.raises(RssError) as found:
        EthtoolTarget().emit(*build(classes=("ipv4-tcp", "ipv4-frag")), origin)
    assert [d.rule.code for d in found.value.diagnostics] == ["RSS604", "RSS604"]
    assert "`ipv4-frag` on `LAN`" in found.value.diagnostics[0].message


def test_fields_without_a_letter_are_refused(build, origin) -> None:
    with pytest.raises(RssError) as found:
        EthtoolTarget().emit(*build(classes=("ipv4-sctp",)), origin)
    assert "`sctp_vtag`" in found.value.diagnostics[0].message


def test_narrower_fields_become_letters(build, origin) -> None:
    narrow = {"ipv4-tcp": ("ipv4_src", "tcp_src", "tcp_dst"), "ipv6-udp": ("ipv6_src", "udp_src", "udp_dst")}
    text = emit(build(nic="mlx5", classes=narrow), origin)["steer.sh"].text
    assert 'rx-flow-hash "$2"' in text
    assert 'set_fields "$1" tcp4 sfn\n' in text and 'set_fields "$1" udp6 sfn\n' in text
