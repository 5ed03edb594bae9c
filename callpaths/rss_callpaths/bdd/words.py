"""What trees are shown with: their conditions, calls and leaves in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rss_callpaths.accesses.access import Accesses, StateObject
from rss_callpaths.accesses.objects import address_of
from rss_callpaths.bdd.phrases import Phrases, place_of
from rss_callpaths.bdd.tree import Fate, Leaf
from rss_callpaths.callpath import Call
from rss_callpaths.library import PacketRole
from rss_callpaths.library.roles import given, outputs
from rss_callpaths.packet.parts import DEVICE, LENGTHS, PACKET
from rss_callpaths.terms import Const, Pool, Read, Term
from rss_callpaths.terms.bytewise import bytes_of, nodes


class Words:
    """Words for the tree of one network function."""

    def __init__(self, accesses: Accesses, pool: Pool, ports: Sequence[tuple[int, str]] = ()) -> None:
        """`ports`: names of devices."""
        self.pool, self.ports = pool, dict(ports)
        self.term = Phrases(accesses, pool, self.ports)
        self._library = accesses.library
        self._objects: dict[int, StateObject] = {each.address: each for each in accesses.objects}

    def leaf(self, leaf: Leaf) -> str:
        """Where a packet goes."""
        if leaf.fate is not Fate.FORWARD or leaf.port is None:
            return leaf.fate.value
        if isinstance(leaf.port, Const):
            return f"forward to {self.port(leaf.port.value)}"
        return f"forward to the port {self.term(leaf.port)}"

    def port(self, device: int) -> str:
        """A port's name."""
        return self.ports.get(device, f"P{device}")

    def call(self, call: Call) -> str:
        """A call with what it is given, and what it hands out."""
        given_texts = list(self._arguments(call))
        handed = list(dict.fromkeys(self._handed(call)))
        arrow = f" -> {', '.join(handed)}" if handed else ""
        return f"{call.function}({', '.join(given_texts)}){arrow}"

    def changes_nothing(self, call: Call) -> bool:
        """Whether it returns a piece of the packet as it was."""
        if self._library.of(call.function).packet is not PacketRole.RETURN:
            return False
        content = given(call, "the_chunk")
        places = [place_of(part) for part in bytes_of(content, self.pool)] if content is not None else []
        first = places[0] if places else None
        return (
            first is not None
            and first[0] == PACKET
            and places == [(PACKET, first[1] + at) for at in range(len(places))]
        )

    def _arguments(self, call: Call) -> Iterator[str]:
        for argument in call.arguments:
            value = argument.value
            found = self._objects.get(address_of(value.value)) if isinstance(value, Const) else None
            if found is not None:
                yield found.name
            elif argument.pointer or argument.function:
                shown = given(call, argument.name) if argument.pointee and argument.pointee.before else None
                if shown is not None and not isinstance(shown, Const):
                    yield self.term(shown)
            elif argument.name != "p":
                yield self.term(value)

    def _handed(self, call: Call) -> Iterator[str]:
        for term in outputs(call):
            for symbol in _names(term):
                if symbol not in (DEVICE, PACKET, *LENGTHS):
                    yield symbol
                elif symbol == PACKET and call.extras:
                    yield f"{term.width // 8} bytes"


def _names(term: Term) -> Iterable[str]:
    return dict.fromkeys(node.array.name for node in nodes(term) if isinstance(node, Read))
