"""Call records and extras: tokens → `Call` without its place.

Arguments are read with the expressions in them, not split at commas: update lists have commas and brackets
of their own.
"""

from __future__ import annotations

from dataclasses import dataclass

from rss_callpaths.callpath import Argument, Extra, Field, Pointee, Result, Variant
from rss_callpaths.kquery.errors import KqueryError, expected
from rss_callpaths.kquery.parse import parse_term
from rss_callpaths.kquery.scope import Scope
from rss_callpaths.kquery.tokens import END, is_name, number
from rss_callpaths.terms import Term
from rss_dsl import codes
from rss_dsl.lexical import quote

POINTER_WIDTH = 64

MAX_LINE = 1 << 31
"""More lines than any source has."""


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """A call without its extras, and which variant its text shows (None: it could be any)."""

    function: str
    arguments: tuple[Argument, ...]
    result: Result
    source_line: int
    variant: Variant | None


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """What follows the `&` of an argument, and which variant it shows."""

    function: str | None
    pointee: Pointee | None
    fields: tuple[Field, ...]
    variant: Variant | None


class _Reader:
    """A position in the tokens of one record. Every expression has labels of its own."""

    def __init__(self, tokens: list[str], scope: Scope) -> None:
        self.tokens = tokens
        self.scope = scope
        self.at = 0
        self.variant: Variant | None = None

    @property
    def word(self) -> str:
        return self.tokens[self.at]

    def accept(self, token: str) -> bool:
        """Step over a token if it is next."""
        found = self.tokens[self.at] == token
        self.at += found
        return found

    def want(self, token: str) -> None:
        if self.tokens[self.at] != token:
            raise expected(quote(token), self.tokens, self.at)
        self.at += 1

    def name(self, what: str) -> str:
        found = self.word
        if not is_name(found):
            raise expected(what, self.tokens, self.at)
        self.at += 1
        return found

    def number(self, what: str, limit: int) -> int:
        found = number(self.word)
        if found is None:
            raise expected(what, self.tokens, self.at)
        if not 0 <= found < limit:
            message = f"{quote(self.word)} is out of range for {what}"
            raise KqueryError(codes.CALL_PATH_SYNTAX, message, self.at)
        self.at += 1
        return found

    def term(self) -> Term:
        """An expression with labels of its own."""
        self.scope.terms = {}
        self.scope.versions = {}
        found, self.at = parse_term(self.tokens, self.at, self.scope)
        return found

    def optional(self, *ends: str) -> Term | None:
        """An expression, or None if one of `ends` is next."""
        return None if self.word in ends else self.term()

    def dots(self) -> bool:
        """Step over `(...)`."""
        if self.word == "(" and self.tokens[self.at + 1] == "...":
            self.at += 2
            self.want(")")
            return True
        return False

    def end(self) -> None:
        if self.word != END:
            raise expected("the end of the record", self.tokens, self.at)


def parse_record(tokens: list[str], scope: Scope) -> Record:
    """`23:map_get(map:(w32 1),…) -> (w32 1)`. Raises `KqueryError`."""
    reader = _Reader(tokens, scope)
    line = reader.number("a source line", MAX_LINE)
    reader.want(":")
    function = reader.name("the name of a function")
    reader.want("(")
    arguments: list[Argument] = []
    if not reader.accept(")"):
        arguments.append(_argument(reader))
        while reader.accept(","):
            arguments.append(_argument(reader))
        reader.want(")")
    reader.want("->")
    result = _result(reader)
    reader.end()
    return Record(function, tuple(arguments), result, line, reader.variant)


def _argument(reader: _Reader) -> Argument:
    name = reader.name("the name of an argument")
    reader.want(":")
    if reader.accept("&"):
        reader.variant = Variant.TAGGED
        address = reader.number("an address", 1 << POINTER_WIDTH)
        return Argument(name, reader.scope.pool.const(address, POINTER_WIDTH), pointer=True)
    value = reader.term()
    return argument(name, value, _target(reader) if reader.accept("&") else None)


