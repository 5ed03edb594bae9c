"""Reads of several bytes: `Concat`s of byte reads at consecutive indices of one array.

The printer shows them as `(ReadLSB wN INDEX ARRAY)` (the byte at INDEX is the least significant one) or
`ReadMSB` (the most significant one). A run is recognised only if it is, term for term, what `multibyte`
makes, so that showing and reading it again changes nothing. In particular all bytes must come from the same
array with the same updates: KLEE's own printer compares the indices alone and shows bytes of different
arrays as one read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rss_callpaths.terms import Apply, Array, Const, Op, Pool, Read, Term

INDEX_WIDTH = 32
"""Bits of an array index."""

_MASK = (1 << INDEX_WIDTH) - 1


@dataclass(frozen=True, slots=True)
class Run:
    """`count` bytes of an array from `index` on, as one number."""

    array: Array
    index: Term
    updates: tuple[tuple[Term, Term], ...]
    count: int
    little_endian: bool


def multibyte(
    pool: Pool,
    array: Array,
    index: Term,
    count: int,
    updates: Sequence[tuple[Term, Term]] = (),
    *,
    little_endian: bool = True,
) -> Term:
    """`count` ≥ 1 bytes from `index` on as one number: a right-nested `Concat` of byte reads."""
    steps = range(count - 1, -1, -1) if little_endian else range(count)
    reads = [pool.read(array, _moved(pool, index, by), updates) for by in steps]
    value: Term = reads.pop()
    while reads:
        value = pool.apply(Op.CONCAT, value.width + 8, (reads.pop(), value))
    return value


def as_multibyte(term: Term) -> Run | None:
    """The read of two or more bytes that a term is."""
    if not isinstance(term, Apply) or term.op is not Op.CONCAT:
        return None
    first, rest = term.args
    second = rest.args[0] if isinstance(rest, Apply) and rest.op is Op.CONCAT else rest
    if not isinstance(first, Read) or not isinstance(second, Read):
        return None
    if _is_moved(first.index, second.index, 1):
        return _run(term, little_endian=True)
    if _is_moved(second.index, first.index, 1):
        return _run(term, little_endian=False)
    return None


def _run(term: Term, *, little_endian: bool) -> Run | None:
    reads: list[Read] = []
    rest = term
    while isinstance(rest, Apply) and rest.op is Op.CONCAT and isinstance(rest.args[0], Read):
        reads.append(rest.args[0])
        rest = rest.args[1]
    if not isinstance(rest, Read):
        return None
    reads.append(rest)
    if little_endian:
        reads.reverse()
    base = reads[0]
    for by, read in enumerate(reads):
        if read.array is not base.array or not _is_moved(read.index, base.index, by):
            return None
        if read.updates != base.updates:
            return None
    return Run(base.array, base.index, base.updates, len(reads), little_endian)


def split_index(index: Term) -> tuple[Term | None, int]:
    """An index as what is symbolic in it (None if nothing) and the constant that is added to that."""
    match index:
        case Const(value):
            return None, value
        case Apply(Op.ADD, _, (Const(value), rest)):
            return rest, value
        case _:
            return index, 0


def _moved(pool: Pool, index: Term, by: int) -> Term:
    """`index + by`, in the form KLEE gives it: one constant, on the left."""
    if not by:
        return index
    rest, start = split_index(index)
    total = (start + by) & _MASK
    if rest is None:
        return pool.const(total, INDEX_WIDTH)
    return pool.apply(Op.ADD, INDEX_WIDTH, (pool.const(total, INDEX_WIDTH), rest)) if total else rest


def _is_moved(index: Term, base: Term, by: int) -> bool:
    """Whether `index` is `_moved(pool, base, by)`."""
    if not by:
        return index is base
    rest, start = split_index(base)
    total = (start + by) & _MASK
    if rest is None:
        return isinstance(index, Const) and index.value == total
    if not total:
        return index is rest
    match index:
        case Apply(Op.ADD, width, (Const(value), moved)):
            return width == INDEX_WIDTH and value == total and moved is rest
        case _:
            return False
