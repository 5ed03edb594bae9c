"""The items of a port declaration, each at most once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from rss_dsl import codes
from rss_dsl.check.report import Report
from rss_dsl.diagnostics import Label
from rss_dsl.source import Span
from rss_dsl.spec import (
    Adapter,
    Device,
    Fragments,
    Function,
    Hash,
    Key,
    Nf,
    Nic,
    PortDecl,
    PortItem,
    Queues,
    Relation,
    Table,
    Traffic,
)

Item = TypeVar("Item", Adapter, Device, Fragments, Function, Hash, Key, Nic, Queues, Table, Traffic)


@dataclass(frozen=True, slots=True)
class Items:
    """What a declaration says, by kind."""

    declaration: PortDecl
    device: Device | None = None
    nic: Nic | None = None
    adapter: Adapter | None = None
    hash: Hash | None = None
    queues: Queues | None = None
    table: Table | None = None
    traffic: Traffic | None = None
    fragments: Fragments | None = None
    key: Key | None = None
    function: Function | None = None


def items_of(declaration: PortDecl, report: Report) -> Items:
    """The first item of each kind; further ones are reported."""
    first: dict[type[PortItem], PortItem] = {}
    for item in declaration.items:
        kept = first.setdefault(type(item), item)
        if kept is not item:
            keyword = type(item).__name__.lower()
            repeated(f"`{keyword}` of `{declaration.name}`", item.span, kept.span, report)
    return Items(
        declaration,
        device=_first(first, Device),
        nic=_first(first, Nic),
        adapter=_first(first, Adapter),
        hash=_first(first, Hash),
        queues=_first(first, Queues),
        table=_first(first, Table),
        traffic=_first(first, Traffic),
        fragments=_first(first, Fragments),
        key=_first(first, Key),
        function=_first(first, Function),
    )


def _first(found: Mapping[type[PortItem], PortItem], kind: type[Item]) -> Item | None:
    item = found.get(kind)
    return item if isinstance(item, kind) else None


def repeated(what: str, span: Span, first: Span, report: Report) -> None:
    """Report something that may be said once and is said again."""
    report.add(
        codes.DUPLICATE_ITEM,
        f"{what} is given twice",
        span,
        related=(Label(first, "first given here"),),
        help="keep one of them",
    )


def header(statement: PortDecl | Relation | Nf) -> Span:
    """The place of a block's first words, up to its brace."""
    span = statement.span
    return Span(span.source, span.start, span.start + len(span.text.split("{", 1)[0].rstrip()))
