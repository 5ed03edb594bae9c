"""A window that slides over a file: bounded memory for captures of any size, pipes included."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from rss_solver.traffic.arrays import SLACK, Bytes

WINDOW = 4 << 20
"""Bytes held at once: still in cache when the records are looked at again."""


class Readable(Protocol):
    """A binary file, as far as a window needs one."""

    def readinto(self, buffer: memoryview, /) -> int | None:
        """Fills the buffer from its start; 0 or None at the end."""
        ...


class Window:
    """`data[:end]` is what has been read and not yet dropped; it starts at byte `base` of the file.

    Every refill makes a new buffer, so arrays that point into an old one stay valid.
    """

    def __init__(self, file: Readable, size: int = WINDOW) -> None:
        self._file = file
        self._size = size
        self.base = 0
        self.end = 0
        self.data: Bytes = np.zeros(SLACK, np.uint8)
        self.refill(0)

    def refill(self, start: int, need: int = 0) -> bool:
        """Drops the bytes before `start` and reads on, with room for `need` bytes at least.

        False if the file has no more. Raises `OSError` as the file does.
        """
        kept = self.end - start
        size = max(self._size, need, kept + 1)
        fresh = np.empty(size + SLACK, np.uint8)
        fresh[:kept] = self.data[start : self.end]
        end = kept + self._fill(fresh.data[kept:size])
        fresh[end : end + SLACK] = 0
        self.data, self.base, self.end = fresh, self.base + start, end
        return end > kept

    def _fill(self, room: memoryview) -> int:
        """Reads until the room is full or the file ends (a pipe gives less than asked)."""
        filled = 0
        while filled < len(room):
            count = self._file.readinto(room[filled:])
            if not count:
                break
            filled += count
        return filled
