"""Solver, SMT engine, counts, proof and brute force on random small Problems (`make fuzz` runs many more)."""

import pytest
from fuzzing import try_seeds

CASES = 200
CHUNK = 50


@pytest.mark.parametrize("first", range(0, CASES, CHUNK))
def test_every_route_says_the_same(first, record_property):
    outcomes = try_seeds(range(first, first + CHUNK))
    record_property("fuzz cases", len(outcomes))
    different = [outcome.report for outcome in outcomes if outcome.report is not None]
    assert not different, "\n\n".join(different)
    assert {"solved", "conflict"} <= {outcome.label for outcome in outcomes}
