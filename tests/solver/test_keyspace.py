"""The closed form against the definition: one equation per basis vector and hash bit, eliminated."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rsstest import nf, ports, problem, session

from rss_solver.gf2 import Elimination
from rss_solver.keyspace.groups import groups
from rss_solver.keyspace.space import Inconsistent
from rss_solver.keyspace.statement import class_pairs, state
from rss_solver.proof.spans import PairSpace
from rss_solver.toeplitz import key_bit, toeplitz

FREE = [
    # (spec, ports of the group, free bits for whole hashes, for 9-bit entries): the numbers
    ("fw", (0, 1), 34, 80),
    ("pol", (1,), 1, 24),
    ("nat", (0, 1), 1, 32),
]


def free_bits(group, mode):
    space = group.space(group.all(mode))
    first = group.first_used_bit(group.all(mode))
    return space.dimension([(i, first[i], 127) for i in group.ports])


@pytest.mark.parametrize(("name", "members", "whole", "entries"), FREE)
def test_free_key_bits(name, members, whole, entries):
    found = nf(name)
    group = next(g for g in groups(found, state(found)) if tuple(g.ports) == members)
    assert (free_bits(group, "hash"), free_bits(group, "index")) == (whole, entries)


def test_free_key_bits_of_a_symmetric_port():
    found = problem(ports("TAP") + "\nrequire " + session("TAP", "TAP'"))
    (group,) = groups(found, state(found))
    assert (free_bits(group, "hash"), free_bits(group, "index")) == (17, 40)


FIELDS = ["ipv4_src", "ipv4_dst", "tcp_src", "tcp_dst", "ipv4_src[0:8]", "ipv4_dst[24:32]", "tcp_dst[0:8]"]
WIDTHS = dict(zip(FIELDS, (32, 32, 16, 16, 8, 8, 8), strict=True))
equalities = st.tuples(st.sampled_from(FIELDS), st.sampled_from(FIELDS), st.sampled_from(["AB", "AA", "BB"]))
conjunctions = st.lists(equalities, min_size=1, max_size=4)
packets = st.sampled_from([("A", "B"), ("A", "A'"), ("B", "B'")])


def as_text(pair, conjunction):
    parts = []
    for left, right, sides in conjunction:
        if WIDTHS[left] != WIDTHS[right]:
            right = left
        x, y = pair["AB".index(sides[0])], pair["AB".index(sides[1])]
        parts.append(f"{x}.{left} == {y}.{right}")
    # Both packets must be named.
    parts.append(f"{pair[0]}.tcp_src[15:16] == {pair[1]}.tcp_src[15:16]")
    return " && ".join(parts)


@settings(max_examples=12)
@given(st.lists(st.tuples(packets, conjunctions), min_size=1, max_size=3), st.sampled_from(["hash", "index"]))
def test_closed_form_is_the_definition(requirements, mode):
    lines = [f"require {as_text(pair, conjunction)}" for pair, conjunction in requirements]
    found = problem("\n".join([ports("A B", hash_="ipv4-tcp", nic="generic"), *lines]))
    for group in groups(found, state(found)):
        space = group.space(group.all(mode))
        assert not isinstance(space, Inconsistent)
        oracle = definition(found, group, mode)
        everything = [(i, 0, group.ports[i].key_bits) for i in group.ports]
        total = sum(stop for _, _, stop in everything)
        assert space.dimension(everything) == total - oracle.rank
        keys = space.sample(random.Random(0))
        value = sum(
            key_bit(keys[i], bit) << number(group, i, bit)
            for i in group.ports
            for bit in range(group.ports[i].key_bits)
        )
        assert all((row & value).bit_count() % 2 == 0 for row, _ in oracle.rows.values())


def number(group, port, bit):
    return list(group.ports).index(port) * 512 + bit


def definition(found, group, mode):
    """XOR over set bits x of k[x + b] for every vector of the span and hash bit that must agree."""
    system = Elimination()
    for requirement in found.requirements:
        if requirement.first not in group.ports:
            continue
        for pair in class_pairs(found, requirement):
            space = PairSpace(requirement.condition, pair)
            for vector in map(space.data, space.vectors):
                for (b,) in group.required(group.all(mode))[requirement.first]:
                    row = 0
                    sides = zip((requirement.first, requirement.second), vector, pair, strict=True)
                    for port, data, layout in sides:
                        for x in range(layout.bits):
                            if data >> (layout.bits - 1 - x) & 1:
                                row ^= 1 << number(group, port, x + b)
                    system.add(row)
    return system


@settings(max_examples=30)
@given(st.binary(min_size=40, max_size=40), st.integers(0, 31))
def test_pinned_keys_are_kept_or_refused(key, flip):
    """A pinned key of one port decides the other's constrained bits, or contradicts the requirement."""
    text = f"port A {{ hash ipv4-tcp  queues 4  key {key.hex()} }}\nport B {{ hash ipv4-tcp  queues 4 }}"
    found = problem(f"{text}\nrequire A.ipv4_src == B.ipv4_src && A.ipv4_dst == B.ipv4_dst")
    (group,) = groups(found, state(found))
    space = group.space(group.all("hash"))
    constrained = any(key_bit(key, 64 + x) for x in range(32 + 31))
    assert isinstance(space, Inconsistent) == constrained
    if not constrained:
        keys = space.sample(random.Random(flip))
        assert keys[0] == key
        data = (0x0A000001 << 32 | 1 << flip) << 32
        assert toeplitz(keys[0], data, 96) == toeplitz(keys[1], data, 96)


def test_a_window_of_three_terms():
    """One bit tied to two others: their key windows sum to zero, which no two-bit equation says."""
    text = ports("A B", hash_="ipv4-tcp", nic="generic")
    found = problem(f"{text}\nrequire A.ipv4_src == B.ipv4_dst && A.ipv4_src == B.ipv4_src")
    terms = sorted(len(window.terms) for window in state(found).windows)
    assert terms[-1] == 3
    (group,) = groups(found, state(found))
    keys = group.space(group.all("hash")).sample(random.Random(1))
    for address in (1, 0xC0A80001, 0xFFFFFFFF):
        assert toeplitz(keys[0], address << 64, 96) == toeplitz(keys[1], address << 64 | address << 32, 96)
