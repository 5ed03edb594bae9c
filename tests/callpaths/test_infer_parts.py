"""Relations against brute force over small packets, and bits of terms against their values."""

from itertools import product

from hypothesis import given, reject
from hypothesis import strategies as st
from kquery_terms import Maker
from term_values import value

from rss_callpaths.infer.bits import PacketBit, bits_of
from rss_callpaths.infer.relation import Is, Same, composed, implies, mirrored, possible, relation
from rss_callpaths.terms import Pool

BITS = [("ipv4_src", 0), ("ipv4_src", 1), ("ipv4_dst", 0)]
PACKETS = list(product((0, 1), repeat=len(BITS)))

bits = st.sampled_from(BITS)
atoms = st.frozensets(
    st.builds(Same, bits, bits) | st.builds(Is, st.integers(0, 1), bits, st.integers(0, 1)), max_size=4
)


def holds(condition, first, second):
    def read(packet, bit):
        return packet[BITS.index(bit)]

    return all(
        read(first, atom.first) == read(second, atom.second)
        if isinstance(atom, Same)
        else read((first, second)[atom.side], atom.bit) == atom.value
        for atom in condition
    )


def pairs(condition):
    return {pair for pair in product(PACKETS, repeat=2) if holds(condition, *pair)}


@given(atoms, atoms)
def test_implication_is_inclusion(first, second):
    if possible(first):
        assert implies(first, second) == (pairs(first) <= pairs(second))
    assert possible(first) == bool(pairs(first))


@given(atoms, atoms)
def test_composition_is_what_a_packet_between_brings_together(before, after):
    found = composed(before, after)
    both = {(a, c) for a, b in pairs(before) for again, c in pairs(after) if b == again}
    if found is None:
        return
    assert pairs(found) == both


@given(atoms)
def test_relations_do_not_depend_on_the_way_they_are_written(condition):
    assert relation(0, 0, condition) == relation(0, 0, mirrored(condition))
    assert relation(1, 0, condition) == relation(0, 1, mirrored(condition))
    assert mirrored(mirrored(condition)) == condition


@given(st.data())
def test_the_bits_of_a_term_are_its_values(data):
    term = Maker(data, Pool()).term(data.draw(st.sampled_from((8, 16, 32))))
    memory = {("packet_chunks", at): data.draw(st.integers(0, 255)) for at in range(0, 64, 7)}
    try:
        worth = value(term, memory)
    except ZeroDivisionError:
        reject()
    for at, bit in enumerate(bits_of(term)):
        if isinstance(bit, PacketBit):
            byte = memory.get(("packet_chunks", bit.byte), 0)
            assert worth >> at & 1 == byte >> bit.bit & 1
        elif bit is not None:
            assert worth >> at & 1 == bit
