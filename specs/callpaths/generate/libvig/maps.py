"""Maps, their entries known only by what a path has asked."""

from __future__ import annotations

from functools import reduce

from generate.describe import Map
from generate.run import UNINITIALISED, Run, by_value, key_argument, pointer
from generate.words import Record, Word
from rss_callpaths.callpath import Argument


def map_get(run: Run, state: Map, key: Record, initial: int = UNINITIALISED) -> Word | None:
    """The value under a key, None if there is none. `initial` is in the variable that receives it."""
    value = _look_up(run, state, key)
    before = run.number(initial, 32)
    run.path.call(
        "map_get",
        _this(run, state),
        key_argument(run, "key", key),
        pointer(run, "value_out", run.path.local(), before, before if value is None else value),
        result=int(value is not None),
    )
    return value


def map_put(run: Run, state: Map, key: Record, value: Word | int) -> None:
    """Set the value under a key."""
    word = run.number(value, 32) if isinstance(value, int) else value
    run.memories[state.name].keys.insert(0, (_snapshot(key), word))
    run.path.call("map_put", _this(run, state), key_argument(run, "key", key), by_value("value", word))


def map_erase(run: Run, state: Map, key: Record) -> None:
    """Remove a key."""
    run.memories[state.name].keys.insert(0, (_snapshot(key), None))
    erased = key_argument(run, "key", key)
    trash = pointer(run, "trash", run.path.local(), run.number(0, 64), Word(run.path.algebra, erased.value))
    run.path.call("map_erase", _this(run, state), erased, trash)


def map_size(run: Run, state: Map) -> Word:
    """How many keys there are."""
    size = run.memories[state.name].occupancy
    if size is None:
        raise ValueError(f"{state.name} is not allocated")
    run.path.call("map_size", _this(run, state), result=size)
    return size


def same_key(left: Record, right: Record) -> Word:
    """Equality field by field, as the generated `…_eq` functions have it."""
    names = tuple(left.layout.fields)
    if not names:
        return left.value.equals(right.value)
    return reduce(lambda a, b: a & b, (left[name].equals(right[name]) for name in names))


def _look_up(run: Run, state: Map, key: Record) -> Word | None:
    memory = run.memories[state.name]
    for known, value in memory.keys:
        if run.branch(same_key(known, key)):
            return value
    found: Word | None = None
    if run.branch(run.path.symbol("map_has_this_key", 4).differs(0)):
        found = run.path.symbol("allocated_index", 4)
        if state.invariant is not None:
            run.path.assume(state.invariant(run, key, found))
    memory.keys.append((_snapshot(key), found))
    return found


def _snapshot(key: Record) -> Record:
    return Record(key.algebra, key.layout, list(key.bytes))


def _this(run: Run, state: Map) -> Argument:
    return by_value("map", run.number(run.memories[state.name].address, 32))
