"""Conditions mean what their text says: converted ones are evaluated on concrete packets."""

from __future__ import annotations

import operator
from dataclasses import replace
from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from rss_dsl.check import check
from rss_dsl.fields import width
from rss_dsl.loading import loads
from rss_dsl.problem import AllOf, AnyOf, Arith, Compare, Const, Negation, Slice
from rss_dsl.spec import Binary, FieldRef, PacketName, Require

PORTS = """
port P { nic generic  hash ipv4-tcp, ipv6-tcp  queues 16 }
port Q { nic generic  hash ipv4-tcp, ipv6-tcp  queues 16 }
relation reversed(a, b) { a.ip_src == b.ip_dst && a.ip_dst == b.ip_src }
relation flipped(a, b) { reversed(b, a) || !same_vlan(b, a) }
relation same_vlan(a, b) { a.vlan == b.vlan }
relation low(a) { a.tcp_dst < 1024 }
"""

OPERATORS = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "&": operator.and_,
    "|": operator.or_,
    "^": operator.xor,
    "+": operator.add,
    "-": operator.sub,
    "<<": operator.lshift,
    ">>": operator.rshift,
}


def requirements(text: str):
    result = check(loads(PORTS + text))
    assert result.problem is not None, result.diagnostics
    return result.problem.requirements


def condition(text: str):
    (requirement,) = requirements(f"require {text} && P.vlan == Q.vlan")
    return requirement.condition.parts[0]


def assumed(text: str):
    result = check(loads(f"{PORTS}assume {text}"))
    assert result.problem is not None, result.diagnostics
    (assumption,) = result.problem.assumptions
    return assumption.condition


def value(term, packets, bits):
    match term:
        case Slice():
            whole = width(term.field)
            stop = whole if term.stop is None else term.stop
            return packets[term.side][term.field] >> (whole - stop) & (1 << (stop - term.start)) - 1
        case Const():
            assert term.width in (None, bits)
            return term.value
        case Arith():
            left, right = value(term.left, packets, bits), value(term.right, packets, bits)
            return OPERATORS[term.op](left, right) & (1 << bits) - 1


def bits_of(term):
    match term:
        case Slice():
            return (width(term.field) if term.stop is None else term.stop) - term.start
        case Const():
            return term.width
        case Arith():
            return bits_of(term.left) or bits_of(term.right)


def holds(condition, packets):
    match condition:
        case Compare():
            bits = bits_of(condition.left) or bits_of(condition.right)
            left, right = (value(t, packets, bits) for t in (condition.left, condition.right))
            return OPERATORS[condition.op](left, right)
        case AllOf():
            return all(holds(part, packets) for part in condition.parts)
        case AnyOf():
            return any(holds(part, packets) for part in condition.parts)
        case Negation():
            return not holds(condition.part, packets)


addresses = st.integers(0, (1 << 32) - 1)


def dotted(address: int) -> str:
    return ".".join(str(byte) for byte in address.to_bytes(4, "big"))


@given(addresses, addresses, st.integers(0, 32))
def test_prefix(address, network, length):
    mask = ((1 << length) - 1) << (32 - length)
    found = assumed(f"P.ipv4_src in {dotted(network & mask)}/{length}")
    assert holds(found, [{"ipv4_src": address}]) == (address & mask == network & mask)


@given(addresses, addresses, st.integers(0, 32))
def test_prefix_of_arithmetic(address, network, length):
    mask = ((1 << length) - 1) << (32 - length)
    found = assumed(f"(P.ipv4_src + 256) in {dotted(network & mask)}/{length}")
    assert holds(found, [{"ipv4_src": address}]) == ((address + 256) & 0xFFFFFFFF & mask == network & mask)


@given(st.integers(0, 65535), st.integers(0, 65535), st.integers(0, 65535), st.integers(0, 65535))
def test_range_and_set(port, one, two, single):
    low, high = sorted((one, two))
    found = assumed(f"P.tcp_dst in {{{low}..{high}, {single}}}")
    assert holds(found, [{"tcp_dst": port}]) == (low <= port <= high or port == single)
    found = assumed(f"P.tcp_dst in {low}..{high}")
    assert holds(found, [{"tcp_dst": port}]) == (low <= port <= high)


@given(st.sampled_from(sorted(OPERATORS.keys() - {"<<", ">>"})), addresses, addresses)
def test_operators_are_modular(op, one, two):
    found = assumed(f"P.ipv4_src {op} P.ipv4_dst" + ("" if op in COMPARISONS else " == 7"))
    packets = [{"ipv4_src": one, "ipv4_dst": two}]
    expected = OPERATORS[op](one, two)
    assert holds(found, packets) == (expected if op in COMPARISONS else expected & 0xFFFFFFFF == 7)


