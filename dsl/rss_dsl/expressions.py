"""Precedence: from the flat list of operands and operators that the grammar gives to an expression tree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rss_dsl import codes
from rss_dsl.diagnostics import Diagnostic, RssError
from rss_dsl.lexical import quote
from rss_dsl.source import Source, Span
from rss_dsl.spec import Binary, Call, Choice, Expr, FieldRef, Literal, Membership, Range, Unary

COMPARISONS = ("==", "!=", "<", "<=", ">", ">=", "in")

OR, AND, NOT, COMPARISON = 1, 2, 3, 4

LEVEL: dict[str, int] = {
    "||": OR,
    "&&": AND,
    **dict.fromkeys(COMPARISONS, COMPARISON),
    "|": 5,
    "^": 6,
    "&": 7,
    "<<": 8,
    ">>": 8,
    "+": 9,
    "-": 9,
}
"""How tightly each binary operator binds; all but comparisons group to the left."""

SYMBOLS = {"and": "&&", "or": "||", "not": "!"}
"""What the word operators stand for."""

MAX_DEPTH = 128
"""Longest way from a condition to its innermost operand: whoever walks a condition may recurse."""


@dataclass(frozen=True, slots=True)
class Operand:
    """An operand with the range it covers, parentheses included, and where each `!` before it stands."""

    node: Expr
    start: int
    end: int
    nots: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """A binary operator in its symbol form, where it stands, and what follows it."""

    symbol: str
    start: int
    right: Operand | Literal | Range | Choice


@dataclass(frozen=True, slots=True)
class _Piece:
    """A finished subtree and the range it covers."""

    node: Expr
    start: int
    end: int


def build(first: Operand, steps: Sequence[Step], source: Source) -> Expr:
    """The tree of an expression. Raises `RssError` for what precedence forbids."""
    tree = _Climber(first, steps, source).climb(OR).node
    if len(steps) >= MAX_DEPTH or any(_is_deep(operand) for operand in (first, *(s.right for s in steps))):
        _limit_depth(tree)
    return tree


def _is_deep(operand: Operand | Literal | Range | Choice) -> bool:
    """Whether an operand is itself a tree."""
    return isinstance(operand, Operand) and (bool(operand.nots) or bool(children(operand.node)))


class _Climber:
    """Precedence climbing over one flat list; recursion goes no deeper than there are levels."""

    def __init__(self, first: Operand, steps: Sequence[Step], source: Source) -> None:
        self.operand = first
        self.steps = steps
        self.source = source
        self.at = 0

    def climb(self, level: int) -> _Piece:
        """The longest subtree from the current operand on whose operators bind no looser than `level`."""
        operand = self.operand
        if not operand.nots:
            return self._extend(_Piece(operand.node, operand.start, operand.end), level)
        if level > NOT:
            raise self._misplaced(operand)
        piece = self._extend(_Piece(operand.node, operand.start, operand.end), COMPARISON)
        for start in reversed(operand.nots):
            span = Span(self.source, start, piece.end)
            piece = _Piece(Unary(op="!", operand=piece.node, span=span), start, piece.end)
        return self._extend(piece, level)

    def _extend(self, left: _Piece, level: int) -> _Piece:
        compared: Step | None = None
        while self.at < len(self.steps) and LEVEL[(step := self.steps[self.at]).symbol] >= level:
            if LEVEL[step.symbol] == COMPARISON:
                if compared is not None:
                    raise self._chained(compared, step)
                compared = step
            self.at += 1
            left = self._combine(left, step)
        return left

    def _combine(self, left: _Piece, step: Step) -> _Piece:
        if not isinstance(step.right, Operand):
            span = Span(self.source, left.start, step.right.span.end)
            return _Piece(Membership(item=left.node, container=step.right, span=span), span.start, span.end)
        self.operand = step.right
        right = self.climb(LEVEL[step.symbol] + 1)
        span = Span(self.source, left.start, right.end)
        node = Binary(op=step.symbol, left=left.node, right=right.node, span=span)
        return _Piece(node, span.start, span.end)

    def _misplaced(self, operand: Operand) -> RssError:
        before = self.steps[self.at - 1].symbol
        message = f"expected a value after {quote(before)}, found `!`"
        help_ = "`!` negates a condition; put the condition in parentheses"
        span = Span(self.source, operand.nots[0], operand.nots[0] + 1)
        return RssError([Diagnostic(rule=codes.SYNTAX, message=message, span=span, help=help_)])

    def _chained(self, first: Step, second: Step) -> RssError:
        message = f"comparisons do not chain: {quote(second.symbol)} after {quote(first.symbol)}"
        help_ = "write `a == b && b == c`"
        span = Span(self.source, second.start, second.start + len(second.symbol))
        return RssError([Diagnostic(rule=codes.SYNTAX, message=message, span=span, help=help_)])


def _limit_depth(tree: Expr) -> None:
    """Walk without recursion; refuse a tree that others could not walk with it."""
    pending: list[tuple[Expr, int]] = [(tree, 1)]
    while pending:
        node, depth = pending.pop()
        if depth > MAX_DEPTH:
            message = f"more than {MAX_DEPTH} conditions or operators in one chain or within each other"
            help_ = "use `in {…}` for many values, name parts with `relation`, or write several requirements"
            raise RssError([Diagnostic(rule=codes.TOO_DEEP, message=message, span=node.span, help=help_)])
        pending += ((child, depth + 1) for child in children(node))


def children(node: Expr) -> tuple[Expr, ...]:
    """The expressions directly inside one."""
    match node:
        case Unary(operand=operand):
            return (operand,)
        case Binary(left=left, right=right):
            return left, right
        case Membership(item=item):
            return (item,)
        case Call() | FieldRef() | Literal():
            return ()
