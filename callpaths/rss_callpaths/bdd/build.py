"""Merges call paths into a tree (thesis, algorithm 3.1, with its gaps closed).

Paths walk along together as long as their next calls are the same. Where they part, a condition is looked for
that all of one side imply and all of the other contradict: one of a path's own conditions as the thesis has
it, otherwise what the side's paths say together. Only conditions over what has been handed out by then
count, so that the tree can be run.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from rss_callpaths.accesses.access import Accesses, Outcome, PathAccesses
from rss_callpaths.accesses.phases import turn
from rss_callpaths.bdd.parting import Parting, Walker, no_tree, said
from rss_callpaths.bdd.tree import Branch, Decisions, Fate, Leaf, Step, Tree, merged
from rss_callpaths.callpath import Call
from rss_callpaths.library import Kind, Library, PacketRole
from rss_callpaths.library.roles import given, outputs
from rss_callpaths.packet.parts import DEVICE, LENGTHS
from rss_callpaths.terms import Const, Pool, Term
from rss_callpaths.terms.bytewise import Symbol
from rss_callpaths.terms.conditions import Conditions, Engine
from rss_callpaths.terms.deep import Deep, deeply
from rss_dsl.diagnostics import RssError

_KEPT = (
    PacketRole.RECEIVE,
    PacketRole.BORROW,
    PacketRole.RETURN,
    PacketRole.RESHAPE,
    PacketRole.CHECKSUM,
)
"""What functions of the packet stay in the tree; sending and freeing is what its leaves say."""


def decisions(accesses: Accesses, pool: Pool) -> Decisions:
    """The tree of a network function. RssError (RSS450) where its paths cannot be told apart."""
    started = [path for path in accesses.paths if path.outcome in (Outcome.DROPPED, Outcome.SENT)]
    if not started:
        raise RssError([no_tree("no path receives a packet", ())])
    builder = _Builder(accesses, pool)
    every = [builder.walker(path) for path in started]
    walkers = [walker for walker in every if not walker.conditions.contradictory()]
    if not walkers:
        raise RssError([no_tree("contradicts itself, as do all others", (started[0].path,))])
    return Decisions(_setup(started, accesses.library), deeply(builder.grow(walkers, builder.first(started))))


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
        raise RssError([no_tree("set up their state in different ways", (paths[0].path, different.path))])
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
        self.parting = Parting(self.engine)

    def walker(self, found: PathAccesses) -> Walker:
        """A path at its beginning."""
        path = found.path
        calls = (path.calls[at] for at in turn(path, self.library))
        return Walker(
            path,
            tuple(call for call in calls if self._stays(call)),
            self._leaf(found),
            Conditions(path.constraints, self.engine),
            said(path),
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
                [no_tree("sends its packet to some ports, not to one or all others", (found.path,))]
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

    def grow(self, walkers: Sequence[Walker], known: frozenset[Symbol]) -> Deep[Tree]:
        """The tree of paths that have walked along together."""
        here = walkers[0]
        agree = [self._agree(here, walker) for walker in walkers]
        if not all(agree):
            same = [walker for walker, agrees in zip(walkers, agree, strict=True) if agrees]
            rest = [walker for walker, agrees in zip(walkers, agree, strict=True) if not agrees]
            one, other, condition = self.parting.sides(walkers, same, rest, known)
            yes = yield self.grow(one, known)
            no = yield self.grow(other, known)
            return Branch(condition, yes, no)
        if here.next is None:
            names = tuple(name for walker in walkers for name in walker.leaf.paths)
            return replace(here.leaf, paths=names)
        return (yield self._step(walkers, known))

    def _step(self, walkers: Sequence[Walker], known: frozenset[Symbol]) -> Deep[Tree]:
        """Paths that make the same call. What follows may hang on whether it fails, which symbolic execution
        has decided on each path: results are constants there."""
        calls = [walker.next for walker in walkers if walker.next is not None]
        shown = max(calls, key=lambda call: len(self._symbols(outputs(call)) - known))
        after = known | self._symbols(outputs(shown))
        on = [replace(walker, at=walker.at + 1) for walker in walkers]
        failed = [walker for walker, call in zip(on, calls, strict=True) if _is_zero(call)]
        if not failed or len(failed) == len(on) or any(_is_open(call) for call in calls):
            return Step(shown, (yield self.grow(on, after)))
        succeeded = [walker for walker, call in zip(on, calls, strict=True) if not _is_zero(call)]
        then = yield self.grow(succeeded, after)
        otherwise = yield self.grow(failed, known)
        both = merged(then, otherwise)
        return Step(shown, then, otherwise) if both is None else Step(shown, both)

    def _agree(self, one: Walker, other: Walker) -> bool:
        """Whether two paths go on in the same way."""
        first, second = one.next, other.next
        if first is None or second is None:
            return first is second and self._same_end(one, other)
        if first.function != second.function or first.source_line != second.source_line:
            return False
        pairs = self._compared(first, second)
        return pairs is not None and all(self._equal(a, b, one, other) for a, b in pairs)

    def _same_end(self, one: Walker, other: Walker) -> bool:
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

    def _equal(self, first: Term, second: Term, one: Walker, other: Walker) -> bool:
        if first is second:
            return True
        return one.conditions.equal(first, second) and other.conditions.equal(first, second)
