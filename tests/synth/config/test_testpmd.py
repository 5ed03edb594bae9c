from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from rss_dsl.diagnostics import RssError
from rss_synth.targets import TARGETS

TESTPMD = shutil.which("dpdk-testpmd")
TABLES = {"generic": [i * 5 // 3 % 2 for i in range(128)], "intel-x710": [0] * 256 + [1] * 256}


def emit(solved, origin) -> str:
    (artifact,) = TARGETS["testpmd"]().emit(*solved, origin)
    assert artifact.path == "testpmd.cmds"
    return artifact.text


def commands(text: str) -> list[str]:
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def codes(solved, origin) -> set[str]:
    with pytest.raises(RssError) as found:
        emit(solved, origin)
    return {d.rule.code for d in found.value.diagnostics}


def test_firewall_on_x710(build, origin, golden) -> None:
    golden(emit(build(), origin), ".cmds")


def test_the_table_arrives_whole_in_words_that_fit(build, origin) -> None:
    table = [(i * 5 + i // 64) % 16 for i in range(512)]
    lines = commands(emit(build(table=table), origin))
    words = [line.split()[-1] for line in lines if line.startswith("port config 1 rss reta")]
    assert max(map(len, words)) < 128
    pairs = [tuple(map(int, pair)) for word in words for pair in re.findall(r"\((\d+),(\d+)\)", word)]
    assert pairs == list(enumerate(table))
    assert all(len(word) < 128 for line in lines for word in line.split())


@pytest.mark.parametrize(
    ("nic", "classes", "word"),
    [
        ("intel-x710", ("ipv4-tcp",), "ipv4-tcp"),
        ("intel-82599", ("ipv4-other",), "ipv4"),
        ("intel-82599", ("ipv4-other", "ipv6-other"), "ip"),
        ("nvidia-connectx5", ("ipv4-tcp", "ipv6-tcp"), "tcp"),
        ("aws-ena", ("ipv4-udp", "ipv6-udp"), "udp"),
    ],
)
def test_one_type_or_group_for_all_ports(
    build, origin, nic: str, classes: tuple[str, ...], word: str
) -> None:
    lines = commands(emit(build(nic=nic, classes=classes, queues=4), origin))
    assert f"port config all rss {word}" in lines
    assert not any(line.startswith("flow") for line in lines)


def test_further_types_by_rules_where_the_driver_takes_them(build, origin) -> None:
    lines = commands(emit(build(nic="intel-e810", classes=("ipv4-udp", "ipv4-tcp", "ipv6-sctp")), origin))
    assert "port config all rss ipv4-tcp" in lines
    rule = "pattern eth / ipv6 / sctp / end actions rss types ipv6-sctp end queues end / end"
    assert f"flow create 0 ingress {rule}" in lines and f"flow create 1 ingress {rule}" in lines


@pytest.mark.parametrize("nic", ["generic", "intel-82599", "mlx5", "aws-ena"])
def test_types_that_testpmd_cannot_combine_are_refused(build, origin, nic: str) -> None:
    with pytest.raises(RssError) as found:
        emit(build(nic=nic, queues=4), origin)
    assert [d.rule.code for d in found.value.diagnostics] == ["RSS605", "RSS605"]
    advice = found.value.diagnostics[0].help
    assert "one type or group of types at a time" in advice and "target `dpdk`" in advice


def test_types_with_fewer_fields_are_refused(build, origin) -> None:
    narrow = {"ipv4-tcp": ("ipv4_src", "tcp_src", "tcp_dst")}
    assert codes(build(nic="mlx5", classes=narrow), origin) == {"RSS605"}


def test_a_group_that_would_hash_more_is_refused(build, origin) -> None:
    assert codes(build(nic="hns3", classes=("ipv4-other", "ipv6-other"), queues=4), origin) == {"RSS605"}


def test_tables_past_512_entries_are_refused(build, origin) -> None:
    from dataclasses import replace

    problem, solution = build(classes=("ipv4-tcp",))
    ports = tuple(replace(port, table=tuple(i % 16 for i in range(2048))) for port in solution.ports)
    assert codes((problem, replace(solution, ports=ports)), origin) == {"RSS608"}


@pytest.mark.skipif(TESTPMD is None, reason="no dpdk-testpmd")
@pytest.mark.parametrize(
    ("nic", "classes"), [("generic", ("ipv4-tcp",)), ("intel-x710", ("ipv4-tcp", "ipv4-udp"))]
)
def test_testpmd_understands_every_command(
    tmp_path: Path, build, origin, nic: str, classes: tuple[str, ...]
) -> None:
    path = tmp_path / "testpmd.cmds"
    text = emit(build(nic=nic, classes=classes, queues=2, table=TABLES[nic]), origin)
    path.write_text(text + "quit\n")
    eal = [
        "--lcores=0@0,1@0",
        "--no-huge",
        "-m",
        "256",
        "--no-pci",
        "--no-shconf",
        "--no-telemetry",
        "--log-level=1",
    ]
    devices = ["--vdev=net_null0", "--vdev=net_null1"]
    options = ["-i", "--rxq=2", "--txq=2", "--total-num-mbufs=4096", f"--cmdline-file={path}"]
    command = [str(TESTPMD), *eal, *devices, "--", *options]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, timeout=60
    )
    said = done.stdout + done.stderr
    assert "rss_hf 0x10" in said
    assert not re.search(
        "bad arguments|command not found|ambiguous|unknown parameter|invalid string", said, re.I
    ), said
    shown = re.findall(r"hash index=(\d+), queue=(\d+)", said.replace("testpmd> ", ""))
    table = [(int(entry), int(queue)) for entry, queue in shown]
    assert table == (2 * list(enumerate(TABLES[nic])) if nic == "generic" else [])
