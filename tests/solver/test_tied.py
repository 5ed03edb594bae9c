"""What conditions tie, against every pair of packets of a tiny universe; and in the real one, by hand."""

from itertools import product

import pytest
from brute import Meaning
from brute_conditions import Packets, holds
from brute_nic import hash_input
from hypothesis import given, settings
from hypothesis import strategies as st
from rsstest import problem
from tiny import universe
from tiny_problems import draw

from rss_dsl.assumptions import tied
from rss_dsl.fields import WIDTHS, packet_classes
from rss_dsl.nic import Function
from rss_dsl.problem import AllOf, AnyOf, Arith, Compare, Const, HashInput, Negation, Slice
from rss_solver.diagnostics.coverage import coverage
from rss_solver.gf2 import rank
from rss_solver.keyspace.statement import class_pairs, state
from rss_solver.limits import LimitReachedError
from rss_solver.nic.functions import prepare
from rss_solver.smt import learn as smt
from rss_solver.tied import always, input_set, learn, satisfiable, span_shapes
from rss_solver.tied.live import live
from rss_solver.tied.reduce import parted

WIDE = {
    "vlan": 1,
    "ip_proto": 2,
    **{f"{name}_{end}": 2 for name in ("ipv4", "ipv6") for end in ("src", "dst")},
    **{f"{name}_{end}": 1 for name in ("tcp", "udp", "l4") for end in ("src", "dst")},
}
FIELDS = [
    "vlan",
    "ip_proto",
    "ipv4_src",
    "ipv4_dst",
    "ipv6_dst",
    "ip_src",
    "ip_dst",
    "l4_src",
    "l4_dst",
    "tcp_dst",
]


@pytest.fixture(params=["enumerated", "guessed", "asked"])
def route(request, monkeypatch):
    """How components are learned: in tiny classes, all would be enumerated."""
    learn.learn.cache_clear()
    if request.param != "enumerated":
        monkeypatch.setattr(learn, "ENUMERATED", 0)
    if request.param == "asked":
        monkeypatch.setattr(learn, "_guesses", lambda component: iter(()))
    yield request.param
    learn.learn.cache_clear()


# --- conditions on tiny packets ----------------------------------------------------------------------


def terms(bits, sides):
    leaf = st.one_of(
        st.builds(
            lambda side, name, start: Slice(side, name, start, start + bits),
            st.sampled_from(sides),
            st.sampled_from(FIELDS),
            st.integers(0, 2 - bits),
        ),
        st.builds(Const, st.integers(0, (1 << bits) - 1), st.just(bits)),
    )
    operators = st.sampled_from(["&", "|", "^", "+", "-", "<<", ">>"])
    return st.recursive(leaf, lambda inner: st.builds(Arith, operators, inner, inner), max_leaves=3)


def comparisons(sides):
    operators = st.sampled_from(["==", "==", "==", "!=", "<", "<=", ">", ">="])
    return st.integers(1, 2).flatmap(
        lambda bits: st.builds(Compare, operators, terms(bits, sides), terms(bits, sides))
    )


def conditions(sides=(0, 1)):
    return st.recursive(
        comparisons(sides),
        lambda inner: st.one_of(
            st.builds(AllOf, st.lists(inner, min_size=1, max_size=3).map(tuple)),
            st.builds(AnyOf, st.lists(inner, min_size=1, max_size=3).map(tuple)),
            st.builds(Negation, inner),
        ),
        max_leaves=5,
    )


