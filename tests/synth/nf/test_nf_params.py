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
from rss_dsl.problem import AllOf, AnyOf, Arith, Compare, Const, Negation, Only, Slice
from rss_synth.nf.params import NfParams, read_params
from rss_synth.nf.plan import check_nf, make_plan
from rss_synth.nf.target import NfTarget
from rss_synth.nf.tie import untied_classes


def codes_of(found):
    return [d.rule.code for d in found]


def test_defaults_and_values(lab):
    nf = lab.an_nf(
        **lab.PORTS, capacity=("integer", 1000), expiry=("duration", 5_000), other=("word", "pass")
    )
    params = read_params(lab.a_problem(nf), nf)
    assert isinstance(params, NfParams)
    assert [port.name for port in params.ports] == ["LAN", "WAN"]
    assert params.strategy == "auto"
    assert params.values == {"capacity": 1000, "expiry": 5_000, "other": "pass"}
    plain = lab.an_nf(**lab.PORTS)
    params = read_params(lab.a_problem(plain), plain)
    assert params.values == {"capacity": 65536, "expiry": 60 * 10**9, "other": "drop"}


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
        ({"strategy": ("word", "locks")}, "RSS627", "locks", "`locks` is not available yet", "`sequential`"),
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
    assert found.rule.code == "RSS620" and found.help == "did you mean `firewall`?"
    found = check_nf(lab.a_problem(lab.an_nf()))
    assert [d.message for d in found] == [
        "`firewall` needs the parameter `lan`",
        "`firewall` needs the parameter `wan`",
    ]


def test_everything_comes_at_once(lab):
    nf = lab.an_nf(lan=("word", "X"), other=("word", "never"), capacity=("integer", 0), size=("integer", 1))
    found = check_nf(lab.a_problem(nf))
    assert sorted(codes_of(found)) == ["RSS621", "RSS623", "RSS624", "RSS625", "RSS626"]


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


def pair(op, left, right):
    return Compare(op, left, right)


def masked(side, name):
    return Arith("&", Slice(side, name), Const(0xFFFFFF00))


@pytest.mark.parametrize(
    ("condition", "untied"),
    [
        (AllOf((pair("==", Slice(0, "ip_src"), Slice(1, "ip_dst")),)), ()),
        (pair("==", Slice(1, "l4_src", 0, 8), Slice(0, "l4_dst", 0, 8)), ()),
        (pair("==", Slice(1, "l4_src", 0, 16), Slice(0, "l4_dst")), ()),
        (pair("==", masked(0, "ipv4_src"), masked(1, "ipv4_dst")), ()),
        (pair("==", Slice(0, "tcp_src"), Slice(1, "tcp_dst")), ("ipv4-udp",)),
        (pair("==", Slice(0, "ip_src"), Slice(1, "ip_src")), ("ipv4-tcp", "ipv4-udp")),
        (pair("==", Slice(1, "l4_src", 0, 8), Slice(0, "l4_dst", 8, 16)), ("ipv4-tcp", "ipv4-udp")),
        (pair("!=", Slice(0, "ip_src"), Slice(1, "ip_dst")), ("ipv4-tcp", "ipv4-udp")),
        (Negation(pair("!=", Slice(0, "ip_src"), Slice(1, "ip_dst"))), ("ipv4-tcp", "ipv4-udp")),
        (
            AnyOf(
                (
                    pair("==", Slice(0, "ip_src"), Slice(1, "ip_src")),
                    pair("==", Slice(0, "ip_proto"), Slice(1, "ip_proto")),
                )
            ),
            (),
        ),
    ],
)
def test_replies_are_tied_by_conditions_they_always_satisfy(lab, condition, untied):
    problem = lab.a_problem(lab.an_nf(**lab.PORTS), condition=condition)
    assert untied_classes(problem, "LAN", "WAN", lab.IPV4) == untied


def test_a_requirement_restricted_to_other_classes_ties_nothing(lab):
    problem = lab.a_problem(None)
    only = Only(frozenset({"ipv4-tcp"}), frozenset({"ipv4-tcp"}))
    problem = replace(problem, requirements=(replace(problem.requirements[0], only=only),))
    assert untied_classes(problem, "LAN", "WAN", lab.IPV4) == ("ipv4-udp",)


@pytest.mark.parametrize(
    ("strategy", "condition", "sequential", "words"),
    [
        ("auto", True, False, None),
        ("shared-nothing", True, False, None),
        ("sequential", True, True, None),
        ("sequential", False, True, None),
        ("auto", False, True, "so `auto` is `sequential`"),
        ("shared-nothing", False, False, "verdicts depend on the cores"),
    ],
)
def test_strategies(lab, strategy, condition, sequential, words):
    nf = lab.an_nf(**lab.PORTS, strategy=("word", strategy))
    planned = make_plan(lab.a_problem(nf, condition=lab.REVERSED if condition else None), nf)
    assert planned.plan.sequential is sequential
    assert [d.rule.code for d in planned.diagnostics] == (["RSS632"] if words else [])
    for found in planned.diagnostics:
        assert found.severity is Severity.WARNING and words in found.message


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


@pytest.mark.parametrize("code", [code for code, text in NF_EXAMPLES.items() if text])
def test_the_examples_of_the_rules_show_them(code):
    checked = check(loads(NF_EXAMPLES[code], "example.rss"))
    assert [d.rule.code for d in check_nf(checked.problem)] == [code]


def test_most_rules_have_such_an_example():
    assert sum(text is not None for text in NF_EXAMPLES.values()) >= 10


def test_the_firewall_of_the_library_is_fine():
    spec = Path(__file__).parents[3] / "specs" / "nf" / "fw.rss"
    checked = check(load(spec))
    assert check_nf(checked.problem) == ()
    assert not make_plan(checked.problem, checked.problem.nf).plan.sequential
