"""Terms as C expressions, with names for what would be written twice or nest too deep."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from rss_callpaths.bdd.plain import Plain
from rss_callpaths.terms import Apply, Pool, Term
from rss_synth.paths.places import Run, Scope
from rss_synth.paths.terms import WORD, TermWriter, bare, c_type

_REPEATED = 24
"""Expressions of so many characters get a name where they occur more than once."""
_DEEP = 24
"""Expressions get a name every so many levels: compilers and readers can take in only so many parentheses."""


class Known(Protocol):
    """What is known at a place in the code."""

    @property
    def scope(self) -> Scope:
        """Where symbols are."""

    @property
    def named(self) -> Mapping[Term, str]:
        """Simplified terms that variables hold."""


class Expressions:
    """Terms of one pool as C."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.plain = Plain(pool)
        self._count = 0

    def together(self, terms: Sequence[Term], state: Known) -> tuple[list[str], list[str]]:
        """Lines that name inner terms, and the terms' expressions."""
        simple = [self.plain(term) for term in terms]
        lines, writer = self._named(simple, state)
        texts = [writer.word(term) for term in simple]
        return _needed(lines, texts), texts

    def run(self, run: Run, state: Known) -> tuple[list[str], str]:
        """The number that a run of at most 8 bytes is, after lines that name inner terms."""
        if not isinstance(run.source, Apply):
            return [], TermWriter(self.pool, state.scope, state.named).run(run)
        source = self.plain(run.source)
        lines, writer = self._named([source], state)
        text = writer.run(replace(run, source=source))
        return _needed(lines, [text]), text

    def _named(self, terms: Sequence[Term], state: Known) -> tuple[list[tuple[str, str]], TermWriter]:
        """Names, each with its line; and what writes terms with them."""
        writer = TermWriter(self.pool, state.scope, state.named)
        lines: list[tuple[str, str]] = []
        for node in _worth_a_name(terms):
            text = writer.word(node)
            if node not in writer.named and len(text) >= _REPEATED:
                self._count += 1
                name = f"value_{self._count}"
                lines.append((name, f"const {c_type(node.width)} {name} = {bare(text)};"))
                writer.named[node] = name
        return lines, writer


def _worth_a_name(terms: Sequence[Term]) -> list[Term]:
    """The inner terms that occur more than once, or are a certain way up; each behind those in it."""
    levels: dict[Term, int] = {}
    counts: dict[Term, int] = {}
    waiting = list(reversed(terms))
    while waiting:
        node = waiting[-1]
        parts = node.args if isinstance(node, Apply) else ()
        missing = [part for part in parts if part not in levels]
        if node not in levels and not missing:
            levels[node] = 1 + max((levels[part] for part in parts), default=-1)
            for part in parts:
                counts[part] = counts.get(part, 0) + 1
        if node in levels:
            waiting.pop()
        else:
            waiting += reversed(missing)
    return [
        node
        for node, level in levels.items()
        if isinstance(node, Apply) and node.width <= WORD
        if counts.get(node, 0) > 1 or (level and level % _DEEP == 0)
    ]


def _needed(lines: list[tuple[str, str]], texts: Sequence[str]) -> list[str]:
    """The lines whose names are used, by texts or by lines that are."""
    used = set(_names(texts))
    kept: list[str] = []
    for name, line in reversed(lines):
        if name in used:
            kept.append(line)
            used |= _names([line])
    return kept[::-1]


def _names(texts: Sequence[str]) -> set[str]:
    return {name for text in texts for name in re.findall(r"\bvalue_[0-9]+\b", text)}
