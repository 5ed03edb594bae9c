"""Reading many places of one byte buffer at once.

Positions are byte offsets into the buffer. Whoever asks guarantees that `position + width` does not pass
the buffer's end; `SLACK` bytes behind the valid ones make that cheap to keep.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Words = npt.NDArray[np.uint32]

SLACK = 64
"""Readable bytes behind the last valid one of every capture buffer."""


def gather(data: Bytes, positions: Ints, width: int) -> Bytes:
    """The `width` bytes at each position, one row each: `uint8[n, width]`, contiguous."""
    # One element of a void type per row: numpy copies it whole, which is several times faster than
    # indexing `width` columns.
    windows = np.ndarray((data.size - width + 1,), f"V{width}", data, 0, (1,))
    return windows[positions].view(np.uint8).reshape(-1, width)


def big_endian_16(data: Bytes, positions: Ints) -> npt.NDArray[np.uint16]:
    """The 16-bit number in network order at each position."""
    return data[positions].astype(np.uint16) << np.uint16(8) | data[positions + 1]


def column_16(rows: Bytes, column: int) -> npt.NDArray[np.uint16]:
    """The 16-bit number in network order at a column of each row."""
    return rows[:, column : column + 2].view(">u2")[:, 0]
