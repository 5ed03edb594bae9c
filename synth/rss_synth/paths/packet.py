"""Calls that concern the packet: chunks that are borrowed and returned, checksums."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rss_callpaths.bdd.phrases import place_of
from rss_callpaths.callpath import Call
from rss_callpaths.library.roles import answered
from rss_callpaths.terms import Term
from rss_callpaths.terms.bytewise import bytes_of
from rss_synth.paths.places import Variable
from rss_synth.paths.terms import NoCodeError
from rss_synth.paths.writing import Lent, Line, Made, State, Writing

_HEADERS = (
    ("mac_", "ethernet"),
    ("ether_type", "ethernet"),
    ("vlan", "vlan"),
    ("ipv4_", "ipv4"),
    ("ipv6_", "ipv6"),
    ("l4_", "ports"),
)
"""What chunks are called by the first of these that a field in them begins with."""


class PacketCalls(Writing):
    """Makes their code."""

    def borrow_chunk(self, call: Call, state: State) -> Made:
        """The next bytes; a packet that has fewer is given up."""
        content = answered(call, "the_chunk")
        extra = call.extra("the_chunk")
        if content is None or extra is None:
            raise NoCodeError("the chunk that it borrows was not traced")
        lines, (length,) = self.words(call, state, "length")
        pointer = self.names.new(self._header(bytes_of(content, self.pool)))
        size = content.width // 8
        lines += [
            Line(f"uint8_t *{pointer} = paths_borrow_chunk({length}, {size});"),
            Line(f"if (!{pointer})"),
            Line(f"    {self.give_up}"),
        ]
        return self.lend(extra.address, pointer, "", content, lines, state)

    def _header(self, parts: Sequence[Term]) -> str:
        """What a chunk is called, by the fields in it."""
        places = filter(None, map(place_of, parts))
        fields = [self.phrases.field(at) or "" for _, at in places]
        return next(
            (name for prefix, name in _HEADERS for field in fields if field.startswith(prefix)), "chunk"
        )

    def lend(
        self, address: int, pointer: str, vector: str, content: Term, lines: list[Line], state: State
    ) -> Made:
        """With a copy of what was borrowed, as it was: the conditions that follow are about that."""
        lent = Lent(pointer, bytes_of(content, self.pool), self.names.new(f"{pointer}_was"), vector)
        size = len(lent.content)
        lines += [
            Line(f"uint8_t {lent.copy}[{size}];", lent.copy),
            Line(f"memcpy({lent.copy}, {pointer}, {size});", lent.copy),
        ]
        known = self.bound(state, Variable(lent.copy, size, False), content)
        return Made(tuple(lines), replace(known, lent={**state.lent, address: lent}), lent=lent)

    def return_chunk(self, call: Call, state: State) -> Made:
        """Writes what has changed in a chunk."""
        address = self.address(call, "the_chunk")
        lent = state.lent.get(address) if address is not None else None
        if address is None or lent is None:
            raise NoCodeError("it returns a chunk that was not borrowed")
        lines, after = self.changed(lent, bytes_of(self.given(call, "the_chunk"), self.pool), state)
        return Made(tuple(lines), replace(state, lent={**state.lent, address: after}))

    def reshape(self, call: Call, state: State) -> Made:
        """NoCodeError: packets keep their length."""
        raise NoCodeError(
            "it makes the packet longer or shorter, and generated functions change packets in place",
            "leave it to the switch or the NIC to add and remove headers, and give the call paths of the "
            "function without that; or write it against DPDK by hand",
        )

    def checksum(self, call: Call, state: State) -> Made:
        """Notes whose checksums are to be right when the packet leaves."""
        headers = [state.lent.get(self.address(call, name) or 0) for name in ("ip_header", "l4_header")]
        if headers[0] is None or headers[1] is None:
            raise NoCodeError("its headers are no chunks of the packet")
        return Made((), replace(state, checksum=(headers[0].pointer, headers[1].pointer)))
