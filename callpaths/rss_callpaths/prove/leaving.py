"""Indices that leave in packets: numbers that others see, and that another core may give out as well."""

from __future__ import annotations

from collections.abc import Sequence

from rss_callpaths.accesses.access import Access, PathAccesses
from rss_callpaths.library import Kind
from rss_callpaths.prove.ownership import Ownership
from rss_callpaths.terms.bytewise import symbols


def indices_leave(paths: Sequence[PathAccesses], ownership: Ownership) -> bool:
    """Whether any path writes what is computed from a chain's index into a packet that it sends."""
    return any(_leaves(path, ownership) for path in paths if path.sends)


def _leaves(path: PathAccesses, ownership: Ownership) -> bool:
    numbers = {
        symbol
        for access in path.accesses
        if access.result is not None and _gives(access, ownership)
        for symbol in symbols(access.result)
    }
    return any(numbers & symbols(each.new) for each in path.rewrites)


def _gives(access: Access, ownership: Ownership) -> bool:
    return access.kind is Kind.CREATE or (access.kind is Kind.READ and access.object in ownership.maps)
