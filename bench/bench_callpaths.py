"""How long reading and printing call paths takes. Prints a table; the files are made in a temporary folder.

python bench/bench_callpaths.py [PATHS…]
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from rss_callpaths.callpath import Argument, Call, CallPath, Extra, Pointee, Result, Variant
from rss_callpaths.files.printer import complete, print_path
from rss_callpaths.files.reader import read
from rss_callpaths.terms import Op, Pool, Term
from rss_callpaths.terms.multibyte import multibyte

CALLS = 50
"""Of each path."""

DISTINCT = 64
"""Paths that are printed; the others differ in addresses, or repeat them."""


class Maker:
    """Paths of a network function that looks flows up; `number` decides which lookups succeed."""

    def __init__(self) -> None:
        self.pool = Pool()
        self.packet = self.pool.array("packet_chunks", 205)

    def symbol(self, name: str, width: int) -> Term:
        return multibyte(self.pool, self.pool.array(name, width // 8), self.pool.const(0, 32), width // 8)

    def key(self, at: int) -> Term:
        """A flow's key as it lies in memory: addresses after ports, then padding."""
        parts = [self.pool.const(0xABABAB, 24), self.pool.read(self.packet, self.pool.const(50, 32))]
        parts += [multibyte(self.pool, self.packet, self.pool.const(i, 32), 4) for i in (57, 53, at)]
        value = parts.pop()
        while parts:
            value = self.pool.apply(Op.CONCAT, parts[-1].width + value.width, (parts.pop(), value))
        return value

    def path(self, number: int) -> CallPath:
        calls = tuple(self.call(step, number >> step & 1) for step in range(CALLS))
        conditions = tuple(self.condition(step, number >> step & 1) for step in range(CALLS))
        name = f"test{number:06}.call_path"
        return complete(CallPath(name, Variant.PLAIN, (), conditions, calls))

    def condition(self, step: int, taken: int) -> Term:
        found = self.symbol(f"map_has_this_key_{step}", 32)
        absent = self.pool.apply(Op.EQ, 1, (self.pool.const(0, 32), found))
        return self.pool.apply(Op.EQ, 1, (self.pool.const(0, 1), absent)) if taken else absent

    def call(self, step: int, taken: int) -> Call:
        pointer = self.pool.const(0x40000000 + 64 * step, 64)
        key = self.key(82 + 4 * (step % 8) + taken)
        index = self.symbol(f"allocated_index_{step}", 32)
        pool = self.pool
        arguments = (
            Argument("map", pool.const(1073742656, 32)),
            Argument("key", pointer, pointee=Pointee(key, key), pointer=True),
            Argument("value_out", pointer, pointee=Pointee(pool.const(2880154539, 32), index), pointer=True),
        )
        cell = Extra("borrowed_cell", 0x40000000 + 8 * step, Pointee(None, self.symbol("vector_data", 128)))
        return Call("map_get", arguments, Result(self.symbol(f"map_has_this_key_{step}", 32)), (cell,), step)


def write(folder: Path, paths: int, *, apart: bool) -> tuple[int, float]:
    """Write files: how many bytes, and the seconds of printing one."""
    maker = Maker()
    begin = time.process_time()
    texts = [print_path(maker.path(number)) for number in range(min(paths, DISTINCT))]
    seconds = (time.process_time() - begin) / len(texts)
    size = 0
    for number in range(paths):
        text = texts[number % len(texts)]
        if apart:
            text = text.replace("(w64 10737", f"(w64 {10_000 + number}")
        size += len(text)
        (folder / f"test{number:06}.call_path").write_text(text)
    return size, seconds


def row(paths: int, *, apart: bool) -> str:
    """A line of the table."""
    with tempfile.TemporaryDirectory() as name:
        size, printing = write(Path(name), paths, apart=apart)
        begin = time.process_time()
        found, problems = read([name], Pool())
        seconds = time.process_time() - begin
        assert len(found) == paths and not problems
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
        kind = "apart" if apart else "shared"
        each = 1e3 * seconds / paths
        sizes = f"{paths:>6} {kind:>7} {size / 1e6:>6.0f}"
        return f"{sizes} {seconds:>8.2f} {each:>8.2f} {1e3 * printing:>8.2f} {peak:>8}"


def alone(paths: int, *, apart: bool) -> str:
    """The line from a process of its own: memory that was needed stays with a process."""
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        return process.submit(row, paths, apart=apart).result()


def main(arguments: list[str]) -> None:
    """Print the table for the given numbers of paths."""
    print(f"paths of {CALLS} calls; their lines recur in other paths, or all calls differ; processor time")
    print(" paths   calls     MB   read s  ms each print ms  peak MB")
    for paths in map(int, arguments or ["100", "1000", "10000"]):
        for apart in (False, True):
            print(alone(paths, apart=apart), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
