"""Warnings about what is allowed and seldom meant: uneven tables, public keys, idle comparisons."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from rss_dsl import codes
from rss_dsl.check.conditions import Comparison
from rss_dsl.check.report import Report
from rss_dsl.diagnostics import Label
from rss_dsl.fields import packet_classes, width
from rss_dsl.problem import Port
from rss_dsl.source import Span

MICROSOFT_KEY = bytes.fromhex(
    "6d5a56da255b0ec24167253d43a38fb0d0ca2bcbae7b30b477cb2da38030f20c6a42b73bbeac01fa"
)
"""The example key of Microsoft's RSS documentation, the default of many drivers."""

SYMMETRIC_KEY = bytes.fromhex("6d5a")
"""Repeated, it hashes both directions alike (Woo and Park, 2012); its windows span 16 dimensions."""

_UNEVEN = 1.1
"""How much more than its share the busiest queue may get unremarked."""

_COMPLEMENTS = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}

_RECOGNISED = 8
"""Key bytes that have to match before a prefix counts as the known key."""


def uneven_table(queues: int, size: int, span: Span, report: Report) -> None:
    """Warn where a round-robin table gives some queue clearly more entries than others."""
    factor = -(-size // queues) * queues / size
    if factor >= _UNEVEN:
        report.add(
            codes.UNEVEN_TABLE,
            f"{queues} queues on {size} entries: the busiest queue gets {factor:.3g} times its share",
            span,
            help="take a number of queues that divides the table, or a larger table",
        )


def public_key(key: bytes, span: Span, report: Report) -> None:
    """Warn where a pinned key is one that everybody knows."""
    bare = key.rstrip(b"\0")
    if len(bare) < _RECOGNISED:
        return
    if MICROSOFT_KEY.startswith(bare):
        name, rank = "Microsoft's example key", ""
    elif (SYMMETRIC_KEY * len(bare)).startswith(bare):
        name, rank = "the repeated `6d5a` key", ", and its hashes have rank 16 of 32"
    else:
        return
    report.add(
        codes.PUBLIC_KEY,
        f"the key is {name}: senders can aim at one queue{rank}",
        span,
        help="leave the key out and let `rssc solve` choose one",
    )


def comparisons(found: Iterable[Comparison], ports: tuple[Port, ...], report: Report) -> None:
    """Warn of comparisons that hold for no packets of these ports, or only for want of a field."""
    classes = tuple(_classes(port) for port in ports)
    for comparison in found:
        if not any(_possible(reads, classes) for reads in comparison.alternatives):
            _always_false(comparison, ports, classes, report)
        elif comparison.negated:
            _negated(comparison, ports, classes, report)


def _classes(port: Port) -> tuple[str, ...]:
    """The classes that matter on a port."""
    if port.traffic is not None:
        return port.traffic
    if port.auto:
        return tuple(sorted(port.nic.hashable()))
    return tuple(i.packet_class for i in port.inputs)


@cache
def _possible(reads: frozenset[tuple[int, str]], classes: tuple[tuple[str, ...], ...]) -> bool:
    """Whether some packets have every field read, and one width where `ip_src` or `ip_dst` is read."""
    fields = (frozenset(name for s, name in reads if s == side) for side in range(len(classes)))
    open_widths = [_open_widths(names, here) for names, here in zip(fields, classes, strict=True)]
    if not all(open_widths):
        return False
    tied = [widths for widths in open_widths if None not in widths]
    return not tied or bool(frozenset.intersection(*tied))


@cache
def _open_widths(fields: frozenset[str], classes: tuple[str, ...]) -> frozenset[int | None]:
    """Widths of generic addresses in the classes that have the fields; None where no field is generic."""
    found: set[int | None] = set()
    for name in classes:
        canonical = {field: packet_classes()[name].canonical(field) for field in fields}
        widths = {width(c) for field, c in canonical.items() if c and field.endswith(("ip_src", "ip_dst"))}
        if None not in canonical.values() and len(widths) <= 1:
            found.add(next(iter(widths), None))
    return frozenset(found)


def _always_false(
    comparison: Comparison, ports: tuple[Port, ...], classes: tuple[tuple[str, ...], ...], report: Report
) -> None:
    report.add(
        codes.ALWAYS_FALSE,
        f"comparison never holds: {_why(comparison.alternatives[0], ports, classes)}",
        comparison.span,
        related=_inside(comparison),
        help="a comparison is false where a packet lacks the field; name the classes in `hash` or `traffic`",
    )


def _why(
    reads: frozenset[tuple[int, str]], ports: tuple[Port, ...], classes: tuple[tuple[str, ...], ...]
) -> str:
    for side, port in enumerate(ports):
        fields = frozenset(name for s, name in reads if s == side)
        if not _open_widths(fields, classes[side]):
            listed = " and ".join(f"`{name}`" for name in sorted(fields))
            return f"no class that matters on `{port.name}` has {listed}"
    names = " and ".join(f"`{port.name}`" for port in ports)
    return f"packets on {names} that have the fields differ in IP version"


def _inside(comparison: Comparison) -> tuple[Label, ...]:
    return () if comparison.inside is None else (Label(comparison.inside, "the comparison"),)


def _negated(
    comparison: Comparison, ports: tuple[Port, ...], classes: tuple[tuple[str, ...], ...], report: Report
) -> None:
    lacking = next(
        (
            (name, packet_class, ports[side].name)
            for side, name in sorted(comparison.alternatives[0])
            for packet_class in classes[side]
            if packet_classes()[packet_class].canonical(name) is None
            and all(_lacks(reads, side, packet_class) for reads in comparison.alternatives)
        ),
        None,
    )
    if lacking is None:
        return
    name, packet_class, port = lacking
    report.add(
        codes.NEGATED_MISSING,
        f"`!` makes this true for `{packet_class}` on `{port}`, whose packets have no `{name}`",
        comparison.span,
        related=_inside(comparison),
        help=f"{_complement(comparison.op, name)}: false for packets without the field, if that is meant",
    )


def _lacks(reads: frozenset[tuple[int, str]], side: int, packet_class: str) -> bool:
    """Whether packets of a class lack a field that is read of one side."""
    return any(s == side and packet_classes()[packet_class].canonical(name) is None for s, name in reads)


def _complement(op: str, name: str) -> str:
    other = _COMPLEMENTS.get(op)
    return f"add `&& PORT.{name} >= 0`" if other is None else f"write `{other}` instead of `!` with `{op}`"
