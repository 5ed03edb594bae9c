"""Typed terms → KQuery text, as KLEE's printer lays it out.

Terms that occur twice in what is printed together get a label at their first occurrence. Operands go on
lines of their own unless all are simple; a break to column c writes c + 1 blanks and still counts c, as
KLEE's does. The one difference: bytes of different arrays are not shown as one read (see `multibyte.py`).

What remains to be written is kept on a list, not on Python's stack: terms are as deep as a file made them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from rss_callpaths.kquery.tokens import decimal
from rss_callpaths.terms import Apply, Array, Const, Op, Read, Term
from rss_callpaths.terms.multibyte import as_multibyte

Updates = tuple[tuple[Term, Term], ...]
_Node = tuple[object, ...]
"""An update with all before it: its array or the node of the update before, its index and its value."""


def print_term(term: Term) -> str:
    """One expression with labels of its own."""
    printer = Printer([term])
    printer.term(term)
    return printer.text()


@dataclass(slots=True)
class _List:
    """A read's update list while it is written."""

    read: Read
    nodes: list[int]
    outer: int
    """Column of the list."""
    at: int = 0
    middle: int = 0
    """Column of the first update in the brackets."""
    opened: bool = False
    breaks: bool = False
    """Whether the update before has a line of its own."""


class Printer:
    """Prints terms with one table of labels. `together`: all that will be printed."""

    def __init__(self, together: Iterable[Term]) -> None:
        self.arrays: set[Array] = set()
        """All that are read."""
        self._nodes: dict[_Node, int] = {}
        self._shared: set[Term] = set()
        self._shared_updates: set[int] = set()
        self._scan(list(together))
        self._labels: dict[Term, int] = {}
        self._update_labels: dict[int, int] = {}
        self._out: list[str] = []
        self._column = 0
        self._todo: list[Callable[[], None]] = []

    def text(self) -> str:
        """What was printed."""
        return "".join(self._out)

    def write(self, text: str) -> None:
        """Text without line breaks."""
        self._out.append(text)
        self._column += len(text)

    def break_line(self, column: int) -> None:
        """Go on in the next line."""
        self._out.append("\n" + " " * (column + 1) if column else "\n")
        self._column = column

    def separate(self, blank: bool, column: int) -> None:
        """A blank or a line break."""
        if blank:
            self.write(" ")
        else:
            self.break_line(column)

    def term(self, term: Term) -> None:
        """Print a term."""
        self._term(term)
        while self._todo:
            self._todo.pop()()

    def _scan(self, todo: list[Term]) -> None:
        """Find what occurs twice. Terms are compared by what they are: equal terms of a pool are one."""
        met: set[Term] = set()
        met_updates: set[int] = set()
        while todo:
            term = todo.pop()
            if isinstance(term, Const):
                continue
            if term in met:
                self._shared.add(term)
                continue
            met.add(term)
            if isinstance(term, Apply):
                todo += term.args
                continue
            todo.append(term.index)
            self.arrays.add(term.array)
            for node, pair in zip(self._nodes_of(term), term.updates, strict=True):
                if node in met_updates:
                    self._shared_updates.add(node)
                    break
                met_updates.add(node)
                todo += pair

    def _nodes_of(self, read: Read) -> list[int]:
        """A number for each update of a read, the same for those that end in the same updates."""
        below: object = read.array
        found: list[int] = []
        for index, value in reversed(read.updates):
            below = self._nodes.setdefault((below, index, value), len(self._nodes))
            found.append(below)
        return found[::-1]

    def _term(self, term: Term) -> None:
        if isinstance(term, Const):
            self.write(print_constant(term))
            return
        if term in self._labels:
            self.write(f"N{self._labels[term]}")
            return
        if term in self._shared:
            number = self._labels[term] = len(self._labels)
            self.write(f"N{number}:")
        if isinstance(term, Read):
            self.write("(Read w8 ")
            self._read(term)
            return
        run = as_multibyte(term)
        if run is not None:
            self.write(f"(Read{'LSB' if run.little_endian else 'MSB'} w{term.width} ")
            self._read(Read(run.array, run.index, run.updates))
            return
        self.write(f"({term.op}{'' if term.width == 1 else f' w{term.width}'} ")
        if term.op is Op.EXTRACT:
            self.write(f"{term.offset} ")
        self._operands(term.args)

    def _operands(self, args: Sequence[Term]) -> None:
        column = self._column
        simple = all(self._is_simple(arg) for arg in args)
        self._todo.append(partial(self.write, ")"))
        for arg in reversed(args[1:]):
            self._todo.append(partial(self._term, arg))
            self._todo.append(partial(self.separate, simple, column))
        self._todo.append(partial(self._term, args[0]))

    def _read(self, read: Read) -> None:
        column = self._column

        def array() -> None:
            self.separate(self._is_known(read.index), column)
            if read.updates:
                self._updates(_List(read, self._nodes_of(read), self._column))
            else:
                self.write(read.array.name)

        self._todo += (partial(self.write, ")"), array, partial(self._term, read.index))

    def _updates(self, state: _List) -> None:
        """Write the next update, and come back for the one after it."""
        if state.at == len(state.nodes):
            self.write(f"] @ {state.read.array.name}")
            return
        node = state.nodes[state.at]
        label = self._update_labels.get(node)
        if label is not None or node in self._shared_updates:
            self._close(state)
            if label is not None:
                self.write(f"U{label}")
                return
            number = self._update_labels[node] = len(self._update_labels)
            self.write(f"U{number}:")
        if state.opened:
            self.write(",")
            self.separate(not state.breaks, state.middle)
        else:
            state.opened = True
            self.write("[")
            state.middle = self._column
        index, value = state.read.updates[state.at]
        state.at += 1
        state.breaks = not (isinstance(index, Const) and isinstance(value, Const))
        self._todo += (
            partial(self._updates, state),
            partial(self._term, value),
            partial(self.write, "="),
            partial(self._term, index),
        )

    def _close(self, state: _List) -> None:
        """End the brackets before a shared tail."""
        if state.opened:
            self.write("] @")
            self.break_line(state.outer)
        state.opened = state.breaks = False

    def _is_known(self, term: Term) -> bool:
        return isinstance(term, Const) or term in self._labels

    def _is_simple(self, term: Term) -> bool:
        if self._is_known(term):
            return True
        if isinstance(term, Read):
            if not self._is_known(term.index):
                return False
            return not term.updates or self._nodes_of(term)[0] in self._update_labels
        return isinstance(term, Apply) and all(self._is_known(arg) for arg in term.args)


def print_constant(term: Const) -> str:
    """`(w32 5)`, `true` or `false`."""
    if term.width == 1:
        return "true" if term.value else "false"
    return f"(w{term.width} {decimal(term.value)})"
