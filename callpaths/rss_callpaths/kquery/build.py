"""Typed terms from what was written: every operator checks the widths of its operands."""

from __future__ import annotations

from collections.abc import Sequence

from rss_callpaths.kquery.errors import KqueryError
from rss_callpaths.kquery.scope import MAX_WIDTH, Scope, Version
from rss_callpaths.terms import COMPARISONS, Apply, Const, Op, Read, Term
from rss_callpaths.terms.multibyte import INDEX_WIDTH, multibyte
from rss_dsl import codes
from rss_dsl.lexical import quote

Operand = Term | int
"""A term, or a number whose width has to be inferred."""

OPS = {str(op): op for op in Op}
_ARITY = {Op.NOT: 1, Op.NOT_OPTIMIZED: 1, Op.ZEXT: 1, Op.SEXT: 1, Op.EXTRACT: 1, Op.SELECT: 3}


def constant(scope: Scope, value: int, width: int, at: int) -> Const:
    """A number of a width; negative ones are taken modulo 2^width."""
    if not -(1 << (width - 1)) <= value < 1 << width:
        raise KqueryError(codes.CALL_PATH_WIDTH, f"the number does not fit into {width} bits", at)
    return scope.pool.const(value, width)


def checked_width(token: str, at: int) -> int:
    """The width that `w32` names."""
    digits = token[1:].lstrip("0")
    if len(digits) > 9 or not 0 < int(digits or "0") <= MAX_WIDTH:
        message = f"{quote(token)} is no width: 1 to {MAX_WIDTH} bits are possible"
        raise KqueryError(codes.CALL_PATH_TOO_LARGE if digits else codes.CALL_PATH_WIDTH, message, at)
    return int(digits)


def operation(
    scope: Scope, op: Op, width: int | None, operands: Sequence[Operand], offset: int, at: int
) -> Term:
    """An operator on operands; `width` None: none was written."""
    arity = _ARITY.get(op, 2)
    if len(operands) != arity and not (op is Op.CONCAT and len(operands) > 2):
        message = f"{quote(op)} takes {arity} operand{'s' * (arity > 1)}, not {len(operands)}"
        raise KqueryError(codes.CALL_PATH_SYNTAX, message, at)
    if op is Op.CONCAT:
        return _concat(scope, width, _typed(op, operands, at), at)
    if op is Op.EXTRACT:
        args, result = _typed(op, operands, at), width or 1
        if offset + result > args[0].width:
            message = f"bits {offset} to {offset + result - 1} are not in a term of {args[0].width} bits"
            raise KqueryError(codes.CALL_PATH_WIDTH, message, at)
    elif op in (Op.ZEXT, Op.SEXT):
        args, result = _typed(op, operands, at), width or 1
        if args[0].width > result:
            message = f"{quote(op)} to {result} bits of a term of {args[0].width} bits"
            raise KqueryError(codes.CALL_PATH_WIDTH, message, at)
    elif op in COMPARISONS:
        args, result = _same_width(scope, op, None, operands, at), 1
        if width not in (None, 1):
            raise KqueryError(codes.CALL_PATH_WIDTH, f"{quote(op)} has one bit, not {width}", at)
    elif op is Op.SELECT:
        result = width or 1
        condition = _same_width(scope, op, 1, operands[:1], at)
        args = condition + _same_width(scope, op, result, operands[1:], at)
    else:
        result = width or 1
        args = _same_width(scope, op, result, operands, at)
    return applied(scope, op, result, args, offset, at)


def applied(scope: Scope, op: Op, width: int, args: Sequence[Term], offset: int, at: int) -> Apply:
    """A term that is accounted for."""
    term = scope.pool.apply(op, width, args, offset)
    if term not in scope.depths:
        scope.spend(1, at)
        scope.deepen(term, at)
    return term


def read(scope: Scope, kind: str, width: int | None, index: Operand, version: Version, at: int) -> Term:
    """`Read`, `ReadLSB` or `ReadMSB`."""
    array, updates = version
    bits = width or 8
    if bits % 8 or (kind == "Read" and bits != 8):
        what = "8 bits" if kind == "Read" else "a multiple of 8 bits"
        raise KqueryError(codes.CALL_PATH_WIDTH, f"{quote(kind)} reads {what}, not {bits}", at)
    if isinstance(index, int):
        index = constant(scope, index, INDEX_WIDTH, at)
    if index.width != INDEX_WIDTH:
        message = f"arrays have indices of {INDEX_WIDTH} bits, this one has {index.width}"
        raise KqueryError(codes.CALL_PATH_WIDTH, message, at)
    count = bits // 8
    size = 1 << INDEX_WIDTH if array.size is None else array.size
    if isinstance(index, Const) and index.value + count > size:
        last = index.value + count - 1
        message = f"bytes {index.value} to {last} of {quote(array.name)} are read; it has {size}"
        raise KqueryError(codes.ARRAY_CLASH, message, at)
    if count > 1:
        scope.spend(2 * count + count * len(updates), at)
    term = multibyte(scope.pool, array, index, count, updates, little_endian=kind != "ReadMSB")
    if term not in scope.depths:
        _note(scope, term, at)
    return term


def _note(scope: Scope, term: Term, at: int) -> None:
    """Note the depths along the spine of a read."""
    spine = [term]
    while isinstance(spine[-1], Apply):
        spine.append(spine[-1].args[1])
    for part in reversed(spine):
        byte = part.args[0] if isinstance(part, Apply) else part
        if isinstance(byte, Read):
            if isinstance(byte.index, Apply) and byte.index not in scope.depths:
                scope.deepen(byte.index, at)
            scope.deepen(byte, at)
        scope.deepen(part, at)


def _concat(scope: Scope, width: int | None, args: list[Term], at: int) -> Term:
    total = sum(arg.width for arg in args)
    if width not in (None, total):
        message = f"`Concat` to {width} bits of terms with {total} bits together"
        raise KqueryError(codes.CALL_PATH_WIDTH, message, at)
    if total > MAX_WIDTH:
        message = f"a term of {total} bits: {MAX_WIDTH} are possible"
        raise KqueryError(codes.CALL_PATH_TOO_LARGE, message, at)
    value = args.pop()
    while args:
        first = args.pop()
        value = applied(scope, Op.CONCAT, first.width + value.width, (first, value), 0, at)
    return value


def _typed(op: Op, operands: Sequence[Operand], at: int) -> list[Term]:
    found = [operand for operand in operands if not isinstance(operand, int)]
    if len(found) < len(operands):
        message = f"an operand of {quote(op)} is a number without width"
        raise KqueryError(codes.CALL_PATH_WIDTH, message, at, "write it as `(w32 5)`")
    return found


def _same_width(scope: Scope, op: Op, width: int | None, operands: Sequence[Operand], at: int) -> list[Term]:
    """The operands, all of one width: the one given, or else that of the first which has one."""
    if width is None:
        width = next((operand.width for operand in operands if not isinstance(operand, int)), None)
        if width is None:
            raise KqueryError(codes.CALL_PATH_WIDTH, f"no operand of {quote(op)} has a width", at)
    args: list[Term] = []
    for operand in operands:
        arg = constant(scope, operand, width, at) if isinstance(operand, int) else operand
        if arg.width != width:
            message = f"an operand of {quote(op)} has {arg.width} bits where {width} belong"
            raise KqueryError(codes.CALL_PATH_WIDTH, message, at)
        args.append(arg)
    return args
