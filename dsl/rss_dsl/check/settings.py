"""Statements of the whole spec: `equality`, `seed`, `nf`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypeVar

from rss_dsl import codes
from rss_dsl.check.items import header, repeated
from rss_dsl.check.report import Report
from rss_dsl.source import Span
from rss_dsl.spec import Equality, Nf, NfItem, Seed

EQUALITIES = ("auto", "hash", "index")
STRATEGIES = ("shared-nothing", "locks", "tm", "sequential", "auto")
MAX_SEED = (1 << 64) - 1

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")

One = TypeVar("One", Equality, Seed, Nf)


def single(found: Sequence[One], what: str, report: Report) -> One | None:
    """The first of statements that may stand once; the others are reported."""
    for other in found[1:]:
        repeated(what, _where(other), _where(found[0]), report)
    return found[0] if found else None


def _where(statement: Equality | Seed | Nf) -> Span:
    return header(statement) if isinstance(statement, Nf) else statement.span


def known_word(word: str, known: Sequence[str], what: str, span: Span, report: Report) -> None:
    """Report a word that is none of those that can stand here."""
    if word not in known:
        listed = ", ".join(f"`{w}`" for w in known)
        help_text = report.did_you_mean(word, known, f"write one of {listed}")
        report.add(codes.UNKNOWN_WORD, f"unknown {what} `{word}`", span, help=help_text)


def check_equality(found: Sequence[Equality], report: Report) -> str:
    """The mode, `auto` unless the spec says otherwise."""
    statement = single(found, "`equality`", report)
    if statement is None:
        return "auto"
    known_word(statement.mode, EQUALITIES, "equality", statement.span, report)
    return statement.mode


def check_seed(found: Sequence[Seed], report: Report) -> int:
    """The seed, 0 unless the spec says otherwise."""
    statement = single(found, "`seed`", report)
    if statement is None:
        return 0
    if statement.value > MAX_SEED:
        message = f"seed {statement.value} has more than 64 bits"
        report.add(codes.NUMBER_RANGE, message, statement.span, help=f"write at most {MAX_SEED}")
    return statement.value


# --- nf ---------------------------------------------------------------------------------------------


def check_nf(found: Sequence[Nf], report: Report) -> Nf | None:
    """The `nf` block; its parameters are checked against the template by whoever instantiates it."""
    block = single(found, "an `nf` block", report)
    for one in found:
        _nf_items(one, report)
    if block is not None and not _NAME.fullmatch(block.name):
        report.add(
            codes.BAD_NAME,
            f"`{block.name}` cannot name a network function",
            header(block),
            help="it becomes part of C names: letters, digits, `_` and `-`, not beginning with a digit",
        )
    return block


def _nf_items(block: Nf, report: Report) -> None:
    first: dict[str, NfItem] = {}
    for item in block.items:
        kept = first.setdefault(item.name, item)
        if kept is not item:
            repeated(f"`{item.name}`", item.span, kept.span, report)
        if item.name == "strategy":
            known_word(str(item.value.value), STRATEGIES, "strategy", item.span, report)
