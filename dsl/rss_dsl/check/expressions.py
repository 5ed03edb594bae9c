"""Walks over expressions as written: packets named, relations called, depth, wording for messages.

Nothing here recurses along `&&` and `||`, which parse to trees as deep as they are long.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from rss_dsl.check.names import written
from rss_dsl.spec import Binary, Call, Expr, FieldRef, Literal, Membership, PacketName, Unary

COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">="})
LOGICAL = frozenset({"&&", "||"})
MAX_DEPTH = 150
"""Levels of nesting that conversion follows by recursion."""

_LONGEST_QUOTE = 60


def children(expr: Expr) -> tuple[Expr, ...]:
    """Direct operands, in the order written."""
    match expr:
        case Binary():
            return (expr.left, expr.right)
        case Unary():
            return (expr.operand,)
        case Membership():
            return (expr.item,)
        case Call() | FieldRef() | Literal():
            return ()
        case _:
            assert_never(expr)


def walk(expr: Expr) -> Iterator[Expr]:
    """The expression and everything in it, in the order written."""
    stack = [expr]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(reversed(children(current)))


def packets(expr: Expr) -> Iterator[PacketName]:
    """Every packet name in the order written, repeated as often as it occurs."""
    for part in walk(expr):
        match part:
            case FieldRef():
                yield part.packet
            case Call():
                yield from part.arguments
            case _:
                pass


def calls(expr: Expr) -> Iterator[Call]:
    """Every use of a relation, in the order written."""
    return (part for part in walk(expr) if isinstance(part, Call))


def chain(expr: Binary) -> tuple[Expr, ...]:
    """The operands of `a && b && c` (or `||`) in the order written, however it is nested."""
    found: list[Expr] = []
    stack: list[Expr] = [expr]
    while stack:
        current = stack.pop()
        if isinstance(current, Binary) and current.op == expr.op:
            stack += (current.right, current.left)
        else:
            found.append(current)
    return tuple(found)


def too_deep(expr: Expr) -> bool:
    """Whether it nests more than `MAX_DEPTH` levels, a chain of one logical operator counting as one."""
    stack = [(expr, 1)]
    while stack:
        current, depth = stack.pop()
        if depth > MAX_DEPTH:
            return True
        for child in children(current):
            same = isinstance(current, Binary) and isinstance(child, Binary) and current.op in LOGICAL
            stack.append((child, depth if same and _op(child) == _op(current) else depth + 1))
    return False


def _op(expr: Expr) -> str | None:
    return expr.op if isinstance(expr, Binary) else None


def describe(expr: Expr) -> str:
    """The expression for a message, in backticks, on one line."""
    match expr:
        case FieldRef():
            bounds = "" if expr.slice is None else f"[{expr.slice[0]}:{expr.slice[1]}]"
            text = f"{written(expr.packet)}.{expr.field}{bounds}"
        case Literal():
            text = expr.text
        case Binary() | Unary() | Membership() | Call():
            text = " ".join(expr.span.text.split()) or "…"
        case _:
            assert_never(expr)
    return f"`{text if len(text) <= _LONGEST_QUOTE else text[:_LONGEST_QUOTE] + '…'}`"
