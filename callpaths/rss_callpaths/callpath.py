"""One path of a network function as symbolic execution printed it: conditions and library calls in order."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from rss_callpaths.terms import Array, Term


class Variant(StrEnum):
    """Which tool's printer wrote a file; they differ in field separators and the query's list of values."""

    COLON = "colon"
    """Fields as `[name:in->out]`; the value list has pointees without pointers (fchamicapereira's tools)."""
    PLAIN = "plain"
    """Fields as `[nameIN->OUT]`; pointer values and returns are in the value list (pmdm56, SyNAPSE)."""
    TAGGED = "tagged"
    """Extras with a class prefix and a closing section of tags (Bolt)."""


@dataclass(frozen=True, slots=True)
class Pointee:
    """What a pointer points to, when the call began and when it returned; None where that was not traced."""

    before: Term | None
    after: Term | None


@dataclass(frozen=True, slots=True)
class Field:
    """A member (or element) of a pointee. `value` None: printed as `(...)`."""

    name: str
    value: Pointee | None


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument: a value, and for pointers what they point to."""

    name: str
    value: Term
    function: str | None = None
    """The name of the function that it points to."""
    pointee: Pointee | None = None
    pointer: bool = False
    """A pointer at all; without function and pointee it was printed as `&[...]`."""
    fields: tuple[Field, ...] = ()


@dataclass(frozen=True, slots=True)
class Extra:
    """A further piece of memory that a call was seen to change: `the_chunk`, `borrowed_cell`."""

    name: str
    address: int
    value: Pointee
    kind: str | None = None
    """The class that Bolt prints before the name: `PCV`, `DS`, …"""
    scalar: Term | None = None
    """One of Bolt's that is a value, not memory; then `address` is 0 and the pointee empty."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a call returned: `[]` (no value), a scalar, or a pointer with what it points to."""

    value: Term | None = None
    function: str | None = None
    pointee: Term | None = None
    pointer: bool = False
    fields: tuple[tuple[str, Term | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """One library call."""

    function: str
    arguments: tuple[Argument, ...]
    result: Result
    extras: tuple[Extra, ...] = ()
    source_line: int = 0
    """Line of the call in the network function's source, 0 if unknown."""
    file_line: int = field(default=0, compare=False)
    """Line of the record in the call-path file, from 1."""

    def argument(self, name: str) -> Argument | None:
        """The argument of that name."""
        return next((a for a in self.arguments if a.name == name), None)

    def extra(self, name: str) -> Extra | None:
        """The first extra of that name."""
        return next((e for e in self.extras if e.name == name), None)


@dataclass(frozen=True, slots=True)
class CallPath:
    """A whole path: initialisation, then one turn of the packet loop."""

    name: str
    """The file's name without its folder: `test000007.call_path`."""
    variant: Variant
    arrays: tuple[Array, ...]
    """Declared, sorted by name."""
    constraints: tuple[Term, ...]
    """The path condition: all of them hold."""
    calls: tuple[Call, ...]
    values: tuple[Term, ...] = ()
    """The query's value list, as printed."""
    tags: tuple[tuple[str, str], ...] = ()
