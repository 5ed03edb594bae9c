"""What the proof from paths takes hash inputs for, beside what the hash functions make of them."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rss_callpaths.prove.equal_bits import EqualBits
from rss_callpaths.prove.ties import input_sums
from rss_dsl.fields import width
from rss_dsl.nic import Function
from rss_dsl.problem import HashInput
from rss_solver.nic.functions import LINEAR, prepare
from rss_solver.smt.terms import Questions, Terms

FIELDS = {
    "ipv4-tcp": ("ipv4_src", "ipv4_dst", "tcp_src", "tcp_dst"),
    "ipv4-sctp": ("ipv4_src", "ipv4_dst", "sctp_src", "sctp_dst", "sctp_vtag"),
    "ipv4-other": ("ipv4_dst",),
    "ipv6-udp": ("ipv6_src", "ipv6_dst", "udp_src", "udp_dst"),
}


@pytest.mark.parametrize(("name", "function"), [*product(FIELDS, sorted(LINEAR))])
@given(st.data())
def test_sums_are_what_the_function_prepares(name, function, data):
    layout = HashInput(name, FIELDS[name], function=Function(function))
    values = {field: data.draw(st.integers(0, (1 << width(field)) - 1)) for field, _ in layout.places}
    selected = 0
    for field, _ in layout.places:
        selected = selected << width(field) | values[field]
    found = input_sums(0, frozenset(), layout)
    total = 0
    for sum_ in found:
        bits = [values[field] >> width(field) - 1 - at & 1 for _, field, at in sum_]
        total = total << 1 | sum(bits) & 1
    assert len(found) == layout.bits
    assert total == prepare(layout, selected)


@given(st.data())
def test_learned_classes_are_those_that_all_models_have(data):
    """Equalities of bits and constants of two words, against all pairs that satisfy them."""
    bits = st.integers(0, 7)
    same = data.draw(st.lists(st.tuples(bits, bits), max_size=5))
    fixed = data.draw(st.lists(bits, max_size=2))
    value = data.draw(st.integers(0, 1))
    terms = Terms()
    questions = Questions(terms)
    learner = EqualBits(terms, questions, [terms.symbol("a", 4), terms.symbol("b", 4)])
    for one, other in same:
        questions.assume(terms.equal(learner.bit(one), learner.bit(other)))
    for bit in fixed:
        questions.assume(terms.equal(learner.bit(bit), terms.number(value, 1)))
    models = [
        each
        for each in range(256)
        if all(each >> one & 1 == each >> other & 1 for one, other in same)
        and all(each >> bit & 1 == value for bit in fixed)
    ]
    sampled = learner.sampled()
    assert isinstance(sampled, list)
    found = learner.classes(sampled, lambda _: False)
    reached = {found.model}
    for step in found.steps:
        reached |= {each ^ step for each in reached}
    assert reached == set(models)
