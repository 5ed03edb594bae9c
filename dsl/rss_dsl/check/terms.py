"""Values in conditions: their widths, and their conversion to terms.

Widths are found from the leaves up (`width_of`), then settled from the comparison down (`term`): a number
takes the width of what it meets, and `ip_src` becomes `ipv4_src` or `ipv6_src` where that is certain.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from functools import cache
from typing import assert_never

from rss_dsl import codes
from rss_dsl.check.expressions import COMPARISONS, LOGICAL, describe
from rss_dsl.check.report import Report
from rss_dsl.fields import INNER, WIDTHS, all_field_names
from rss_dsl.problem import Arith, Const, Slice, Term
from rss_dsl.source import Span
from rss_dsl.spec import Binary, Call, Expr, FieldRef, Literal, Membership, PacketName, Unary

Sides = Mapping[tuple[str, int | str | None, int], int]
"""Which packet (0 or 1) a packet name, index and number of primes stand for."""


class Open(Enum):
    """Widths that the surroundings settle."""

    NUMBER = "any"
    """A number in hex or decimal."""
    ADDRESS = "32 or 128"
    """`ip_src` or `ip_dst`: as wide as the packet's IP version has it."""


Width = int | Open

_ADDRESS_BITS = {"ipv4": 32, "ipv6": 128}
_LITERAL_BITS = {"mac": 48, "ipv4": 32, "ipv6": 128}


def packet_key(name: PacketName) -> tuple[str, int | str | None, int]:
    """How `Sides` knows a packet name."""
    return name.name, name.index, name.primes


def join(left: Width, right: Width) -> Width | None:
    """The common width of two operands, None if they cannot have one."""
    match left, right:
        case (Open.NUMBER, other) | (other, Open.NUMBER):
            return other
        case (Open.ADDRESS, other) | (other, Open.ADDRESS):
            return other if other is Open.ADDRESS or other in _ADDRESS_BITS.values() else None
        case _:
            return left if left == right else None


def width_of(expr: Expr, report: Report) -> Width | None:
    """The width of a value; None after reporting what is wrong with it."""
    match expr:
        case FieldRef():
            return _field_width(expr, report)
        case Literal():
            return _literal_width(expr, report)
        case Binary() if expr.op not in COMPARISONS and expr.op not in LOGICAL:
            return joined(expr.left, expr.right, expr.span, report)
        case Binary() | Unary() | Membership() | Call():
            report.add(
                codes.KIND_MISMATCH,
                f"{describe(expr)} is a condition where a value is expected",
                expr.span,
                help="compare fields and literals; combine conditions with `&&`, `||` and `!`",
            )
            return None
        case _:
            assert_never(expr)


def joined(left: Expr, right: Expr, at: Span, report: Report) -> Width | None:
    """The common width of two operands; None after reporting that there is none."""
    first, second = width_of(left, report), width_of(right, report)
    if first is None or second is None:
        return None
    common = join(first, second)
    if common is None:
        report.add(
            codes.WIDTH_MISMATCH,
            f"{describe(left)} has {_bits(first)}, {describe(right)} has {_bits(second)}",
            at,
            help=_width_help({first, second}),
        )
    return common


def _bits(width: Width) -> str:
    return f"{width.value if isinstance(width, Open) else width} bits"


def _width_help(widths: set[Width]) -> str:
    if widths == {32, 128}:
        return "an IPv4 address and an IPv6 address are never equal"
    return "compare fields of equal width, or slices such as `[0:16]`"


def _field_width(ref: FieldRef, report: Report) -> Width | None:
    bare = ref.field.removeprefix(INNER)
    address = bare in ("ip_src", "ip_dst")
    if ref.field not in _known_fields():
        _unknown_field(ref.field, ref.span, report)
        return None
    bits = 128 if address else WIDTHS[bare]
    if ref.slice is None:
        return Open.ADDRESS if address else bits
    start, stop = ref.slice
    if 0 <= start < stop <= bits:
        return stop - start
    report.add(
        codes.BAD_SLICE,
        f"slice `[{start}:{stop}]` does not fit `{ref.field}`, which has {bits} bits",
        ref.span,
        help=f"a slice is half-open and not empty, bit 0 first on the wire: at most `[0:{bits}]`",
    )
    return None


@cache
def _known_fields() -> frozenset[str]:
    return frozenset(all_field_names())


def _unknown_field(name: str, span: Span, report: Report) -> None:
    listed = f"there are `ip_src`, `ipv4_dst`, `tcp_src`, `vlan`, … and most of them after `{INNER}`"
    help_text = report.did_you_mean(name, all_field_names(), listed)
    report.add(codes.UNKNOWN_FIELD, f"unknown field `{name}`", span, help=help_text)


def _literal_width(literal: Literal, report: Report) -> Width | None:
    if literal.prefix is not None:
        report.add(
            codes.MISPLACED_LITERAL,
            f"prefix `{literal.text}` is not a value",
            literal.span,
            help="prefixes stand on the right of `in`: `LAN.ipv4_src in 10.0.0.0/8`",
        )
        return None
    return _LITERAL_BITS.get(literal.kind, Open.NUMBER)


def term(expr: Expr, width: Width, sides: Sides, report: Report) -> Term | None:
    """A value of known width as a term; None after reporting a literal that does not fit."""
    match expr:
        case FieldRef():
            return _slice(expr, width, sides)
        case Literal():
            return const(expr, width, report)
        case Binary():
            left, right = term(expr.left, width, sides, report), term(expr.right, width, sides, report)
            return None if left is None or right is None else Arith(expr.op, left, right)
        case Unary() | Membership() | Call():
            return None
        case _:
            assert_never(expr)


def _slice(ref: FieldRef, width: Width, sides: Sides) -> Slice:
    side = sides[packet_key(ref.packet)]
    if ref.slice is None:
        return Slice(side, versioned(ref.field, width))
    start, stop = ref.slice
    # Bits beyond an IPv4 address exist in IPv6 packets only.
    return Slice(side, versioned(ref.field, 128 if stop > 32 else Open.ADDRESS), start, stop)


def versioned(name: str, width: Width) -> str:
    """`ipv4_src` for `ip_src` of 32 bits, `ipv6_src` for 128; any other name as it is."""
    bare = name.removeprefix(INNER)
    if bare not in ("ip_src", "ip_dst") or isinstance(width, Open):
        return name
    version = "ipv4" if width == _ADDRESS_BITS["ipv4"] else "ipv6"
    return f"{name.removesuffix(bare)}{version}{bare.removeprefix('ip')}"


def const(literal: Literal, width: Width, report: Report) -> Const | None:
    """A literal as a constant of the width; None after reporting that it does not fit."""
    # An address that may be an IPv4 one meets numbers of 32 bits at most.
    bits = _ADDRESS_BITS["ipv4"] if width is Open.ADDRESS else width
    if isinstance(bits, Open):
        return Const(literal.value)
    if literal.value.bit_length() <= bits:
        return Const(literal.value, None if width is Open.ADDRESS else bits)
    wide = " (write `ipv6_src` or `ipv6_dst` for 128)" if width is Open.ADDRESS else ""
    most = str((1 << bits) - 1) if literal.kind == "decimal" else f"{(1 << bits) - 1:#x}"
    report.add(
        codes.LITERAL_RANGE,
        f"literal `{literal.text}` does not fit {bits} bits",
        literal.span,
        help=f"the other operand has {bits} bits{wide}: at most {most}",
    )
    return None
