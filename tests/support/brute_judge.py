"""Whether given keys keep a Problem's promises, by hashing every tied pair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from brute import Meaning
from brute_nic import HASH, default_queue, entries, hashes

from rss_dsl.nic import Index
from rss_dsl.problem import Port


def corresponding(meaning: Meaning, port: int) -> bool:
    """Whether entries of the component's tables stand for sums of hash bits that can be made to agree.

    Elsewhere only whole hashes can: tables picked in different ways, or of sizes that are no powers of two.
    """
    ports = [meaning.problem.ports[i] for i in meaning.component(port)]
    smallest = min(port.table_size for port in ports)
    remainders = {Index.LSB: Index.MODULO}
    ways = {remainders.get(port.nic.index.value, port.nic.index.value) for port in ports}
    repeated = all(port.table_size % smallest == 0 for port in ports)
    return smallest == 1 or (len(ways) == 1 and repeated and smallest.bit_count() == 1)


def entry_bits(port: Port, size: int) -> list[list[int]]:
    """The hash bits (0 first) whose sums make the entry of a table of this size."""
    count = size.bit_length() - 1
    match port.nic.index.value:
        case Index.HIGH_BITS:
            return [[bit] for bit in range(count)]
        case Index.XOR_FOLD8:
            return [[bit + 8 * n for n in range(4)] for bit in range(8 - count, 8)]
        case _:
            return [[HASH - 1 - bit] for bit in range(count)]


def agreed_size(meaning: Meaning, port: int) -> int:
    """Entries of the table that a component has to agree on; one where there is one queue."""
    ports = [meaning.problem.ports[i] for i in meaning.component(port)]
    return min(port.table_size if port.queues > 1 else 1 for port in ports)


def _alike(meaning: Meaning, port: int) -> bool | None:
    """Where only whole hashes can be made to agree: whether tied packets must still share an entry.

    They must where all ports of the component pick entries in one way, else queues are all that counts.
    """
    if corresponding(meaning, port) or agreed_size(meaning, port) == 1:
        return None
    ports = [meaning.problem.ports[i] for i in meaning.component(port)]
    return len({(port.table_size, port.nic.index.value) for port in ports}) == 1


@dataclass(frozen=True, slots=True)
class Broken:
    """How keys part tied pairs, the worst that was found."""

    queue: bool
    """Some pair lands on different queues."""
    bits: bool
    """Some pair differs in what has to agree: entries of the smallest table, or whole hashes."""


def broken(meaning: Meaning, keys: Sequence[bytes], tables: Sequence[Sequence[int]], whole: bool) -> Broken:
    """Judge keys by every tied pair."""
    queue = bits = False
    ports = meaning.problem.ports
    alike = [_alike(meaning, i) for i in range(len(ports))]
    for tied in meaning.ties:
        sides = (tied.requirement.first, tied.requirement.second)
        queues, values, low = [], [], []
        for i, layout, inputs in zip(sides, tied.layouts, tied.pairs.T, strict=True):
            port, table = ports[i], np.array(tables[i])
            if not layout.fields:
                queues.append(np.full(len(inputs), default_queue(port, tables[i])))
                continue
            value = hashes(layout, keys[i], port.nic.hash_init.value)[inputs]
            entry = entries(value, len(table), port.nic.index.value)
            values.append(value)
            low.append(entry if alike[i] else entries(value, agreed_size(meaning, i), port.nic.index.value))
            queues.append(table[entry])
        queue |= bool((queues[0] != queues[1]).any())
        if len(values) == 2 and (whole or alike[sides[0]] is not False):
            a, b = values if whole else low
            bits |= bool((a != b).any())
    return Broken(queue, bits)
