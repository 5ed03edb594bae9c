"""Elimination against brute force."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from rss_solver.gf2 import Elimination, basis, kernel, parity, rank, span

SIZE = 7
matrices = st.lists(st.integers(0, 2**SIZE - 1), max_size=9)


def combinations(rows):
    sums = set()
    for chosen in product([0, 1], repeat=len(rows)):
        total = 0
        for take, row in zip(chosen, rows, strict=True):
            total ^= row * take
        sums.add(total)
    return sums


@given(matrices)
def test_rank_and_span(rows):
    assert 2 ** rank(rows) == len(combinations(rows))
    assert set(span(basis(rows))) == combinations(rows)
    assert len(span(basis(rows))) == 2 ** rank(rows)


@given(matrices)
def test_kernel_is_everything_orthogonal(rows):
    expected = {x for x in range(2**SIZE) if all(parity(x & row) == 0 for row in rows)}
    assert set(span(kernel(rows, SIZE))) == expected


@given(matrices, st.integers(0, 2**SIZE - 1))
def test_provenance_is_a_certificate(rows, target):
    system = Elimination()
    for i, row in enumerate(rows):
        system.add(row, 1 << i)
    left, why = system.reduce(target)
    total = target
    for i, row in enumerate(rows):
        total ^= row if why >> i & 1 else 0
    assert total == left
    assert (left == 0) == (target in combinations(rows))


@given(matrices)
def test_reduced_rows_speak_of_free_variables_only(rows):
    system = Elimination()
    for row in rows:
        system.add(row)
    found = system.reduced()
    for pivot, row in found.items():
        assert row >> pivot & 1
        assert not any(row >> other & 1 for other in found if other != pivot)
    assert combinations(list(found.values())) == combinations(rows)
