"""Merges call paths into a tree (thesis, algorithm 3.1, with its gaps closed).

Paths walk along together as long as their next calls are the same. Where they part, a condition is looked for
that all of one side imply and all of the other contradict: one of a path's own conditions as the thesis has
it, otherwise what the side's paths say together. Only conditions over what has been handed out by then
count, so that the tree can be run.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from rss_callpaths.accesses.access import Accesses, Outcome, PathAccesses
from rss_callpaths.accesses.phases import turn
from rss_callpaths.bdd.tree import Branch, Decisions, Fate, Leaf, Step, Tree
from rss_callpaths.callpath import Call, CallPath
from rss_callpaths.library import Kind, Library, PacketRole
from rss_callpaths.library.roles import given, outputs
from rss_callpaths.packet.parts import DEVICE, LENGTHS
from rss_callpaths.terms import Const, Op, Pool, Term
from rss_callpaths.terms.bytewise import Symbol
from rss_callpaths.terms.conditions import Conditions, Engine, Truth
from rss_dsl import codes
from rss_dsl.diagnostics import Diagnostic, RssError
from rss_dsl.source import Source, Span

_KEPT = (
    PacketRole.RECEIVE,
    PacketRole.BORROW,
    PacketRole.RETURN,
    PacketRole.RESHAPE,
    PacketRole.CHECKSUM,
)
"""What functions of the packet stay in the tree; sending and freeing is what its leaves say."""


@dataclass(frozen=True, slots=True)
class _Walker:
    """A path, and how far it has been walked."""

    path: CallPath
    calls: tuple[Call, ...]
    """Of its turn, those that stay in the tree."""
    leaf: Leaf
    conditions: Conditions
    at: int = 0

    @property
    def next(self) -> Call | None:
        """The call that it comes to; None at its end."""
        return self.calls[self.at] if self.at < len(self.calls) else None


def decisions(accesses: Accesses, pool: Pool) -> Decisions:
    """The tree of a network function. RssError (RSS450) where its paths cannot be told apart."""
    started = [path for path in accesses.paths if path.outcome in (Outcome.DROPPED, Outcome.SENT)]
    if not started:
        raise RssError([_problem("no path receives a packet", ())])
    builder = _Builder(accesses, pool)
    every = [builder.walker(path) for path in started]
    walkers = [walker for walker in every if not walker.conditions.contradictory()]
    if not walkers:
        raise RssError([_problem("contradicts itself, as do all others", (started[0].path,))])
    return Decisions(_setup(started, accesses.library), builder.grow(walkers, builder.first(started)))


def _setup(paths: Sequence[PathAccesses], library: Library) -> tuple[Call, ...]:
    """The allocations before the loop, which are the same on every path that reaches it."""
    found = [
        [
            call
            for call in path.path.calls[: turn(path.path, library).start]
            if _kind(call, library) is not Kind.HARNESS
        ]
        for path in paths
    ]
    shown = [[_given_of(call) for call in calls] for calls in found]
    if any(other != shown[0] for other in shown):
        different = next(path for path, other in zip(paths, shown, strict=True) if other != shown[0])
        raise RssError([_problem("set up their state in different ways", (paths[0].path, different.path))])
    return tuple(found[0])


def _given_of(call: Call) -> tuple[object, ...]:
    """A call of the set-up as it is compared: stack addresses differ from path to path."""
    values = (
        (argument.function, None if argument.pointer else argument.value) for argument in call.arguments
    )
    return call.function, call.source_line, *values


def _kind(call: Call, library: Library) -> Kind:
    return library.of(call.function).kind


def _is_zero(call: Call) -> bool:
    return isinstance(call.result.value, Const) and call.result.value.value == 0


def _is_open(call: Call) -> bool:
    return call.result.value is not None and not isinstance(call.result.value, Const)


class _Builder:
    def __init__(self, accesses: Accesses, pool: Pool) -> None:
        self.library, self.pool = accesses.library, pool
        self.devices = {port for path in accesses.paths for port in path.in_ports}
        self.devices |= {port for path in accesses.paths for send in path.sends for port in send.ports}
        self.engine = Engine(pool)

    def walker(self, found: PathAccesses) -> _Walker:
        """A path at its beginning."""
        path = found.path
        calls = (path.calls[at] for at in turn(path, self.library))
        return _Walker(
            path,
            tuple(call for call in calls if self._stays(call)),
            self._leaf(found),
            Conditions(path.constraints, self.engine),
        )

    def _stays(self, call: Call) -> bool:
        function = self.library.of(call.function)
        if function.kind is Kind.PACKET:
            return function.packet in _KEPT
        return function.kind is not Kind.HARNESS

    def _leaf(self, found: PathAccesses) -> Leaf:
        names = (found.path.name,)
        if not found.sends:
            return Leaf(Fate.DROP, paths=names)
        if len(found.sends) > 1 or found.sends[0].flood:
            self._check_flood(found)
            return Leaf(Fate.FLOOD, paths=names)
        call = found.path.calls[found.sends[0].call]
        return Leaf(Fate.FORWARD, given(call, "dst_device"), names)

    def _check_flood(self, found: PathAccesses) -> None:
        """RssError where a packet is sent more than once, but not to every other port."""
        if any(send.flood or send.open for send in found.sends):
            return
        reached = {port for send in found.sends for port in send.ports}
        if reached != self.devices - set(found.in_ports):
            raise RssError(
                [_problem("sends its packet to some ports, not to one or all others", (found.path,))]
            )

    def first(self, paths: Sequence[PathAccesses]) -> frozenset[Symbol]:
        """What is known before the turn: of the set-up, and of the packet that comes."""
        setup = (
            symbol
            for found in paths
            for call in found.path.calls[: turn(found.path, self.library).start]
            if _kind(call, self.library) not in (Kind.HARNESS, Kind.CLOCK)
            for symbol in self._symbols(outputs(call))
        )
        packet = (
            (array, at)
            for found in paths
            for array in found.path.arrays
            if array.name in (DEVICE, *LENGTHS)
            for at in range(array.size or 0)
        )
        return frozenset((*setup, *packet))

    def _symbols(self, terms: Iterable[Term]) -> frozenset[Symbol]:
        return frozenset(symbol for term in terms for symbol in self.engine.symbols(term))

    def grow(self, walkers: Sequence[_Walker], known: frozenset[Symbol]) -> Tree:
        """The tree of paths that have walked along together."""
        here = walkers[0]
        agree = [self._agree(here, walker) for walker in walkers]
        same = [walker for walker, agrees in zip(walkers, agree, strict=True) if agrees]
        if len(same) < len(walkers):
            rest = [walker for walker, agrees in zip(walkers, agree, strict=True) if not agrees]
            condition = self._condition(same, rest, known)
            yes, no = self.grow(same, known), self.grow(rest, known)
            return yes if yes == no else Branch(condition, yes, no)
        if here.next is None:
            names = tuple(name for walker in walkers for name in walker.leaf.paths)
            return replace(here.leaf, paths=names)
        return self._step(walkers, known)

    def _step(self, walkers: Sequence[_Walker], known: frozenset[Symbol]) -> Tree:
        """Paths that make the same call. What follows may hang on whether it fails, which symbolic execution
        has decided on each path: results are constants there."""
        calls = [walker.next for walker in walkers if walker.next is not None]
        shown = max(calls, key=lambda call: len(self._symbols(outputs(call)) - known))
        after = known | self._symbols(outputs(shown))
        on = [replace(walker, at=walker.at + 1) for walker in walkers]
        failed = [walker for walker, call in zip(on, calls, strict=True) if _is_zero(call)]
        if not failed or len(failed) == len(on) or any(_is_open(call) for call in calls):
            return Step(shown, self.grow(on, after))
        succeeded = [walker for walker, call in zip(on, calls, strict=True) if not _is_zero(call)]
        then, otherwise = self.grow(succeeded, after), self.grow(failed, known)
        return Step(shown, then, None if then == otherwise else otherwise)

    def _agree(self, one: _Walker, other: _Walker) -> bool:
        """Whether two paths go on in the same way."""
        first, second = one.next, other.next
        if first is None or second is None:
            return first is second and self._same_end(one, other)
        if first.function != second.function or first.source_line != second.source_line:
            return False
        pairs = self._compared(first, second)
        return pairs is not None and all(self._equal(a, b, one, other) for a, b in pairs)

    def _same_end(self, one: _Walker, other: _Walker) -> bool:
        if one.leaf.fate is not other.leaf.fate:
            return False
        first, second = one.leaf.port, other.leaf.port
        return first is second or (
            first is not None and second is not None and self._equal(first, second, one, other)
        )

    def _compared(self, first: Call, second: Call) -> list[tuple[Term, Term]] | None:
        """What two calls of a function are given; None where that is of different form."""
        if self.library.of(first.function).packet is PacketRole.RECEIVE:
            return []
        found = []
        if [argument.name for argument in first.arguments] != [each.name for each in second.arguments]:
            return None
        for one, other in zip(first.arguments, second.arguments, strict=True):
            mine, its = given(first, one.name), given(second, other.name)
            if one.pointee is not None and one.pointee.before is None:
                continue  # it is only written to
            if (mine is None) is not (its is None) or (mine and its and mine.width != its.width):
                return None
            found += [(mine, its)] if mine and its else []
        return found

    def _equal(self, first: Term, second: Term, one: _Walker, other: _Walker) -> bool:
        if first is second:
            return True
        return one.conditions.equal(first, second) and other.conditions.equal(first, second)

    def _condition(self, yes: Sequence[_Walker], no: Sequence[_Walker], known: frozenset[Symbol]) -> Term:
        """What holds on one side and on none of the other: a condition of a path where that will do."""
        for side, other in ((yes, no), (no, yes)):
            for term in side[0].path.constraints:
                if self.engine.symbols(term) <= known and self._parts(term, side, other):
                    return term if side is yes else self._negated(term)
        term = self._together(yes, no, known)
        if not self._parts(term, yes, no):
            raise RssError([_problem("part with nothing to tell them apart", (yes[0].path, no[0].path))])
        return term

    def _negated(self, term: Term) -> Term:
        return self.pool.apply(Op.EQ, 1, (self.pool.const(0, 1), term))

    def _parts(self, term: Term, yes: Sequence[_Walker], no: Sequence[_Walker]) -> bool:
        return all(walker.conditions.truth(term) is Truth.REFUTED for walker in no) and all(
            walker.conditions.truth(term) is Truth.PROVED for walker in yes
        )

    def _together(self, yes: Sequence[_Walker], no: Sequence[_Walker], known: frozenset[Symbol]) -> Term:
        """That one of the paths is taken, as far as is known. What the others say as well is left out."""
        told = [self._telling(walker, no, known) for walker in yes]
        ways = dict.fromkeys(self._joined(Op.AND, terms) for terms in told)
        return self._joined(Op.OR, list(ways))

    def _telling(self, walker: _Walker, no: Sequence[_Walker], known: frozenset[Symbol]) -> list[Term]:
        """Conditions of a path without those that are not needed to refute the others."""
        kept = [
            term
            for term in dict.fromkeys(walker.path.constraints)
            if self.engine.symbols(term) <= known
            and any(other.conditions.truth(term) is not Truth.PROVED for other in no)
        ]
        for term in tuple(kept):
            fewer = [each for each in kept if each is not term]
            if fewer and self._refuted(self._joined(Op.AND, fewer), no):
                kept = fewer
        return kept

    def _refuted(self, term: Term, walkers: Sequence[_Walker]) -> bool:
        return all(walker.conditions.truth(term) is Truth.REFUTED for walker in walkers)

    def _joined(self, op: Op, terms: Sequence[Term]) -> Term:
        found = self.pool.const(1 if op is Op.AND else 0, 1) if not terms else terms[0]
        for term in terms[1:]:
            found = self.pool.apply(op, 1, (found, term))
        return found


def _problem(message: str, paths: Sequence[CallPath]) -> Diagnostic:
    names = " and ".join(f"`{path.name}`" for path in paths)
    place = Span(Source(paths[0].name if paths else "call paths", ""), 0, 0)
    text = f"{names} {message}" if names else message
    return Diagnostic(
        rule=codes.NO_TREE, message=text, span=place, help="a tree needs all paths of one function"
    )
