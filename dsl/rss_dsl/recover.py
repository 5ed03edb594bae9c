"""Where reading goes on after a syntax error, so that one run finds the next one as well."""

from __future__ import annotations

import re
from collections.abc import Collection
from difflib import get_close_matches

from rss_dsl.expected import PORT_ITEMS
from rss_dsl.lexical import KEYWORDS, STATEMENTS

_CLOSE = 0.75
"""How alike a word and a keyword are that someone misspelt."""

_FIRST_WORD = re.compile(r"^[ \t]*([A-Za-z_]\w*)(?![\w.'(\[-])", re.ASCII | re.MULTILINE)
_ITEM = re.compile(rf"(?<![\w.-])(?:{'|'.join(PORT_ITEMS)})(?![\w.-])", re.ASCII)
_BLOCK = re.compile(r"ports?\b[^{]*\{", re.ASCII)


def misspelt(code: str, start: int, end: int) -> list[int]:
    """Where a statement within others seems to begin: its keyword is misspelt and stands first on its line,
    no further to the right than the first statement."""
    column = _column(code, start)
    found = (match for match in _FIRST_WORD.finditer(code, start, end) if match.start(1) > start)
    left = ((match.start(1), match[1]) for match in found if _column(code, match.start(1)) <= column)
    return [at for at, word in left if _is_misspelt(word, STATEMENTS)]


def _column(code: str, at: int) -> int:
    return at - code.rfind("\n", 0, at) - 1


def _is_misspelt(word: str, known: Collection[str]) -> bool:
    if word in KEYWORDS or word in PORT_ITEMS:
        return False
    return bool(get_close_matches(word, known, n=1, cutoff=_CLOSE))


def without_item(code: str, start: int, at: int, end: int, expected: frozenset[str]) -> str | None:
    """The code with the item blanked out in which the port block from `start` makes no sense at `at`.

    None where the error is not inside of the block. `expected` is what could have stood there.
    """
    block = _BLOCK.match(code, start, end)
    if block is None or not block.end() <= at < end or "import" in expected:
        return None
    begin = at
    if "device" not in expected:
        begin = max((item.start() for item in _ITEM.finditer(code, block.end(), at)), default=at)
    stop = _next_item(code, at, end)
    if stop <= begin:
        return None
    return code[:begin] + re.sub(r"[^\n]", " ", code[begin:stop]) + code[stop:]


def _next_item(code: str, at: int, end: int) -> int:
    """Where the next item begins, maybe one misspelt at the beginning of a line; or where the block ends."""
    words = ((m.start(1), m[1]) for m in _FIRST_WORD.finditer(code, code.find("\n", at, end) + 1 or end, end))
    found = [place for place, word in words if _is_misspelt(word, PORT_ITEMS)][:1]
    item = _ITEM.search(code, at, end)
    found += [] if item is None else [item.start()]
    close = code.find("}", at, end)
    return min(found + ([] if close < 0 else [close]), default=end)
