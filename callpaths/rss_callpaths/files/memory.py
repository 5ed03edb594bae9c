"""What has been read before: texts that recur in the files of a network function are parsed once.

Whole records are looked up first, then what they consist of, then constants and reads (`kquery`). A text is
read again only where one of its names means something else: an array of another size, a label bound to
another term. All of it reads what KLEE's printer wrote and raises `KqueryError` for anything else, which
`calls.py` and `query.py` then read token by token, or say what is wrong with it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Generic, TypeVar

from rss_callpaths.callpath import Argument, Call, Extra, Result, Variant
from rss_callpaths.files.records import (
    Record,
    Target,
    argument,
    parse_extra,
    parse_result,
    parse_target,
)
from rss_callpaths.files.values import values_of
from rss_callpaths.kquery.errors import KqueryError
from rss_callpaths.kquery.parse import parse_whole
from rss_callpaths.kquery.scope import Leaf, Scope, Version
from rss_callpaths.kquery.texts import Texts
from rss_callpaths.kquery.tokens import NAME, coarse
from rss_callpaths.terms import Array, Pool, Term
from rss_dsl import codes

T = TypeVar("T")
U = TypeVar("U")

_LABEL = re.compile(r"\b[NU][0-9]+\b")
_HEAD = re.compile(rf"([0-9]{{1,9}}):({NAME})\(")
_ARGUMENT = re.compile(rf"({NAME}):([^&]+)(?:&(.*))?", re.DOTALL)
_NEXT = re.compile(r",(?=[A-Za-z_][A-Za-z0-9_]*:)")
_ARROW = ") -> "
_EXTRA = "\nextra:"

Binding = Array | Term | Version | None


@dataclass(slots=True)
class _Seen(Generic[T]):
    """The readings of one text, by what its names meant."""

    labels: tuple[str, ...] = ()
    arrays: tuple[str, ...] = ()
    readings: dict[tuple[Binding, ...], T] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Piece:
    """An expression of a query, and the labels that it defines."""

    term: Term
    terms: tuple[tuple[str, Term], ...]
    versions: tuple[tuple[str, Version], ...]


@dataclass(slots=True, eq=False)
class Told:
    """A record with its extras, wherever it is."""

    record: Record
    extras: tuple[Extra, ...]
    calls: dict[int, Call] = field(default_factory=dict)
    """By line of the file."""
    values: dict[Variant, tuple[Term, ...]] = field(default_factory=dict)

    def variants(self) -> Iterator[Variant]:
        """Those that the texts show."""
        if self.record.variant is not None:
            yield self.record.variant
        if any(extra.kind is not None for extra in self.extras):
            yield Variant.TAGGED

    def at(self, line: int) -> Call:
        """The call in that line."""
        found = self.calls.get(line)
        if found is None:
            one = self.record
            found = Call(one.function, one.arguments, one.result, self.extras, one.source_line, line)
            self.calls[line] = found
        return found

    def values_for(self, variant: Variant) -> tuple[Term, ...]:
        """What it adds to the query's value list."""
        found = self.values.get(variant)
        if found is None:
            one = self.record
            found = self.values[variant] = values_of(variant, one.arguments, self.extras, one.result)
        return found


