from __future__ import annotations

import sys
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rss_dsl.check import check
from rss_dsl.check.switches import offered, select
from rss_dsl.diagnostics import RssError
from rss_dsl.loading import loads
from rss_dsl.nic import Via, concrete
from rss_solver.conflicts.conflict import Conflict
from rss_solver.fieldsets import adopt, resolve
from rss_solver.fieldsets.options import options
from rss_solver.fieldsets.rating import configured, rate
from rss_solver.proof import Proof, verify
from rss_solver.solve import Solved, solve

PAIR = ("ipv4_src", "ipv4_dst")
POLICER = "require user: WAN.ipv4_dst == WAN'.ipv4_dst"


def problem(text: str):
    found = check(loads(text)).problem
    assert found is not None
    return found


def chosen(text: str):
    """The fields of every class on every port, by name."""
    resolved = resolve(problem(text)).problem
    return {p.name: {i.packet_class: i.fields for i in p.inputs} for p in resolved.ports}


def proved(text: str):
    resolved = resolve(problem(text)).problem
    outcome = solve(resolved)
    assert not isinstance(outcome, Conflict)
    assert isinstance(verify(resolved, outcome.solution), Proof)
    return outcome.solution


def test_users_behind_a_tunnel_are_told_by_one_address_on_each_side():
    text = """
    port ACCESS { nic mlx5  traffic gtpu-ipv4-tcp, gtpu-ipv4-udp  queues 16 }
    port CORE { nic mlx5  queues 16 }
    require user: ACCESS.inner.ipv4_src == CORE.ipv4_dst
    """
    found = chosen(text)
    assert set(found["ACCESS"].values()) == {("inner.ipv4_src",)}
    assert set(found["CORE"].values()) == {("ipv4_dst",)}
    for port in proved(text).ports:
        assert {s.clustered_rank for s in port.spread} == {4}


@pytest.mark.parametrize(
    ("nic", "rank"), [("intel-82599", 7), ("intel-x710", 9), ("intel-e810", 9), ("mlx5", 4)]
)
def test_the_policer_has_full_rank(nic, rank):
    (port,) = proved(f"port WAN {{ nic {nic}  queues 16 }}\n{POLICER}").ports
    assert {s.clustered_rank for s in port.spread} == {rank}


def test_rules_win_where_start_up_leaves_a_worse_spread():
    text = "port WAN { nic intel-x710  traffic ipv4-tcp  queues 16 }\nequality hash\n" + POLICER
    resolved = resolve(problem(text))
    (choice,) = resolved.choices
    assert choice.inputs["ipv4-tcp"] == ("ipv4_dst",) and choice.by_rule == ("ipv4-tcp",)
    assert choice.runner_up is not None and choice.runner_up.rating < choice.rating
    assert {s.clustered_rank for s in proved(text).ports[0].spread} == {9}


def test_start_up_wins_between_equals():
    assert resolve(problem(f"port WAN {{ nic intel-x710  queues 16 }}\n{POLICER}")).choices[0].by_rule == ()


def test_classes_are_those_of_traffic_or_of_requirements_or_the_usual():
    assert set(chosen("port P { nic intel-x710  queues 4  traffic ipv4-sctp }")["P"]) == {"ipv4-sctp"}
    assert set(chosen("port P { nic intel-x710  queues 4 }")["P"]) == {
        "ipv4-tcp",
        "ipv4-udp",
        "ipv6-tcp",
        "ipv6-udp",
    }
    text = "port P { nic intel-x710  queues 4 }\nrequire P.tcp_dst == P'.tcp_dst"
    choice = resolve(problem(text)).choices[0]
    assert set(choice.inputs) == {"ipv4-tcp", "ipv6-tcp"}
    assert {u.packet_class for u in choice.unhashed} == {"ipv4-frag", "ipv6-frag"}


def test_what_the_nic_cannot_hash_is_named():
    choice = resolve(problem(f"port WAN {{ nic intel-e810  queues 16 }}\n{POLICER}")).choices[0]
    assert [(u.packet_class, u.reason) for u in choice.unhashed] == [
        ("ipv4-frag", "`intel-e810` cannot hash it")
    ]


