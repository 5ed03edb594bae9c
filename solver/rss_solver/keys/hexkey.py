"""Keys as people write them: hexadecimal digits, with or without `0x`, colons, commas and spaces."""

from __future__ import annotations

import re

_SEPARATORS = re.compile(r"[\s:,]+")
_DIGITS = re.compile(r"[0-9a-fA-F]+")

MAX_BYTES = 512
"""No NIC has a longer key; longer text is a mistake."""


def parse_hex(text: str) -> bytes | None:
    """The bytes of a key, None if the text is not a whole number of hexadecimal bytes."""
    parts = [part.removeprefix("0x").removeprefix("0X") for part in _SEPARATORS.split(text.strip())]
    if len(parts) > 1:
        parts = [part.zfill(2) for part in parts if part]
    digits = "".join(parts)
    if not _DIGITS.fullmatch(digits) or len(digits) % 2 or len(digits) > 2 * MAX_BYTES:
        return None
    return bytes.fromhex(digits)
