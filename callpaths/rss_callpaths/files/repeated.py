"""What a file says twice, and must say alike: the path condition, and the calls' terms as values."""

from __future__ import annotations

from collections.abc import Sequence

from rss_callpaths.callpath import Variant
from rss_callpaths.files.findings import Findings
from rss_callpaths.files.memory import Told
from rss_callpaths.files.query import Query
from rss_callpaths.files.sections import RERUN, Section, header
from rss_callpaths.kquery.scope import Scope
from rss_callpaths.terms import Term
from rss_dsl import codes
from rss_dsl.lexical import quote


def check_conditions(
    asked: list[Term], printed: list[tuple[Term | None, int]], section: Section, findings: Findings
) -> None:
    """The path condition is in the file twice, and must be the same."""
    for number, (term, (again, at)) in enumerate(zip(asked, printed, strict=False), 1):
        if term is not again:
            message = f"condition {number} is another one here than in the query"
            help_ = "the file was changed, or made from two: run the symbolic execution again"
            findings.report(codes.CONDITIONS_DIFFER, message, at, at, help_)
    end = section.start + len(section.text.rstrip())
    if len(printed) < len(asked):
        message = f"{len(printed)} conditions are here, {len(asked)} in the query"
        findings.report(codes.CUT_CALL_PATH, message, end, end, RERUN)
    if len(printed) > len(asked):
        message = f"{len(printed)} conditions are here, {len(asked)} in the query"
        at = printed[len(asked)][1]
        findings.report(codes.CONDITIONS_DIFFER, message, at, at, "one of the two was changed")


def variant_of(told: Sequence[tuple[Told, int]], query: Query, *, tagged: bool) -> Variant:
    """Which printer wrote the file: by its text, and where that leaves it open by its values."""
    variants = {variant for one, _ in told for variant in one.variants()}
    if tagged or Variant.TAGGED in variants:
        return Variant.TAGGED
    if len(variants) == 1:
        return next(iter(variants))
    fits = (v for v in (Variant.PLAIN, Variant.COLON) if _expected(v, told) == query.values)
    return next(fits, Variant.PLAIN)


def _expected(variant: Variant, told: Sequence[tuple[Told, int]]) -> list[Term]:
    return [value for one, _ in told for value in one.values_for(variant)]


def check_values(
    variant: Variant,
    told: Sequence[tuple[Told, int]],
    query: Query,
    section: Section,
    scope: Scope,
    findings: Findings,
) -> None:
    """The value list repeats terms of the calls, and must be what the variant's printer makes of them."""
    if variant is Variant.TAGGED:
        return  # Bolt's list has extras only, and which of their sides differs between its versions
    wanted = _expected(variant, told)
    if wanted == query.values:
        return
    place = section.start + max(section.text.find("(query"), 0)
    for name in sorted(name for name in scope.used if name not in scope.arrays):
        message = f"array {quote(name)} is read by a call and not declared"
        findings.report(codes.ARRAY_CLASH, message, place, place, "declare it before the query")
    same = next((i for i, (a, b) in enumerate(zip(wanted, query.values, strict=False)) if a is not b), None)
    at = min(len(wanted), len(query.values)) if same is None else same
    message = f"value {at + 1} of {len(query.values)} is not what the calls have there ({len(wanted)} values)"
    help_ = f"calls are read from `{header('Calls')}`; tools that read the list may fail on this file"
    findings.report(codes.VALUES_DIFFER, message, place, place, help_)
