"""Text → Spec. The only module that knows textX.

textX stops at the first error; the text is then cut before every word that begins a statement, and the pieces
are parsed apart, so that each statement can have its own error.
"""

from __future__ import annotations

import gc
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import TypeAlias

from textx import metamodel_from_str
from textx.exceptions import TextXSyntaxError
from textx.metamodel import TextXMetaModel

from rss_dsl import codes, lexical
from rss_dsl.comments import attach
from rss_dsl.convert import Converter
from rss_dsl.diagnostics import Diagnostic, RssError
from rss_dsl.expected import syntax_error
from rss_dsl.lexical import KEYWORDS, WHITESPACE, Scan
from rss_dsl.recover import misspelt, without_item
from rss_dsl.source import Source, Span
from rss_dsl.spec import Spec, Statement

MAX_ERRORS = 200
"""Errors after which a text is taken for something other than a spec."""

MAX_ITEM_ERRORS = 20
"""Errors looked for within one block."""

_Found: TypeAlias = tuple[list[Statement], list[Diagnostic]]

_Error: TypeAlias = tuple[int, frozenset[str]]
"""Where textX stopped, and what it expected there."""


def parse(source: Source) -> Spec:
    """The spec in a text. Raises `RssError` with every syntax error; an unknown name is none."""
    found, problems = parse_partial(source)
    if problems:
        raise RssError(problems)
    return found


def parse_partial(source: Source) -> tuple[Spec, tuple[Diagnostic, ...]]:
    """The statements without syntax errors, and every syntax error in order of place."""
    scan = lexical.scan(source)
    with _paused_collection():
        statements, problems = _read(source, scan)
    if problems:
        return Spec(source=source, statements=_sound(statements, problems)), _in_order(problems)
    attached, tail = attach(statements, scan.comments, source.text, scan.code)
    return Spec(source=source, statements=attached, tail_comments=tail), ()


def _sound(statements: list[Statement], problems: list[Diagnostic]) -> tuple[Statement, ...]:
    """The statements in which there is no problem."""
    places = sorted(problem.span.start for problem in problems)
    return tuple(
        s for s in statements if bisect_left(places, s.span.start) == bisect_left(places, s.span.end)
    )


def _in_order(problems: list[Diagnostic]) -> tuple[Diagnostic, ...]:
    """The problems by place, as many as someone might read."""
    found = sorted(problems, key=lambda problem: problem.span.start)
    first, rest = found[:MAX_ERRORS], found[MAX_ERRORS:]
    if rest:
        message = f"more than {MAX_ERRORS} errors; the others are left out"
        first.append(
            Diagnostic(rule=codes.SYNTAX, message=message, span=rest[0].span, help="is this a spec?")
        )
    return tuple(first)