@st.composite
def layouts(draw_):
    """A class, some of its fields, some zeroed ones, and a function; the widths are those of `WIDE`."""
    kind = draw_(st.sampled_from(["ipv4-tcp", "ipv4-other", "ipv4-frag", "ipv6-tcp", "ipv6-other"]))
    l4 = {"tcp": "tcp", "frag": "l4"}.get(kind[5:])
    names = [f"{kind[:4]}_src", f"{kind[:4]}_dst", *([f"{l4}_src", f"{l4}_dst"] if l4 else ["ip_proto"])]
    uses = draw_(st.lists(st.sampled_from("hhhz-"), min_size=len(names), max_size=len(names)))
    hashed = tuple(name for name, use in zip(names, uses, strict=True) if use == "h")
    zeroed = tuple(name for name, use in zip(names, uses, strict=True) if use == "z")
    if "ip_proto" in hashed:
        hashed = ("ip_proto", *hashed[:-1])
    return HashInput(kind, hashed, zeroed, draw_(st.sampled_from(Function)))


def packets(layout):
    """Every packet of a class."""
    kind = packet_classes()[layout.packet_class]
    names = sorted(set(kind.names.values()))
    values = []
    for name in names:
        fixed = kind.fixed.get(name)
        every = range(1 << WIDTHS[name]) if fixed is None else [fixed]
        values.append([value for value in every if value not in kind.excluded.get(name, ())])
    return [dict(zip(names, chosen, strict=True)) for chosen in product(*values)]


def columns(layout, found):
    import numpy as np

    names = found[0]
    return Packets(
        layout.packet_class, {name: np.array([packet[name] for packet in found]) for name in names}
    )


def inputs(layout, found):
    if layout.function is not Function.SIMPLE_XOR:
        return hash_input(layout, found)
    import numpy as np

    return np.array([prepare(layout, int(value)) for value in hash_input(layout, found)])


def vectors(shapes, first, second):
    """Shapes as integers, the first input in the upper bits."""
    sizes, bits = (first.bits, second.bits), second.bits
    for shape in shapes:
        for t in range(shape.width):
            yield sum(1 << sizes[s] - 1 - x - t + (bits if s == 0 else 0) for s, x in shape.terms)


def same_span(found, expected):
    found, expected = list(found), list(expected)
    return rank(found) == rank(expected) == rank(found + expected)


@settings(max_examples=30, deadline=None)
@given(condition=conditions(), first=layouts(), second=layouts())
def check_spans(condition, first, second):
    with universe(WIDE):
        learn.learn.cache_clear()
        sides = [columns(layout, packets(layout)) for layout in (first, second)]
        size = [len(side.values["vlan"]) for side in sides]
        import numpy as np

        grid = np.broadcast_to(holds(condition, (sides[0].shaped(-1, 1), sides[1].shaped(1, -1))), size)
        rows, cols = np.nonzero(grid)
        data = [inputs(layout, side) for layout, side in zip((first, second), sides, strict=True)]
        tied_pairs = {
            int(data[0][a]) << second.bits | int(data[1][b]) for a, b in zip(rows, cols, strict=True)
        }
        shapes = span_shapes(condition, first, second)
        assert (shapes is not None) == bool(tied_pairs)
        assert satisfiable(condition, first.packet_class, second.packet_class) == bool(tied_pairs)
        assert always(condition, first.packet_class, second.packet_class) == bool(grid.all())
        if shapes is not None:
            assert same_span(vectors(shapes, first, second), tied_pairs)


def test_spans_are_those_of_all_pairs(route):
    check_spans()


@settings(max_examples=30, deadline=None)
@given(condition=conditions(sides=(0,)), layout=layouts())
def check_hulls(condition, layout):
    with universe(WIDE):
        learn.learn.cache_clear()
        side = columns(layout, packets(layout))
        import numpy as np

        kept = np.broadcast_to(holds(condition, (side, side)), side.values["vlan"].shape)
        data = {int(value) for value in inputs(layout, side)[kept]}
        found = list(input_set(condition, layout))
        assert bool(found) == bool(data)
        if found:
            point = found[0][0]
            start = next(iter(data))
            hull = [v for other, own in found for v in (*own, other ^ point)]
            assert same_span(hull, [value ^ start for value in data])
            assert rank([*hull, point ^ start]) == rank(hull)


def test_hulls_of_one_packet_are_those_of_all_packets(route):
    check_hulls()


