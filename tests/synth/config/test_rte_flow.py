from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from rss_dsl.check.switches import offered, select
from rss_dsl.diagnostics import RssError
from rss_dsl.nic import Function, Via
from rss_dsl.nics import catalogue, find
from rss_synth.flow_rules import DRIVERS, flow_rules
from rss_synth.port_plan import unchecked_plans
from rss_synth.targets import TARGETS

TESTPMD = shutil.which("dpdk-testpmd")
STRICT = ["-std=c11", "-D_GNU_SOURCE", "-Wpedantic", "-Wall", "-Wextra", "-Werror", "-O1"]
PAIR = {"ipv4-tcp": ("ipv4_src", "ipv4_dst"), "ipv4-udp": None}
DST = {"ipv4-tcp": ("ipv4_dst",), "ipv4-frag": ("ipv4_dst",), "ipv4-sctp": None}
INNER = {"gtpu-ipv4-tcp": ("inner.ipv4_src",), "ipv4-tcp": None}
SYMMETRIC_CASES = [("intel-x710", PAIR), ("intel-e810", PAIR)]
START_UP = ("intel-x710", {"ipv4-tcp": None, "ipv4-udp": None})
"""What needs no rules."""
CASES = [
    START_UP,
    ("intel-x710", PAIR),
    ("intel-x710", DST),
    ("intel-e810", {"ipv4-tcp": ("ipv4_dst",), "ipv4-other": ("ipv4_dst",)}),
    ("nvidia-connectx5", INNER),
    ("linux-tap", {"ipv4-tcp": None}),
]


def cflags() -> list[str] | None:
    if shutil.which("pkg-config") is None or shutil.which("gcc") is None:
        return None
    done = subprocess.run(["pkg-config", "--cflags", "libdpdk"], capture_output=True, text=True, check=False)
    return done.stdout.split() if done.returncode == 0 else None


def emit(solved, origin) -> dict[str, str]:
    return {a.path: a.text for a in TARGETS["rte-flow"]().emit(*solved, origin)}


def symmetric(solved, function=Function.SYMMETRIC_XOR):
    """The same ports with another function."""
    problem, solution = solved
    return replace(problem, ports=tuple(replace(p, function=function) for p in problem.ports)), solution


def rules(text: str, device: int = 0) -> list[str]:
    return re.findall(rf"^flow create {device} ingress (.*)$", text, re.M)


def test_source(build, origin, golden) -> None:
    golden(emit(build(classes=PAIR), origin)["rss_flow.c"], ".c")


def test_header(build, origin, golden) -> None:
    golden(emit(build(classes=PAIR), origin)["rss_flow.h"], ".h")


def test_commands(build, origin, golden) -> None:
    golden(emit(build(nic="nvidia-connectx5", classes=INNER, queues=4), origin)["rss_flow.cmds"], ".cmds")


def test_the_start_up_part_precedes(build, origin) -> None:
    files = emit(build(classes=PAIR), origin)
    assert list(files) == ["rss_config.c", "rss_config.h", "rss_flow.c", "rss_flow.h", "rss_flow.cmds"]
    assert ".rss_hf = RTE_ETH_RSS_NONFRAG_IPV4_TCP |" in files["rss_config.c"]


def test_i40e_takes_neither_key_nor_queues_with_a_pattern_and_the_queues_first(build, origin) -> None:
    first, *others = rules(emit(build(classes=DST, queues=4), origin)["rss_flow.cmds"])
    assert first == "pattern end actions rss types end queues 0 1 2 3 end / end"
    assert others == [
        "pattern eth / ipv4 / tcp / end actions rss types ipv4-tcp l3-dst-only end queues end / end",
        "pattern eth / ipv4 / end actions rss types ipv4-frag l3-dst-only end queues end / end",
    ]


def test_addresses_of_tcp_are_asked_for_by_the_type_that_has_no_ports(build, origin) -> None:
    for tcp in (PAIR, {"ipv4-tcp": PAIR["ipv4-tcp"]}):
        rule = rules(emit(build(classes=tcp), origin)["rss_flow.cmds"])[-1]
        assert rule == "pattern eth / ipv4 / tcp / end actions rss types ipv4 end queues end / end"


def test_mlx5_takes_key_queues_and_level(build, origin) -> None:
    case = build(nic="nvidia-connectx5", classes=INNER, queues=4)
    (rule,) = rules(emit(case, origin)["rss_flow.cmds"])
    key = case[1].ports[0].key.hex()
    assert rule == (
        "pattern eth / ipv4 / udp / gtpu / ipv4 / tcp / end "
        "actions rss level 2 types ipv4 l3-src-only end "
        f"key {key} key_len 40 queues 0 1 2 3 end / end"
    )