def test_fragments_follow_their_flows():
    text = "port P { nic intel-x710  queues 4  traffic ipv4-tcp  fragments same-as-flow }"
    resolved = resolve(problem(text)).problem
    assert set(chosen(text)["P"]) == {"ipv4-tcp", "ipv4-frag"}
    (requirement,) = resolved.requirements
    assert requirement.only is not None and requirement.only.second == {"ipv4-tcp"}


def test_ports_of_a_group_are_hashed_alike_and_cards_agree():
    found = chosen("ports TX[4] { nic mlx5  queues 4 }\nrequire TX[0].ipv4_src == TX[1].ipv4_dst")
    assert len({tuple(hashed.items()) for hashed in found.values()}) == 1
    text = """
    port A { nic intel-x710  adapter one  queues 16  traffic ipv4-tcp }
    port B { nic intel-x710  adapter one  queues 16  traffic ipv4-tcp  hash ipv4-tcp (ipv4_src) }
    equality hash
    require A.ipv4_src == A'.ipv4_src
    """
    found = chosen(text)
    assert found["A"] == found["B"]


def test_without_a_key_the_conflict_remains():
    text = "port P { nic mlx5  queues 4 }\nrequire P.ipv4_src == P'.ipv4_src || P.ipv4_dst == P'.ipv4_dst"
    assert isinstance(solve(resolve(problem(text)).problem), Conflict)


def test_nothing_to_hash_is_an_error():
    with pytest.raises(RssError) as found:
        resolve(problem("port P { nic aws-ena  traffic ipv4-sctp  queues 4 }"))
    assert [d.rule.code for d in found.value.diagnostics] == ["RSS320"]


def test_flags_that_exclude_each_other_leave_the_usual_fields():
    text = "port A { nic hns3  queues 4 }\nrequire A.tcp_src == A'.tcp_src || A.udp_dst == A'.udp_dst"
    (choice,) = resolve(problem(text)).choices
    assert {"ipv4-tcp", "ipv4-udp"} <= set(choice.inputs)


def test_symmetric_functions_are_given_both_ends():
    text = """
    port TAP { nic intel-x710  traffic ipv4-tcp  queues 16  function symmetric-xor }
    require sender: TAP.ipv4_src[0:8] == TAP'.ipv4_src[0:8] && TAP.ipv4_dst == TAP'.ipv4_dst
    """
    fields = chosen(text)["TAP"]["ipv4-tcp"]
    assert ("ipv4_src" in fields, "tcp_src" in fields) == ("ipv4_dst" in fields, "tcp_dst" in fields)
    one_ended = adopt(problem(text), {"TAP": {"ipv4-tcp": ("ipv4_src",)}})
    assert one_ended.ports[0].auto


def test_given_fields_are_adopted_where_the_nic_can():
    open_ = problem("port P { nic mlx5  queues 4 }")
    taken = adopt(open_, {"P": {"ipv4-tcp": ("ipv4_src", "tcp_src", "tcp_dst")}})
    assert [i.fields for i in taken.ports[0].inputs] == [("ipv4_src", "tcp_src", "tcp_dst")]
    for impossible in ({"ipv4-tcp": ("tcp_dst",)}, {"l2": ("ether_type",)}, {}):
        assert adopt(open_, {"P": impossible}).ports[0].auto


NICS = ("intel-82599", "intel-x710", "intel-e810", "mlx5", "hns3")
TERMS = (
    "A.ipv4_src == B.ipv4_dst",
    "A.ipv4_dst == B.ipv4_src",
    "A.ipv4_src == B.ipv4_src",
    "A.tcp_src == B.tcp_dst",
    "A.tcp_dst == B.tcp_src",
)
SPECS = st.builds(
    lambda a, b, terms, mode: (
        f"port A {{ nic {a}  queues 8  traffic ipv4-tcp }}\n"
        f"port B {{ nic {b}  queues 8  traffic ipv4-tcp }}\n{mode}\nrequire {' && '.join(sorted(terms))}"
    ),
    st.sampled_from(NICS),
    st.sampled_from(NICS),
    st.sets(st.sampled_from(TERMS), min_size=1, max_size=4),
    st.sampled_from(["", "equality hash"]),
)


