"""What accesses do to indices and keys, each taken alone."""

from __future__ import annotations

from collections.abc import Sequence

from rss_callpaths.accesses.access import Access, PathAccesses, StateObject
from rss_callpaths.library import Kind
from rss_callpaths.terms import Const

Use = tuple[PathAccesses, Access]
"""An access and its path."""


def puts(access: Access) -> bool:
    """Whether it stores an index under a key."""
    return access.kind is Kind.WRITE and access.function.index == "value"


def is_write(access: Access) -> bool:
    """Whether it changes one cell."""
    return access.mutates and access.kind is Kind.WRITE


def writes_otherwise(access: Access) -> bool:
    """Whether it changes a map other than by putting, erasing and expiry."""
    if access.object is None or access.object.type not in ("map", "dmap") or not access.mutates:
        return False
    return not (puts(access) or access.kind in (Kind.DESTROY, Kind.INIT, Kind.SCAN))


def expires(access: Access) -> bool:
    """Whether it erases by age."""
    return access.kind is Kind.SCAN and access.mutates and bool(access.function.older)


def at_its_index(path: PathAccesses, access: Access) -> bool:
    """Whether the key that goes with an expired index is in the cell of that index."""
    offset = path.path.calls[access.call].argument(access.function.offset)
    if not access.function.offset:
        return True
    return offset is not None and isinstance(offset.value, Const) and offset.value.value == 0


def together(path: PathAccesses, access: Access) -> Sequence[StateObject | None]:
    """The objects that one call touches."""
    return [each.object for each in (*path.setup, *path.accesses) if each.call == access.call]
