"""Comments find the statement or block item they belong to.

A comment on the line where a statement or item ends belongs to it, as does one inside it; any other belongs
to the next one, or to the tail of its block or file. An empty string among comments is a blank line.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from rss_dsl.lexical import Comment
from rss_dsl.spec import Commented, Nf, PortDecl, Statement

C = TypeVar("C", bound=Commented)


@dataclass(slots=True)
class _Shares:
    """Comments of each of several nodes in a row, and what is left after the last."""

    before: list[list[Comment]]
    inside: list[list[Comment]]
    tail: list[Comment] = field(default_factory=list)


def attach(
    statements: Sequence[Statement], comments: Sequence[Comment], text: str, code: str
) -> tuple[tuple[Statement, ...], tuple[str, ...]]:
    """The statements with their comments, and the texts of those after the last.

    `text` is the source, `code` the same without comments.
    """
    if not comments:
        return tuple(statements), ()
    shares = _share(statements, comments, text)
    found = (
        _into(statement, before, inside, text, code)
        for statement, before, inside in zip(statements, shares.before, shares.inside, strict=True)
    )
    return tuple(found), _texts(shares.tail, None, text)


def _share(nodes: Sequence[Commented], comments: Sequence[Comment], text: str) -> _Shares:
    """Give every comment to one of the nodes, which are in order, or to the tail."""
    shares = _Shares([[] for _ in nodes], [[] for _ in nodes])
    starts = [node.span.start for node in nodes]
    for comment in comments:
        at = bisect_right(starts, comment.start)
        previous = nodes[at - 1].span if at else None
        if previous and (comment.start < previous.end or text.find("\n", previous.end, comment.start) < 0):
            shares.inside[at - 1].append(comment)
        elif at < len(nodes):
            shares.before[at].append(comment)
        else:
            shares.tail.append(comment)
    return shares


def _into(
    statement: Statement, before: list[Comment], inside: list[Comment], text: str, code: str
) -> Statement:
    leading = _texts(before, statement.span.start, text)
    if not inside:
        return replace(statement, comments=leading) if leading else statement
    if not isinstance(statement, PortDecl | Nf):
        return replace(statement, comments=leading + tuple(c.text for c in inside))
    brace = code.index("{", statement.span.start)
    head: list[Comment] = []
    rest: list[Comment] = []
    for comment in inside:
        outside = comment.start < brace or comment.start >= statement.span.end
        (head if outside or _ends_line_of(brace, comment, text) else rest).append(comment)
    statement = replace(statement, comments=leading + tuple(c.text for c in head))
    if isinstance(statement, PortDecl):
        items, tail = _items(statement.items, rest, text)
        return replace(statement, items=items, tail_comments=tail)
    nf_items, tail = _items(statement.items, rest, text)
    return replace(statement, items=nf_items, tail_comments=tail)


def _ends_line_of(brace: int, comment: Comment, text: str) -> bool:
    """Whether nothing but the comment follows an opening brace on its line."""
    if text.find("\n", brace, comment.start) >= 0 or text[brace + 1 : comment.start].strip():
        return False
    line_end = text.find("\n", comment.end)
    return not text[comment.end : line_end if line_end >= 0 else len(text)].strip()


def _items(items: Sequence[C], comments: list[Comment], text: str) -> tuple[tuple[C, ...], tuple[str, ...]]:
    shares = _share(items, comments, text)
    found = []
    for item, before, inside in zip(items, shares.before, shares.inside, strict=True):
        own = _texts(before, item.span.start, text) + tuple(c.text for c in inside)
        found.append(replace(item, comments=own) if own else item)
    return tuple(found), _texts(shares.tail, None, text)


def _texts(comments: list[Comment], followed_at: int | None, text: str) -> tuple[str, ...]:
    """Texts of comments in a row, with an empty one for blank lines between them and before what follows."""
    found: list[str] = []
    for number, comment in enumerate(comments, start=1):
        found.append(comment.text)
        next_start = comments[number].start if number < len(comments) else followed_at
        if next_start is not None and text.count("\n", comment.end, next_start) > 1:
            found.append("")
    return tuple(found)
