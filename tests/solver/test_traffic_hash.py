"""The bulk hash equals the reference, and table entries are what each index function says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rss_dsl.fields import width
from rss_dsl.nic import Function, Index
from rss_dsl.problem import HashInput
from rss_solver.nic.functions import simple_xor_key
from rss_solver.nic.index import entry_of
from rss_solver.packets.packet import Packet
from rss_solver.toeplitz import toeplitz
from rss_solver.traffic import bulk_prepare, bulk_toeplitz

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
    assert entry_of(np.array([0x51CCC178], np.int64), size, index).tolist() == [expected]
    assert entry_of(0x51CCC178, size, index) == expected


LAYOUTS = [
    (("ipv4_src", "ipv4_dst", "tcp_src", "tcp_dst"), ()),
    (("ipv4_src", "tcp_src"), ("ipv4_dst", "tcp_dst")),
    (("vlan", "ipv4_src", "ipv4_dst"), ("ip_proto",)),
    (("ipv4_src", "ipv4_dst", "tcp_dst"), ("tcp_src",)),
]


@pytest.mark.parametrize("function", Function)
@pytest.mark.parametrize(("names", "zeroed"), LAYOUTS)
@given(st.data())
def test_prepared_in_bulk_as_one_by_one(function, names, zeroed, data) -> None:
    layout = HashInput("ipv4-tcp", names, zeroed, function)
    values = [{name: data.draw(st.integers(0, 2 ** width(name) - 1)) for name in names} for _ in range(3)]
    fields = [
        np.array([[row[name] >> width(name) - 1 - bit & 1 for bit in range(width(name))] for row in values])
        for name, _ in layout.places
    ]
    prepared = bulk_prepare(layout, [bits.astype(np.uint8) for bits in fields], 3)
    expected = [Packet("ipv4-tcp", row).hash_data(layout) << -layout.bits % 8 for row in values]
    assert [int.from_bytes(row.tobytes(), "big") for row in prepared] == expected


@given(st.data())
def test_places_and_functions_are_what_they_are_called(data) -> None:
    """(s ^ d, s ^ d), (s | d, s ^ d), the smaller first, the XOR of words."""
    source, target = (data.draw(st.integers(0, 2**32 - 1)) for _ in range(2))
    packet = Packet("ipv4-tcp", {"ipv4_src": source, "ipv4_dst": target, "tcp_dst": 0xABCD})
    pair = {
        Function.TOEPLITZ: (source, target),
        Function.SYMMETRIC_XOR: (source ^ target, source ^ target),
        Function.SYMMETRIC_OR_XOR: (source | target, source ^ target),
        Function.SYMMETRIC_SORT: tuple(sorted((source, target))),
    }
    for function, (first, second) in pair.items():
        layout = HashInput("ipv4-tcp", ("ipv4_src", "ipv4_dst", "tcp_dst"), ("tcp_src",), function)
        assert packet.hash_data(layout) == first << 64 | second << 32 | 0xABCD
    layout = HashInput("ipv4-tcp", ("ipv4_src", "ipv4_dst", "tcp_dst"), (), Function.SIMPLE_XOR)
    words = source ^ target ^ 0xABCD0000
    assert toeplitz(simple_xor_key(40), packet.hash_data(layout), layout.bits) == words
