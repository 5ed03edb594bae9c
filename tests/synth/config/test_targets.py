from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError

from rss_dsl.diagnostics import RssError
from rss_synth.json_target import JsonTarget
from rss_synth.port_plan import port_plans, unchecked_plans
from rss_synth.render import c_bytes, comment, hex_colon, render, rows
from rss_synth.targets import TARGETS


def codes(call) -> list[str]:
    with pytest.raises(RssError) as found:
        call()
    return [d.rule.code for d in found.value.diagnostics]


@pytest.mark.parametrize("name", TARGETS)
def test_every_target_answers_to_its_name(name: str) -> None:
    target = TARGETS[name]()
    assert target.name == name and target.summary


def test_the_table_of_targets_loads_none_of_them() -> None:
    code = (
        "import sys, rss_synth.targets; print([m for m in sys.modules if m in ('jinja2', 'rss_synth.dpdk')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_flags_are_listed_once_with_their_modifiers(build) -> None:
    narrow = {"ipv4-tcp": ("ipv4_src", "tcp_src", "tcp_dst"), "ipv4-udp": ("ipv4_src", "udp_src", "udp_dst")}
    plan = unchecked_plans(*build(nic="mlx5", classes=narrow))[0]
    assert plan.flags == (
        "RTE_ETH_RSS_NONFRAG_IPV4_TCP",
        "RTE_ETH_RSS_L3_SRC_ONLY",
        "RTE_ETH_RSS_NONFRAG_IPV4_UDP",
    )


@pytest.mark.parametrize(
    ("nic", "code"),
    [
        ("aws-ena-fixed", "RSS601"),
        ("vmware-vmxnet3", "RSS601"),
        ("freebsd-rss", "RSS607"),
        ("linux-tap", "RSS603"),
    ],
)
@pytest.mark.parametrize("target", ["dpdk", "testpmd", "ethtool"])
def test_what_cannot_be_configured_is_refused(build, origin, nic: str, code: str, target: str) -> None:
    case = build(nic=nic, classes=("ipv4-tcp",), queues=4)
    found = codes(lambda: TARGETS[target]().emit(*case, origin))
    assert found.count(code) >= 2


def test_a_fixed_table_must_be_round_robin(build) -> None:
    assert port_plans(*build(nic="azure-mana", queues=4), "dpdk")[0].write_table is False
    case = build(nic="azure-mana", queues=4, table=[0] * 64)
    assert codes(lambda: port_plans(*case, "dpdk")) == ["RSS602", "RSS602"]


def test_names_that_code_cannot_hold_are_refused(build) -> None:
    for name in ("LAN-1", "1", "$(id)", "a b", "ä", "x\n"):
        assert codes(lambda name=name: port_plans(*build(names=("WAN", name)), "dpdk")) == ["RSS606"]


def test_json(build, origin, golden) -> None:
    (artifact,) = JsonTarget().emit(*build(queues=4, nic="generic"), origin)
    assert artifact.path == "steering.json"
    data = json.loads(artifact.text)
    assert data["ports"][1]["key"].startswith("24222000") and len(data["ports"][1]["table"]) == 128
    assert data["ports"][0]["rss_hf"] == ["RTE_ETH_RSS_NONFRAG_IPV4_TCP", "RTE_ETH_RSS_NONFRAG_IPV4_UDP"]
    golden(artifact.text, ".json")


def test_json_names_what_needs_a_rule(build, origin) -> None:
    (artifact,) = JsonTarget().emit(*build(nic="linux-tap", classes=("ipv4-tcp",), queues=4), origin)
    assert json.loads(artifact.text)["ports"][0]["rte_flow"][0] == "ipv4-tcp"


def test_filters() -> None:
    assert c_bytes(b"\x6d\x5a") == "0x6d, 0x5a"
    assert hex_colon(b"\x6d\x5a") == "6d:5a"
    assert rows(range(5), 2) == [["0", "1"], ["2", "3"], ["4"]]
    assert comment("a*/b\n/*\\") == "a* /b?/ * /"


@given(text=st.text(alphabet="*/\\?\na \u2028"))
def test_no_name_ends_a_comment_or_its_line(text: str) -> None:
    shown = comment(text)
    assert not re.search(r"\*/|/\*|\\", shown) and len(shown.splitlines()) <= 1


def test_a_variable_that_is_missing_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        render("ethtool/Makefile.j2")
