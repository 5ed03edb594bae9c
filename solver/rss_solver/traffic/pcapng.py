"""pcapng: sections of blocks; every section has its byte order and its interfaces.

Layout: draft-ietf-opsawg-pcapng. Blocks that are no packets and no interfaces are skipped.
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct

import numpy as np

from rss_dsl.codes import INTERFACE_SKIPPED, LINK_TYPE
from rss_dsl.diagnostics import Diagnostic
from rss_solver.traffic.arrays import Ints
from rss_solver.traffic.frames import Frames, damaged, finding, link_name, truncated
from rss_solver.traffic.pcapng_blocks import Batch, Section, read_blocks
from rss_solver.traffic.window import Window

MAGIC = b"\x0a\x0d\x0d\x0a"
MAX_BLOCK = 16 << 20
"""A longer block is damage (Wireshark's limit as well)."""

_PREFIX = 12
"""Type, size and the first four bytes of the body, or the size once more where there is no body."""
_SECTION = int.from_bytes(MAGIC, "big")
_ORDERS = {bytes.fromhex("4d3c2b1a"): "<", bytes.fromhex("1a2b3c4d"): ">"}


def read(window: Window, name: str) -> Iterator[Frames | Diagnostic]:
    """The frames of a pcapng file whose first bytes are in the window."""
    skipped: dict[int, int] = {}
    any_ethernet = False
    for item in _sections(window, name):
        match item:
            case Batch():
                for link, count in item.skipped.items():
                    skipped[link] = skipped.get(link, 0) + count
                any_ethernet = any_ethernet or len(item.frames) > 0
                if len(item.frames):
                    yield item.frames
            case Diagnostic():
                yield item
    for link in sorted(skipped):
        yield _skipped(name, link, skipped[link], any_ethernet)


def _skipped(name: str, link: int, count: int, any_ethernet: bool) -> Diagnostic:
    if any_ethernet:
        packets = "1 packet" if count == 1 else f"{count} packets"
        text = (
            f"{packets} of `{name}` with link type {link_name(link)} are not counted: only Ethernet is read"
        )
        return finding(INTERFACE_SKIPPED, name, text)
    text = f"capture `{name}` has link type {link_name(link)} and only Ethernet is read"
    return finding(LINK_TYPE, name, text, help="capture on one interface instead of `any`")


def _sections(window: Window, name: str) -> Iterator[Batch | Diagnostic]:
    section, at = Section(), 0
    while True:
        if _at_section(window, at):
            order = _order(window, at)
            if order is None:
                yield damaged(name, window.base + at, "a section header without a byte order")
                return
            section = Section(order)
        positions, sizes, at = _walk(window, at, section.order)
        if positions.size:
            batch = read_blocks(window.data, window.base, positions, sizes, section)
            yield batch
            if batch.broken is not None:
                yield damaged(name, window.base + batch.broken.position, batch.broken.what)
                return
            if _at_section(window, at):
                continue
        size = _size(window, at, section.order)
        if size is not None and not _possible(size):
            yield damaged(name, window.base + at, f"a block claims {size} bytes")
            return
        if not window.refill(at, size or 0):
            break
        at = 0
    if window.end:
        yield truncated(name, window.base)


def _at_section(window: Window, at: int) -> bool:
    return window.end - at >= _PREFIX and window.data[at : at + 4].tobytes() == MAGIC


def _order(window: Window, at: int) -> str | None:
    return _ORDERS.get(window.data[at + 8 : at + 12].tobytes())


def _possible(size: int) -> bool:
    return _PREFIX <= size <= MAX_BLOCK and size % 4 == 0


def _size(window: Window, at: int, order: str) -> int | None:
    """The size that the block at `at` claims, None if the window does not show it."""
    if window.end - at < _PREFIX:
        return None
    return int(Struct(order + "I").unpack_from(window.data.data, at + 4)[0])


def _walk(window: Window, at: int, order: str) -> tuple[Ints, Ints, int]:
    """Positions and sizes of the whole blocks before the next section, and where the next one starts."""
    header = Struct(order + "II").unpack_from
    data, last = window.data.data, window.end - _PREFIX
    found: list[int] = []
    add = found.append
    while at <= last:
        kind, size = header(data, at)
        if size < _PREFIX or (kind == _SECTION and found):
            break
        add(at)
        at += size
    if found and at > window.end:
        at = found.pop()
    positions = np.array(found, np.int64)
    return positions, np.diff(positions, append=at), at
