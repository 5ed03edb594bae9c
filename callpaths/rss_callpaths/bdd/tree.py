"""The binary decision tree of a network function: what one turn of its packet loop does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from rss_callpaths.callpath import Call
from rss_callpaths.terms import Term


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
        match node:
            case Step(_, then, failed):
                waiting += [then] if failed is None else [failed, then]
            case Branch(_, yes, no):
                waiting += [no, yes]
            case Leaf():
                pass
