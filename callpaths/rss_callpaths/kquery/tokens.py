"""The words of KQuery and of call records.

Tokens are plain strings, since nearly all of them are only compared; where one stands in its text is worked
out when a message needs it.
"""

from __future__ import annotations

import re

END = ""
"""Closes every list of tokens."""

_WORD = (
    r"[()\[\],=@:&]|->|\.\.\.|[A-Za-z_][A-Za-z0-9_.]*(?:-(?!>)[A-Za-z0-9_.]*)*+"
    r"|[+-]?[0-9][A-Za-z0-9_]*|\#[^\n]*|[^ \t\r\n]"
)
_LEAF = r"\(w[0-9]+ [0-9]+\)|\(Read(?:[LM]SB)? w[0-9]+ \(w32 [0-9]+\) [A-Za-z_][A-Za-z0-9_.-]*\)"
_TOKEN = re.compile(_WORD)
_COARSE = re.compile(f"{_LEAF}|{_WORD}")
_DECIMAL = re.compile(r"[0-9]{1,4000}")
_NUMBER = re.compile(
    r"([+-]?)(?:0[xX]([0-9A-Fa-f][0-9A-Fa-f_]*)|0[bB]([01][01_]*)|0o([0-7][0-7_]*)|([0-9][0-9_]*))"
)
NAME = r"[A-Za-z_][A-Za-z0-9_.-]{0,999}"
"""An identifier. KLEE sets no limit to one, but linkers and terminals do."""

_NAME = re.compile(NAME)

WIDTH = re.compile(r"w[0-9]+")
LABEL = re.compile(r"N[0-9]+")
UPDATE_LABEL = re.compile(r"U[0-9]+")

PIECE = 4000
"""Digits that are converted at a time: Python refuses more than 4300."""

MAX_DIGITS = 20_000
"""More than the widest number has."""


def tokenize(text: str) -> list[str]:
    """The tokens of a text, comments left out, with `END` at the end."""
    tokens = _TOKEN.findall(text)
    if "#" in text:
        tokens = [token for token in tokens if not token.startswith("#")]
    tokens.append(END)
    return tokens


def coarse(text: str) -> list[str]:
    """The tokens of a text without comments, where constants and reads at constant indices are one each.

    A tenth as many. What is wrong with a text is said of its `tokenize`d form.
    """
    tokens = _COARSE.findall(text)
    tokens.append(END)
    return tokens


def extent(text: str, index: int) -> tuple[int, int]:
    """Where the token of that index begins and ends; past the last one, the end of the text."""
    for found in _TOKEN.finditer(text):
        if text[found.start()] == "#":
            continue
        if not index:
            return found.start(), found.end()
        index -= 1
    end = len(text.rstrip())
    return end, end


def is_name(token: str) -> bool:
    """Whether it is an identifier."""
    return _NAME.fullmatch(token) is not None


def number(token: str) -> int | None:
    """The value of a number; None if it is none, or has more digits than any that fits a term."""
    if _DECIMAL.fullmatch(token):
        return int(token)
    found = _NUMBER.fullmatch(token)
    if found is None or len(token) > MAX_DIGITS:
        return None
    sign, hexadecimal, binary, octal, decimal = found.groups()
    if decimal:
        value = _decimal(decimal.replace("_", ""))
    else:
        digits, base = next(pair for pair in ((hexadecimal, 16), (binary, 2), (octal, 8)) if pair[0])
        value = int(digits.replace("_", ""), base)
    return -value if sign == "-" else value


def _decimal(digits: str) -> int:
    value = 0
    for start in range(0, len(digits), PIECE):
        piece = digits[start : start + PIECE]
        value = value * 10 ** len(piece) + int(piece)
    return value


def decimal(value: int) -> str:
    """A number ≥ 0 in decimal, however long."""
    pieces: list[str] = []
    unit = 10**PIECE
    while value >= unit:
        value, piece = divmod(value, unit)
        pieces.append(f"{piece:0{PIECE}}")
    pieces.append(str(value))
    return "".join(reversed(pieces))