@contextmanager
def _paused_collection() -> Iterator[None]:
    """No garbage collection: the parse tree has a million objects, none of them garbage, and walking them
    again and again takes as long as parsing."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _read(source: Source, scan: Scan) -> _Found:
    deep = list(_too_deep(source, scan.code))
    if not deep:
        converter = Converter(source, scan.code)
        try:
            return _convert(converter, scan.code), [*converter.problems, *scan.problems]
        except TextXSyntaxError:
            pass
    statements, problems = _read_pieces(source, scan, skip={start for start, _ in deep})
    return statements, [*problems, *scan.problems, *(problem for _, problem in deep)]


def _too_deep(source: Source, code: str) -> Iterator[tuple[int, Diagnostic]]:
    for start, _, at in lexical.too_deep(code):
        message = f"parentheses nest too deep: more than {lexical.MAX_NESTING} within each other"
        yield start, Diagnostic(rule=codes.TOO_DEEP, message=message, span=Span(source, at, at + 1))


def _read_pieces(source: Source, scan: Scan, skip: set[int]) -> _Found:
    """Parse the statements apart, but not those that begin at one of `skip`."""
    found: _Found = ([], [])
    misnamed = -1
    for start, end in lexical.pieces(scan.code):
        if start in skip or start == misnamed:
            continue
        if len(found[1]) > MAX_ERRORS:
            break
        misnamed = _read_piece(source, scan, start, end, found)
    return found


def _read_piece(source: Source, scan: Scan, start: int, end: int, found: _Found) -> int:
    """Add what is found in a piece; the place of a keyword meant as a name that ends it, or -1."""
    error = _attempt(source, scan.code, start, end, found)
    if error is None:
        return -1
    cuts = [start, *misspelt(scan.code, start, end), end]
    if len(cuts) == 2:
        return _resume(source, scan, start, end, error, found)
    for begin, stop in pairwise(cuts):
        again = _attempt(source, scan.code, begin, stop, found)
        if again is not None:
            _resume(source, scan, begin, stop, again, found)
    return -1


def _attempt(source: Source, code: str, start: int, end: int, found: _Found) -> _Error | None:
    """Add the statements of a range, unless there is a syntax error."""
    converter = Converter(source, code, start)
    try:
        found[0].extend(_convert(converter, code[start:end]))
    except TextXSyntaxError as error:
        return _next_token(code, start + _where(error, code[start:end])), _expected(error)
    found[1].extend(converter.problems)
    return None


def _resume(source: Source, scan: Scan, start: int, end: int, error: _Error, found: _Found) -> int:
    """Report an error and read on in its block; the place of a keyword meant as a name, or -1."""
    code: str | None = scan.code
    for _ in range(MAX_ITEM_ERRORS):
        at, expected = error
        if not _is_hidden(at, scan.problems):
            found[1].append(syntax_error(source, scan.code, start, at, expected))
        code = code and without_item(code, start, at, end, expected)
        again = code and _attempt(source, code, start, end, found)
        if not again:
            break
        error = again
    at, expected = error
    if "import" in expected and scan.code[start:at].rstrip().endswith("}"):
        _attempt(source, scan.code, start, at, found)
    return at if at == end and _is_misused_keyword(scan.code, start, at, expected) else -1


def _is_misused_keyword(code: str, start: int, at: int, expected: frozenset[str]) -> bool:
    """Whether the keyword there was meant as a name: it then begins no statement of its own."""
    token = code[slice(*lexical.token_at(code, at))]
    named = token in KEYWORDS and bool(expected & {"Name", "NfName"}) and "}" not in expected
    return named and "\n" not in code[start + len(code[start:at].rstrip()) : at]


def _is_hidden(at: int, problems: Iterable[Diagnostic]) -> bool:
    """Whether something unterminated hides from textX what the author wrote there."""
    hidden = (p.span for p in problems if p.rule is codes.UNTERMINATED)
    return any(span.start <= at and (at <= span.end or span.text == "/*") for span in hidden)


def _next_token(code: str, at: int) -> int:
    while at < len(code) and code[at] in WHITESPACE:
        at += 1
    return at


def _convert(converter: Converter, code: str) -> list[Statement]:
    # Without any newline, textX searches the text for one at every node.
    model = _metamodel().model_from_str(code + "\n")
    return [converter.statement(raw) for raw in model.statements] if code.strip(WHITESPACE) else []


@cache
def _metamodel() -> TextXMetaModel:
    grammar = (files("rss_dsl") / "rss.tx").read_text(encoding="utf-8")
    words = f"({'|'.join(sorted(KEYWORDS))})(?![A-Za-z0-9_-])"
    return metamodel_from_str(grammar.replace("KEYWORD)", f"{words})"), autokwd=True)


def _where(error: TextXSyntaxError, code: str) -> int:
    """Offset of an error in the code given to textX, at most the code's length."""
    start = 0
    for _ in range(error.line - 1):
        start = (code + "\n").find("\n", start) + 1
    return min(start + error.col - 1, len(code))


def _expected(error: TextXSyntaxError) -> frozenset[str]:
    """Names of the token rules, and the words and signs, that would have continued the text."""
    return frozenset(rule.rule_name or rule.to_match for rule in error.expected_rules)
