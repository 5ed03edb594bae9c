"""libVig's sketch, consistent-hash table and longest prefix match against their definitions."""

from __future__ import annotations

import ctypes
from collections import Counter
from ctypes import byref, c_int64, c_uint32, c_uint64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

KEYS = st.integers(0, 7)
TIMES = st.integers(0, 10)
THRESHOLD = 3
ROWS = 4


def a_sketch(lab, vig: ctypes.CDLL, capacity: int) -> type[RuleBasedStateMachine]:
    class Sketch(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            vig.test_start(2, 5, 2**32 - 1)
            self.call = lab.Shared(vig)
            self.sketch = self.call.allocate("test_sketch", capacity, THRESHOLD)
            self.places = [self.counters(key) for key in range(8)]
            self.counts: Counter[int] = Counter()
            self.ages: dict[int, int] = {}

        def counters(self, key: int) -> tuple[int, ...]:
            out = (c_uint32 * ROWS)()
            self.call("test_sketch_places", self.sketch, byref(c_uint64(key)), out)
            assert [place // capacity for place in out] == list(range(ROWS))
            return tuple(out)

        @rule(core=st.integers(0, 1))
        def on_core(self, core: int) -> None:
            self.call.core = core

        @rule(key=KEYS, time=TIMES)
        def touch(self, key: int, time: int) -> None:
            assert self.call("test_sketch_touch", self.sketch, byref(c_uint64(key)), c_int64(time)) == 1
            for place in self.places[key]:
                self.counts[place] += 1
                self.ages[place] = max(time, self.ages.get(place, time))

        @rule(key=KEYS, time=TIMES)
        def refresh(self, key: int, time: int) -> None:
            self.call("test_sketch_refresh", self.sketch, byref(c_uint64(key)), c_int64(time))
            for place in self.places[key]:
                if place in self.ages:
                    self.ages[place] = max(time, self.ages[place])

        @rule(time=TIMES)
        def expire(self, time: int) -> None:
            self.call("test_sketch_expire", self.sketch, c_int64(time))
            for place in [place for place, at in self.ages.items() if at < time]:
                del self.ages[place], self.counts[place]

        @invariant()
        def same_answers(self) -> None:
            for key in range(8):
                least = min(self.counts[place] for place in self.places[key])
                answer = self.call("test_sketch_fetch", self.sketch, byref(c_uint64(key)))
                assert answer == (least > THRESHOLD)

    return Sketch


@pytest.mark.parametrize("capacity", [1, 3, 64])
def test_sketch(lab, vig, capacity: int) -> None:
    run_state_machine_as_test(
        a_sketch(lab, vig, capacity),
        settings=settings(max_examples=50, stateful_step_count=40, deadline=None),
    )


def orders(height: int, backends: int) -> list[list[int]]:
    """Maglev's preferences: in every turn each backend asks for the next row of its permutation."""
    rows: list[list[int]] = [[] for _ in range(height)]
    for turn in range(height):
        for backend in range(backends):
            offset, skip = 31 * backend % height, 31 * backend % (height - 1) + 1
            rows[(offset + turn * skip) % height].append(backend)
    return rows


@settings(max_examples=40, deadline=None)
@given(
    height=st.sampled_from((2, 3, 5, 13, 97)),
    backends=st.integers(1, 12),
    active=st.sets(st.integers(0, 11)),
    hashes=st.lists(st.integers(0, 2**64 - 1), max_size=8),
)
def test_consistent_hashing(
    lab, vig, height: int, backends: int, active: set[int], hashes: list[int]
) -> None:
    vig.test_start(1, 0, 1)
    call = lab.Shared(vig)
    cht = call.allocate("test_vector", 4, height * 12)
    chain = call.allocate("test_chain", 12)
    assert call("test_cht_fill", cht, height, backends) == (height > backends)
    if height <= backends:
        return
    for _ in range(12):
        call("test_chain_new", chain, byref(ctypes.c_int()), c_int64(0))
    for backend in set(range(12)) - active:
        call("test_chain_free", chain, backend)
    rows = orders(height, backends)
    assert all(sorted(row) == list(range(backends)) for row in rows)
    for hashed in hashes:
        expected = next((b for b in rows[hashed % height] if b in active), -1)
        assert call("test_cht_find", c_uint64(hashed), cht, chain, height, backends) == expected


def test_consistent_hashing_wants_a_prime_and_room(lab, vig) -> None:
    vig.test_start(1, 0, 1)
    call = lab.Shared(vig)
    cht = call.allocate("test_vector", 4, 30)
    assert call("test_cht_fill", cht, 9, 3) == 0
    assert call("test_cht_fill", cht, 11, 3) == 0
    assert call("test_cht_fill", cht, 7, 3) == 1


PREFIX = st.integers(0, 32).flatmap(
    lambda length: st.tuples(
        st.sampled_from((0x0A000000, 0x0A010000, 0x0A0102FF, 0xC0A80101, 0xFFFFFFFF, 0))
        | st.integers(0, 2**32 - 1),
        st.just(length),
        st.integers(0, 0xFFFE),
    )
)


def longest(prefixes: dict[tuple[int, int], int], address: int) -> int:
    for length in range(32, -1, -1):
        value = prefixes.get((address >> (32 - length), length))
        if value is not None:
            return value
    return 0xFFFF


@settings(max_examples=100, deadline=None)
@given(st.lists(PREFIX, max_size=12), st.lists(st.integers(0, 2**32 - 1), max_size=10))
def test_longest_prefix(lab, vig, updates: list[tuple[int, int, int]], addresses: list[int]) -> None:
    vig.test_start(1, 0, 1)
    call = lab.Shared(vig)
    table = call.allocate("test_lpm")
    known: dict[tuple[int, int], int] = {}
    for prefix, length, value in updates:
        assert call("test_lpm_update", table, c_uint32(prefix), length, value) == 1
        known[prefix >> (32 - length), length] = value
    edges = [p ^ flip for p, _, _ in updates for flip in (0, 1, 0x80, 0x100, 0x8000, 0x10000, 1 << 31)]
    for address in (*addresses, *edges):
        assert call("test_lpm_lookup", table, c_uint32(address)) == longest(known, address)


def test_prefixes_of_more_than_32_bits_and_too_many_blocks_are_refused(lab, vig) -> None:
    vig.test_start(1, 0, 1)
    call = lab.Shared(vig)
    table = call.allocate("test_lpm")
    assert call("test_lpm_update", table, 0, 33, 1) == 0
    added = 0
    while call("test_lpm_update", table, c_uint32(added << 16), 17, 1):
        added += 1
    assert added == 8192
    assert call("test_lpm_lookup", table, c_uint32((added - 1) << 16)) == 1
    assert call("test_lpm_lookup", table, c_uint32(added << 16)) == 0xFFFF
