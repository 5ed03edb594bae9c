"""Texts, and what was made of each; of many, those that were asked for last."""

from __future__ import annotations

from typing import Generic, TypeVar

T = TypeVar("T")

MOST = 1 << 23
"""Characters that are kept twice at most. The lines that recur in a network function's paths are fewer."""

_EACH = 200
"""What an entry costs beside its text, in characters."""


class Texts(Generic[T]):
    """A cache with two generations: what is used moves to the young one, and a full one ages."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._size = 0
        self._young: dict[str, T] = {}
        self._old: dict[str, T] = {}

    def get(self, text: str) -> T | None:
        """What is kept for a text."""
        found = self._young.get(text)
        if found is None and self._old:
            found = self._old.pop(text, None)
            if found is not None:
                self.keep(text, found)
        return found

    def keep(self, text: str, value: T) -> None:
        """Keep a value for a text, or another than before."""
        self._size += len(text) + _EACH
        if self._size > self._most:
            self._old, self._young, self._size = self._young, {}, 0
        self._young[text] = value