def test_a_table_of_its_own_is_written_again_after_the_queues(build, origin) -> None:
    table = [(i // 3) % 16 for i in range(512)]
    files = emit(build(classes=PAIR, table=table), origin)
    assert "restore_table" in files["rss_flow.c"]
    words = re.findall(r"^port config 0 rss reta (\S+)$", files["rss_flow.cmds"], re.M)
    pairs = [tuple(map(int, pair)) for word in words for pair in re.findall(r"\((\d+),(\d+)\)", word)]
    assert pairs == list(enumerate(table))
    assert "restore_table" not in emit(build(classes=PAIR), origin)["rss_flow.c"]


@pytest.mark.parametrize(("nic", "classes"), SYMMETRIC_CASES)
def test_functions_are_set_by_rules_for_every_class(build, origin, nic, classes) -> None:
    found = rules(emit(symmetric(build(nic=nic, classes=classes)), origin)["rss_flow.cmds"])
    patterns = [rule for rule in found if rule.startswith("pattern eth")]
    assert len(patterns) == 2
    assert all("actions rss func symmetric_toeplitz types" in rule for rule in patterns)


def test_where_start_up_flags_suffice_there_are_no_rules_and_it_is_said(build, origin) -> None:
    files = {a.path: a for a in TARGETS["rte-flow"]().emit(*build(*START_UP), origin)}
    assert rules(files["rss_flow.cmds"].text) == []
    assert files["rss_flow.c"].remark.startswith("no rules are needed")
    others = TARGETS["rte-flow"]().emit(*build(classes=PAIR), origin)
    assert not any(artifact.remark for artifact in others)


def refused(solved, origin, target: str = "rte-flow") -> set[str]:
    with pytest.raises(RssError) as found:
        TARGETS[target]().emit(*solved, origin)
    return {d.rule.code for d in found.value.diagnostics}


def test_what_no_rule_can_say_is_refused(build, origin) -> None:
    assert refused(symmetric(build(nic="broadcom-bnxt", queues=4)), origin) == {"RSS650"}
    one_sided = {"ipv4-tcp": ("ipv4_dst",)}
    assert refused(symmetric(build(nic="intel-e810", classes=one_sided)), origin) == {"RSS651"}
    unknown = symmetric(build(nic="mlx5", queues=4), Function.SYMMETRIC_OR_XOR)
    assert refused(unknown, origin) == {"RSS651"}


@pytest.mark.parametrize("target", ["dpdk", "testpmd"])
def test_other_targets_name_this_one(build, origin, target: str) -> None:
    assert refused(build(classes=PAIR), origin, target) == {"RSS603"}
    assert refused(symmetric(build()), origin, target) == {"RSS652"}


@pytest.mark.parametrize("name", sorted(n for n, p in catalogue().items() if p.driver in DRIVERS))
def test_no_rule_of_the_catalogue_breaks_what_drivers_refuse(build, name: str) -> None:
    profile = find(name)
    assert profile is not None
    driver = DRIVERS[profile.driver]
    for packet_class in sorted(profile.hashable()):
        for fields in offered(profile, packet_class, Via.FLOW):
            if select(profile, {packet_class: fields}) is None:
                continue
            plan = unchecked_plans(*build(nic=name, classes={packet_class: fields}, queues=2))[0]
            for rule in flow_rules(plan):
                sides = {(t[:14], t[15:18]) for t in rule.types if t.endswith("_ONLY")}
                assert len({layer for layer, _ in sides}) == len(sides)
                assert rule.key <= driver.key and (not rule.queues or driver.queues or not rule.pattern)
                assert rule.level in (0, driver.innermost)
                both = {f"RTE_ETH_RSS_{v}" for v in ("IPV4", "NONFRAG_IPV4_TCP")}
                assert not both <= set(rule.types)


@pytest.mark.skipif(cflags() is None, reason="no gcc or libdpdk")
@pytest.mark.parametrize(("nic", "classes"), CASES)
@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_it_compiles_without_a_warning(
    tmp_path: Path, build, origin, nic: str, classes, compiler: str
) -> None:
    if shutil.which(compiler) is None:
        pytest.skip(f"no {compiler}")
    case = build(nic=nic, classes=classes, queues=4)
    for path, text in emit(case, origin).items():
        (tmp_path / path).write_text(text)
    dpdk = [flag.replace("-I", "-isystem", 1) for flag in cflags() or []]
    command = [compiler, *STRICT, *dpdk, "-fsyntax-only", str(tmp_path / "rss_flow.c")]
    assert subprocess.run(command, capture_output=True, text=True, check=False).stderr == ""


@pytest.mark.skipif(TESTPMD is None, reason="no dpdk-testpmd")
def test_testpmd_parses_every_rule(tmp_path: Path, build, origin) -> None:
    texts = [emit(build(nic=nic, classes=c, queues=2), origin)["rss_flow.cmds"] for nic, c in CASES]
    texts += [
        emit(symmetric(build(nic=n, classes=c, queues=2)), origin)["rss_flow.cmds"]
        for n, c in SYMMETRIC_CASES
    ]
    path = tmp_path / "rules.cmds"
    lines = [line for text in texts for line in text.splitlines() if line.startswith("flow validate")]
    path.write_text("\n".join([*lines, "quit", ""]))
    eal = ["--lcores=0@0,1@0", "--no-huge", "-m", "256", "--no-pci", "--no-shconf", "--no-telemetry"]
    devices = ["--vdev=net_null0", "--vdev=net_null1", "--log-level=1"]
    options = ["-i", "--rxq=2", "--txq=2", "--total-num-mbufs=4096", f"--cmdline-file={path}"]
    command = [str(TESTPMD), *eal, *devices, "--", *options]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, timeout=60
    )
    said = done.stdout + done.stderr
    assert not re.search("bad arguments|command not found|ambiguous|unknown", said, re.I), said
    # The null device has no rte_flow: that answer shows that the rule was read to its end.
    assert len(lines) > 10 and said.count("Function not implemented: Function") == len(lines)