@settings(max_examples=25)
@given(SPECS)
def test_what_is_chosen_can_be_configured_and_no_single_choice_for_both_is_better(text):
    open_ = problem(text)
    resolved = resolve(open_)
    for port in resolved.problem.ports:
        assert not port.auto
        hashed: dict[str, tuple[str, ...]] = {}
        flags = set()
        for switch, index in port.switches:
            assert any(switch.flag == own.flag for own in port.nic.switches)
            field_set = switch.field_sets[index]
            if field_set.via is Via.START:
                flags.add(tuple(f for f in field_set.flags if f.endswith("_ONLY")))
            for name in switch.classes:
                hashed.setdefault(name, concrete(field_set, name))
        assert hashed == {i.packet_class: i.fields for i in port.inputs}
        assert len(flags - {()}) <= 1 and "ipv4-tcp" in hashed
    rating = resolved.choices[0].rating
    sides = [{fields for via in Via for fields in offered(port.nic, "ipv4-tcp", via)} for port in open_.ports]
    for fields in sorted(sides[0] & sides[1]):
        ports = []
        for port in open_.ports:
            selection = select(port.nic, {"ipv4-tcp": fields})
            assert selection is not None
            ports.append(configured(port, selection))
        assert rate(replace(open_, ports=tuple(ports))).rating <= rating


def tied_pair(number: int, queues: int = 16, ends: str = "src dst") -> str:
    a, b, (end, other) = f"A{number}", f"B{number}", ends.split()
    declared = (f"port {name} {{ nic mlx5  queues {queues}  traffic ipv4-tcp }}" for name in (a, b))
    return "\n".join([*declared, f"require {a}.ipv4_{end} == {b}.ipv4_{other}"])


def test_components_that_are_alike_are_searched_once(monkeypatch):
    """Each has what it would have alone; other queues or another direction make it another component."""
    searches = []
    resolver = sys.modules["rss_solver.fieldsets.resolve"]
    real = resolver.search
    monkeypatch.setattr(resolver, "search", lambda *given: searches.append(given) or real(*given))
    kinds = [(16, "src dst"), (8, "src dst"), (16, "dst src")]
    texts = [tied_pair(number, *kinds[number % 3]) for number in range(7)]
    together = resolve(problem("\n".join(texts)))
    assert len(searches) == 3
    alone = [resolve(problem(text)) for text in texts]
    assert [port.inputs for port in together.problem.ports] == [
        port.inputs for one in alone for port in one.problem.ports
    ]
    assert [choice.ports for choice in together.choices] == [(i,) for i in range(14)]
    assert isinstance(solve(together.problem), Solved)


def test_a_class_without_a_key_decides_for_all_choices_with_it(monkeypatch):
    """The answers are those of whole problems; not all of those are solved."""
    module = sys.modules["rss_solver.fieldsets.rating"]
    text = """
    port A { nic intel-x710  traffic ipv4-tcp, ipv4-other  queues 16 }
    port B { nic intel-x710  traffic ipv4-tcp, ipv4-other  queues 16 }
    equality hash
    require user: A.ipv4_src[1:32] == B.ipv4_dst[1:32]
    """
    real, solved, asked = module.rate, [], []
    monkeypatch.setattr(module, "rate", lambda problem: solved.append(problem) or real(problem))
    rater = module.Rater()
    for problem_ in every_choice(problem(text)):
        asked.append(problem_)
        assert rater.rate(problem_) == real(problem_)
    assert sum(len(one.ports[0].inputs) > 1 for one in solved) < len(asked)
    assert any(real(problem_).rating.key_exists for problem_ in asked)


def every_choice(found):
    """The problem with both ports hashed in each way that is weighed."""
    ways = [options(found, i, port.traffic) for i, port in enumerate(found.ports)]
    for chosen_ in product(*ways):
        ports = zip(found.ports, chosen_, strict=True)
        yield replace(found, ports=tuple(configured(port, option.selection) for port, option in ports))
