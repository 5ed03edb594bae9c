"""libVig's maps and vectors, and the set that indices come from, against dictionaries, lists and sets."""

from __future__ import annotations

import ctypes
from collections import Counter
from ctypes import byref, c_int, c_int64, c_uint64
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

QUICK = settings(max_examples=40, stateful_step_count=40, deadline=None)
KEYS = st.integers(0, 11)
CAPACITY = 6


class Pair(ctypes.Structure):
    _fields_ = (("a", c_uint64), ("b", c_uint64))


def a_map(lab, vig: ctypes.CDLL, hashes: int, seed: int) -> type[RuleBasedStateMachine]:
    class Map(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            vig.test_start(2, seed, hashes)
            self.call = lab.Shared(vig)
            self.map = self.call.allocate("test_map", CAPACITY)
            self.known: dict[int, tuple[int, c_uint64]] = {}

        @rule(key=KEYS, value=st.integers(-(2**31), 2**31 - 1))
        def put(self, key: int, value: int) -> None:
            place = c_uint64(key)
            self.call("test_map_put", self.map, byref(place), value)
            if key in self.known or len(self.known) < CAPACITY:
                self.known[key] = (value, place)

        @rule(key=KEYS)
        def erase(self, key: int) -> None:
            asked, trash = c_uint64(key), ctypes.c_void_p()
            self.call("test_map_erase", self.map, byref(asked), byref(trash))
            if key in self.known:
                assert trash.value == ctypes.addressof(self.known.pop(key)[1])

        @invariant()
        def same_entries(self) -> None:
            assert self.call("test_map_size", self.map) == len(self.known)
            for key in range(12):
                out = c_int(77)
                found = self.call("test_map_get", self.map, byref(c_uint64(key)), byref(out))
                assert found == (key in self.known)
                assert out.value == (self.known[key][0] if found else 77)

    return Map


def test_map_whose_hashes_collide(lab, vig) -> None:
    for hashes in (1, 3, 2**32 - 1):
        run_state_machine_as_test(a_map(lab, vig, hashes, seed=hashes), settings=QUICK)


def a_copying_map(lab, vig: ctypes.CDLL, hashes: int) -> type[RuleBasedStateMachine]:
    class CopyingMap(a_map(lab, vig, hashes, seed=hashes)):
        """Callers use the memory of keys for others as soon as they have put them."""

        def __init__(self) -> None:
            super().__init__()
            self.map = self.call.allocate("test_copying_map", CAPACITY)

        @rule(key=KEYS, value=st.integers(0, 99))
        def put(self, key: int, value: int) -> None:
            place = c_uint64(key)
            self.call("test_map_put", self.map, byref(place), value)
            place.value = 2**64 - 1
            if key in self.known or len(self.known) < CAPACITY:
                self.known[key] = (value, place)

        @rule(key=KEYS)
        def erase(self, key: int) -> None:
            asked, trash = c_uint64(key), ctypes.c_void_p()
            self.call("test_map_erase", self.map, byref(asked), byref(trash))
            if self.known.pop(key, None):
                assert trash.value not in (None, ctypes.addressof(asked))

    return CopyingMap


def test_map_that_copies_its_keys(lab, vig) -> None:
    for hashes in (1, 2**32 - 1):
        run_state_machine_as_test(a_copying_map(lab, vig, hashes), settings=QUICK)


def test_who_knows_a_hash_does_not_know_what_collides_in_a_map(vig) -> None:
    """Of addresses that differ in high bits of words, which cancel in a hash by low halves of products. What
    collides in one map does not in another."""
    keys = b"".join(
        bytes((32, *bytes(6), b, 0, 0, 0, a, 0, 0, 0, a, 0, 80, 6, 0))
        for a, b in product(range(256), repeat=2)
    )
    hashes = {}
    for seed, alone in ((0, 1), (5, 1), (5, 0), (6, 0)):
        found = (ctypes.c_uint32 * 65536)()
        vig.test_hashes(keys, 65536, c_uint64(seed), alone, found)
        hashes[seed, alone] = list(found)
        assert max(Counter(found).values()) <= 4
    assert hashes[0, 1] == hashes[5, 1]
    same = sum(a == b for a, b in zip(hashes[5, 0], hashes[6, 0], strict=True))
    assert same <= 4 and hashes[5, 0] != hashes[0, 1]


def a_double_map(lab, vig: ctypes.CDLL) -> type[RuleBasedStateMachine]:
    class DoubleMap(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            vig.test_start(2, 0, 3)
            self.call = lab.Shared(vig)
            self.map = self.call.allocate("test_dmap", CAPACITY)
            self.chain = self.call.allocate("test_chain", CAPACITY)
            self.pairs: dict[int, tuple[int, int]] = {}
            self.times: dict[int, int] = {}

        @precondition(lambda self: len(self.pairs) < CAPACITY)
        @rule(a=KEYS, b=KEYS, time=st.integers(0, 9))
        def put(self, a: int, b: int, time: int) -> None:
            if any(a == known[0] or b == known[1] for known in self.pairs.values()):
                return
            index = c_int()
            assert self.call("test_chain_new", self.chain, byref(index), c_int64(time))
            assert self.call("test_dmap_put", self.map, byref(Pair(a, b)), index)
            self.pairs[index.value] = (a, b)
            self.times[index.value] = time

        @rule(time=st.integers(0, 10))
        def expire(self, time: int) -> None:
            old = [index for index, at in self.times.items() if at < time]
            assert self.call("test_dmap_expire", self.chain, self.map, c_int64(time)) == len(old)
            for index in old:
                del self.pairs[index], self.times[index]

        @invariant()
        def same_pairs(self) -> None:
            for place, name in enumerate(("test_dmap_get_a", "test_dmap_get_b")):
                for key in range(12):
                    out = c_int(-1)
                    self.call(name, self.map, byref(c_uint64(key)), byref(out))
                    expected = [index for index, pair in self.pairs.items() if pair[place] == key]
                    assert out.value == (expected[0] if expected else -1)
            for index, expected_pair in self.pairs.items():
                pair = Pair()
                assert self.call("test_dmap_value", self.map, index, byref(pair)) == len(self.pairs)
                assert (pair.a, pair.b) == expected_pair

    return DoubleMap


def test_double_map(lab, vig) -> None:
    run_state_machine_as_test(a_double_map(lab, vig), settings=QUICK)


@settings(max_examples=50, deadline=None)
@given(
    size=st.integers(1, 70),
    writes=st.lists(st.tuples(st.integers(0, 4), st.binary(min_size=70, max_size=70)), max_size=20),
)
def test_vector(lab, vig, size: int, writes: list[tuple[int, bytes]]) -> None:
    vig.test_start(2, 0, 1)
    call = lab.Shared(vig)
    vector = call.allocate("test_vector", size, 5)
    cells = [bytes(size)] * 5
    for index, value in writes:
        call("test_vector_set", vector, index, value)
        cells[index] = value[:size]
        for place, cell in enumerate(cells):
            out = ctypes.create_string_buffer(size)
            assert call("test_vector_get", vector, place, out) == 1
            assert out.raw == cell


def test_only_a_changed_cell_needs_a_writer(lab, vig) -> None:
    vig.test_start(2, 0, 1)
    vector = lab.Shared(vig).allocate("test_vector", 8, 4)
    vig.test_pass(0, 0)
    assert vig.test_vector_set(vector, 1, bytes(8)) == 0
    assert vig.test_vector_set(vector, 1, b"12345678") == (lab.ENDED if vig.shares else 0)
    out = ctypes.create_string_buffer(8)
    assert vig.test_vector_get(vector, 1, out) == 1
    assert out.raw == (bytes(8) if vig.shares else b"12345678")


@settings(max_examples=100, deadline=None)
@given(
    capacity=st.integers(1, 300) | st.integers(4000, 5000),
    steps=st.lists(st.tuples(st.booleans(), st.integers(0, 2**16)), max_size=60),
)
def test_index_set(lab, vig, capacity: int, steps: list[tuple[bool, int]]) -> None:
    vig.test_start(1, 0, 1)
    numbers = lab.Shared(vig).allocate("test_set", capacity)
    members: set[int] = set()
    for add, number in steps:
        number %= capacity
        if add:
            vig.test_set_add(numbers, number)
            members.add(number)
        else:
            vig.test_set_remove(numbers, number)
            members.discard(number)
        assert vig.test_set_first(numbers) == min(members, default=-1)
