"""The binary decision tree of a network function: what one turn of its packet loop does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum

from rss_callpaths.callpath import Call
from rss_callpaths.terms import Term
from rss_callpaths.terms.deep import Deep, deeply


class Fate(StrEnum):
    """What becomes of a packet."""

    DROP = "drop"
    FORWARD = "forward"
    FLOOD = "flood"
    """To every port but the one it came in on."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """The end of a turn."""

    fate: Fate
    port: Term | None = None
    """Where a forwarded packet goes."""
    paths: tuple[str, ...] = field(default=(), compare=False)
    """Names of the paths that end here."""


@dataclass(frozen=True, slots=True)
class Step:
    """A library call, as the path shows it on which it hands out most."""

    call: Call
    then: Tree
    """What follows; where that depends on whether the call succeeds, if it does (returns other than zero)."""
    failed: Tree | None = None
    """What follows if the call fails; None: the same."""


@dataclass(frozen=True, slots=True)
class Branch:
    """Two ways on. The condition is a term of one bit over what calls have handed out so far."""

    condition: Term
    yes: Tree
    no: Tree


Tree = Leaf | Step | Branch


@dataclass(frozen=True, slots=True)
class Decisions:
    """A network function: what sets its state up, and what a packet leads to."""

    setup: tuple[Call, ...]
    """The allocations, in order; each has succeeded."""
    turn: Tree


def nodes(tree: Tree) -> Iterator[Tree]:
    """Every node, parents before children, `yes` before `no`."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += reversed(children(node))


def children(node: Tree) -> tuple[Tree, ...]:
    """What may follow a node, `yes` and success first."""
    match node:
        case Leaf():
            return ()
        case Branch(_, yes, no):
            return yes, no
        case Step(_, then, None):
            return (then,)
        case Step(_, then, failed):
            return then, failed or then


def merged(first: Tree, second: Tree) -> Tree | None:
    """Two trees as one that names the paths of both; None where they do not do the same."""
    return deeply(_merged(first, second))


def _merged(first: Tree, second: Tree) -> Deep[Tree | None]:
    if not _alike(first, second):
        return None
    parts = []
    for pair in zip(children(first), children(second), strict=True):
        part = yield _merged(*pair)
        if part is None:
            return None
        parts.append(part)
    match first, second:
        case Leaf(), Leaf():
            return replace(first, paths=(*first.paths, *second.paths))
        case Branch(), _:
            return Branch(first.condition, *parts)
        case Step(), _:
            return Step(first.call, *parts)
    return None


def _alike(one: Tree, two: Tree) -> bool:
    """Whether two nodes do the same, whatever follows them."""
    match one, two:
        case Leaf(), Leaf():
            return one == two
        case Branch(), Branch():
            return one.condition is two.condition
        case Step(), Step():
            return one.call == two.call and (one.failed is None) is (two.failed is None)
    return False
