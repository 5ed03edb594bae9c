"""Vectors. Whatever the index, a borrow hands out the next of eight symbolic cells."""

from __future__ import annotations

from generate.describe import Vector
from generate.libvig.allocation import CELLS, cell_address
from generate.run import Run, by_value, pointer, value_argument
from generate.words import Record, Word
from rss_callpaths.callpath import Argument, Extra, Pointee


def vector_borrow(run: Run, state: Vector, index: Word | int) -> Record:
    """A cell, to be read, changed and given back."""
    memory = run.memories[state.name]
    if memory.cells is None or memory.borrowed == CELLS:
        raise ValueError(f"{state.name} lends {CELLS} cells in a path")
    size, number = state.cell.size, memory.borrowed
    memory.borrowed += 1
    address = cell_address(memory, number, size)
    contents = run.path.algebra.symbol(memory.cells, number * size, size)
    cell = Record(run.path.algebra, state.cell, run.path.algebra.split(contents), address)
    if state.invariant is not None:
        run.path.assume(state.invariant(run, cell))
    out = pointer(run, "val_out", run.path.local(), after=run.number(address, 64))
    lent = Extra("borrowed_cell", address, Pointee(None, contents))
    run.path.call("vector_borrow", *_where(run, state, index), out, extras=(lent,))
    return cell


def vector_return(run: Run, state: Vector, index: Word | int, cell: Record) -> None:
    """Give a cell back as it is now."""
    run.path.call("vector_return", *_where(run, state, index), value_argument(run, "value", cell))


def vector_read(run: Run, state: Vector, index: Word | int) -> Record:
    """A cell that was borrowed and given back unchanged."""
    cell = vector_borrow(run, state, index)
    vector_return(run, state, index, cell)
    return cell


def _where(run: Run, state: Vector, index: Word | int) -> tuple[Argument, Argument]:
    word = run.number(index, 32) if isinstance(index, int) else index.extended(32)
    address = run.number(run.memories[state.name].address, 64)
    return by_value("vector", address), by_value("index", word)
