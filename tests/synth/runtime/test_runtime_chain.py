"""libVig's double chain against a model: dictionaries of ages, sorted when asked."""

from __future__ import annotations

import ctypes
from ctypes import byref, c_int, c_int64

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

CORES = 3
TIMES = st.integers(0, 12)


def machine(lab, vig: ctypes.CDLL) -> type[RuleBasedStateMachine]:
    class Chain(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.range = 5
            vig.test_start(CORES, 0, 1)
            self.call = lab.Shared(vig)
            self.chain = self.call.allocate("test_chain", self.range)
            self.ages: dict[int, tuple[int, int]] = {}
            self.calls = 0

        def order(self, index: int) -> int:
            """What decides between equal ages: the calls' order, or the index where cores share the chain."""
            self.calls += 1
            return index if vig.shares else self.calls

        @rule(core=st.integers(0, CORES - 1))
        def on_core(self, core: int) -> None:
            self.call.core = core

        @rule(time=TIMES)
        def new(self, time: int) -> None:
            out = c_int(-1)
            taken = self.call("test_chain_new", self.chain, byref(out), c_int64(time))
            assert taken == (len(self.ages) < self.range)
            if taken:
                assert out.value == min(set(range(self.range)) - set(self.ages))
                self.ages[out.value] = (time, self.order(out.value))

        @rule(index=st.integers(0, 4), time=TIMES)
        def renew(self, index: int, time: int) -> None:
            assert self.call("test_chain_renew", self.chain, index, c_int64(time)) == (index in self.ages)
            if index in self.ages and time >= self.ages[index][0]:
                self.ages[index] = (time, self.order(index))

        @rule(time=TIMES)
        def expire(self, time: int) -> None:
            out = c_int(-1)
            expired = self.call("test_chain_expire", self.chain, byref(out), c_int64(time))
            oldest = min(self.ages, key=self.ages.__getitem__, default=None)
            assert expired == (oldest is not None and self.ages[oldest][0] < time)
            if expired:
                assert out.value == oldest
                del self.ages[oldest]

        @rule(index=st.integers(0, 4))
        def free(self, index: int) -> None:
            assert self.call("test_chain_free", self.chain, index) == (index in self.ages)
            self.ages.pop(index, None)

        @precondition(lambda self: vig.shares and len(self.ages) > 1)
        @rule(time=TIMES)
        def end_a_look(self, time: int) -> None:
            """A reader that renewed an index and then had to write leaves no trace."""
            first, second, *_ = self.ages
            vig.test_pass(self.call.core, 0)
            answer = vig.test_chain_renew_and_free(self.chain, first, c_int64(time), second)
            assert answer == lab.ENDED

        @invariant()
        def same_indices(self) -> None:
            for index in range(self.range):
                assert self.call("test_chain_has", self.chain, index) == (index in self.ages)

    return Chain


def test_chain_is_exact(lab, vig) -> None:
    run_state_machine_as_test(
        machine(lab, vig), settings=settings(max_examples=80, stateful_step_count=40, deadline=None)
    )


@pytest.mark.parametrize("vig", ["locks"], indirect=True)
def test_readers_do_not_write_while_the_oldest_is_young(lab, vig) -> None:
    vig.test_start(CORES, 0, 1)
    call = lab.Shared(vig)
    chain = call.allocate("test_chain", 4)
    out = c_int()
    for time in (10, 20):
        call("test_chain_new", chain, byref(out), c_int64(time))
    vig.test_pass(1, 0)
    assert vig.test_chain_renew(chain, 0, c_int64(30)) == 1
    assert vig.test_chain_expire(chain, byref(out), c_int64(10)) == 0
    assert vig.test_chain_expire(chain, byref(out), c_int64(15)) == lab.ENDED  # only a writer knows of 30
    vig.test_pass(2, 1)
    assert vig.test_chain_expire(chain, byref(out), c_int64(15)) == 0
    vig.test_pass(2, 0)
    assert vig.test_chain_expire(chain, byref(out), c_int64(20)) == 0  # the writer has brought it up to date
    vig.test_pass(2, 1)
    assert vig.test_chain_expire(chain, byref(out), c_int64(21)) == 1
    assert out.value == 1


def test_freeing_keeps_the_oldest_first(lab, vig) -> None:
    """Here the last of a heap moves up where another was freed."""
    vig.test_start(1, 0, 1)
    call = lab.Shared(vig)
    chain = call.allocate("test_chain", 7)
    times = (1, 10, 2, 11, 12, 3, 4)
    out = c_int()
    for time in times:
        call("test_chain_new", chain, byref(out), c_int64(time))
    call("test_chain_free", chain, 3)
    expired = []
    while call("test_chain_expire", chain, byref(out), c_int64(99)):
        expired.append(times[out.value])
    assert expired == [1, 2, 3, 4, 10, 12]


@pytest.mark.parametrize("range_", [0, -1])
def test_chain_without_indices_is_refused(vig, range_: int) -> None:
    vig.test_start(1, 0, 1)
    assert not vig.test_chain(range_)
