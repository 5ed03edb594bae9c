"""What has been read before: texts that recur in the files of a network function are parsed once.

A text is read again only where one of its names means something else: an array of another size, a label
bound to another term.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from rss_callpaths.callpath import Call, Extra, Variant
from rss_callpaths.files.records import Record, parse_extra, parse_record
from rss_callpaths.files.values import values_of_call
from rss_callpaths.kquery.errors import expected
from rss_callpaths.kquery.parse import parse_term
from rss_callpaths.kquery.scope import Scope, Version
from rss_callpaths.kquery.tokens import END, tokenize
from rss_callpaths.terms import Array, Pool, Term

T = TypeVar("T")
U = TypeVar("U")

_LABEL = re.compile(r"\b[NU][0-9]+\b")

Binding = Array | Term | Version | None


@dataclass(slots=True)
class _Seen(Generic[T]):
    """The readings of one text, by what its names meant."""

    labels: tuple[str, ...]
    arrays: tuple[str, ...] = ()
    readings: dict[tuple[Binding, ...], T] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Piece:
    """An expression of a query, and the labels that it defines."""

    term: Term
    terms: tuple[tuple[str, Term], ...]
    versions: tuple[tuple[str, Version], ...]


@dataclass(slots=True)
class Memory:
    """For all files of a pool."""

    pool: Pool
    depths: dict[Term, int] = field(default_factory=dict)
    pieces: dict[str, _Seen[_Piece]] = field(default_factory=dict)
    records: dict[str, _Seen[Record]] = field(default_factory=dict)
    extras: dict[str, _Seen[Extra]] = field(default_factory=dict)
    calls: dict[tuple[int, ...], Call] = field(default_factory=dict)
    """By line and the identities of a record and extras that this memory made."""
    values: dict[tuple[Variant, int], tuple[Term, ...]] = field(default_factory=dict)
    """By variant and the identity of a call in `calls`."""

    def piece(self, text: str, scope: Scope) -> Term:
        """An expression that fills a text; may use and define labels of its query. Raises `KqueryError`."""
        seen = self.pieces.get(text)
        if seen is None:
            labels = tuple(dict.fromkeys(_LABEL.findall(text))) if "N" in text or "U" in text else ()
            seen = self.pieces[text] = _Seen(labels)
        found = _recall(seen, scope)
        if found is None:
            before, known = set(scope.terms), set(scope.versions)
            term = self._parsed(seen, scope, lambda: _whole(text, scope))
            terms = tuple((name, value) for name, value in scope.terms.items() if name not in before)
            versions = tuple((name, value) for name, value in scope.versions.items() if name not in known)
            unbound = dict.fromkeys((name for name, _ in (*terms, *versions)))
            key = tuple(None if name in unbound else _meaning(name, scope) for name in seen.labels)
            seen.readings[key + _arrays(seen, scope)] = _Piece(term, terms, versions)
            return term
        for name, value in found.terms:
            scope.terms[name] = value
        for label, version in found.versions:
            scope.versions[label] = version
        return found.term

    def record(self, text: str, scope: Scope) -> Record:
        """A call record. Raises `KqueryError`."""
        return self._standalone(self.records, text, scope, parse_record)

    def extra(self, text: str, scope: Scope) -> Extra:
        """An extra. Raises `KqueryError`."""
        return self._standalone(self.extras, text, scope, parse_extra)

    def call(self, record: Record, extras: tuple[Extra, ...], line: int) -> Call:
        """A record with its extras and its line in the file."""
        key = (line, id(record), *map(id, extras))
        found = self.calls.get(key)
        if found is None:
            found = Call(record.function, record.arguments, record.result, extras, record.source_line, line)
            self.calls[key] = found
        return found

    def values_of(self, variant: Variant, call: Call) -> tuple[Term, ...]:
        """`values_of_call` of a call that this memory made."""
        key = (variant, id(call))
        found = self.values.get(key)
        if found is None:
            found = self.values[key] = values_of_call(variant, call)
        return found

    def _standalone(
        self, table: dict[str, _Seen[T]], text: str, scope: Scope, parse: Callable[[list[str], Scope], T]
    ) -> T:
        seen = table.get(text)
        if seen is None:
            seen = table[text] = _Seen(())
        found = _recall(seen, scope)
        if found is None:
            found = self._parsed(seen, scope, lambda: parse(tokenize(text), scope))
            seen.readings[_arrays(seen, scope)] = found
        scope.undeclared.update(name for name in seen.arrays if name not in scope.arrays)
        return found

    def _parsed(self, seen: _Seen[T], scope: Scope, parse: Callable[[], U]) -> U:
        scope.used = {}
        found = parse()
        seen.arrays = tuple(scope.used)
        return found


def _recall(seen: _Seen[T], scope: Scope) -> T | None:
    if not seen.readings:
        return None
    if not seen.labels:
        return seen.readings.get(_arrays(seen, scope))
    return seen.readings.get(tuple([_meaning(name, scope) for name in seen.labels]) + _arrays(seen, scope))


def _arrays(seen: _Seen[T], scope: Scope) -> tuple[Binding, ...]:
    return tuple([scope.arrays.get(name) for name in seen.arrays])


def _meaning(name: str, scope: Scope) -> Binding:
    return scope.terms.get(name) or scope.versions.get(name)


def _whole(text: str, scope: Scope) -> Term:
    tokens = tokenize(text)
    term, at = parse_term(tokens, 0, scope)
    if tokens[at] != END:
        raise expected("the end of the expression", tokens, at)
    return term
