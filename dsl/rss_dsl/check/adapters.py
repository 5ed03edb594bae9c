"""Ports on one card: what the NIC shares card-wide has to agree."""

from __future__ import annotations

from collections.abc import Sequence

from rss_dsl import codes
from rss_dsl.check.ports import Declared
from rss_dsl.check.report import Report
from rss_dsl.diagnostics import Label
from rss_dsl.nic import Scope
from rss_dsl.problem import Port
from rss_dsl.source import NOWHERE, Span


def check_adapters(declared: Sequence[Declared], report: Report) -> None:
    """Report adapters with two kinds of NIC, and field sets that cannot differ but do."""
    for group in _by_adapter(declared).values():
        hashed: dict[str, tuple[tuple[str, ...], Port, Span]] = {}
        for one, port in group:
            if port.nic.name != group[0][1].nic.name:
                _two_nics(group[0], (one, port), report)
            elif port.nic.field_set_scope.value is Scope.ADAPTER:
                _same_fields(one, port, hashed, report)
                _same_function(group[0], (one, port), report)


def _by_adapter(declared: Sequence[Declared]) -> dict[str, list[tuple[Declared, Port]]]:
    found: dict[str, list[tuple[Declared, Port]]] = {}
    for one in declared:
        if one.port is not None and one.port.adapter is not None:
            found.setdefault(one.port.adapter, []).append((one, one.port))
    return found


def _adapter_span(one: Declared) -> Span:
    return NOWHERE if one.items.adapter is None else one.items.adapter.span


def _hash_span(one: Declared) -> Span:
    return _adapter_span(one) if one.items.hash is None else one.items.hash.span


def _two_nics(first: tuple[Declared, Port], other: tuple[Declared, Port], report: Report) -> None:
    here, there = first[1], other[1]
    report.add(
        codes.ADAPTER_NICS,
        f"adapter `{here.adapter}` is `{here.nic.name}` on `{here.name}`"
        f" and `{there.nic.name}` on `{there.name}`",
        _adapter_span(other[0]),
        related=(Label(_adapter_span(first[0]), f"`{here.name}` is on it as well"),),
        help="the ports of one adapter have one kind of NIC; name the other card differently",
    )


def _same_function(first: tuple[Declared, Port], other: tuple[Declared, Port], report: Report) -> None:
    here, there = first[1], other[1]
    if here.function is not there.function:
        item = other[0].items.function
        report.add(
            codes.ADAPTER_FUNCTION,
            f"`{here.name}` and `{there.name}` on adapter `{here.adapter}` hash by `{here.function}`"
            f" and `{there.function}`",
            _adapter_span(other[0]) if item is None else item.span,
            related=(Label(_adapter_span(first[0]), f"`{here.name}` is on it as well"),),
            help=f"a card of `{here.nic.name}` has one function for all its ports",
        )


def _same_fields(
    one: Declared, port: Port, hashed: dict[str, tuple[tuple[str, ...], Port, Span]], report: Report
) -> None:
    for entry in port.inputs:
        fields, first, span = hashed.setdefault(entry.packet_class, (entry.fields, port, _hash_span(one)))
        if fields != entry.fields:
            report.add(
                codes.ADAPTER_FIELDS,
                f"`{first.name}` and `{port.name}` on adapter `{port.adapter}` hash"
                f" `{entry.packet_class}` by different fields",
                _hash_span(one),
                related=(Label(span, f"`{first.name}` hashes it by {', '.join(fields)}"),),
                help=f"a card of `{port.nic.name}` has one field set per class for all its ports",
            )