class Memory:
    """For all files of a pool."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self._depths: dict[Term, int] = {}
        self._leaves: Texts[Leaf] = Texts()
        self._pieces: Texts[_Seen[_Piece]] = Texts()
        self._terms: Texts[_Seen[Term]] = Texts()
        self._targets: Texts[_Seen[Target]] = Texts()
        self._results: Texts[_Seen[Result]] = Texts()
        self._extras: Texts[_Seen[Extra]] = Texts()
        self._told: Texts[_Seen[Told]] = Texts()

    def scope(self) -> Scope:
        """Of a file in which nothing is declared yet."""
        return Scope(self.pool, {}, self._depths, self._leaves)

    def piece(self, text: str, scope: Scope) -> Term:
        """An expression of a query, which may use and define labels of the whole query."""
        labels = _LABEL.findall(text) if "N" in text or "U" in text else ()
        if not labels:
            return self.term(text, scope)
        seen = self._pieces.get(text)
        if seen is None:
            seen = _Seen(tuple(dict.fromkeys(labels)))
            self._pieces.keep(text, seen)
        known = len(scope.terms), len(scope.versions)
        before = tuple([_meaning(name, scope) for name in seen.labels])
        found = seen.readings.get(before + _arrays(seen, scope))
        if found is None:
            term = _noting(seen, scope, lambda: parse_whole(text, scope))
            # Labels are only ever added.
            found = _Piece(
                term,
                tuple(islice(scope.terms.items(), known[0], None)),
                tuple(islice(scope.versions.items(), known[1], None)),
            )
            seen.readings[before + _arrays(seen, scope)] = found
            return term
        scope.used.update(seen.arrays)
        scope.terms.update(found.terms)
        scope.versions.update(found.versions)
        return found.term

    def term(self, text: str, scope: Scope) -> Term:
        """An expression with labels of its own."""
        return _recalled(self._terms, text, scope, _term)

    def told(self, text: str, scope: Scope) -> Told:
        """A record and its extras."""
        return _recalled(self._told, text, scope, self._tell)

    def _tell(self, text: str, scope: Scope) -> Told:
        if "#" in text:
            raise _unusual()
        record, *extras = text.split(_EXTRA)
        read = (_recalled(self._extras, extra, scope, _extra) for extra in extras)
        return Told(self._record(record, scope), tuple(read))

    def _record(self, text: str, scope: Scope) -> Record:
        """A record, cut where no expression may be cut: its pieces would be none."""
        head = _HEAD.match(text)
        arguments, arrow, result = text.rpartition(_ARROW)
        if head is None or not arrow:
            raise _unusual()
        variant: Variant | None = None
        found: list[Argument] = []
        for part in _NEXT.split(arguments[head.end() :]) if len(arguments) > head.end() else ():
            one, shown = self._argument(part, scope)
            found.append(one)
            variant = shown or variant
        returned = _recalled(self._results, result, scope, _result)
        return Record(head[2], tuple(found), returned, int(head[1]), variant)

    def _argument(self, text: str, scope: Scope) -> tuple[Argument, Variant | None]:
        match = _ARGUMENT.fullmatch(text)
        if match is None:
            raise _unusual()
        name, value, after = match.groups()
        target = None if after is None else _recalled(self._targets, after, scope, _target)
        found = argument(name, self.term(value, scope), target)
        return found, None if target is None else target.variant


def _unusual() -> KqueryError:
    return KqueryError(codes.CALL_PATH_SYNTAX, "not as KLEE prints it", 0)


def _term(text: str, scope: Scope) -> Term:
    outer = scope.terms, scope.versions
    scope.fresh()
    found = parse_whole(text, scope)
    scope.terms, scope.versions = outer
    return found


def _target(text: str, scope: Scope) -> Target:
    return parse_target(coarse(text), scope)


def _result(text: str, scope: Scope) -> Result:
    return parse_result(coarse(text), scope)


def _extra(text: str, scope: Scope) -> Extra:
    return parse_extra(coarse(f"extra:{text}"), scope)


def _recalled(table: Texts[_Seen[T]], text: str, scope: Scope, parse: Callable[[str, Scope], T]) -> T:
    """What a text says that uses no labels from outside."""
    seen = table.get(text)
    if seen is None:
        seen = _Seen()
        table.keep(text, seen)
    arrays = _arrays(seen, scope)
    # Calls may read what is not declared, which is said of them later; constraints may not.
    allowed = not scope.declared_only or None not in arrays
    found = seen.readings.get(arrays) if allowed else None
    if found is None:
        found = _noting(seen, scope, lambda: parse(text, scope))
        seen.readings[_arrays(seen, scope)] = found
    else:
        scope.used.update(seen.arrays)
    return found


def _noting(seen: _Seen[T], scope: Scope, parse: Callable[[], U]) -> U:
    """Parse, and note which arrays the text names."""
    outer, scope.used = scope.used, set()
    try:
        found = parse()
        seen.arrays = tuple(sorted(scope.used))
        return found
    finally:  # what is unusual is read in another way, and names no fewer arrays
        scope.used |= outer


def _arrays(seen: _Seen[T], scope: Scope) -> tuple[Binding, ...]:
    return tuple([scope.arrays.get(name) for name in seen.arrays]) if seen.arrays else ()


def _meaning(name: str, scope: Scope) -> Binding:
    return scope.terms.get(name) or scope.versions.get(name)
