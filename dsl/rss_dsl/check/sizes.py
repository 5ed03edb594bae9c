"""How many queues a port has, and how many table entries, within the limits of its NIC."""

from __future__ import annotations

from dataclasses import dataclass

from rss_dsl import codes
from rss_dsl.check import lints
from rss_dsl.check.items import Items, header
from rss_dsl.check.report import Report
from rss_dsl.nic import Index, NicProfile
from rss_dsl.source import Span
from rss_dsl.spec import PortDecl

MAX_NUMBER = 65_535
"""DPDK counts ports and queues in 16 bits."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many queues, and table entries to pick them by."""

    queues: int
    table: int


def sizes_of(profile: NicProfile, declaration: PortDecl, items: Items, report: Report) -> Sizes | None:
    """The sizes of a port; None after reporting what does not fit."""
    queues = _queues(profile, declaration, items, report)
    table = None if queues is None else _table(profile, queues, declaration, items, report)
    return None if queues is None or table is None else Sizes(queues, table)


def _queues(profile: NicProfile, declaration: PortDecl, items: Items, report: Report) -> int | None:
    limit = profile.max_queues.value
    if items.queues is None:
        if limit == 1:
            return 1
        report.add(
            codes.MISSING_ITEM,
            f"port `{declaration.name}` does not say how many queues it has",
            header(declaration),
            help=f"add `queues N`: `{profile.name}` has {'several' if limit is None else f'up to {limit}'}",
        )
        return None
    wanted = items.queues.count
    most = MAX_NUMBER if limit is None else limit
    if 1 <= wanted <= most:
        return wanted
    what = "no queues" if wanted == 0 else f"{wanted} queues"
    message = f"port `{declaration.name}` has {what}, `{profile.name}` takes 1 to {most}"
    report.add(codes.QUEUE_COUNT, message, items.queues.span, help=_limit_help(profile, most))
    return None


def _limit_help(profile: NicProfile, most: int) -> str:
    return f"write `queues {most}` or less; `rssc nic show {profile.name}` has the source of the limit"


def _table(
    profile: NicProfile, queues: int, declaration: PortDecl, items: Items, report: Report
) -> int | None:
    at = header(declaration) if items.queues is None else items.queues.span
    size = _table_size(profile, queues, items, at, report)
    if size is None:
        return None
    if queues > size:
        report.add(
            codes.QUEUE_COUNT,
            f"{queues} queues do not fit a table of {size} entries",
            at,
            help=f"every queue needs an entry: write `queues {size}` or less, or a larger `table`",
        )
        return None
    lints.uneven_table(queues, size, at, report)
    return size


def _table_size(profile: NicProfile, queues: int, items: Items, at: Span, report: Report) -> int | None:
    default = profile.default_table(queues)
    size = default if items.table is None else items.table.size
    span = at if items.table is None else items.table.span
    sizes = [default] if profile.table_per_queue else sorted({*profile.table_sizes.value, default})
    whole = size & (size - 1) == 0 or profile.index.value is not Index.LSB
    if size in sizes and whole:
        return size
    report.add(
        codes.TABLE_SIZE,
        f"`{profile.name}` cannot have a table of {size} entries"
        + ("" if whole else ", which is not a power of two"),
        span,
        help=_sizes_help(profile, queues, sizes),
    )
    return None


def _sizes_help(profile: NicProfile, queues: int, sizes: list[int]) -> str:
    if profile.table_per_queue:
        each, most = profile.table_per_queue.value, max(profile.table_sizes.value)
        return f"it has {each} entries per queue, at most {most}: take 2, 4, 8, … queues"
    return f"possible with {queues} queues: " + ", ".join(str(s) for s in sizes)