COMPARISONS = {"==", "!=", "<", "<=", ">", ">="}


def test_numbers_take_the_width_of_the_other_side():
    assert assumed("P.tcp_src == 80") == Compare("==", Slice(0, "tcp_src"), Const(80, 16))
    assert assumed("(5 + 6) == P.vlan") == Compare(
        "==", Arith("+", Const(5, 12), Const(6, 12)), Slice(0, "vlan")
    )


def test_generic_addresses_settle_where_the_version_is_certain():
    assert condition("P.ip_src == 10.0.0.1").left == Slice(0, "ipv4_src")
    assert condition("P.ip_src == Q.ipv6_dst").left == Slice(0, "ipv6_src")
    assert condition("P.ip_src == Q.ip_dst") == Compare("==", Slice(0, "ip_src"), Slice(1, "ip_dst"))
    assert condition("P.ip_src in 10.0.0.0/8") == Compare("==", Slice(0, "ipv4_src", 0, 8), Const(10, 8))
    assert condition("P.ip_src[0:24] == Q.ip_dst[8:32]").left == Slice(0, "ip_src", 0, 24)
    assert condition("P.ip_src[0:64] == Q.ip_src[0:64]").left == Slice(0, "ipv6_src", 0, 64)
    assert condition("P.ip_src == 5").right == Const(5)


def test_relations_are_inlined_for_the_packets_given():
    (requirement,) = requirements("require reversed(Q, P)")
    (other,) = requirements("require Q.ip_src == P.ip_dst && Q.ip_dst == P.ip_src")
    assert requirement.condition == other.condition
    assert (requirement.first, requirement.second) == (1, 0)


def test_relations_may_use_later_ones_and_swap_packets():
    (requirement,) = requirements("require flipped(P, Q)")
    (other,) = requirements("require reversed(P, Q) || flipped(P, Q)")
    swapped = AllOf(
        (
            Compare("==", Slice(1, "ip_src"), Slice(0, "ip_dst")),
            Compare("==", Slice(1, "ip_dst"), Slice(0, "ip_src")),
        )
    )
    assert requirement.condition.parts[0] == swapped
    assert other.condition.parts[1] == requirement.condition


def test_relations_of_one_packet():
    (requirement,) = requirements("require low(P) && low(Q)")
    sides = [part.left.side for part in requirement.condition.parts]
    assert sides == [0, 1]


def test_sides_follow_the_order_of_naming():
    (requirement,) = requirements("require Q'.ipv4_src == P.ipv4_dst")
    assert (requirement.first, requirement.second) == (1, 0)
    assert requirement.condition == Compare("==", Slice(0, "ipv4_src"), Slice(1, "ipv4_dst"))


def with_condition(expr):
    spec = loads(PORTS)
    return check(replace(spec, statements=(*spec.statements, Require(name=None, condition=expr))))


def field(packet: str, name: str) -> FieldRef:
    return FieldRef(packet=PacketName(name=packet), field=name)


def test_chains_are_flat_and_may_be_long():
    equal = Binary(op="==", left=field("P", "vlan"), right=field("Q", "vlan"))
    many = reduce(lambda left, right: Binary(op="&&", left=left, right=right), [equal] * 3000)
    problem = with_condition(many).problem
    assert problem is not None
    assert len(problem.requirements[0].condition.parts) == 3000


def test_long_arithmetic_is_an_error_not_a_crash():
    terms = [field("P", "vlan")] * 3000
    total = reduce(lambda left, right: Binary(op="+", left=left, right=right), terms)
    result = with_condition(Binary(op="==", left=total, right=field("Q", "vlan")))
    assert {d.rule.code for d in result.diagnostics} == {"RSS123"}


def test_relations_that_multiply_are_an_error():
    relations = ["relation r0(a, b) { a.vlan == b.vlan }"]
    relations += [f"relation r{i}(a, b) {{ r{i - 1}(a, b) && r{i - 1}(b, a) }}" for i in range(1, 40)]
    result = check(loads(PORTS + "\n".join(relations) + "\nrequire r39(P, Q)"))
    assert {d.rule.code for d in result.diagnostics} == {"RSS123"}


def test_chains_of_relations_are_as_long_as_they_like():
    relations = ["relation r0(a, b) { a.vlan == b.vlan }"]
    relations += [f"relation r{i}(a, b) {{ r{i - 1}(b, a) }}" for i in range(1, 3000)]
    relations.reverse()
    (requirement,) = requirements("\n".join(relations) + "\nrequire r2999(P, Q)")
    assert requirement.condition == Compare("==", Slice(1, "vlan"), Slice(0, "vlan"))
