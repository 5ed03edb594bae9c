"""Below the grammar: comments, strings, stray characters, and where statements begin.

`scan` blanks comments out with spaces, so that every other character keeps its offset.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rss_dsl import codes
from rss_dsl.diagnostics import Diagnostic
from rss_dsl.source import Source, Span

STATEMENTS = ("import", "port", "ports", "relation", "require", "assume", "prefer", "equality", "seed", "nf")
"""The words that begin statements."""

KEYWORDS = frozenset({*STATEMENTS, "and", "or", "not", "in"})
"""The words that cannot be names."""

WHITESPACE = " \t\r\n"
"""All that may stand between tokens."""

MAX_NESTING = 32
"""Parentheses within parentheses: textX recurses on them."""

_LEXEMES = re.compile(
    r'(?P<string>"[^"\n]*")|(?P<line>//[^\n]*)|(?P<block>/\*.*?\*/)'
    r'|(?P<open_string>"[^\n]*)|(?P<open_block>/\*.*)|(?P<stray>[\x00-\x08\x0b-\x0c\x0e-\x1f\x7f])',
    re.DOTALL,
)
_STATEMENT = re.compile(rf"(?<![\w.-])(?:{'|'.join(STATEMENTS)})(?![\w.'\[-])", re.ASCII)
_STRING = re.compile(r'"[^"\n]*"')
_TOKEN = re.compile(
    r"""[A-Za-z_][\w-]*(?:\[[^\]\n]{0,40}\])?'*(?:\.[A-Za-z_]\w*)*|[0-9](?:[\w:]|\.(?!\.))*|"[^"\n]*"?"""
    r"|&&|\|\||[=!<>]=|<<|>>|\.\.|\S",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment as written, markers included, and its place."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Scan:
    """A text as the grammar sees it, and what the grammar does not see."""

    code: str
    """The text with comments and stray characters blanked out, as long as the original."""
    comments: tuple[Comment, ...]
    problems: tuple[Diagnostic, ...]


def scan(source: Source) -> Scan:
    """Separate comments from code; report what is unterminated and characters that are no text."""
    code: list[str] = []
    comments: list[Comment] = []
    problems: list[Diagnostic] = []
    at = 0
    for match in _LEXEMES.finditer(source.text):
        if match.lastgroup == "string":
            continue
        code += (source.text[at : match.start()], _blank(match))
        at = match.end()
        if match.lastgroup in ("line", "block"):
            comments.append(Comment(match.group().rstrip(" \t\r"), match.start(), match.end()))
        elif match.lastgroup != "stray" or all(p.rule is not codes.STRAY_CHARACTER for p in problems):
            problems.append(_problem(match, source))
    code.append(source.text[at:])
    return Scan("".join(code), tuple(comments), tuple(problems))


def _blank(match: re.Match[str]) -> str:
    """What the grammar sees instead: spaces, or an empty path where a string never ends."""
    text = match.group()
    if match.lastgroup == "open_string" and len(text) > 1:
        return '"' + " " * (len(text) - 2) + '"'
    return re.sub(r"[^\n]", " ", text)


def _problem(match: re.Match[str], source: Source) -> Diagnostic:
    span = Span(source, match.start(), match.end())
    if match.lastgroup == "stray":
        message = f"a spec cannot contain the character {quote(match.group())}"
        return Diagnostic(rule=codes.STRAY_CHARACTER, message=message, span=span, help="is this a text file?")
    if match.lastgroup == "open_string":
        message, help_ = 'the path has no closing `"`', "a path stands in double quotes on one line"
    else:
        message, help_ = "the comment has no end", "close it with `*/`"
        span = Span(source, match.start(), match.start() + 2)
    return Diagnostic(rule=codes.UNTERMINATED, message=message, span=span, help=help_)


def pieces(code: str) -> tuple[tuple[int, int], ...]:
    """The code cut before every word that begins a statement: half-open ranges that cover all of it."""
    hidden = _STRING.sub(lambda m: " " * len(m.group()), code)
    starts = [match.start() for match in _STATEMENT.finditer(hidden)]
    if not starts or hidden[: starts[0]].strip(WHITESPACE):
        starts.insert(0, 0)
    return tuple(zip(starts, (*starts[1:], len(code)), strict=True))


def too_deep(code: str) -> Iterator[tuple[int, int, int]]:
    """The pieces whose parentheses nest too deep: start, end and the offset of the first one too many."""
    if code.count("(") <= MAX_NESTING:
        return
    for start, end in pieces(code):
        depth = 0
        for match in re.finditer(r"[()]", code[start:end]):
            depth += 1 if match.group() == "(" else -1
            if depth > MAX_NESTING:
                yield start, end, start + match.start()
                break


def tokens(code: str, start: int, end: int) -> Iterator[re.Match[str]]:
    """Tokens, as messages quote them, of a range."""
    return _TOKEN.finditer(code, start, end)


def token_at(code: str, offset: int) -> tuple[int, int]:
    """The range of the token that begins at an offset; empty at the end of the code."""
    match = _TOKEN.match(code, offset)
    return (offset, match.end()) if match else (offset, offset)


def quote(text: str, limit: int = 40) -> str:
    """User text for a message: in backticks, on one line, printable, not too long."""
    shown = "".join(c if c.isprintable() and c != "`" else f"U+{ord(c):04X}" for c in text[:limit])
    return f"`{shown}{'…' if len(text) > limit else ''}`"
