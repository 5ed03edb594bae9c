"""Allocating state objects, and making their contents arbitrary before a packet is processed."""

from __future__ import annotations

from generate.describe import Chain, Lpm, Map, Sketch, State, Vector
from generate.path import PathEndedError
from generate.run import Memory, Run, by_value, function, pointer
from rss_callpaths.callpath import Argument

CELLS = 8
_SIZES = {Map: 13504, Sketch: 12384, Chain: 24, Lpm: 24}
_VECTOR_HEADER = 12400


def allocate(run: Run, state: State) -> None:
    """The object's allocation, which may fail; the program ends then."""
    memory, path = run.memories[state.name], run.path
    match state:
        case Map():
            _allocate(run, memory, "map", _SIZES[Map], "map_allocation_succeeded", _of_map(run, state))
            memory.occupancy = path.symbol("map_occupancy", 4)
            path.assume(memory.occupancy < state.capacity)
            path.assume(path.symbol("backup_map_occupancy", 4) < state.capacity)
        case Vector():
            size = _VECTOR_HEADER + CELLS * state.cell.size
            _allocate(run, memory, "vector", size, "vector_alloc_success", _of_vector(run, state))
            memory.cells = path.array("vector_data", CELLS * state.cell.size)
        case Chain():
            capacity = by_value("index_range", run.number(state.capacity, 32))
            _allocate(run, memory, "chain", _SIZES[Chain], "is_dchain_allocated", (capacity,))
            _new_index(run, state)
        case Sketch():
            arguments = _of_sketch(run, state)
            _allocate(run, memory, "sketch", _SIZES[Sketch], "sketch_allocation_succeeded", arguments)
        case Lpm():
            _allocate(run, memory, "lpm", _SIZES[Lpm], "lpm_alloc_success", ())


def _of_map(run: Run, state: Map) -> tuple[Argument, ...]:
    return (
        function(run, "keq", f"{state.key.name}_eq"),
        function(run, "khash", f"{state.key.name}_hash"),
        by_value("capacity", run.number(state.capacity, 32)),
    )


def _of_vector(run: Run, state: Vector) -> tuple[Argument, ...]:
    return (
        by_value("elem_size", run.number(state.cell.size, 32)),
        by_value("capacity", run.number(state.capacity, 32)),
        function(run, "init_elem", state.initialiser or f"{state.cell.name}_allocate"),
    )


def _of_sketch(run: Run, state: Sketch) -> tuple[Argument, ...]:
    return (
        function(run, "khash", state.hash),
        by_value("capacity", run.number(state.capacity, 32)),
        by_value("threshold", run.number(state.threshold, 16)),
    )


def havoc(run: Run, state: State) -> None:
    """Forget what is known of the object's contents."""
    memory = run.memories[state.name]
    memory.keys.clear()
    match state:
        case Vector():
            memory.cells = run.path.array("vector_data_reset", CELLS * state.cell.size)
            memory.borrowed = 0
        case Chain():
            _new_index(run, state)


def cell_address(memory: Memory, number: int, size: int) -> int:
    """Where a vector has the cell that it lends."""
    return memory.address + _VECTOR_HEADER + number * size


def _allocate(
    run: Run, memory: Memory, kind: str, size: int, symbol: str, arguments: tuple[Argument, ...]
) -> None:
    succeeded = run.path.symbol(symbol, 4).differs(0)
    address = run.path.allocate(size)
    success = run.branch(succeeded)
    is_chain = kind == "chain"
    before = None if is_chain else run.number(0, 64)
    after = run.number(address if success or is_chain else 0, 64)
    out = pointer(run, f"{kind}_out", memory.variable, before, after)
    run.path.call(f"{'dchain' if is_chain else kind}_allocate", *arguments, out, result=int(success))
    if not success:
        raise PathEndedError
    memory.address = address


def _new_index(run: Run, state: Chain) -> None:
    memory = run.memories[state.name]
    memory.new_index = run.path.symbol("new_index", 4)
    run.path.assume(memory.new_index.not_negative())
    run.path.assume(memory.new_index.signed_less(state.capacity))
    memory.full = [run.path.symbol("out_of_space", 4).differs(0)]
