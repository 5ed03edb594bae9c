"""What conditions read of packets."""

from __future__ import annotations

from collections.abc import Iterator

from rss_dsl.problem import AllOf, AnyOf, Arith, Compare, Condition, Const, Negation, Slice, Term


def slices(found: Condition | Term) -> Iterator[Slice]:
    """Every slice of a field in the order written, repeated as often as it occurs."""
    match found:
        case Slice():
            yield found
        case Const():
            return
        case Arith(_, left, right) | Compare(_, left, right):
            yield from slices(left)
            yield from slices(right)
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                yield from slices(part)
        case Negation(part):
            yield from slices(part)
