"""What a NIC makes of the packets of a path: the input of its hash in terms of the path's bytes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from rss_callpaths.accesses.access import PathAccesses
from rss_callpaths.packet.parts import PACKET, Reading
from rss_callpaths.terms import Term
from rss_callpaths.terms.symbolic import Symbolic
from rss_dsl.fields import packet_classes, width
from rss_dsl.nic import Function
from rss_dsl.problem import HashInput, Port
from rss_solver.nic.functions import WORD, pairs
from rss_solver.nic.index import entry_of, picks
from rss_solver.nic.steering import Landing, default_queue, land
from rss_solver.packets.packet import Packet
from rss_solver.smt.terms import Terms, Word
from rss_solver.solution import PortSolution
from rss_solver.toeplitz import HASH_BITS, toeplitz, window


@dataclass(frozen=True, slots=True)
class Wire:
    """A port of the problem under its keys and tables."""

    port: Port
    solved: PortSolution

    def layout(self, packet_class: str) -> HashInput | None:
        """What is hashed of a class, None if nothing is."""
        return self.port.input_of(packet_class)

    def forms(self, layout: HashInput | None) -> tuple[tuple[int, int], ...] | None:
        """Entry bits, the most significant first, as (mask of prepared bits, constant).

        None where they are not linear; none for packets that are not hashed.
        """
        if layout is None:
            return ()
        chosen = picks(self.solved.table_size, self.port.nic.index.value)
        if chosen is None:
            return None
        init = self.port.nic.hash_init.value
        found = []
        for bits in chosen:
            mask = constant = 0
            for bit in bits:
                mask ^= window(self.solved.key, bit, layout.bits)
                constant ^= init >> HASH_BITS - 1 - bit & 1
            found.append((mask, constant))
        return tuple(found)

    def queue(self, layout: HashInput | None, data: int) -> int:
        """The queue of a prepared input."""
        if layout is None:
            return default_queue(self.port, self.solved)
        value = self.hash(layout, data)
        return self.solved.table[entry_of(value, self.solved.table_size, self.port.nic.index.value)]

    def hash(self, layout: HashInput | None, data: int) -> int:
        """The hash of a prepared input, 0 where nothing is hashed."""
        if layout is None:
            return 0
        return toeplitz(self.solved.key, data, layout.bits, init=self.port.nic.hash_init.value)

    def queues(self, layout: HashInput | None) -> tuple[int, ...]:
        """The queue of every entry; of packets that are not hashed, the only one."""
        return self.solved.table if layout is not None else (default_queue(self.port, self.solved),)

    def land(self, packet: Packet) -> Landing:
        """Where a packet lands, by the reference hash."""
        return land(packet, self.port, self.solved)


Places = frozenset[tuple[int, str, int, int]]
"""(byte of `packet_chunks`, field, first field bit, how many)."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of packet on a port: its class and which bytes of the path are which field."""

    wire: Wire = field(compare=False)
    device: int
    condition: tuple[Term, ...]
    """What makes packets of the path of this kind, as far as the path looked."""
    places: Places
    packet_class: str
    unasked: bool = False
    """With IPv4 options, of a path that does not ask whether there are any."""

    @property
    def layout(self) -> HashInput | None:
        """What is hashed."""
        return self.wire.layout(self.packet_class)


def kinds_of(wire: Wire, path: PathAccesses, reading: Reading) -> Iterator[Kind]:
    """The packets of a reading on a port, as far as they matter there: its class, and tunnels in it."""
    places = frozenset(
        (byte, place.field, place.first, place.width)
        for byte, place in reading.places.items()
        if place.field is not None
    )
    plain = any(
        other.packet_class == reading.packet_class and other.vlan == reading.vlan and not other.options
        for other in path.readings
    )
    kinds = packet_classes()
    tunnels = [
        each.packet_class
        for each in wire.port.inputs
        if kinds[each.packet_class].tunnel and kinds[each.packet_class].outer == reading.packet_class
    ]
    for name in (reading.packet_class, *tunnels):
        if wire.port.traffic is None or name in wire.port.traffic:
            yield Kind(wire, wire.port.device, reading.condition, places, name, reading.options and plain)


