"""Whether two paths do the same with a packet that may take either."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rss_callpaths.accesses.access import Access, PathAccesses
from rss_callpaths.library import Kind, Library, PacketRole
from rss_callpaths.library.roles import inputs, outputs
from rss_callpaths.packet.parts import PACKET
from rss_callpaths.prove.ownership import Ownership
from rss_callpaths.prove.packets import NAMES, Packets
from rss_callpaths.terms import Term
from rss_callpaths.terms.bytewise import symbols
from rss_callpaths.terms.symbolic import Symbolic


class Behaviours:
    """Compares paths: where the packet goes, what is changed in it and in the state."""

    def __init__(self, library: Library, ownership: Ownership, packets: Packets) -> None:
        self.library, self.ownership, self.packets = library, ownership, packets

    def difference(self, one: PathAccesses, other: PathAccesses) -> str:
        """What they do differently, as a predicate of packets; empty if nothing."""
        if one.reshaped or other.reshaped or any(send.open for send in (*one.sends, *other.sends)):
            return "leave in ways that cannot be compared"
        terms = self.packets.terms
        shared = {PACKET, *_given(one, self.library), *_given(other, self.library)}
        sides = [Symbolic(terms, name, shared, rough=True) for name in NAMES]
        conditions = [
            side.flag(each)
            for side, path in zip(sides, (one, other), strict=True)
            for each in path.path.constraints
        ]
        with self.packets.questions.scope(*conditions):
            if self.packets.questions.possible() is False:
                return ""
            routes = [[(send.ports, send.flood) for send in path.sends] for path in (one, other)]
            if routes[0] != routes[1]:
                return "do not leave on the same ports"
            if one.sends and not self._all_equal(sides, self._contents(one, other)):
                return "leave with different contents"
            changes = [self._changes(path) for path in (one, other)]
            kinds = [[(each.object, each.name) for each in made] for made in changes]
            if kinds[0] != kinds[1] or not self._all_equal(sides, _arguments(*changes)):
                return "change the state differently"
        return ""

    def _all_equal(self, sides: Sequence[Symbolic], pairs: Iterator[tuple[Term | None, Term | None]]) -> bool:
        terms, flags = self.packets.terms, []
        for first, second in pairs:
            if first is None and second is None:
                continue
            if first is None or second is None or first.width != second.width:
                return False
            flags.append(terms.equal(sides[0].word(first), sides[1].word(second)))
        return not flags or self.packets.questions.certain(terms.all_of(flags)) is True

    def _contents(self, one: PathAccesses, other: PathAccesses) -> Iterator[tuple[Term | None, Term | None]]:
        changed = [{each.byte: each.new for each in path.rewrites} for path in (one, other)]
        before = {each.byte: each.old for path in (one, other) for each in path.rewrites}
        for byte, old in before.items():
            yield changed[0].get(byte, old), changed[1].get(byte, old)

    def _changes(self, path: PathAccesses) -> list[Access]:
        return [each for each in path.accesses if each.mutates and not self.ownership.is_ageing(path, each)]


def _given(path: PathAccesses, library: Library) -> Iterator[str]:
    """Names of what a packet brings along: its device, length, and the time."""
    for call in path.path.calls:
        function = library.of(call.function)
        if function.packet is PacketRole.RECEIVE or function.kind is Kind.CLOCK:
            for term in (*inputs(call), *outputs(call)):
                yield from (array.name for array, _ in symbols(term))


def _arguments(
    first: Sequence[Access], second: Sequence[Access]
) -> Iterator[tuple[Term | None, Term | None]]:
    for one, other in zip(first, second, strict=True):
        yield one.key, other.key
        yield one.value, other.value
