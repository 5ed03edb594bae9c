"""The query: declarations of arrays, the path condition, and the list of values.

What KLEE's printer wrote is cut at its line breaks and looked up piece by piece. Anything else, and all that
has errors, is read as one text with one table of labels.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from rss_callpaths.files.memory import Memory
from rss_callpaths.kquery.errors import KqueryError, expected
from rss_callpaths.kquery.parse import parse_term
from rss_callpaths.kquery.scope import Scope
from rss_callpaths.kquery.tokens import END, NAME, is_name, number, tokenize
from rss_callpaths.terms import Array, Const, Pool, Term
from rss_dsl import codes
from rss_dsl.lexical import quote

_OPENING = "(query ["
_CLOSING = "])"
_BREAK = re.compile(r"\n {9}(?=\S)")
_UNCONDITIONAL = " false"
_DECLARATION = re.compile(rf"array ({NAME})\[([0-9]{{1,9}})\] : w32 -> w8 = symbolic")

MAX_SIZE = 1 << 32
"""Bytes of an array: indices have 32 bits."""


@dataclass(slots=True)
class Query:
    """What a query says. With errors, only they matter."""

    arrays: dict[str, Array] = field(default_factory=dict)
    constraints: list[Term] = field(default_factory=list)
    values: list[Term] = field(default_factory=list)
    errors: list[KqueryError] = field(default_factory=list)


def read_query(text: str, memory: Memory, scope: Scope) -> Query:
    """The query of a file; puts its arrays into `scope`. Errors are at tokens of `text`."""
    scope.declared_only = True
    query = _quick(text, memory, scope)
    if query is None:
        scope.arrays.clear()
        scope.fresh()
        query = _Careful(tokenize(text), scope).read()
    scope.declared_only = False
    return query


def _quick(text: str, memory: Memory, scope: Scope) -> Query | None:
    """The query if it looks as KLEE prints it and has no errors."""
    begin = text.find(_OPENING)
    if begin < 0 or not _declare(text[:begin], memory.pool, scope):
        return None
    begin += len(_OPENING)
    body = text[begin:].rstrip("\n")
    if body.startswith("]"):
        conditions, rest = "", body[1:].removeprefix(_UNCONDITIONAL)
    else:
        middle = body.find("]\n        false")
        if middle < 0:
            return None
        conditions, rest = body[:middle], body[middle + 1 :].removeprefix("\n        false")
    if rest == ")":
        values = ""
    elif rest.startswith(" [") and rest.endswith(_CLOSING):
        values = rest[2 : -len(_CLOSING)]
    else:
        return None
    try:
        constraints = _pieces(conditions, memory, scope)
        listed = _pieces(values, memory, scope)
    except KqueryError:
        return None
    if any(term.width != 1 for term in constraints):
        return None
    return Query(scope.arrays, constraints, listed)


def _pieces(text: str, memory: Memory, scope: Scope) -> list[Term]:
    if not text:
        return []
    terms = scope.terms
    return [terms.get(piece) or memory.piece(piece, scope) for piece in _BREAK.split(text)]


def _declare(text: str, pool: Pool, scope: Scope) -> bool:
    """Declare the arrays of a text that has nothing but plain declarations, each of another name."""
    lines = text.removesuffix("\n").split("\n") if text else []
    for line in lines:
        found = _DECLARATION.fullmatch(line)
        if found is None:
            return False
        scope.arrays[found[1]] = pool.array(found[1], int(found[2]))
    return len(scope.arrays) == len(lines)


class _Careful:
    """Reads a query token by token and goes on after an error where the next expression begins."""

    def __init__(self, tokens: list[str], scope: Scope) -> None:
        self.tokens = tokens
        self.scope = scope
        self.at = 0
        self.query = Query(scope.arrays)

    def read(self) -> Query:
        while self.tokens[self.at] == "array":
            self._declaration()
        try:
            self._query()
        except KqueryError as error:
            self.query.errors.append(error)
        return self.query

    def _want(self, *tokens: str) -> None:
        for token in tokens:
            if self.tokens[self.at] != token:
                raise expected(quote(token), self.tokens, self.at)
            self.at += 1

    def _query(self) -> None:
        self._want("(", "query", "[")
        self.query.constraints = self._terms(boolean=True)
        asked = self.at
        goal, self.at = parse_term(self.tokens, self.at, self.scope)
        if not (isinstance(goal, Const) and goal.width == 1 and goal.value == 0):
            raise KqueryError(codes.CALL_PATH_SYNTAX, "the query of a call path asks for `false`", asked)
        if self.tokens[self.at] == "[":
            self.at += 1
            self.query.values = self._terms(boolean=False)
        if self.tokens[self.at] == "[":
            self.at += 1
            while is_name(self.tokens[self.at]):
                self.at += 1
            self._want("]")
        self._want(")")
        if self.tokens[self.at] != END:
            raise expected("the end of the query", self.tokens, self.at)

    def _terms(self, *, boolean: bool) -> list[Term]:
        """Expressions up to `]`."""
        found: list[Term] = []
        while self.tokens[self.at] != "]":
            begin = self.at
            try:
                term, self.at = parse_term(self.tokens, begin, self.scope)
                if boolean and term.width != 1:
                    message = f"a condition has one bit, not {term.width}"
                    raise KqueryError(codes.CALL_PATH_WIDTH, message, begin)
                found.append(term)
            except KqueryError as error:
                # After an error labels are missing that the expression would have defined.
                if error.rule is not codes.CALL_PATH_LABEL or not self.query.errors:
                    self.query.errors.append(error)
                self.at = _after(self.tokens, begin)
        self.at += 1
        return found

    def _declaration(self) -> None:
        begin = self.at
        try:
            array = self._array()
            known = self.scope.arrays.get(array.name)
            if known is not None and known is not array:
                message = f"array {quote(array.name)} is declared twice, and not as the same"
                raise KqueryError(codes.ARRAY_CLASH, message, begin + 1)
            self.scope.arrays[array.name] = array
        except KqueryError as error:
            self.query.errors.append(error)
            while self.tokens[self.at] not in ("array", "(", END) or self.at == begin:
                self.at += 1

    def _array(self) -> Array:
        """`array NAME[SIZE] : w32 -> w8 = symbolic`, or `= [0 1 …]`."""
        self._want("array")
        name = self.tokens[self.at]
        if not is_name(name):
            raise expected("the name of an array", self.tokens, self.at)
        self.at += 1
        self._want("[")
        size = None
        if self.tokens[self.at] != "]":
            size = self._number("a size", MAX_SIZE + 1)
        self._want("]", ":", "w32", "->", "w8", "=")
        if self.tokens[self.at] == "symbolic":
            self.at += 1
            return self.scope.pool.array(name, size)
        self._want("[")
        content: list[int] = []
        while self.tokens[self.at] != "]":
            content.append(self._number("a byte", 256))
        self.at += 1
        self.scope.spend(len(content) // 8, self.at - 1)
        if size is not None and size != len(content):
            message = f"array {quote(name)} has {size} bytes and is given {len(content)}"
            raise KqueryError(codes.ARRAY_CLASH, message, self.at - 1)
        return self.scope.pool.array(name, len(content), tuple(content))

    def _number(self, what: str, limit: int) -> int:
        found = number(self.tokens[self.at])
        if found is None:
            raise expected(what, self.tokens, self.at)
        if not 0 <= found < limit:
            message = f"{quote(self.tokens[self.at])} is out of range for {what}"
            raise KqueryError(codes.ARRAY_CLASH, message, self.at)
        self.at += 1
        return found


def _after(tokens: list[str], begin: int) -> int:
    """The token after the expression that begins at `begin`, by its parentheses alone."""
    depth = 0
    for at in range(begin, len(tokens) - 1):
        depth += (tokens[at] == "(") - (tokens[at] == ")")
        if depth <= 0 and tokens[at + 1] != ":" and tokens[at] != ":":
            return at + 1
    raise expected("`]`", tokens, len(tokens) - 1)
