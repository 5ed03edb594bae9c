"""The table of flows against a dictionary of when they were seen: hashes that collide, and room for few."""

from __future__ import annotations

import ctypes
from collections import Counter
from ctypes import c_int64, c_uint64

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

EXPIRY = 10
CORES = 3
KEYS = st.integers(0, 9)


@pytest.fixture(scope="module", params=["plain", "locks"])
def table(request: pytest.FixtureRequest, library, lab) -> ctypes.CDLL:
    sources = (lab.DRIVERS / "table.c", lab.DRIVERS / "config.c", lab.RUNTIME / "state" / "table.c")
    found = library(request.param, *sources)
    found.shares = request.param != "plain"
    for name in ("test_look", "test_refresh", "test_check", "test_insert"):
        getattr(found, name).restype = c_int64
    found.test_value.restype = ctypes.POINTER(c_uint64)
    found.test_full.restype = c_uint64
    found.test_start.argtypes = (ctypes.c_uint, ctypes.c_uint, c_int64, c_uint64)
    return found


def machine(lab, table: ctypes.CDLL, capacity: int, hashes: int, seed: int) -> type[RuleBasedStateMachine]:
    class Table(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            table.test_start(capacity, CORES if table.shares else 1, EXPIRY, seed)
            self.now = 100
            self.core = 0
            self.seen: dict[int, int] = {}
            self.flows: dict[int, int] = {}
            self.values: dict[int, int] = {}
            self.refused = 0

        def ask(self, name: str, *arguments: object) -> int:
            """As a reader, then as a writer where the reader cannot tell."""
            function = getattr(table, name)
            answer = function(self.core, 0, c_int64(self.now), *arguments)
            if answer == lab.ASK:
                assert table.shares
                answer = function(self.core, 1, c_int64(self.now), *arguments)
            assert answer != lab.ASK
            return answer

        def alive(self, key: int) -> bool:
            return key in self.seen and self.now - self.seen[key] <= EXPIRY

        @rule(core=st.integers(0, CORES - 1))
        def on_core(self, core: int) -> None:
            self.core = core if table.shares else 0

        @rule(steps=st.integers(1, 12))
        def wait(self, steps: int) -> None:
            self.now += steps

        @rule(key=KEYS)
        def refresh(self, key: int) -> None:
            flow = self.ask("test_refresh", c_uint64(key), hashes)
            assert flow == (self.flows[key] if self.alive(key) else lab.NONE)
            if self.alive(key):
                self.seen[key] = self.now

        @rule(key=KEYS, value=st.integers(1, 2**64 - 1))
        def insert(self, key: int, value: int) -> None:
            if self.ask("test_look", c_uint64(key), hashes) != lab.NONE:
                return
            others = sum(self.alive(other) for other in self.seen)
            flow = table.test_insert(self.core, c_int64(self.now), c_uint64(key), hashes)
            if flow == lab.NONE:
                self.refused += 1
                assert others == capacity
                return
            assert flow < capacity
            assert flow not in {self.flows[other] for other in self.seen if self.alive(other)}
            assert table.test_value(flow)[0] == 0
            table.test_value(flow)[0] = value
            self.seen[key], self.flows[key], self.values[key] = self.now, flow, value

        @rule(key=KEYS)
        def erase(self, key: int) -> None:
            if self.alive(key):
                table.test_erase(self.flows[key])
                del self.seen[key]

        @invariant()
        def same_flows(self) -> None:
            for key in range(10):
                flow = self.ask("test_look", c_uint64(key), hashes)
                assert flow == (self.flows[key] if self.alive(key) else lab.NONE)
                if self.alive(key):
                    assert table.test_value(flow)[0] == self.values[key]
                    assert self.ask("test_check", flow) == flow
            assert table.test_full() == self.refused

    return Table


@pytest.mark.parametrize(("capacity", "hashes"), [(1, 0), (3, 1), (4, 5), (6, 0)])
def test_table_is_a_dictionary_that_forgets(lab, table, capacity: int, hashes: int) -> None:
    run_state_machine_as_test(
        machine(lab, table, capacity, hashes, seed=capacity),
        settings=settings(max_examples=40, stateful_step_count=50, deadline=None),
    )


@pytest.mark.parametrize("table", ["locks"], indirect=True)
def test_seeing_a_flow_again_is_no_write(lab, table) -> None:
    table.test_start(2, 2, EXPIRY, 0)
    flow = table.test_insert(0, c_int64(100), c_uint64(7), 0)
    assert table.test_refresh(0, 0, c_int64(109), c_uint64(7), 0) == flow
    assert table.test_refresh(1, 0, c_int64(110), c_uint64(7), 0) == flow
    assert table.test_refresh(0, 0, c_int64(120), c_uint64(7), 0) == lab.ASK  # only core 1 saw it at 110
    assert table.test_refresh(0, 1, c_int64(120), c_uint64(7), 0) == flow
    assert table.test_refresh(0, 0, c_int64(131), c_uint64(7), 0) == lab.ASK
    assert table.test_refresh(0, 1, c_int64(131), c_uint64(7), 0) == lab.NONE


@pytest.mark.parametrize("table", ["locks"], indirect=True)
@pytest.mark.parametrize("by_number", [False, True])
def test_who_asks_for_a_dead_flow_writes_only_once(lab, table, by_number: bool) -> None:
    """Otherwise whoever had a connection could keep all cores waiting when it has expired."""
    table.test_start(2, 2, EXPIRY, 0)
    flow = table.test_insert(0, c_int64(100), c_uint64(7), 0)
    name, asked = ("test_check", (flow,)) if by_number else ("test_look", (c_uint64(7), 0))
    found = getattr(table, name)
    answers = [found(1, writer, c_int64(111), *asked) for writer in (0, 1, 0)]
    assert answers == [lab.ASK, lab.NONE, lab.NONE]


@pytest.mark.parametrize("table", ["locks"], indirect=True)
def test_a_new_flow_has_none_of_the_ages_of_the_one_before(lab, table) -> None:
    """Cores don't agree on the time: one that is ahead may have seen the record's last flow after now."""
    table.test_start(1, 2, EXPIRY, 0)
    flow = table.test_insert(0, c_int64(195), c_uint64(7), 0)
    assert table.test_refresh(1, 0, c_int64(200), c_uint64(7), 0) == flow
    table.test_erase(flow)
    assert table.test_insert(0, c_int64(100), c_uint64(8), 0) == flow
    assert table.test_refresh(1, 1, c_int64(205), c_uint64(8), 0) == lab.NONE


@pytest.mark.parametrize("seed", [0, 1, 2, 0x123456789ABCDEF, 2**63, 2**64 - 1])
def test_addresses_cannot_be_chosen_to_collide(table, seed: int) -> None:
    """High bits of a product's low half differ in ways that a second word cancels, whatever the seed is."""
    keys = [(0x20 | b << 56, a << 56 | a << 24, 6) for a in range(256) for b in range(256)]
    flat = (c_uint64 * (3 * len(keys)))(*(word for key in keys for word in key))
    hashes = (ctypes.c_uint32 * len(keys))()
    table.test_hashes(flat, len(keys), c_uint64(seed), hashes)
    assert max(Counter(hashes).values()) <= 4
    assert max(Counter(found % 131072 for found in hashes).values()) <= 12
