"""Chains of indices (libVig's dchain) and what expires with them."""

from __future__ import annotations

from functools import reduce

from generate.describe import Chain, Map, State, Vector
from generate.run import UNINITIALISED, Run, by_value, pointer
from generate.words import Word
from rss_callpaths.callpath import Argument


def dchain_allocate_new_index(run: Run, state: Chain, initial: int = UNINITIALISED) -> Word | None:
    """A new index, None if all are taken. At most once for each chain and packet."""
    memory = run.memories[state.name]
    index, memory.new_index = memory.new_index, None
    if index is None:
        raise ValueError(f"{state.name} gives one index in a path")
    full = reduce(lambda a, b: a & b, memory.full) if memory.full else run.number(0, 1)
    taken = not run.branch(full)
    before = run.number(initial, 32)
    run.path.call(
        "dchain_allocate_new_index",
        _this(run, state),
        pointer(run, "index_out", run.path.local(), before, index if taken else before),
        _time(run),
        result=int(taken),
    )
    return index if taken else None


def dchain_rejuvenate_index(run: Run, state: Chain, index: Word) -> None:
    """Make an index young."""
    run.path.call("dchain_rejuvenate_index", _this(run, state), _index(index), _time(run), result=1)


def dchain_is_index_allocated(run: Run, state: Chain, index: Word) -> bool:
    """Whether an index is taken: any answer, every time."""
    answer = run.path.symbol("dchain_is_index_allocated", 4)
    run.path.call("dchain_is_index_allocated", _this(run, state), _index(index), result=answer)
    return run.branch(answer.differs(0))


def dchain_free_index(run: Run, state: Chain, index: Word) -> None:
    """Take an index back."""
    run.memories[state.name].full.clear()
    run.path.call("dchain_free_index", _this(run, state), _index(index), result=1)


def expire_items_single_map(run: Run, chain: Chain, vector: Vector, state: Map, age: int) -> Word:
    """Remove what has not been refreshed for `age` nanoseconds; how many that were."""
    return _expire(run, "expire_items_single_map", chain, vector, state, age)


def expire_items_single_map_offseted(
    run: Run, chain: Chain, vector: Vector, state: Map, age: int, offset: int
) -> Word:
    """The same, where the key of an index is in the cell that many further on."""
    further = by_value("offset", run.number(offset, 32))
    return _expire(run, "expire_items_single_map_offseted", chain, vector, state, age, further)


def expire_items_single_map_iteratively(
    run: Run, vector: Vector, state: Map, start: Word, count: int
) -> Word:
    """Remove `count` entries, whatever their age; how many that were."""
    freed = run.path.symbol("number_of_freed_flows", 4)
    run.path.assume(freed.not_negative())
    where = (_object(run, "vector", vector), _object(run, "map", state))
    span = (by_value("start", start), by_value("n_elems", run.number(count, 32)))
    run.path.call("expire_items_single_map_iteratively", *where, *span, result=freed)
    return freed


def _expire(
    run: Run, function: str, chain: Chain, vector: Vector, state: Map, age: int, *more: Argument
) -> Word:
    freed = run.path.symbol("number_of_freed_flows", 4)
    run.path.assume(freed.not_negative())
    run.memories[chain.name].full.append(freed.equals(0))
    objects = (_object(run, "chain", chain), _object(run, "vector", vector), _object(run, "map", state))
    run.path.call(function, *objects, by_value("time", run.now - age), *more, result=freed)
    return freed


def _object(run: Run, name: str, state: State) -> Argument:
    return by_value(name, run.number(run.memories[state.name].address, 64))


def _this(run: Run, state: Chain) -> Argument:
    return _object(run, "chain", state)


def _index(index: Word) -> Argument:
    return by_value("index", index.extended(32))


def _time(run: Run) -> Argument:
    """Truncated, as the models trace it."""
    return by_value("time", run.now.truncated(32))
