"""What a NIC does with packets, by definition: hash inputs, hashes, entries. Shares no code with the solver.

Hash inputs hold what Toeplitz reads, their first bit most significant.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from brute_conditions import Packets

from rss_dsl.fields import WIDTHS
from rss_dsl.nic import DefaultQueue, Function, Index
from rss_dsl.problem import HashInput, Port

HASH = 32
WIRE = ("vlan", "ip_proto", "ipv4_src", "ipv4_dst", "ipv6_src", "ipv6_dst", "tcp_src", "tcp_dst", "udp_src",
        "udp_dst", "l4_src", "l4_dst")  # fmt: skip


def hash_input(layout: HashInput, packets: Packets) -> np.ndarray:
    """What Toeplitz reads; under simple-xor, the selected bits, which are the hash once moved to its top."""
    values = {name: packets.values[name] for name in layout.fields}
    for source in layout.fields:
        target = source.replace("_src", "_dst")
        if source == target or target not in layout.fields:
            continue
        s, d = values[source], values[target]
        match layout.function:
            case Function.SYMMETRIC_XOR:
                values[source] = values[target] = s ^ d
            case Function.SYMMETRIC_OR_XOR:
                values[source], values[target] = s | d, s ^ d
            case Function.SYMMETRIC_SORT:
                values[source], values[target] = np.minimum(s, d), np.maximum(s, d)
            case _:
                pass
    data = np.zeros_like(next(iter(packets.values.values())))
    for name in WIRE:
        if name in layout.fields or name in layout.zeroed:
            data = data << WIDTHS[name] | values.get(name, 0)
    return data


def selected(layout: HashInput) -> int:
    """Bits of the hash input."""
    return sum(WIDTHS[name] for name in (*layout.fields, *layout.zeroed))


def hashes(layout: HashInput, key: bytes, init: int) -> np.ndarray:
    """The hash of every input value, in order."""
    bits = selected(layout)
    if layout.function is Function.SIMPLE_XOR:
        return (np.arange(1 << bits, dtype=np.int64) << HASH - bits) ^ init
    text = "".join(f"{byte:08b}" for byte in key) + "0" * 64
    result = np.array([init], dtype=np.int64)
    for bit in range(bits - 1, -1, -1):
        result = np.concatenate([result, result ^ int(text[bit : bit + HASH], 2)])
    return result


def entries(value: np.ndarray, size: int, index: Index) -> np.ndarray:
    """The table entries of hash values."""
    match index:
        case Index.LSB:
            return value % size
        case Index.MODULO:
            return value % size
        case Index.HIGH_BITS:
            return value * size // 2**32
        case Index.XOR_FOLD8:
            four = [value // 256**n % 256 for n in range(4)]
            return (four[0] ^ four[1] ^ four[2] ^ four[3]) % size


def default_queue(port: Port, table: Sequence[int]) -> int:
    """Where packets go that are not hashed."""
    return table[0] if port.nic.default_queue.value is DefaultQueue.TABLE_0 else 0
