"""Tokens → typed terms.

The nesting of expressions is kept on a list, not on Python's stack: a file decides how deep it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from rss_callpaths.kquery.build import OPS, Operand, checked_width, constant, operation, read
from rss_callpaths.kquery.errors import KqueryError, expected
from rss_callpaths.kquery.scope import MAX_WIDTH, Scope, Version
from rss_callpaths.kquery.tokens import END, LABEL, UPDATE_LABEL, WIDTH, coarse, is_name, number, tokenize
from rss_callpaths.terms import Apply, Op, Read, Term
from rss_dsl import codes
from rss_dsl.lexical import quote

READS = frozenset({"Read", "ReadLSB", "ReadMSB"})


@dataclass(slots=True)
class _Open:
    """An operator whose operands are being read."""

    kind: str
    width: int | None
    at: int
    labels: list[str]
    """What its value is to be called."""
    offset: int = 0
    operands: list[Operand] = field(default_factory=list)
    segments: list[_Segment] = field(default_factory=list)
    """Of a read: its update lists, the newest first."""


@dataclass(slots=True)
class _Segment:
    """An update list: index, byte, index, byte …"""

    label: str | None
    entries: list[Term] = field(default_factory=list)


def parse_term(tokens: list[str], at: int, scope: Scope) -> tuple[Term, int]:
    """The expression that begins at token `at`, and the token after it. Raises `KqueryError`."""
    start = at
    stack: list[_Open] = []
    labels: list[str] = []
    while True:
        word = tokens[at]
        after = END if word == END else tokens[at + 1]
        if word == "(" and (after in OPS or after in READS):
            at = _opened(tokens, at, stack, labels)
            labels = []
            continue
        if after == ":" and LABEL.fullmatch(word):
            _check_new(word, word in scope.terms or word in labels, at)
            labels.append(word)
            at += 2
            continue
        value, at = _operand(tokens, at, scope, stack)
        _name(scope, labels, value, at - 1)
        labels = []
        found, at = _delivered(tokens, at, scope, stack, value)
        if found is not None:
            return _result(found, start), at


def _operand(tokens: list[str], at: int, scope: Scope, stack: list[_Open]) -> tuple[Operand, int]:
    """An expression without operands of its own, and the token after it."""
    word = tokens[at]
    if word == "(":
        return _constant(tokens, at, scope)
    if word.startswith("("):
        return _leaf(word, scope, at), at + 1
    if word in ("true", "false"):
        return scope.pool.const(int(word == "true"), 1), at + 1
    if LABEL.fullmatch(word):
        return _labelled(word, scope, at), at + 1
    if word != END and word[-1].isalnum() and word[0] in "+-0123456789":
        return _bare_number(word, stack, at), at + 1
    raise expected("an expression", tokens, at)


def parse_whole(text: str, scope: Scope) -> Term:
    """The expression that fills a text without comments, quickly. Where this raises, others say why."""
    tokens = coarse(text)
    term, at = parse_term(tokens, 0, scope)
    if tokens[at] != END:
        raise expected("the end of the expression", tokens, at)
    return term


def _leaf(text: str, scope: Scope, at: int) -> Term:
    """What a coarse token says."""
    known = scope.leaves.get(text)
    if known is not None:
        term, array = known
        if array is None or scope.array(array.name, at) is array:
            return term
    term, _ = parse_term(tokenize(text), 0, scope)
    byte = term.args[0] if isinstance(term, Apply) else term
    scope.leaves.keep(text, (term, byte.array if isinstance(byte, Read) else None))
    return term


def _result(found: Operand, at: int) -> Term:
    if isinstance(found, int):
        raise KqueryError(codes.CALL_PATH_WIDTH, "a number without width", at, "write it as `(w32 5)`")
    return found


def _opened(tokens: list[str], at: int, stack: list[_Open], labels: list[str]) -> int:
    """Begin an operator; the token of its first operand."""
    kind, begin = tokens[at + 1], at
    width = None
    at += 2
    if WIDTH.fullmatch(tokens[at]):
        width = checked_width(tokens[at], at)
        at += 1
    frame = _Open(kind, width, begin + 1, labels)
    if kind == Op.EXTRACT:
        offset = number(tokens[at])
        if offset is None:
            raise expected("the offset of a bit", tokens, at)
        if not 0 <= offset < MAX_WIDTH:
            raise KqueryError(codes.CALL_PATH_WIDTH, f"no term has a bit {quote(tokens[at])}", at)
        frame.offset = offset
        at += 1
    stack.append(frame)
    return at


def _constant(tokens: list[str], at: int, scope: Scope) -> tuple[Term, int]:
    """`(w32 5)`."""
    head = tokens[at + 1]
    if not WIDTH.fullmatch(head):
        if is_name(head):
            message = f"there is no operator {quote(head)}"
            raise KqueryError(codes.CALL_PATH_SYNTAX, message, at + 1)
        raise expected("an operator or a width", tokens, at + 1)
    width = checked_width(head, at + 1)
    value = number(tokens[at + 2])
    if value is None:
        raise expected("a number", tokens, at + 2)
    if tokens[at + 3] != ")":
        raise expected("`)`", tokens, at + 3)
    return constant(scope, value, width, at + 2), at + 4


def _bare_number(token: str, stack: list[_Open], at: int) -> int:
    value = number(token)
    if value is None:
        raise KqueryError(codes.CALL_PATH_SYNTAX, f"{quote(token)} is no number that a term can have", at)
    if stack and stack[-1].segments:
        raise KqueryError(codes.CALL_PATH_WIDTH, "a number without width", at, "write it as `(w32 5)`")
    return value


def _labelled(token: str, scope: Scope, at: int) -> Term:
    found = scope.terms.get(token)
    if found is None:
        message = f"label {quote(token)} is used before it is defined"
        raise KqueryError(codes.CALL_PATH_LABEL, message, at)
    return found


def _check_new(label: str, known: bool, at: int) -> None:
    if known:
        raise KqueryError(codes.CALL_PATH_LABEL, f"label {quote(label)} is defined twice", at)


def _name(scope: Scope, labels: list[str], value: Operand, at: int) -> None:
    for label in labels:
        _check_new(label, label in scope.terms, at)
        scope.terms[label] = _result(value, at)


def _delivered(
    tokens: list[str], at: int, scope: Scope, stack: list[_Open], value: Operand
) -> tuple[Operand | None, int]:
    """Give a value to the operator around it and close what ends here: the whole expression, or None yet."""
    while stack:
        frame = stack[-1]
        if frame.kind in READS:
            closed, at = _read_on(tokens, at, scope, frame, value)
            if not closed:
                return None, at
            index, version = frame.operands[0], _version(tokens, at, scope, frame)
            at = _after_version(tokens, at)
            value = read(scope, frame.kind, frame.width, index, version, frame.at)
        else:
            frame.operands.append(value)
            if tokens[at] != ")":
                return None, at
            op = OPS[frame.kind]
            value = operation(scope, op, frame.width, frame.operands, frame.offset, frame.at)
            at += 1
        stack.pop()
        _name(scope, frame.labels, value, frame.at)
    return value, at


def _read_on(tokens: list[str], at: int, scope: Scope, frame: _Open, value: Operand) -> tuple[bool, int]:
    """Go on with a read after its index or a part of an update: whether its array is next."""
    if not frame.segments:
        frame.operands.append(value)
        return _lists(tokens, at, scope, frame)
    entries = frame.segments[-1].entries
    entry = _result(value, at - 1)
    wanted = 32 if len(entries) % 2 == 0 else 8
    if entry.width != wanted:
        message = f"an update has {entry.width} bits where {wanted} belong"
        raise KqueryError(codes.CALL_PATH_WIDTH, message, at - 1)
    entries.append(entry)
    scope.spend(1, at - 1)
    if len(entries) % 2:
        if tokens[at] != "=":
            raise expected("`=`", tokens, at)
        return False, at + 1
    if tokens[at] == ",":
        return False, at + 1
    return _lists(tokens, _closed_list(tokens, at), scope, frame)


def _closed_list(tokens: list[str], at: int) -> int:
    if tokens[at] != "]":
        raise expected("`,` or `]`", tokens, at)
    if tokens[at + 1] != "@":
        raise expected("`@`", tokens, at + 1)
    return at + 2


def _lists(tokens: list[str], at: int, scope: Scope, frame: _Open) -> tuple[bool, int]:
    """Enter an update list if one is next; otherwise the array, or a label, is."""
    while True:
        label = None
        if UPDATE_LABEL.fullmatch(tokens[at]) and tokens[at + 1] == ":":
            label = tokens[at]
            _check_new(label, label in scope.versions or any(s.label == label for s in frame.segments), at)
            at += 2
        if tokens[at] != "[":
            if label is not None:
                frame.segments.append(_Segment(label))
            return True, at
        frame.segments.append(_Segment(label))
        at += 1
        if tokens[at] != "]":
            return False, at
        at = _closed_list(tokens, at)


def _version(tokens: list[str], at: int, scope: Scope, frame: _Open) -> Version:
    """The array of a read with all updates."""
    token = tokens[at]
    base = scope.versions.get(token)
    if base is None:
        if not is_name(token):
            raise expected("an array", tokens, at)
        base = scope.array(token, at), ()
    array, updates = base
    for segment in reversed(frame.segments):
        entries = segment.entries
        updates = (*zip(entries[::2], entries[1::2], strict=True), *updates)
        scope.spend(len(updates), at)
        if segment.label is not None:
            _check_new(segment.label, segment.label in scope.versions, at)
            scope.versions[segment.label] = array, updates
    return array, updates


def _after_version(tokens: list[str], at: int) -> int:
    if tokens[at + 1] != ")":
        raise expected("`)`", tokens, at + 1)
    return at + 2
