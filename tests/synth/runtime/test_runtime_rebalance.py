"""Rebalancing against a model of what may move: entries, when they were used, and packets on their way."""

from __future__ import annotations

import ctypes
from ctypes import c_int64, c_uint64

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

EXPIRY = 10
CORES = 3
SIZES = (8, 16)
PORTS = st.integers(0, 1)
ENTRIES = st.integers(0, 7)


@pytest.fixture(scope="module")
def tables(library, lab) -> ctypes.CDLL:
    names = ("sharing/rebalance.c", "common/message.c")
    sources = (
        lab.DRIVERS / "rebalance.c",
        *lab.runtime_sources("steering"),
        *(lab.RUNTIME / n for n in names),
    )
    found = library("plain", *sources)
    found.test_start.argtypes = (ctypes.c_int, c_int64)
    found.test_note.argtypes = (ctypes.c_uint, ctypes.c_uint, c_uint64, c_int64)
    found.test_finish.argtypes = (ctypes.c_uint, c_uint64)
    found.test_move.argtypes = (ctypes.c_uint, ctypes.c_uint, ctypes.c_uint, c_int64)
    found.test_round.argtypes = (c_int64,)
    return found


def machine(tables: ctypes.CDLL, shared: bool) -> type[RuleBasedStateMachine]:
    class Tables(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            assert tables.test_start(shared, EXPIRY)
            self.now = 100
            self.core = [entry % CORES for entry in range(8)]
            self.seen: dict[int, int] = {}
            self.queues: list[list[int]] = [[] for _ in range(CORES)]

        def may_move(self, group: int) -> bool:
            idle = self.now - self.seen.get(group, -1000) > EXPIRY
            return group not in self.queues[self.core[group]] and (shared or idle)

        @rule(port=PORTS, group=ENTRIES, repeat=st.booleans(), packets=st.integers(1, 4))
        def arrives(self, port: int, group: int, repeat: bool, packets: int) -> None:
            entry = group + 8 * (repeat and port)
            tables.test_note(port, entry, packets, self.now)
            self.queues[self.core[group]] += [group] * packets
            self.seen[group] = self.now

        @rule(core=st.integers(0, CORES - 1), count=st.integers(0, 5))
        def finishes(self, core: int, count: int) -> None:
            done = self.queues[core][:count]
            tables.test_finish(core, len(done))
            del self.queues[core][:count]

        @rule(step=st.sampled_from((1, 5, EXPIRY, EXPIRY + 1)))
        def passes(self, step: int) -> None:
            self.now += step

        @rule(port=PORTS, group=ENTRIES, core=st.integers(0, CORES))
        def moves(self, port: int, group: int, core: int) -> None:
            allowed = core < CORES and self.may_move(group)
            assert tables.test_move(port, group + 8 * port, core, self.now) == allowed
            if allowed:
                self.core[group] = core

        @rule()
        def balances(self) -> None:
            moves = tables.test_round(self.now)
            now = [tables.test_core(0, group) for group in range(8)]
            changed = [group for group in range(8) if now[group] != self.core[group]]
            assert all(self.may_move(group) for group in changed)
            assert len(changed) <= moves
            self.core = now

        @invariant()
        def ports_agree(self) -> None:
            for port, size in enumerate(SIZES):
                assert [tables.test_core(port, e) for e in range(size)] == self.core * (size // 8)

    return Tables


@pytest.mark.parametrize("shared", [False, True])
def test_only_entries_whose_state_can_follow_move(tables, shared):
    run_state_machine_as_test(
        machine(tables, shared), settings=settings(max_examples=60, stateful_step_count=40, deadline=None)
    )


def test_a_busy_core_gives_entries_away(tables):
    """Entries 0, 3 and 6 are core 0's. Two of them move if states are shared; else they must be idle."""
    for shared in (True, False):
        assert tables.test_start(shared, EXPIRY)
        for entry in (0, 3, 6):
            tables.test_note(0, entry, 100, 50)
        tables.test_finish(0, 300)
        assert tables.test_round(55) == (2 if shared else 0)
        assert sorted(tables.test_core(1, e) for e in (0, 3, 6)) == ([0, 1, 2] if shared else [0, 0, 0])


def test_packets_on_their_way_hold_their_entries(tables):
    assert tables.test_start(True, 0)
    for entry in (0, 3, 6):
        tables.test_note(0, entry, 100, 50)
    tables.test_finish(0, 100)
    assert tables.test_round(55) == 1
    assert [tables.test_core(0, e) for e in (3, 6)] == [0, 0]


def test_what_never_expires_or_is_apart_stays(tables, capfd):
    assert not tables.test_start(False, 0)
    assert "does not expire" in capfd.readouterr().err
    assert tables.test_start(True, 0)
    tables.test_break()
    assert not tables.test_read_again()
    assert "entry 9 of port WAN is on another core" in capfd.readouterr().err
