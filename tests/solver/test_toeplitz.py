"""The reference hash against published vectors: Microsoft, "Verifying the RSS hash calculation"."""

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rsstest import MICROSOFT

from rss_solver.toeplitz import key_bit, toeplitz, window

# (source, port, destination, port, hash of addresses only, hash with TCP ports)
VECTORS = [
    ("66.9.149.187", 2794, "161.142.100.80", 1766, 0x323E8FC2, 0x51CCC178),
    ("199.92.111.2", 14230, "65.69.140.83", 4739, 0xD718262A, 0xC626B0EA),
    ("24.19.198.95", 12898, "12.22.207.184", 38024, 0xD2D0A5DE, 0x5C2B394A),
    ("38.27.205.30", 48228, "209.142.163.6", 2217, 0x82989176, 0xAFC7327F),
    ("153.39.163.191", 44251, "202.188.127.2", 1303, 0x5D1809C5, 0x10E828A2),
    ("3ffe:2501:200:1fff::7", 2794, "3ffe:2501:200:3::1", 1766, 0x2CC18CD5, 0x40207D3D),
    ("3ffe:501:8::260:97ff:fe40:efab", 14230, "ff02::1", 4739, 0x0F0C461C, 0xDDE51BBF),
    (
        "3ffe:1900:4545:3:200:f8ff:fe21:67cf",
        44251,
        "fe80::200:f8ff:fe21:67cf",
        38024,
        0x4B61E985,
        0x02D1FEEF,
    ),
]


@pytest.mark.parametrize(("source", "sport", "destination", "dport", "addresses", "ports"), VECTORS)
def test_microsoft_vectors(source, sport, destination, dport, addresses, ports):
    pair = ip_address(source).packed + ip_address(destination).packed
    assert toeplitz(MICROSOFT, int.from_bytes(pair, "big"), 8 * len(pair)) == addresses
    data = pair + sport.to_bytes(2, "big") + dport.to_bytes(2, "big")
    assert toeplitz(MICROSOFT, int.from_bytes(data, "big"), 8 * len(data)) == ports


@given(st.binary(min_size=4, max_size=52), st.integers(1, 200), st.data())
def test_is_the_matrix_of_the_thesis(key, bits, data):
    """Equation 3.10, bit by bit."""
    value = data.draw(st.integers(0, (1 << bits) - 1))
    expected = 0
    for b in range(32):
        bit = 0
        for x in range(bits):
            bit ^= (value >> (bits - 1 - x)) & key_bit(key, x + b)
        expected = expected << 1 | bit & 1
    assert toeplitz(key, value, bits) == expected


@given(st.binary(min_size=1, max_size=20), st.integers(0, 200), st.integers(1, 64))
def test_window_reads_bits_and_zeros_past_the_end(key, start, bits):
    expected = int("".join(str(key_bit(key, start + i)) for i in range(bits)), 2)
    assert window(key, start, bits) == expected


@given(st.integers(0, 2**96 - 1), st.integers(0, 2**96 - 1))
def test_is_linear(a, b):
    both = toeplitz(MICROSOFT, a ^ b, 96)
    assert both == toeplitz(MICROSOFT, a, 96) ^ toeplitz(MICROSOFT, b, 96)
