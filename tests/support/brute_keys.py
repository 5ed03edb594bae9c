"""Which keys keep a Problem's promises, by one equation for every tied pair and each bit that has to agree.

No spans, no windows. Where few key bits are read, `brute_every` tries every key in its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from random import Random

from brute import Meaning, Tied
from brute_judge import agreed_size, corresponding, entry_bits
from brute_linear import Affine, independent, thinned
from brute_nic import HASH, WIRE, selected

from rss_dsl.fields import WIDTHS
from rss_dsl.nic import Function
from rss_dsl.problem import HashInput

FORMS_TO_TRY = 9
"""Most independent sums of key bits of which `Keys.number` tries all values."""
SAMPLES = 4000
"""c classes that some key spreads are spread by one key in 2^c at least (a polynomial of degree c)."""


class Keys:
    """The exact set of keys for one equality mode, over the bits of all ports' keys."""

    def __init__(self, meaning: Meaning, mode: str) -> None:
        self.meaning, self.mode = meaning, mode
        self.ports = meaning.problem.ports
        self.base = [sum(port.key_bits for port in self.ports[:i]) for i in range(len(self.ports))]
        self.variables = sum(port.key_bits for port in self.ports)

    def hash_bits(self, port: int) -> list[list[int]]:
        """What has to agree on a port, each a sum of hash bits."""
        if self.whole(port):
            return [[bit] for bit in range(HASH)]
        return entry_bits(self.ports[port], agreed_size(self.meaning, port))

    def whole(self, port: int) -> bool:
        """Whether whole hashes have to agree in the component of a port."""
        if self.mode == "hash":
            return True
        busy = any(self.ports[i].queues > 1 for i in self.meaning.component(port))
        return busy and not corresponding(self.meaning, port)

    def form(
        self, port: int, layout: HashInput, data: int, hash_bits: Sequence[int], init: bool = True
    ) -> int:
        """A sum of hash bits of one input as an affine form of key bits."""
        bits = selected(layout)
        result = 0
        start = self.ports[port].nic.hash_init.value if init else 0
        for bit in hash_bits:
            result ^= start >> HASH - 1 - bit & 1
            if layout.function is Function.SIMPLE_XOR:
                result ^= data << HASH - bits >> HASH - 1 - bit & 1
                continue
            for x in range(bits):
                at = x + bit
                if data >> bits - 1 - x & 1 and at < self.ports[port].key_bits:
                    result ^= 1 << 1 + self.base[port] + at
        return result

    @cached_property
    def space(self) -> Affine:
        """All keys that satisfy every tied pair, the pins and the shared keys."""
        system = Affine()
        for tied in self.meaning.hashed_ties:
            for row in self._equations(tied):
                system.add(row)
        for shared in self.meaning.problem.shared_keys:
            for bit in range(self.ports[shared.first].key_bits):
                system.add(sum(1 << 1 + self.base[i] + bit for i in (shared.first, shared.second)))
        for i, port in enumerate(self.ports):
            if port.pinned is not None:
                text = "".join(f"{byte:08b}" for byte in port.pinned.key)
                for bit, value in enumerate(text):
                    system.add(1 << 1 + self.base[i] + bit | int(value))
        return system

    def _equations(self, tied: Tied) -> Iterator[int]:
        first, second = tied.requirement.first, tied.requirement.second
        a, b = self.hash_bits(first), self.hash_bits(second)
        for d, e in thinned(tied):
            for here, there in zip(a, b, strict=True):
                yield self.form(first, tied.layouts[0], d, here) ^ self.form(
                    second, tied.layouts[1], e, there
                )

    @cached_property
    def spreading(self) -> list[list[int]]:
        """For every class that must be spread, the forms of which one has to be odd.

        A class with one possible input has nothing to spread.
        """
        found = []
        for i, port in enumerate(self.ports):
            for layout in port.live if port.queues > 1 else ():
                inputs = self.meaning.live(i, layout)
                if len(inputs) < 2:
                    continue
                whole = not corresponding(self.meaning, i)
                bits = [[bit] for bit in range(HASH)] if whole else entry_bits(port, self.meaning.smallest(i))
                steps = independent([int(d ^ inputs[0]) for d in inputs])
                found.append([self.form(i, layout, d, one, init=False) for d in steps for one in bits])
        return found

    def exist(self, random: Random) -> bool:
        """Whether some key of the set spreads every class."""
        if not self.space.consistent:
            return False
        groups = [[form for form in map(self.space.reduced, group) if form] for group in self.spreading]
        if not all(groups):
            return False
        for _ in range(SAMPLES):
            key = self.space.sample(random, self.variables)
            if all(any((form & key).bit_count() & 1 for form in group) for group in groups):
                return True
        return False

    def spreads(self, keys: Mapping[int, bytes]) -> bool:
        """Whether keys leave no class of a port with several queues on one entry."""
        row = self.key_row(keys)
        return all(any((form & row).bit_count() & 1 for form in group) for group in self.spreading)

    def sampled(self, random: Random) -> dict[int, bytes]:
        """Any keys of the set."""
        row = self.space.sample(random, self.variables)
        found = {}
        for i, port in enumerate(self.ports):
            bits = [row >> 1 + self.base[i] + bit & 1 for bit in range(port.key_bits)]
            found[i] = int("".join(map(str, bits)), 2).to_bytes(port.key_bits // 8, "big")
        return found

    def beside(self, random: Random) -> dict[int, bytes]:
        """Keys of the set but for one bit."""
        found = self.sampled(random)
        i = random.randrange(len(self.ports))
        bits = self.ports[i].key_bits
        value = int.from_bytes(found[i], "big") ^ 1 << bits - 1 - random.randrange(HASH + 8)
        return found | {i: value.to_bytes(bits // 8, "big")}

    def key_row(self, keys: Mapping[int, bytes]) -> int:
        """Keys as a row of values with its constant set."""
        row = 1
        for i, port in enumerate(self.ports):
            text = "".join(f"{byte:08b}" for byte in keys[i])
            assert len(text) == port.key_bits
            row |= sum(1 << 1 + self.base[i] + bit for bit, value in enumerate(text) if value == "1")
        return row

    def contains(self, keys: Mapping[int, bytes]) -> bool:
        """Whether keys are in the set."""
        row = self.key_row(keys)
        return not any((row & equation).bit_count() & 1 for equation in self.space.rows.values())

    def read(self) -> set[int]:
        """The key bits that tell keys apart, as variables."""
        found = set()
        for i, port in enumerate(self.ports):
            whole = self.mode == "hash" or not corresponding(self.meaning, i)
            sums = [[bit] for bit in range(HASH)] if whole else entry_bits(port, self.meaning.smallest(i))
            for layout in port.live:
                if len(self.meaning.live(i, layout)):
                    places = {x + bit for x in _places(layout) for one in sums for bit in one}
                    found |= {self.base[i] + place for place in places if place < port.key_bits}
        return found

    def number(self) -> int | None:
        """How many keys there are, told apart by the bits that are read; None if that takes too long."""
        if not self.space.consistent:
            return 0
        read = sorted(self.read())
        unread = [v for v in range(self.variables) if v not in set(read)]
        place = {v: n for n, v in enumerate([*read, *unread])}
        projected = Affine()
        for row in self.space.rows.values():
            terms = [v for v in range(self.variables) if row >> 1 + v & 1]
            projected.add(row & 1 | sum(2 << place[v] for v in terms))
        free = len(read) - sum(1 for pivot in projected.rows if pivot <= len(read))
        groups = [list(map(self.space.reduced, group)) for group in self.spreading]
        open_groups = [[form for form in group if form] for group in groups if 1 not in group]
        several = Affine()
        for group in open_groups:
            for form in group:
                several.add(form & ~1)
        pivots = list(several.rows)
        if len(pivots) > FORMS_TO_TRY:
            return None
        good = 0
        for number in range(1 << len(pivots)):
            row = 1 | sum(1 << pivot for n, pivot in enumerate(pivots) if number >> n & 1)
            good += all(any((form & row).bit_count() & 1 for form in group) for group in open_groups)
        return good << free - len(pivots)

    @property
    def free(self) -> int:
        """log2 of the number of keys, bits that are never read included."""
        return self.variables - len(self.space.rows)


def _places(layout: HashInput) -> set[int]:
    """Bits of the hash input that hold a field; all where fields are put together otherwise than by sums."""
    bits = selected(layout)
    if layout.function in (Function.SYMMETRIC_OR_XOR, Function.SYMMETRIC_SORT):
        return set(range(bits))
    found, at = set(), 0
    for name in WIRE:
        if name in layout.fields:
            found |= set(range(at, at + WIDTHS[name]))
        if name in layout.fields or name in layout.zeroed:
            at += WIDTHS[name]
    return found
