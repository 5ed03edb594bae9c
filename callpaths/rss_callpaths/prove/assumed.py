"""What a spec assumes of a packet, over the bytes of its path."""

from __future__ import annotations

from rss_callpaths.prove.arrivals import Fields
from rss_dsl.fields import packet_classes, width
from rss_dsl.problem import AllOf, AnyOf, Arith, Compare, Condition, Const, Negation, Slice, Term
from rss_solver.smt.terms import Flag, Terms, Word

_ARITHMETIC = {"&": "and", "|": "or", "^": "xor", "+": "add", "-": "sub", "<<": "shl", ">>": "lshr"}
_ORDER = {"<": ("ult", False), "<=": ("ule", False), ">": ("ule", True), ">=": ("ult", True)}
"""Comparison → the solver's, and whether its negation is meant."""


def holds(condition: Condition, fields: Fields, terms: Terms) -> Flag:
    """A condition on side 0. Comparisons of fields that the packet lacks are false."""
    match condition:
        case AllOf(parts):
            return terms.all_of([holds(part, fields, terms) for part in parts])
        case AnyOf(parts):
            return terms.any_of([holds(part, fields, terms) for part in parts])
        case Negation(part):
            return terms.negation(holds(part, fields, terms))
        case Compare(operator, left, right):
            return _compare(operator, left, right, fields, terms)


def _compare(operator: str, left: Term, right: Term, fields: Fields, terms: Terms) -> Flag:
    size = _width(left, fields) or _width(right, fields) or _widest(left, right)
    first, second = _word(left, fields, terms, size), _word(right, fields, terms, size)
    if first is None or second is None:
        return terms.flag(False)
    if operator in ("==", "!="):
        equal = terms.equal(first, second)
        return equal if operator == "==" else terms.negation(equal)
    name, negated = _ORDER[operator]
    flag = terms.compare(name, first, second)
    return terms.negation(flag) if negated else flag


def _widest(left: Term, right: Term) -> int:
    """Bits of two constants without widths."""
    return max([1, *(each.value.bit_length() for each in (left, right) if isinstance(each, Const))])


def _canonical(term: Slice, fields: Fields) -> str | None:
    return packet_classes()[fields.kind.packet_class].canonical(term.field)


def _width(term: Term, fields: Fields) -> int | None:
    match term:
        case Slice(_, _, start, stop):
            name = _canonical(term, fields)
            if stop is None and name is None:
                return None
            return (width(name) if stop is None and name is not None else stop or 0) - start
        case Const(_, size):
            return size
        case Arith(_, left, right):
            return _width(left, fields) or _width(right, fields)


def _word(term: Term, fields: Fields, terms: Terms, size: int) -> Word | None:
    match term:
        case Slice(_, _, start, stop):
            name = _canonical(term, fields)
            if name is None:
                return None
            total = width(name)
            end = total if stop is None else stop
            if end > total or end - start != size:
                return None
            return terms.extract(fields.word(name), total - end, size)
        case Const(value):
            return None if value >> size else terms.number(value, size)
        case Arith(operator, left, right):
            first, second = _word(left, fields, terms, size), _word(right, fields, terms, size)
            if first is None or second is None:
                return None
            return terms.binary(_ARITHMETIC[operator], first, second)
