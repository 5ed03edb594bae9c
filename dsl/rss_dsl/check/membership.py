"""`in`: prefixes become comparisons of a slice, ranges two comparisons, sets a disjunction."""

from __future__ import annotations

from typing import assert_never

from rss_dsl import codes
from rss_dsl.check.expressions import describe
from rss_dsl.check.report import Report
from rss_dsl.check.terms import Open, Sides, Width, const, join, term, width_of
from rss_dsl.problem import AllOf, AnyOf, Arith, Compare, Condition, Const, Slice, Term
from rss_dsl.spec import Choice, Expr, Literal, Membership, Range

_ADDRESS_BITS = {"ipv4": 32, "ipv6": 128}


def membership(expr: Membership, sides: Sides, report: Report) -> Condition | None:
    """The condition an `in` stands for; None after reporting what is wrong with it."""
    width = width_of(expr.item, report)
    if width is None:
        return None
    match expr.container:
        case Literal():
            return _in_literal(expr.item, expr.container, width, sides, report)
        case Range():
            return _in_range(expr.item, expr.container, width, sides, report)
        case Choice():
            return _in_choice(expr.item, expr.container, width, sides, report)
        case _:
            assert_never(expr.container)


def _in_literal(item: Expr, value: Literal, width: Width, sides: Sides, report: Report) -> Condition | None:
    if value.prefix is not None:
        return _in_prefix(item, value, width, sides, report)
    report.add(
        codes.MISPLACED_LITERAL,
        f"`{value.text}` is one value, not a prefix, range or set",
        value.span,
        help=f"write `== {value.text}`",
    )
    return None


def _in_choice(item: Expr, choice: Choice, width: Width, sides: Sides, report: Report) -> Condition | None:
    found: list[Condition | None] = []
    for member in choice.members:
        match member:
            case Range():
                found.append(_in_range(item, member, width, sides, report))
            case Literal() if member.prefix is not None:
                found.append(_in_prefix(item, member, width, sides, report))
            case Literal():
                found.append(_equals(item, member, width, sides, report))
            case _:
                assert_never(member)
    parts = tuple(part for part in found if part is not None)
    if len(parts) < len(found):
        return None
    return parts[0] if len(parts) == 1 else AnyOf(parts)


def _common(item: Expr, literals: tuple[Literal, ...], width: Width, report: Report) -> Width | None:
    common: Width | None = width
    for literal in literals:
        own: Width = _literal_bits(literal)
        common = None if common is None else join(common, own)
        if common is None:
            report.add(
                codes.WIDTH_MISMATCH,
                f"`{literal.text}` does not have the width of {describe(item)}",
                literal.span,
                help="an IPv4 address has 32 bits, an IPv6 address 128, a MAC address 48, a number any",
            )
            break
    return common


def _literal_bits(literal: Literal) -> Width:
    match literal.kind:
        case "ipv4" | "ipv6":
            return _ADDRESS_BITS[literal.kind]
        case "mac":
            return 48
        case _:
            return Open.NUMBER


def _equals(item: Expr, value: Literal, width: Width, sides: Sides, report: Report) -> Condition | None:
    common = _common(item, (value,), width, report)
    if common is None:
        return None
    left, right = term(item, common, sides, report), const(value, common, report)
    return None if left is None or right is None else Compare("==", left, right)


def _in_range(item: Expr, span: Range, width: Width, sides: Sides, report: Report) -> Condition | None:
    common = _common(item, (span.low, span.high), width, report)
    if common is None or not _ordered(span, report):
        return None
    value = term(item, common, sides, report)
    low, high = const(span.low, common, report), const(span.high, common, report)
    if value is None or low is None or high is None:
        return None
    return AllOf((Compare(">=", value, low), Compare("<=", value, high)))


def _ordered(span: Range, report: Report) -> bool:
    for end in (span.low, span.high):
        if end.prefix is not None:
            report.add(
                codes.MISPLACED_LITERAL,
                f"prefix `{end.text}` cannot end a range",
                end.span,
                help="write addresses: `10.0.0.1..10.0.0.9`",
            )
            return False
    if span.low.value <= span.high.value:
        return True
    report.add(
        codes.LITERAL_RANGE,
        f"range `{span.low.text}..{span.high.text}` is empty",
        span.span,
        help="the lower end comes first; both ends are included",
    )
    return False


def _in_prefix(item: Expr, value: Literal, width: Width, sides: Sides, report: Report) -> Condition | None:
    bits, length = _ADDRESS_BITS[value.kind], value.prefix or 0
    if _common(item, (value,), width, report) is None or not _clean_prefix(value, length, bits, report):
        return None
    found = term(item, bits, sides, report)
    return None if found is None else _leading_bits(found, value.value, length, bits)


def _clean_prefix(value: Literal, length: int, bits: int, report: Report) -> bool:
    if length > bits:
        report.add(
            codes.LITERAL_RANGE,
            f"prefix length of `{value.text}` is more than {bits}",
            value.span,
        )
        return False
    if value.value & ((1 << (bits - length)) - 1) == 0:
        return True
    report.add(
        codes.LITERAL_RANGE,
        f"prefix `{value.text}` has bits set beyond its first {length}",
        value.span,
        help="clear the host bits, or write a longer prefix",
    )
    return False


def _leading_bits(found: Term, value: int, length: int, bits: int) -> Condition:
    if length == 0:  # Any address; still false where there is none.
        return Compare(">=", found, Const(0, bits))
    match found:
        case Slice():
            head = Slice(found.side, found.field, found.start, found.start + length)
            return Compare("==", head, Const(value >> (bits - length), length))
        case Const() | Arith():
            mask = Const(((1 << length) - 1) << (bits - length), bits)
            return Compare("==", Arith("&", found, mask), Const(value, bits))
        case _:
            assert_never(found)
