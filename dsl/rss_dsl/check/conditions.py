"""Typed conversion of expressions to conditions, relations inlined.

The result holds for any ports: which class has which field is for the reader of the condition. What was
compared is handed on as well, so that `lints` can tell what can never hold on the ports at hand.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass, field, replace
from typing import assert_never

from rss_dsl import codes
from rss_dsl.check.expressions import COMPARISONS, LOGICAL, chain, describe
from rss_dsl.check.membership import membership
from rss_dsl.check.report import Report
from rss_dsl.check.terms import Sides, joined, packet_key, term
from rss_dsl.problem import AllOf, AnyOf, Compare, Condition, Negation
from rss_dsl.reads import slices
from rss_dsl.source import Span
from rss_dsl.spec import Binary, Call, Expr, FieldRef, Literal, Membership, Relation, Unary

MAX_COMPARISONS = 10_000
"""In one condition: relations that call relations multiply."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A comparison somewhere in a condition, and where its author can see it."""

    alternatives: tuple[frozenset[tuple[int, str]], ...]
    """(side, field) of everything it reads; apart for every member of a set, any of which may hold."""
    op: str
    """`==`, `<`, …, or `in`."""
    span: Span
    negated: bool
    """Whether a `!` stands over it."""
    inside: Span | None = None
    """Its place in the relation, where `span` is the call's."""


@dataclass(frozen=True, slots=True)
class Converted:
    """A condition and the comparisons in it."""

    condition: Condition
    comparisons: tuple[Comparison, ...]


@dataclass(slots=True)
class _Body:
    """What is being converted: a requirement's condition, an assumption, or a relation's body."""

    sides: Sides
    comparisons: list[Comparison] = field(default_factory=list)
    negations: int = 0


class Converter:
    """Converts the conditions of one spec; each relation once per order of its packets."""

    def __init__(self, usable: Container[str], report: Report) -> None:
        self._usable = usable
        self._report = report
        self._inlined: dict[tuple[str, tuple[int, ...]], Converted | None] = {}

    def convert(self, expr: Expr, sides: Sides) -> Converted | None:
        """The condition; None after reporting what is wrong with it. Packet names must be in `sides`."""
        body = _Body(sides)
        condition = self._condition(expr, body)
        if condition is None:
            return None
        return Converted(condition, tuple(body.comparisons))

    def _condition(self, expr: Expr, body: _Body) -> Condition | None:
        match expr:
            case Binary() if expr.op in LOGICAL:
                return self._logical(expr, body)
            case Binary() if expr.op in COMPARISONS:
                return self._comparison(expr, body)
            case Unary():
                return self._negation(expr, body)
            case Membership():
                return self._record(membership(expr, body.sides, self._report), "in", expr.span, body)
            case Call():
                return self._call(expr, body)
            case Binary() | FieldRef() | Literal():
                self._not_a_condition(expr)
                return None
            case _:
                assert_never(expr)

    def _logical(self, expr: Binary, body: _Body) -> Condition | None:
        found = [self._condition(part, body) for part in chain(expr)]
        parts = tuple(part for part in found if part is not None)
        if len(parts) < len(found):
            return None
        return AllOf(parts) if expr.op == "&&" else AnyOf(parts)

    def _negation(self, expr: Unary, body: _Body) -> Condition | None:
        body.negations += 1
        part = self._condition(expr.operand, body)
        body.negations -= 1
        return None if part is None else Negation(part)

    def _comparison(self, expr: Binary, body: _Body) -> Condition | None:
        width = joined(expr.left, expr.right, expr.span, self._report)
        if width is None:
            return None
        left = term(expr.left, width, body.sides, self._report)
        right = term(expr.right, width, body.sides, self._report)
        if left is None or right is None:
            return None
        return self._record(Compare(expr.op, left, right), expr.op, expr.span, body)

    def _record(self, condition: Condition | None, op: str, span: Span, body: _Body) -> Condition | None:
        if condition is None:
            return None
        parts = condition.parts if isinstance(condition, AnyOf) else (condition,)
        alternatives = tuple(
            dict.fromkeys(frozenset((read.side, read.field) for read in slices(part)) for part in parts)
        )
        if not any(alternatives):
            self._report.add(
                codes.CONSTANT_COMPARISON,
                "comparison of literals only",
                span,
                help="name a packet's field on one side",
            )
            return None
        body.comparisons.append(Comparison(alternatives, op, span, body.negations > 0))
        return condition

    def define(self, relation: Relation, arguments: tuple[int, ...], sides: Sides) -> None:
        """Convert a relation's body for its packets on these sides; relations it calls come first."""
        self._inlined[relation.name, arguments] = self.convert(relation.body, sides)

    def _call(self, expr: Call, body: _Body) -> Condition | None:
        arguments = tuple(body.sides[packet_key(argument)] for argument in expr.arguments)
        # What cannot be inlined was reported where the relations were checked.
        found = self._inlined.get((expr.relation, arguments)) if expr.relation in self._usable else None
        if found is None:
            return None
        if len(body.comparisons) + len(found.comparisons) > MAX_COMPARISONS:
            self._too_large(expr)
            return None
        body.comparisons += _as_seen_from(expr, found.comparisons, body.negations > 0)
        return found.condition

    def _too_large(self, expr: Expr) -> None:
        self._report.add(
            codes.TOO_COMPLEX,
            f"condition has more than {MAX_COMPARISONS} comparisons with its relations written out",
            expr.span,
            help="write several requirements",
        )

    def _not_a_condition(self, expr: Expr) -> None:
        self._report.add(
            codes.KIND_MISMATCH,
            f"{describe(expr)} is a value where a condition is expected",
            expr.span,
            help="compare it with something: `==`, `!=`, `<`, `in`, …",
        )


def _as_seen_from(call: Call, found: tuple[Comparison, ...], negated: bool) -> Iterator[Comparison]:
    for comparison in found:
        inside = comparison.inside or comparison.span
        yield replace(comparison, span=call.span, inside=inside, negated=negated or comparison.negated)
