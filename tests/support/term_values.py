"""What a call-path term is worth, computed with Python's numbers alone."""

from __future__ import annotations

from rss_callpaths.terms import Apply, Const, Op, Read, Term


def value(term: Term, memory: dict[tuple[str, int], int]) -> int:
    """`memory`: (array, index) → byte; what is not there is 0."""
    match term:
        case Const(number):
            return number
        case Read():
            at = value(term.index, memory)
            for index, byte in term.updates:
                if value(index, memory) == at:
                    return value(byte, memory)
            if term.array.contents is not None:
                return term.array.contents[at] if at < len(term.array.contents) else 0
            return memory.get((term.array.name, at), 0)
    return applied(term, [value(part, memory) for part in term.args])


def applied(term: Apply, args: list[int]) -> int:
    """An operator on the values of its operands."""
    return _applied(term, args) & (1 << term.width) - 1


def _applied(term: Apply, args: list[int]) -> int:
    widths = [part.width for part in term.args]
    match term.op:
        case Op.CONCAT:
            total = 0
            for arg, width in zip(args, widths, strict=True):
                total = total << width | arg
            return total
        case Op.EXTRACT:
            return args[0] >> term.offset
        case Op.ZEXT | Op.NOT_OPTIMIZED:
            return args[0]
        case Op.SEXT:
            return _signed(args[0], widths[0])
        case Op.SELECT:
            return args[1] if args[0] else args[2]
        case Op.NOT:
            return ~args[0]
    a, b = args
    width = widths[0]
    c, d = _signed(a, width), _signed(b, width)
    plain = {
        Op.ADD: a + b,
        Op.SUB: a - b,
        Op.MUL: a * b,
        Op.AND: a & b,
        Op.OR: a | b,
        Op.XOR: a ^ b,
        Op.SHL: a << b if b < width else 0,
        Op.LSHR: a >> b if b < width else 0,
        Op.ASHR: c >> min(b, width),
        Op.EQ: a == b,
        Op.NE: a != b,
        Op.ULT: a < b,
        Op.ULE: a <= b,
        Op.UGT: a > b,
        Op.UGE: a >= b,
        Op.SLT: c < d,
        Op.SLE: c <= d,
        Op.SGT: c > d,
        Op.SGE: c >= d,
    }
    if term.op in plain:
        return int(plain[term.op])
    if b == 0:
        raise ZeroDivisionError
    quotient = abs(c) // abs(d) * (1 if (c < 0) == (d < 0) else -1)
    return {Op.UDIV: a // b, Op.UREM: a % b, Op.SDIV: quotient, Op.SREM: c - d * quotient}[term.op]


def _signed(number: int, width: int) -> int:
    return number - (1 << width) if number >> width - 1 else number
