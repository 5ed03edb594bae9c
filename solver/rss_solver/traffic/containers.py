"""Capture files as batches of frames. The container's first bytes say which reader takes it.

Nothing in a file makes an exception: what is wrong with it comes as a diagnostic in between, with the byte
offset, after every frame that could be read.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rss_dsl.codes import EMPTY_CAPTURE, NOT_A_CAPTURE, UNREADABLE_FILE
from rss_dsl.diagnostics import Diagnostic
from rss_solver.traffic import pcap, pcapng
from rss_solver.traffic.frames import Frames, finding
from rss_solver.traffic.window import WINDOW, Readable, Window

_PACKED = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd", b"\x04\x22\x4d\x18": "lz4", b"\xfd7zXZ": "xz"}


def read_capture(path: Path, *, window: int = WINDOW) -> Iterator[Frames | Diagnostic]:
    """The frames of a pcap or pcapng file in file order, a window at a time, and what is wrong with it."""
    try:
        with path.open("rb", buffering=0) as file:
            yield from read_frames(file, str(path), window=window)
    except OSError as error:
        reason = (error.strerror or "input/output error").lower()
        yield finding(UNREADABLE_FILE, str(path), f"cannot read `{path}`: {reason}")


def read_frames(file: Readable, name: str, *, window: int = WINDOW) -> Iterator[Frames | Diagnostic]:
    """The same from an open file. `name` is what diagnostics call it. Raises `OSError` as the file does."""
    view = Window(file, window)
    magic = view.data[: min(view.end, 8)].tobytes()
    if magic[:4] in pcap.MAGICS:
        batches = pcap.read(view, name)
    elif magic[:4] == pcapng.MAGIC:
        batches = pcapng.read(view, name)
    else:
        yield _not_a_capture(magic, name)
        return
    empty = True
    for batch in batches:
        empty = False
        yield batch
    if empty:
        yield finding(EMPTY_CAPTURE, name, f"capture `{name}` holds no packets")


def _not_a_capture(magic: bytes, name: str) -> Diagnostic:
    if not magic:
        return finding(NOT_A_CAPTURE, name, f"`{name}` is empty, which no capture is")
    packed = next((tool for start, tool in _PACKED.items() if magic.startswith(start)), None)
    if packed:
        text = f"`{name}` is compressed with {packed}"
        return finding(
            NOT_A_CAPTURE, name, text, help=f"decompress it first, for example with `{packed} -dc`"
        )
    text = f"`{name}` is neither pcap nor pcapng: it starts with {magic[:4].hex(' ')}"
    return finding(
        NOT_A_CAPTURE, name, text, help="convert it with `editcap -F pcapng` if another tool wrote it"
    )
