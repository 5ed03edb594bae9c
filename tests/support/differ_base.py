"""What says that two routes disagree."""

from __future__ import annotations

from collections.abc import Mapping


class DifferenceError(AssertionError):
    """Two routes disagree."""


def check(condition: bool, what: str) -> None:
    """DifferenceError unless the condition holds."""
    if not condition:
        raise DifferenceError(what)


def shown(keys: Mapping[int, bytes]) -> str:
    """Keys by port, in hexadecimal."""
    return " ".join(keys[i].hex() for i in sorted(keys))