def argument(name: str, value: Term, target: Target | None) -> Argument:
    """An argument with what follows its `&`, if it has one."""
    if target is None:
        return Argument(name, value)
    return Argument(name, value, target.function, target.pointee, True, target.fields)


def parse_target(tokens: list[str], scope: Scope) -> Target:
    """`FlowId_eq`, `[...]` or `[IN->OUT][field…]`. Raises `KqueryError`."""
    reader = _Reader(tokens, scope)
    found = _target(reader)
    reader.end()
    return found


def _target(reader: _Reader) -> Target:
    if not reader.accept("["):
        function = reader.name("the name of a function or `[`")
        return Target(function, None, (), reader.variant)
    if reader.accept("..."):
        reader.want("]")
        return Target(None, None, (), reader.variant)
    pointee = _sides(reader)
    fields: list[Field] = []
    while reader.accept("["):
        fields.append(_field(reader))
    return Target(None, pointee, tuple(fields), reader.variant)


def _sides(reader: _Reader) -> Pointee:
    """`IN->OUT]`, either of which may be missing."""
    before = reader.optional("->")
    reader.want("->")
    after = reader.optional("]")
    reader.want("]")
    return Pointee(before, after)


def _field_name(reader: _Reader) -> str:
    """The name of a member, or the number of an element."""
    if number(reader.word) is not None:
        reader.at += 1
        return reader.tokens[reader.at - 1]
    return reader.name("the name of a field")


def _field(reader: _Reader) -> Field:
    name = _field_name(reader)
    colon = reader.accept(":")
    if reader.variant is not Variant.TAGGED and reader.word not in ("true", "false", "N0"):
        reader.variant = Variant.COLON if colon else Variant.PLAIN
    if reader.dots():
        reader.want("]")
        return Field(name, None)
    return Field(name, _sides(reader))


def parse_result(tokens: list[str], scope: Scope) -> Result:
    """`[]`, `(w32 1)`, `(w64 4096)&[(w32 1)][name:(w8 1)]`. Raises `KqueryError`."""
    reader = _Reader(tokens, scope)
    found = _result(reader)
    reader.end()
    return found


def _result(reader: _Reader) -> Result:
    if reader.accept("["):
        reader.want("]")
        return Result()
    value = reader.term()
    if not reader.accept("&"):
        return Result(value)
    if not reader.accept("["):
        return Result(value, function=reader.name("the name of a function or `[`"), pointer=True)
    if reader.accept("..."):
        reader.want("]")
        return Result(value, pointer=True)
    pointee = reader.optional("]")
    reader.want("]")
    fields: list[tuple[str, Term | None]] = []
    while reader.accept("["):
        name = _field_name(reader)
        reader.accept(":")
        fields.append((name, None if reader.dots() else reader.term()))
        reader.want("]")
    return Result(value, pointee=pointee, pointer=True, fields=tuple(fields))


def parse_extra(tokens: list[str], scope: Scope) -> Extra:
    """`extra: the_chunk&4096 = &[(...) -> (w8 1)]`, or one of Bolt's. Raises `KqueryError`."""
    reader = _Reader(tokens, scope)
    reader.want("extra")
    reader.want(":")
    name = reader.name("the name of an extra")
    kind = None
    if reader.accept(":"):
        kind, name = name, reader.name("the name of an extra")
        reader.want(":")
    if not reader.accept("&"):
        if kind is None:
            raise expected("`&`", reader.tokens, reader.at)
        value = reader.term()
        reader.end()
        return Extra(name, 0, Pointee(None, None), kind, value)
    address = reader.number("an address", 1 << POINTER_WIDTH)
    for token in ("=", "&", "["):
        reader.want(token)
    before = None if reader.dots() else reader.term()
    reader.want("->")
    after = None if reader.dots() else reader.term()
    reader.want("]")
    reader.end()
    return Extra(name, address, Pointee(before, after), kind)
