"""Minimum hitting sets against all subsets."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rss_solver.conflicts import hitting
from rss_solver.conflicts.hitting import GivenUpError, minimum_hitting_set

sets = st.lists(st.frozensets(st.integers(0, 8), min_size=1, max_size=4), max_size=8)


@given(sets, st.integers(0, 9))
def test_no_subset_that_hits_all_is_smaller(found, below):
    hits = (
        set(chosen)
        for size in range(10)
        for chosen in combinations(range(9), size)
        if all(one & set(chosen) for one in found)
    )
    least = len(next(hits))
    answer = minimum_hitting_set(found, below)
    if least >= below:
        assert answer is None
    else:
        assert answer is not None
        assert len(answer) == least
        assert all(one & set(answer) for one in found)


def test_a_search_that_is_too_large_is_given_up(monkeypatch):
    monkeypatch.setattr(hitting, "NODES", 3)
    with pytest.raises(GivenUpError):
        minimum_hitting_set([frozenset(pair) for pair in combinations(range(8), 2)], 8)
