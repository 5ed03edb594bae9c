"""Maglev's table against its definition, and what it is for."""

from __future__ import annotations

import ctypes
import random
from collections import Counter

import pytest

MASK = 2**64 - 1


def mix(name: int) -> int:
    name = (name ^ name >> 30) * 0xBF58476D1CE4E5B9 & MASK
    name = (name ^ name >> 27) * 0x94D049BB133111EB & MASK
    return name ^ name >> 31


def defined(names: list[int], size: int) -> list[int]:
    """Backends in the order of their names take turns; each takes the first free place of its permutation."""
    wishes = {}
    for name in names:
        offset, skip = mix(name) % size, mix(mix(name)) % (size - 1) + 1
        wishes[name] = iter([(offset + turn * skip) % size for turn in range(size)])
    table: dict[int, int] = {}
    while len(table) < size:
        for name in sorted(names):
            if len(table) < size:
                table[next(place for place in wishes[name] if place not in table)] = name
    return [table[place] for place in range(size)]


class _Maglev(ctypes.Structure):
    _fields_ = (("entries", ctypes.POINTER(ctypes.c_uint16)), ("size", ctypes.c_uint32))


@pytest.fixture(scope="module")
def maglev(lab, library):
    built = library("plain", lab.RUNTIME / "state" / "maglev.c")
    built.maglev_bytes.restype = ctypes.c_size_t

    def table(names: list[int]) -> list[int]:
        memory = ctypes.create_string_buffer(built.maglev_bytes(len(names)) + 64)
        made = _Maglev()
        start = (ctypes.addressof(memory) + 63) // 64 * 64
        given = (ctypes.c_uint64 * len(names))(*names)
        built.maglev_init(ctypes.byref(made), ctypes.c_void_p(start), given, len(names))
        return [names[made.entries[place]] for place in range(made.size)]

    return table


def some(count: int, seed: int = 0) -> list[int]:
    return random.Random(seed).sample(range(2**62), count)


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_the_table_is_as_defined(maglev, count):
    names = some(count, count)
    table = maglev(names)
    assert len(table) >= 100 * count
    assert table == defined(names, len(table))


@pytest.mark.parametrize("count", [2, 10, 100, 655])
def test_shares_are_nearly_equal(maglev, count):
    shares = Counter(maglev(some(count)))
    assert len(shares) == count
    assert max(shares.values()) - min(shares.values()) <= 1


def test_the_order_in_which_backends_are_given_does_not_matter(maglev):
    names = some(20)
    assert maglev(names) == maglev(names[::-1])


def test_few_hashes_change_hands_among_those_who_stay(maglev):
    names = some(60)
    before, after = maglev(names), maglev(names[1:])
    assert len(before) == len(after)
    moved = sum(b != a for b, a in zip(before, after, strict=True) if b != names[0])
    assert moved < len(before) // 20


def test_as_many_backends_as_there_can_be(maglev):
    names = list(range(4096))
    assert set(maglev(names)) == set(names)
