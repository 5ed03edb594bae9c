"""Masks that halve, one after the other, what classes reach of 2^n table entries.

A mask parts entries by whether they overlap with it evenly or oddly. The entries of a class are an affine
space, so a mask halves them, or has all of them on one side. What n independent masks say of an entry numbers
all entries anew: these bits, the first mask's most significant, are its *place*.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from random import Random

import numpy as np
from numpy.typing import NDArray

from rss_solver.gf2 import Elimination, parity

Ints = NDArray[np.int64]

Space = tuple[int, ...]
"""A basis of a linear space of entries in reduced echelon form, so that equal spaces are equal."""

ATTEMPTS = 16
"""Orders in which masks are tried. The first, single low bits before others, is mostly as good as any."""


def space(vectors: Iterable[int]) -> Space:
    """The span of entries."""
    system = Elimination()
    for vector in vectors:
        system.add(vector)
    return tuple(sorted(system.reduced().values()))


def single_bits(bits: int) -> tuple[int, ...]:
    """The masks by which round robin over 2^m queues deals: its first m ones."""
    return tuple(1 << bit for bit in range(bits))


def places(bits: int, masks: Sequence[int]) -> Ints:
    """The place of every entry."""
    entries, odd = np.arange(1 << bits), _odd(bits)
    found = np.zeros(1 << bits, dtype=np.int64)
    for mask in masks:
        found = found << 1 | odd[entries & mask]
    return found


def missed(masks: Sequence[int], spaces: Iterable[Space]) -> int:
    """How often a mask does not halve what those before it leave of a space, be it more than one entry."""
    total = 0
    for left in spaces:
        for mask in masks:
            kept = _kept(mask, left)
            total += bool(left) and kept == left
            left = kept
    return total


@lru_cache(maxsize=1024)
def halving(bits: int, first: tuple[Space, ...], then: tuple[Space, ...]) -> tuple[int, ...]:
    """Independent masks that miss least. Of spaces that cannot all be halved, those of `first` are."""
    best = _greedy(bits, first, then, 0)
    for attempt in range(1, ATTEMPTS):
        if not missed(best, first + then):
            break
        best = min(best, _greedy(bits, first, then, attempt), key=lambda masks: missed(masks, first + then))
    return best


def _greedy(bits: int, first: tuple[Space, ...], then: tuple[Space, ...], attempt: int) -> tuple[int, ...]:
    """Each mask halves as many spaces as any that is left.

    Of equals, one that parts no space whose entries are all told apart: the distances of their places stay
    equal then, which is most even for numbers of queues that are no power of two.
    """
    spaces = first + then
    worth = [(len(spaces) + 1) ** 2] * len(first) + [len(spaces) + 1] * len(then)
    left = list(spaces)
    unused: Space = single_bits(bits)
    candidates = _order(bits, attempt)
    chosen: list[int] = []
    for _ in range(bits):
        score = np.zeros(len(candidates), dtype=np.int64)
        for own, rest, weight in zip(spaces, left, worth, strict=True):
            score += weight * _parts(bits, candidates, rest) if rest else ~_parts(bits, candidates, own)
        score[~_parts(bits, candidates, unused)] = -1
        mask = int(candidates[score.argmax()])
        chosen.append(mask)
        left = [_kept(mask, rest) for rest in left]
        unused = _kept(mask, unused)
    return tuple(chosen)


def _order(bits: int, attempt: int) -> Ints:
    """All masks: those of few and low bits first, then at random."""
    found = sorted(range(1, 1 << bits), key=lambda mask: (mask.bit_count(), mask))
    if attempt:
        Random(attempt).shuffle(found)
    return np.array(found, dtype=np.int64)


def _parts(bits: int, candidates: Ints, vectors: Space) -> NDArray[np.bool_]:
    """Which masks overlap oddly with some vector."""
    found = np.zeros(len(candidates), dtype=np.bool_)
    for vector in vectors:
        found |= _odd(bits)[candidates & vector]
    return found


def _kept(mask: int, vectors: Space) -> Space:
    """A basis of that part of a span that overlaps evenly with a mask."""
    odd = [vector for vector in vectors if parity(mask & vector)]
    even = tuple(vector for vector in vectors if not parity(mask & vector))
    return even + tuple(vector ^ odd[0] for vector in odd[1:])


@lru_cache(maxsize=16)
def _odd(bits: int) -> NDArray[np.bool_]:
    """By number of so many bits: whether an odd number of them is set."""
    found = np.zeros(1, dtype=np.bool_)
    for _ in range(bits):
        found = np.concatenate([found, ~found])
    return found