@pytest.mark.parametrize("block", range(4))
def test_random_problems_tie_what_enumeration_ties(block):
    for seed in range(40 * block, 40 * block + 40):
        case = draw(seed)
        with universe(case.widths):
            meaning = Meaning(case.problem)
            expected = {
                (id(t.requirement), *t.layouts): t.pairs
                for t in meaning.ties
                if all(i.fields for i in t.layouts)
            }
            for requirement in case.problem.requirements:
                for pair in class_pairs(case.problem, requirement):
                    names = [layout.packet_class for layout in pair]
                    shapes = span_shapes(tied(case.problem, requirement, *names), *pair)
                    pairs = expected.get((id(requirement), *pair))
                    assert (shapes is None) == (pairs is None), seed
                    if shapes is not None and Function.SIMPLE_XOR not in [i.function for i in pair]:
                        data = [int(a) << pair[1].bits | int(b) for a, b in pairs]
                        assert same_span(vectors(shapes, *pair), data), seed


# --- by hand -------------------------------------------------------------------------------------------

PORTS = "\n".join(f"port {n} {{ nic intel-x710  hash ipv4-tcp  queues 16  traffic ipv4-tcp }}" for n in "AB")


def windows(condition, more=""):
    return {(w.terms, w.width) for w in state(problem(f"{PORTS}\n{more}\nrequire {condition}")).windows}


def test_constants_on_both_sides_are_one_dimension():
    """The last bits of both ports are set together; the addresses and the other ports are free."""
    bits = windows("A.tcp_dst == 1 && B.tcp_src == 1")
    assert (((0, 95), (1, 79)), 1) in bits
    assert len(bits) == 4


@pytest.mark.parametrize(
    ("general", "plain"),
    [
        ("(A.ipv4_src & 0xffff0000) == (B.ipv4_dst & 0xffff0000)", "A.ipv4_src[0:16] == B.ipv4_dst[0:16]"),
        ("A.ipv4_src >> 8 == B.ipv4_dst >> 8", "A.ipv4_src[0:24] == B.ipv4_dst[0:24]"),
        ("(A.ipv4_src ^ B.ipv4_dst) == 0", "A.ipv4_src == B.ipv4_dst"),
        ("A.ipv4_src - B.ipv4_dst == 0", "A.ipv4_src == B.ipv4_dst"),
        ("!(A.ipv4_src != B.ipv4_dst)", "A.ipv4_src == B.ipv4_dst"),
        ("A.ipv4_src <= B.ipv4_dst && A.ipv4_src >= B.ipv4_dst", "A.ipv4_src == B.ipv4_dst"),
        ("A.tcp_src in 0..65535 && A.ipv4_src == B.ipv4_dst", "A.ipv4_src == B.ipv4_dst"),
        (
            "A.tcp_src in 80..81 && A.ipv4_src == B.ipv4_dst",
            "A.tcp_src[0:15] == 40 && A.ipv4_src == B.ipv4_dst",
        ),
    ],
)
def test_general_conditions_give_the_windows_of_plain_ones(general, plain):
    assert windows(general) == windows(plain)


def test_assumptions_are_part_of_a_requirement():
    assumed_ = windows("A.ipv4_src == B.ipv4_dst", "assume A.tcp_dst == 7\nassume B.tcp_src > 65534")
    assert assumed_ == windows("A.ipv4_src == B.ipv4_dst && A.tcp_dst == 7 && B.tcp_src == 65535")


def test_live_inputs_are_what_assumptions_leave():
    found = problem(f"{PORTS}\nassume A.ipv4_src in 10.0.0.0/8\nassume B.ip_proto == 17")
    layout = found.ports[0].inputs[0]
    here = live(found, 0, layout)
    assert here is not None
    assert here.point >> layout.bits - 8 == 10
    assert len(here.directions) == layout.bits - 8
    assert len(here.clustered) == 24 + 16 + 32
    assert live(found, 1, found.ports[1].inputs[0]) is None


