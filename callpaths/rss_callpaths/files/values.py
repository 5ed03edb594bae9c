"""The query's value list: which terms of the calls it repeats, for each variant of the printer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rss_callpaths.callpath import Argument, Call, Extra, Result, Variant
from rss_callpaths.terms import Term


def expected_values(variant: Variant, calls: Iterable[Call]) -> tuple[Term, ...]:
    """The terms that the list must hold, in order."""
    return tuple(
        value for call in calls for value in values_of(variant, call.arguments, call.extras, call.result)
    )


def values_of(
    variant: Variant, arguments: Iterable[Argument], extras: Iterable[Extra], result: Result
) -> tuple[Term, ...]:
    """What one call adds to the list."""
    found: list[Term | None] = []
    if variant is not Variant.TAGGED:
        for argument in arguments:
            found += _argument(variant, argument)
    for extra in extras:
        found += _extra(extra)
    if variant is Variant.PLAIN:
        found += _result(result)
    return tuple(value for value in found if value is not None)


def _argument(variant: Variant, argument: Argument) -> Iterator[Term | None]:
    if variant is Variant.PLAIN or not argument.pointer:
        yield argument.value
    if argument.pointee is not None:
        yield from (argument.pointee.before, argument.pointee.after)


def _extra(extra: Extra) -> Iterator[Term | None]:
    yield from (extra.value.before, extra.value.after, extra.scalar)


def _result(result: Result) -> Iterator[Term | None]:
    yield result.value
