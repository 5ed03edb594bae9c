"""Which keys keep a Problem's promises, by trying every key."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from brute import Meaning
from brute_judge import agreed_size, corresponding, entry_bits
from brute_nic import entries, hashes, selected

from rss_dsl.nic import Index
from rss_dsl.problem import HashInput

KEY_BITS_TO_TRY = 9
"""Most key bits of a port that `every_key` tries."""
COMBINATIONS = 1 << 17
"""Most combinations of the ports' keys that it tries."""


def every_key(meaning: Meaning) -> int | None:
    """log2 of the number of keys that keep all entries together, found by trying them all.

    None where there are too many. Bits that no entry depends on count as free.
    """
    ports = meaning.problem.ports
    used: dict[int, list[int]] = {}
    for i, port in enumerate(ports):
        folded = port.nic.index.value is Index.XOR_FOLD8
        if folded or port.pinned is not None or not corresponding(meaning, i):
            return None
        bits = [b for (b,) in entry_bits(port, agreed_size(meaning, i))]
        widest = max((selected(layout) for layout in port.inputs), default=0)
        used[i] = sorted({b + x for b in bits for x in range(widest)})
        if len(used[i]) > KEY_BITS_TO_TRY:
            return None
    if meaning.problem.shared_keys or sum(map(len, used.values())) > COMBINATIONS.bit_length() - 1:
        return None
    tried = {i: _all_entries(meaning, i, bits) for i, bits in used.items()}
    alive = np.indices([1 << len(bits) for bits in used.values()]).reshape(len(ports), -1)
    for tied in meaning.hashed_ties:
        i, j = tied.requirement.first, tied.requirement.second
        here, there = tried[i][tied.layouts[0]], tried[j][tied.layouts[1]]
        for d, e in tied.pairs:
            alive = alive[:, here[alive[i], d] == there[alive[j], e]]
    count = alive.shape[1]
    assert count.bit_count() == 1, "keys that keep linear hashes together are a linear space"
    unread = sum(port.key_bits - len(used[i]) for i, port in enumerate(ports))
    return count.bit_length() - 1 + unread


def _all_entries(meaning: Meaning, port: int, bits: Sequence[int]) -> dict[HashInput, np.ndarray]:
    """For every class: the agreed entry of every input (second axis) under every key (first axis)."""
    one = meaning.problem.ports[port]
    size = agreed_size(meaning, port)
    result = {}
    for layout in one.inputs:
        rows = []
        for number in range(1 << len(bits)):
            text = ["0"] * one.key_bits
            for place, bit in enumerate(bits):
                if bit < one.key_bits:
                    text[bit] = str(number >> place & 1)
            key = int("".join(text), 2).to_bytes(one.key_bits // 8, "big")
            value = hashes(layout, key, one.nic.hash_init.value)
            rows.append(entries(value, size, one.nic.index.value))
        result[layout] = np.array(rows)
    return result
