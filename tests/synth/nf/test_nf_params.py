"""The `nf` block: every mistake named at its place, and which classes get state."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from rss_dsl.check import check
from rss_dsl.codes import all_rules
from rss_dsl.diagnostics import RssError, Severity
from rss_dsl.loading import load, loads
from rss_dsl.pages import explanation
from rss_dsl.problem import AllOf
from rss_solver.solve import solve
from rss_synth.nf.needs import judge
from rss_synth.nf.params import NfParams, read_params
from rss_synth.nf.plan import check_nf, make_plan
from rss_synth.nf.strategy import Decision, decide, strategy_findings
from rss_synth.nf.target import NfTarget
from rss_synth.target import Provenance
from rssc.pipeline import resolve


def codes_of(found):
    return [d.rule.code for d in found]


def test_defaults_and_values(lab):
    nf = lab.an_nf(
        **lab.PORTS, capacity=("integer", 1000), expiry=("duration", 5_000), other=("word", "pass")
    )
    params = read_params(lab.a_problem(nf), nf)
    assert isinstance(params, NfParams)
    assert [port.name for port in params.ports] == ["LAN", "WAN"]
    assert params.strategy == "auto" and not params.replicates
    assert params.values == {"capacity": 1000, "expiry": 5_000, "other": "pass"}
    plain = lab.an_nf(**lab.PORTS, sharding=("word", "replicate"))
    params = read_params(lab.a_problem(plain), plain)
    assert params.values == {"capacity": 65536, "expiry": 60 * 10**9, "other": "drop"} and params.replicates


@pytest.mark.parametrize(
    ("changes", "code", "spanned", "message", "help"),
    [
        (
            {"capcity": ("integer", 5)},
            "RSS621",
            "capcity 5",
            "has no parameter `capcity`",
            "mean `capacity`?",
        ),
        ({"capacity": ("duration", 5)}, "RSS624", "5", "`capacity` is a number, not `5`", "`65536`"),
        ({"capacity": ("integer", 0)}, "RSS625", "0", "`capacity 0` is out of range", "1 to 16777216"),
        ({"capacity": ("integer", 1 << 40)}, "RSS625", str(1 << 40), "out of range", "1 to 16777216"),
        ({"expiry": ("integer", 60)}, "RSS624", "60", "`expiry` is a duration", "`60s`"),
        (
            {"expiry": ("duration", 0)},
            "RSS625",
            "0",
            "`expiry 0` is out of range",
            "`1000000000s`, about 31 years",
        ),
        ({"other": ("word", "dorp")}, "RSS624", "dorp", "`other` cannot be `dorp`", "did you mean `drop`?"),
        ({"lan": ("word", "LNA")}, "RSS626", "LNA", "the spec has no port `LNA`", "did you mean `LAN`?"),
        ({"lan": ("integer", 0)}, "RSS624", "0", "`lan` is a port, not `0`", "`LAN` or `WAN`"),
        ({"wan": ("word", "LAN")}, "RSS626", "LAN", "the same port `LAN`", "name two ports"),
        ({"strategy": ("word", "loks")}, "RSS624", "loks", "`strategy` cannot be `loks`", "mean `locks`?"),
    ],
)
def test_each_mistake_has_its_place(lab, changes, code, spanned, message, help):
    nf = lab.an_nf(**(lab.PORTS | changes))
    (found,) = check_nf(lab.a_problem(nf))
    assert (found.rule.code, found.span.text) == (code, spanned)
    assert message in found.message and help in found.help


def test_unknown_name_and_missing_ports(lab):
    (found,) = check_nf(lab.a_problem(lab.an_nf("fierwall", **lab.PORTS)))
    assert found.rule.code == "RSS620" and found.help == (
        "did you mean `firewall`? if the template is yours, give its folder: `--template DIR/fierwall`"
    )
    found = check_nf(lab.a_problem(lab.an_nf()))
    assert [d.message for d in found] == [
        "`firewall` needs the parameter `lan`",
        "`firewall` needs the parameter `wan`",
    ]


def test_everything_comes_at_once(lab):
    nf = lab.an_nf(lan=("word", "X"), other=("word", "never"), capacity=("integer", 0), size=("integer", 1))
    found = check_nf(lab.a_problem(nf))
    assert sorted(codes_of(found)) == ["RSS621", "RSS623", "RSS624", "RSS625", "RSS626"]
    nf = lab.an_nf(lan=("word", "LAN"), wan=("word", "LAN"), capacity=("integer", 0))
    assert sorted(codes_of(check_nf(lab.a_problem(nf)))) == ["RSS625", "RSS626"]
    nf = lab.an_nf("sbridge", left=("word", "LAN"), right=("word", "LAN"), stations=("path", "./none"))
    assert sorted(codes_of(check_nf(lab.a_problem(nf)))) == ["RSS002", "RSS626"]


def test_names_that_cannot_be_used_in_generated_code(lab):
    problem = lab.a_problem(lab.an_nf(lan=("word", 'L"N'), wan=("word", "WAN")))
    problem = replace(problem, ports=(replace(problem.ports[0], name='L"N'), problem.ports[1]))
    assert codes_of(check_nf(problem)) == ["RSS630"]
    nf = lab.an_nf(**lab.PORTS)
    origin = replace(lab.ORIGIN, spec='a*/"\n$(x).rss')
    problem = lab.a_problem(nf)
    texts = [a.text for a in NfTarget().emit(problem, lab.a_solution(problem), origin)]
    assert not any('a*/"' in text or "$(x)" in text for text in texts)


def test_ports_need_equal_queues_and_hashes_that_can_be_computed(lab):
    problem = lab.a_problem(lab.an_nf(**lab.PORTS))
    lan, wan = problem.ports
    assert codes_of(check_nf(replace(problem, ports=(lan, replace(wan, queues=8))))) == ["RSS628"]
    tunnel = replace(lan.inputs[0], packet_class="vxlan-ipv4-tcp")
    tagged = replace(lan.inputs[0], fields=("vlan", "ipv4_src"))
    found = check_nf(replace(problem, ports=(replace(lan, inputs=(tunnel, tagged)), wan)))
    assert codes_of(found) == ["RSS629", "RSS629"]
    assert "`vxlan-ipv4-tcp` is in a tunnel" in found[0].message and "`vlan`" in found[1].message


def test_emit_without_a_usable_block(lab):
    for nf, code in ((None, "RSS631"), (lab.an_nf("nothing"), "RSS620")):
        problem = lab.a_problem(nf)
        with pytest.raises(RssError) as raised:
            NfTarget().emit(problem, lab.a_solution(problem), lab.ORIGIN)
        assert codes_of(raised.value.diagnostics) == [code]
    assert check_nf(lab.a_problem(None)) == ()


# --- which classes have state ------------------------------------------------------------------------


def test_state_is_for_classes_live_on_both_ports(lab):
    nf = lab.an_nf(**lab.PORTS)
    problem = lab.a_problem(nf, ("ipv4-tcp", "ipv4-udp", "ipv6-tcp"))
    lan, wan = problem.ports
    assert make_plan(problem, nf).plan.stateful == ("ipv4-tcp", "ipv4-udp", "ipv6-tcp")
    fewer = replace(
        problem, ports=(replace(lan, traffic=("ipv4-tcp", "ipv4-udp")), replace(wan, inputs=wan.inputs[1:]))
    )
    assert make_plan(fewer, nf).plan.stateful == ("ipv4-udp",)
    none = replace(problem, ports=(lan, replace(wan, inputs=())))
    assert codes_of(check_nf(none)) == ["RSS633"]


@pytest.mark.parametrize(
    ("strategy", "tied", "decided", "serve"),
    [
        ("auto", True, "shared-nothing", True),
        ("auto", False, "locks", False),
        ("shared-nothing", True, "shared-nothing", True),
        ("locks", True, "locks", False),
        ("tm", False, "tm", False),
        ("sequential", False, "sequential", False),
    ],
)
def test_strategies(lab, strategy, tied, decided, serve):
    nf = lab.an_nf(**lab.PORTS, strategy=("word", strategy))
    problem = lab.a_problem(nf, condition=lab.REVERSED if tied else None)
    solution = lab.a_solution(problem, *(() if tied else (lab.MICROSOFT + bytes(12),) * 2))
    assert decide(problem, solution, make_plan(problem, nf).plan, nf) == Decision(decided, serve)
    readme = {a.path: a.text for a in NfTarget().emit(problem, solution, lab.ORIGIN)}["README.md"]
    assert (f"`strategy auto` is `{decided}` here." in readme) == (strategy == "auto")


def test_under_locks_state_is_for_every_class_that_matters(lab):
    nf = lab.an_nf(**lab.PORTS, strategy=("word", "locks"))
    problem = lab.a_problem(nf)
    assert "ipv6-sctp" in make_plan(problem, nf).plan.stateful
    ports = tuple(replace(port, traffic=("ipv4-tcp",)) for port in problem.ports)
    narrow = replace(problem, ports=ports)
    assert make_plan(narrow, nf).plan.stateful == ("ipv4-tcp",)
    assert decide(narrow, lab.a_solution(narrow), make_plan(narrow, nf).plan, nf).keys_serve


def test_keys_that_serve_by_another_requirement_are_proved_to(lab):
    nf = lab.an_nf(**lab.PORTS, strategy=("word", "shared-nothing"))
    problem = lab.a_problem(nf, condition=AllOf((lab.equal("ipv4_src", "ipv4_dst"),)))
    plan = make_plan(problem, nf).plan
    assert decide(problem, lab.a_solution(problem), plan, nf).strategy == "shared-nothing"
    with pytest.raises(RssError) as raised:
        decide(problem, lab.a_solution(problem, wan=lab.THESIS_LAN), plan, nf)
    (found,) = raised.value.diagnostics
    assert found.rule.code == "RSS627" and "on `LAN`" in found.message and "on `WAN`" in found.message


def test_users_hear_that_keys_do_not_serve(lab):
    nf = lab.an_nf(**lab.PORTS)
    problem = lab.a_problem(nf, condition=None)
    (found,) = strategy_findings(problem, lab.a_solution(problem, wan=lab.THESIS_LAN))
    assert found.severity is Severity.WARNING and "so `auto` is `locks`" in found.message
    assert "`require LAN.ip_src == WAN.ip_dst" in found.help
    assert strategy_findings(problem, lab.a_solution(problem)) == ()
    assert strategy_findings(replace(problem, nf=None), lab.a_solution(problem)) == ()


def test_the_same_problem_gives_the_same_files(lab):
    problem = lab.a_problem(lab.an_nf(**lab.PORTS))
    one, two = (NfTarget().emit(problem, lab.a_solution(problem), lab.ORIGIN) for _ in range(2))
    assert one == two
    paths = [artifact.path for artifact in one]
    assert paths == sorted(set(paths)) and {"Makefile", "README.md", "config.c", "nf.c"} <= set(paths)


def example_of(code):
    blocks = re.findall(r"```rss\n(.*?)```", explanation(code), re.DOTALL)
    return blocks[0] if blocks else None


NF_EXAMPLES = {code: example_of(code) for code in all_rules() if "RSS620" <= code <= "RSS639"}
OF_KEYS = ("RSS627", "RSS632")
"""Found once there are keys."""


@pytest.mark.parametrize("code", [code for code, text in NF_EXAMPLES.items() if text and code not in OF_KEYS])
def test_the_examples_of_the_rules_show_them(code):
    checked = check(loads(NF_EXAMPLES[code], "example.rss"))
    assert [d.rule.code for d in check_nf(checked.problem)] == [code]


@pytest.mark.parametrize("code", OF_KEYS)
def test_the_examples_show_them_for_solved_keys(code, lab):
    problem = check(loads(NF_EXAMPLES[code], "example.rss")).problem
    solution = solve(problem).solution
    assert [d.rule.code for d in strategy_findings(problem, solution)] == ["RSS632"]
    if code == "RSS627":
        with pytest.raises(RssError) as raised:
            NfTarget().emit(problem, solution, lab.ORIGIN)
        assert codes_of(raised.value.diagnostics) == [code]
    else:
        config = {a.path: a.text for a in NfTarget().emit(problem, solution, lab.ORIGIN)}["config.c"]
        assert "STRATEGY_LOCKS" in config and ".keys_serve = false" in config


def test_most_rules_have_such_an_example():
    assert sum(text is not None for text in NF_EXAMPLES.values()) >= 10


def test_the_firewall_of_the_library_is_fine():
    spec = Path(__file__).parents[3] / "specs" / "nf" / "fw.rss"
    checked = check(load(spec))
    assert check_nf(checked.problem) == ()
    plan = make_plan(checked.problem, checked.problem.nf).plan
    assert judge(checked.problem, None, plan.params, plan.stateful) is None


NAT = {"external": ("address", "203.0.113.1")}


@pytest.mark.parametrize(
    ("name", "items", "code", "spanned", "message", "help"),
    [
        ("nat", {}, "RSS623", "nf nat", "needs the parameter `external`", "such as `203.0.113.1`"),
        (
            "nat",
            {"external": ("address", "203.0.113.0/24")},
            "RSS624",
            "203.0.113.0/24",
            "`external` is an IPv4 address",
            "`203.0.113.1`",
        ),
        (
            "nat",
            {"external": ("address", "2001:db8::1")},
            "RSS624",
            "2001:db8::1",
            "is an IPv4 address",
            "203",
        ),
        (
            "nat",
            {"external": ("word", "wan")},
            "RSS624",
            "wan",
            "is an IPv4 address, not `wan`",
            "203.0.113.1",
        ),
        (
            "nat",
            {**NAT, "first_port": ("integer", 2000)},
            "RSS625",
            "2000",
            "`first_port 2000` and `capacity 64512` are too much together: a port for every connection",
            "first_port + capacity is 66512 and can be 65536",
        ),
        (
            "nat-homing",
            {**NAT, "first_port": ("integer", 65000), "capacity": ("integer", 269)},
            "RSS625",
            "269",
            "two ports for every connection",
            "first_port + 2 * capacity is 65538 and can be 65536",
        ),
    ],
)
def test_mistakes_of_addresses_and_sums(lab, name, items, code, spanned, message, help):
    (found,) = check_nf(lab.a_problem(lab.an_nf(name, **lab.PORTS, **items)))
    assert (found.rule.code, found.span.text.strip()) == (code, spanned)
    assert message in found.message and help in (found.help or "")


def test_a_field_that_is_picked_by_its_hash_is_hashed(lab):
    nf = lab.an_nf("nat-homing", **lab.PORTS, **NAT)
    problem = lab.a_problem(nf)
    assert not check_nf(problem)
    addresses = tuple(replace(entry, fields=entry.fields[:2]) for entry in problem.ports[1].inputs)
    narrow = replace(problem, ports=(problem.ports[0], replace(problem.ports[1], inputs=addresses)))
    found = check_nf(narrow)
    assert codes_of(found) == ["RSS629"] * 2
    assert "picks the `l4_dst` of `ipv4-tcp` by its hash, and `WAN` does not hash it" in found[0].message
    locks = lab.an_nf("nat-homing", **lab.PORTS, **NAT, strategy=("word", "locks"))
    assert not check_nf(replace(narrow, nf=locks))


def test_devices_hash_what_auto_became():
    ports = "".join(f"port {name} {{ nic intel-x710  hash auto  queues 4 }}\n" for name in ("LAN", "WAN"))
    spec = loads(f"{ports}require LAN.ip_src == WAN.ip_dst\nnf policer {{ lan LAN  wan WAN }}")
    problem = check(spec).problem
    solution = solve(resolve(problem).problem).solution
    made = {a.path: a.text for a in NfTarget().emit(problem, solution, Provenance("1", "a.rss", "0"))}
    assert made["dpdk_config.c"].count(".rss_hf = RTE_ETH_RSS_") == 2
