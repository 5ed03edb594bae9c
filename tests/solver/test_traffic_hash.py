"""The bulk hash equals the reference, and table entries are what each index function says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rss_dsl.nic import Index
from rss_solver.toeplitz import toeplitz
from rss_solver.traffic import bulk_toeplitz, table_entries

MICROSOFT = bytes.fromhex("6d5a56da255b0ec24167253d43a38fb0d0ca2bcbae7b30b477cb2da38030f20c6a42b73bbeac01fa")


@given(
    st.binary(min_size=1, max_size=60),
    st.integers(1, 40).flatmap(lambda n: st.lists(st.binary(min_size=n, max_size=n), min_size=1, max_size=4)),
    st.integers(0, 2**32 - 1),
)
def test_equals_the_reference(key: bytes, rows: list[bytes], init: int) -> None:
    size = len(rows[0])
    data = np.frombuffer(b"".join(rows), np.uint8).reshape(-1, size)
    expected = [toeplitz(key, int.from_bytes(row, "big"), 8 * size, init=init) for row in rows]
    assert bulk_toeplitz(key, data, init=init).tolist() == expected


def test_published_vector() -> None:
    packet = (
        bytes([66, 9, 149, 187, 161, 142, 100, 80]) + (2794).to_bytes(2, "big") + (1766).to_bytes(2, "big")
    )
    assert bulk_toeplitz(MICROSOFT, np.frombuffer(packet, np.uint8)[None, :]).tolist() == [0x51CCC178]


def test_no_rows_and_strided_rows() -> None:
    assert bulk_toeplitz(MICROSOFT, np.empty((0, 12), np.uint8)).tolist() == []
    data = np.arange(120, dtype=np.uint8).reshape(10, 12)
    assert bulk_toeplitz(MICROSOFT, data[::2, 1:6]).tolist() == [
        toeplitz(MICROSOFT, int.from_bytes(row[1:6].tobytes(), "big"), 40) for row in data[::2]
    ]


@pytest.mark.parametrize(
    ("index", "size", "expected"),
    [
        (Index.LSB, 128, 0x78),
        (Index.MODULO, 100, 0x51CCC178 % 100),
        (Index.XOR_FOLD8, 128, (0x51 ^ 0xCC ^ 0xC1 ^ 0x78) & 127),
        (Index.HIGH_BITS, 128, 0x51CCC178 >> 25),
    ],
)
def test_table_entries(index: Index, size: int, expected: int) -> None:
    assert table_entries(np.array([0x51CCC178], np.uint32), size, index).tolist() == [expected]