def pieces(places: Places, canonical: str) -> Iterator[tuple[int, int, int | None]]:
    """A field in pieces: its first bit, how many, and the byte of `packet_chunks` whose low bits they are.

    None for a byte: the path did not read it.
    """
    at, total = 0, width(canonical)
    for first, bits, byte in sorted((first, n, byte) for byte, name, first, n in places if name == canonical):
        if first > at:
            yield at, first - at, None
        if first >= at:
            yield first, bits, byte
            at = first + bits
    if at < total:
        yield at, total - at, None


class Fields:
    """A packet's fields as words: bytes that the path read, and free symbols for the rest."""

    def __init__(self, terms: Terms, symbolic: Symbolic, name: str, kind: Kind) -> None:
        self.terms, self.symbolic, self.name, self.kind = terms, symbolic, name, kind
        self._words: dict[str, Word] = {}

    def word(self, canonical: str) -> Word:
        """A field, its first bit on the wire the most significant."""
        if canonical not in self._words:
            self._words[canonical] = self._made(canonical)
        return self._words[canonical]

    def known(self, read: frozenset[int]) -> tuple[str, ...]:
        """Fields that the NIC hashes, or of which bytes were read."""
        hashed = self.kind.layout.fields if self.kind.layout else ()
        fixed = packet_classes()[self.kind.packet_class].fixed
        found = {name for byte, name, _, _ in self.kind.places if byte in read and name not in fixed}
        return tuple(dict.fromkeys((*hashed, *sorted(found))))

    def prepared(self) -> Word | None:
        """What the Toeplitz hash reads, None if nothing is hashed."""
        layout = self.kind.layout
        if layout is None or not layout.bits:
            return None
        at = 0
        parts: list[Word] = []
        for name, start in layout.places:
            if start > at:
                parts.append(self.terms.number(0, start - at))
            parts.append(self._hashed(layout, name))
            at = start + width(name)
        if layout.selected_bits > at:
            parts.append(self.terms.number(0, layout.selected_bits - at))
        word = self.terms.concat(parts)
        return self._folded(word, layout) if layout.function is Function.SIMPLE_XOR else word

    def _made(self, canonical: str) -> Word:
        return self.terms.concat(
            [
                self._free(canonical, first, first + bits)
                if byte is None
                else self.terms.extract(self.symbolic.byte(PACKET, byte), 0, bits)
                for first, bits, byte in pieces(self.kind.places, canonical)
            ]
        )

    def _free(self, canonical: str, start: int, stop: int) -> Word:
        return self.terms.symbol(f"{self.name}{canonical}[{start}:{stop}]", stop - start)

    def _hashed(self, layout: HashInput, name: str) -> Word:
        """A field after the layout's function."""
        terms = self.terms
        match layout.function:
            case Function.TOEPLITZ | Function.SIMPLE_XOR:
                return self.word(name)
            case function:
                twin = next((pair for pair in twins(layout) if name in pair), None)
                if twin is None:
                    return self.word(name)
                first, second = self.word(twin[0]), self.word(twin[1])
                is_first = twin[0] == name
                if function is Function.SYMMETRIC_XOR:
                    return terms.binary("xor", first, second)
                if function is Function.SYMMETRIC_OR_XOR:
                    return terms.binary("or" if is_first else "xor", first, second)
                ordered = terms.compare("ule", first, second)
                chosen = (first, second) if is_first else (second, first)
                return terms.choose(ordered, *chosen)

    def _folded(self, word: Word, layout: HashInput) -> Word:
        terms = self.terms
        pad = -layout.selected_bits % WORD
        word = terms.concat([word, terms.number(0, pad)]) if pad else word
        words = [terms.extract(word, low, WORD) for low in range(0, layout.selected_bits + pad, WORD)]
        total = words[0]
        for each in words[1:]:
            total = terms.binary("xor", total, each)
        return terms.concat([terms.extract(total, bit, 1) for bit in range(WORD)])


def twins(layout: HashInput) -> tuple[tuple[str, str], ...]:
    """Pairs of fields (source, destination) that are hashed together."""
    by_place = {at: each for each, at in layout.places}
    return tuple((by_place[first], by_place[second]) for first, second, _ in pairs(layout))


def packet_of(kind: Kind, names: Sequence[str], values: Sequence[int]) -> Packet:
    """The concrete packet."""
    fields: Mapping[str, int] = dict(zip(names, values, strict=True))
    return Packet(kind.packet_class, fields)
