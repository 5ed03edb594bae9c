"""Keys as people write them: hexadecimal digits, with or without `0x`, colons, commas and spaces."""

from __future__ import annotations

import re

from rss_dsl.lexical import quote

_SEPARATORS = re.compile(r"[\s:,]+")
_DIGITS = re.compile(r"[0-9a-fA-F]+")

MAX_BYTES = 512
"""No NIC has a longer key; longer text is a mistake."""


def parse_hex(text: str) -> bytes | None:
    """The bytes of a key, None if the text is not a whole number of hexadecimal bytes."""
    return None if fault(text) else bytes.fromhex("".join(_parts(text)))


def fault(text: str) -> str | None:
    """Why a text is no key, None if it is one."""
    parts = _parts(text)
    wrong = next((part for part in parts if not _DIGITS.fullmatch(part)), None)
    digits = sum(map(len, parts))
    if not digits:
        return "the key is empty"
    if wrong is not None:
        return f"{quote(wrong)} is not hexadecimal"
    if digits % 2:
        return f"{digits} hexadecimal digits are not whole bytes"
    return f"the key has more than {MAX_BYTES} bytes" if digits > 2 * MAX_BYTES else None


def _parts(text: str) -> list[str]:
    """Groups of digits; a single digit among several is a byte."""
    words = [word for word in _SEPARATORS.split(text.strip()) if word]
    parts = [re.sub("^0[xX](?=.)", "", word) for word in words]
    return [part.zfill(2) for part in parts] if len(parts) > 1 else parts