def test_what_z3_cannot_tell_is_undecided_at_its_line(monkeypatch):
    def give_up(*_):
        raise LimitReachedError

    monkeypatch.setattr(smt.Oracle, "outside", give_up)
    found = problem(f"{PORTS}\nrequire hard: (A.ipv4_src + B.ipv4_dst | A.ipv4_dst) == 5")
    learn.learn.cache_clear()
    with pytest.raises(LimitReachedError) as undecided:
        state(found)
    assert undecided.value.finding is not None
    assert undecided.value.finding.rule.code == "RSS310"
    assert "`hard`" in undecided.value.finding.message


def test_what_says_nothing_is_a_warning():
    text = f"{PORTS}\nassume A.ipv4_src in 10.0.0.0/8\nassume B.ip_proto == 17\n"
    vacuous = "require r: A.ipv4_src == A'.ipv4_src && A.ipv4_src >= 11.0.0.0"
    assert [d.rule.code for d in coverage(problem(text + vacuous))] == ["RSS311", "RSS307"]
    wide = f"{PORTS}\nrequire r: A.ipv4_src + 1 == A'.ipv4_src"
    assert [d.rule.code for d in coverage(problem(wide))] == []


@pytest.mark.parametrize(
    ("ports", "codes"),
    [
        ("hash ipv4-tcp  queues 4  traffic ipv4-tcp, ipv4-udp, ipv4-frag", ["RSS191"]),
        ("hash ipv4-tcp  queues 1  traffic ipv4-tcp, ipv4-udp", []),
        ("hash ipv4-tcp, ipv4-udp  queues 4  traffic ipv4-udp", []),
        ("hash auto  queues 4  traffic ipv4-tcp, ipv4-udp", []),
        ("hash ipv4-tcp  queues 4", []),
    ],
)
def test_traffic_on_the_default_queue_is_a_warning_for_each_port(ports, codes):
    found = list(coverage(problem(f"port A {{ nic generic  {ports} }}")))
    assert [d.rule.code for d in found] == codes
    assert all("`ipv4-udp`, `ipv4-frag`" in d.message for d in found)


def test_classes_that_a_line_is_blamed_for_are_not_said_twice():
    text = "port A { nic generic  hash ipv4-tcp  queues 4  traffic ipv4-tcp, ipv4-udp, l2 }\n"
    first, second = coverage(problem(text + "require u: A.ipv4_src == A'.ipv4_src"))
    assert (first.rule.code, second.rule.code) == ("RSS303", "RSS191")
    assert "`l2`" in second.message and "ipv4-udp" not in second.message


def test_what_is_not_hashed_and_shares_nothing_has_no_say():
    classes = (HashInput("ipv4-tcp", ("ipv4_dst",)),) * 2
    same = "A.ipv4_dst == B.ipv4_dst"

    def condition(text):
        return problem(f"{PORTS}\nrequire {text}").requirements[0].condition

    alone = condition(same)
    assert parted(alone, classes) == (alone, None)
    for more in ("A.vlan == 5", "A.vlan == 6 && B.mac_src != A.mac_src"):
        found = condition(f"{same} && {more}")
        assert parted(found, classes) == (AllOf((alone,)), AllOf(condition(f"{more} && {same}").parts[:-1]))
        assert span_shapes(found, *classes) == span_shapes(alone, *classes)
    assert span_shapes(condition(f"{same} && A.vlan == 5 && A.vlan == 6"), *classes) is None
    for linked in ("A.ipv4_src == A.ipv4_dst", "A.vlan == B.vlan && A.vlan == A.ipv4_dst[0:12]"):
        found = condition(f"{linked} && B.ipv4_dst == 10.0.0.1 && A.ipv4_src == 10.0.0.2")
        own, rest = parted(found, classes)
        assert (rest is None) == ("ipv4_src" in linked)
        assert span_shapes(found, *classes) == span_shapes(AllOf((own, own)), *classes)
