"""Which kinds of packets a path leaves open, by the header bytes that it looked at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

from rss_callpaths.packet.layers import (
    ETHER_TYPES,
    IPV6_FRAGMENT,
    PROTOCOLS,
    VLAN_TAG,
    Format,
    in_frame,
    in_layer4,
)
from rss_callpaths.packet.parts import Chunk, Place, Reading
from rss_callpaths.terms import Op, Read, Term
from rss_callpaths.terms.conditions import Conditions, Truth

_L4 = (*PROTOCOLS, "frag", "other")
_LENGTH = 32
"""Bits in which chunk lengths are summed up."""


def readings(
    chunks: Sequence[Chunk], bytes_read: dict[int, Read], conditions: Conditions
) -> tuple[Reading, ...]:
    """Every kind of packet that the conditions leave open. `bytes_read`: index in `packet_chunks` → its term.

    Headers that no chunk covers leave their kinds open. IPv4 headers are taken to be well formed (version 4,
    at least 20 bytes), and IPv6 packets with extension headers other than fragment to be `ipv6-other`.
    """
    return tuple(_Frames(chunks, bytes_read, conditions).readings())


class _Frames:
    def __init__(self, chunks: Sequence[Chunk], bytes_read: dict[int, Read], conditions: Conditions) -> None:
        self.chunks, self.conditions, self.pool = chunks, conditions, conditions.pool
        self.bytes = bytes_read
        self.at: dict[int, Term] = {}
        """Offset in the frame → byte, for the chunks before the first one of unknown length."""
        start: int | None = 0
        for chunk in chunks:
            if start is None:
                break
            self.at |= {
                start + at: bytes_read[chunk.start + at]
                for at in range(chunk.traced)
                if chunk.start + at in bytes_read
            }
            length = self._length(chunk, ())
            start = None if length is None else start + length

    def readings(self) -> Iterator[Reading]:
        for vlan, version in product((False, True), (*ETHER_TYPES, None)):
            outer = self._ether_type(vlan, version)
            if not self.conditions.possible(*outer):
                continue
            for frame, condition in self._within(vlan, version):
                if self.conditions.possible(*outer, *condition):
                    facts = (*outer, *condition)
                    yield Reading(
                        frame.packet_class, frame.options, frame.vlan, facts, self._places(frame, facts)
                    )

    def _within(self, vlan: bool, version: str | None) -> Iterator[tuple[Format, list[Term]]]:
        if version is None:
            yield Format("l2", vlan), []
            return
        layer3 = 18 if vlan else 14
        for l4, options in product(_L4, (False, True) if version == "ipv4" else (False,)):
            condition = self._ipv4(layer3, l4, options) if version == "ipv4" else self._ipv6(layer3, l4)
            yield Format(f"{version}-{l4}", vlan, options), condition

    def _ether_type(self, vlan: bool, version: str | None) -> list[Term]:
        tag = self._is(12, VLAN_TAG)
        at = 16 if vlan else 12
        facts = ([tag] if vlan else [self._not(tag)]) if tag is not None else []
        if version is not None:
            found = self._is(at, ETHER_TYPES[version])
            return [*facts, found] if found is not None else facts
        others = (self._is(at, value) for value in ETHER_TYPES.values())
        return [*facts, *(self._not(other) for other in others if other is not None)]

    def _ipv4(self, start: int, l4: str, options: bool) -> list[Term]:
        facts: list[Term] = []
        if start in self.at:
            words = self.pool.apply(Op.AND, 8, (self.pool.const(0x0F, 8), self.at[start]))
            five = self.pool.const(5, 8)
            facts.append(self.pool.apply(Op.ULT if options else Op.EQ, 1, (five, words)))
        whole = self._whole(start)
        if l4 == "frag":
            return [*facts, self._not(whole)] if whole is not None else facts
        facts += [whole] if whole is not None else []
        return [*facts, *self._protocol(start + 9, l4, ())]

    def _ipv6(self, start: int, l4: str) -> list[Term]:
        if l4 == "frag":
            found = self._is(start + 6, IPV6_FRAGMENT, 1)
            return [found] if found is not None else []
        return self._protocol(start + 6, l4, (IPV6_FRAGMENT,))

    def _protocol(self, at: int, l4: str, excluded: tuple[int, ...]) -> list[Term]:
        if l4 in PROTOCOLS:
            found = self._is(at, PROTOCOLS[l4], 1)
            return [found] if found is not None else []
        others = (self._is(at, value, 1) for value in (*PROTOCOLS.values(), *excluded))
        return [self._not(other) for other in others if other is not None]

    def _whole(self, start: int) -> Term | None:
        """No fragment: offset and more-fragments bit are zero. None if a byte of them was not read."""
        high, low = self.at.get(start + 6), self.at.get(start + 7)
        if high is None or low is None:
            return None
        return self.pool.apply(Op.AND, 1, (self._masked(high, 0x3F, 0), self._masked(low, 0xFF, 0)))

    def _masked(self, byte: Term, mask: int, value: int) -> Term:
        pool = self.pool
        kept = byte if mask == 0xFF else pool.apply(Op.AND, 8, (pool.const(mask, 8), byte))
        return pool.apply(Op.EQ, 1, (pool.const(value, 8), kept))

    def _is(self, at: int, value: int, count: int = 2) -> Term | None:
        """The field at an offset has a value. None if a byte of it was not read."""
        parts = [self.at.get(at + n) for n in range(count)]
        word: Term | None = None
        for part in reversed(parts):
            if part is None:
                return None
            word = part if word is None else self.pool.apply(Op.CONCAT, word.width + 8, (part, word))
        if word is None:
            return None
        return self.pool.apply(Op.EQ, 1, (self.pool.const(value, 8 * count), word))

    def _not(self, term: Term) -> Term:
        return self.pool.apply(Op.EQ, 1, (self.pool.const(0, 1), term))

    def _places(self, frame: Format, facts: tuple[Term, ...]) -> dict[int, Place]:
        """Byte of `packet_chunks` → place. Chunks are followed on the wire: by constant lengths from the
        frame's start, or past options from where layer 4 provably begins."""
        places: dict[int, Place] = {}
        frame_at: int | None = 0
        layer4_at: int | None = None
        asked: Term | None = self.pool.const(0, _LENGTH)
        for chunk in self.chunks:
            for at in range(chunk.traced):
                if layer4_at is not None:
                    places[chunk.start + at] = in_layer4(frame, layer4_at + at)
                elif frame_at is not None:
                    places[chunk.start + at] = in_frame(frame, frame_at + at)
            asked = self._sum(asked, chunk.length)
            length = self._length(chunk, facts)
            if layer4_at is not None:
                layer4_at = None if length is None else layer4_at + length
            elif frame.options and asked is not None and self._ends_at_layer4(frame, asked, facts):
                layer4_at = 0
            frame_at = None if frame_at is None or length is None else frame_at + length
        return places

    def _ends_at_layer4(self, frame: Format, asked: Term, facts: tuple[Term, ...]) -> bool:
        """Whether the chunks so far provably end where the IPv4 header does."""
        pool = self.pool
        first = self.at.get(frame.layer3)
        if first is None:
            return False
        words = pool.apply(Op.ZEXT, _LENGTH, (pool.apply(Op.AND, 8, (pool.const(0x0F, 8), first)),))
        header = pool.apply(Op.MUL, _LENGTH, (pool.const(4, _LENGTH), words))
        end = pool.apply(Op.ADD, _LENGTH, (pool.const(frame.layer3, _LENGTH), header))
        equal = pool.apply(Op.EQ, 1, (end, asked))
        return self.conditions.truth(equal, facts) is Truth.PROVED

    def _length(self, chunk: Chunk, facts: tuple[Term, ...]) -> int | None:
        return None if chunk.length is None else self.conditions.unique(chunk.length, facts)

    def _sum(self, asked: Term | None, length: Term | None) -> Term | None:
        if asked is None or length is None:
            return None
        return self.pool.apply(Op.ADD, _LENGTH, (asked, self._resized(length)))

    def _resized(self, length: Term) -> Term:
        if length.width == _LENGTH:
            return length
        if length.width < _LENGTH:
            return self.pool.apply(Op.ZEXT, _LENGTH, (length,))
        return self.pool.apply(Op.EXTRACT, _LENGTH, (length,))
