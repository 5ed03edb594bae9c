"""Every key of a tiny problem, by trying them all: what counting, listing and preferring must agree with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import numpy as np
from brute import Meaning
from brute_judge import agreed_size, broken, corresponding, entry_bits
from brute_nic import entries, hashes, selected
from tiny import universe
from tiny_problems import draw

from rss_dsl.nic import Index
from rss_dsl.problem import Problem
from rss_solver.choice.tables import fill
from rss_solver.diagnostics.support import component_errors, unsupported
from rss_solver.keyspace.statement import state

MOST_BITS = 9


def tiny(seeds: range) -> Iterator[tuple[int, Problem, list[tuple[int, int]]]]:
    """(seed, problem, its key bits that entries depend on) for the seeds whose keys can all be tried.

    The universe of the problem is in place for as long as the caller looks at it.
    """
    for seed in seeds:
        case = draw(seed)
        with universe(case.widths):
            problem = replace(case.problem, equality="index", seed=seed)
            bits = _used(problem)
            if bits is not None:
                yield seed, problem, bits


def _used(problem: Problem) -> list[tuple[int, int]] | None:
    if any(unsupported(problem)) or any(component_errors(problem, state(problem))):
        return None
    meaning = Meaning(problem)
    found = []
    for i, port in enumerate(problem.ports):
        if port.nic.index.value is Index.XOR_FOLD8 or not corresponding(meaning, i) or not port.live:
            return None
        if agreed_size(meaning, i) != meaning.smallest(i):
            return None
        widest = max(selected(layout) for layout in port.live)
        sums = entry_bits(port, agreed_size(meaning, i))
        found += [(i, bit) for bit in sorted({b + x for (b,) in sums for x in range(widest)})]
    plain = not problem.shared_keys and not problem.pinned_lines
    return found if plain and 0 < len(found) <= MOST_BITS else None


def every_key(problem: Problem, bits: list[tuple[int, int]]) -> list[dict[int, bytes]]:
    """Every key that keeps together what must meet and spreads every class; other bits are zero."""
    meaning = Meaning(problem)
    tables = fill(problem.ports, state(problem).components)
    found = []
    for values in product((0, 1), repeat=len(bits)):
        keys = [bytearray(port.key_bits // 8) for port in problem.ports]
        for (i, bit), value in zip(bits, values, strict=True):
            keys[i][bit // 8] |= value << 7 - bit % 8
        given = [bytes(key) for key in keys]
        if not broken(meaning, given, tables, whole=False).bits and _spreads(meaning, given):
            found.append(dict(enumerate(given)))
    return found


def _spreads(meaning: Meaning, keys: list[bytes]) -> bool:
    for i, port in enumerate(meaning.problem.ports):
        for layout in port.live if port.queues > 1 else ():
            inputs = meaning.live(i, layout)
            value = hashes(layout, keys[i], port.nic.hash_init.value)[inputs]
            if (
                len(inputs) > 1
                and len(np.unique(entries(value, meaning.smallest(i), port.nic.index.value))) < 2
            ):
                return False
    return True


def read(keys: dict[int, bytes], bits: list[tuple[int, int]]) -> tuple[int, ...]:
    """The values of key bits."""
    return tuple(keys[i][bit // 8] >> 7 - bit % 8 & 1 for i, bit in bits)
