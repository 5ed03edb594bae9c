"""Which keys keep a Problem's promises: by trying every key, or by one equation for every tied pair.

`broken` judges given keys by hashing every tied pair. `Keys` has the exact set: an equation for each pair and
each bit that has to agree (no spans, no windows), and, where few key bits are read, `every_key` in its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from random import Random

import numpy as np
from brute import HASH, WIRE, Meaning, Tied, default_queue, entries, hashes, selected

from rss_dsl.fields import WIDTHS
from rss_dsl.nic import Function, Index
from rss_dsl.problem import HashInput, Port

KEY_BITS_TO_TRY = 9
"""Most key bits of a port that `every_key` tries."""
COMBINATIONS = 1 << 17
"""Most combinations of the ports' keys that it tries."""
FORMS_TO_TRY = 9
"""Most independent sums of key bits of which `Keys.number` tries all values."""
SAMPLES = 4000
"""c classes that some key spreads are spread by one key in 2^c at least (a polynomial of degree c)."""


def corresponding(meaning: Meaning, port: int) -> bool:
    """Whether entries of the component's tables stand for sums of hash bits that can be made to agree.

    Elsewhere only whole hashes can: tables picked in different ways, or of sizes that are no powers of two.
    """
    ports = [meaning.problem.ports[i] for i in meaning.component(port)]
    smallest = min(port.table_size for port in ports)
    remainders = {Index.LSB: Index.MODULO}
    ways = {remainders.get(port.nic.index.value, port.nic.index.value) for port in ports}
    repeated = all(port.table_size % smallest == 0 for port in ports)
    return smallest == 1 or (len(ways) == 1 and repeated and smallest.bit_count() == 1)


def entry_bits(port: Port, size: int) -> list[list[int]]:
    """The hash bits (0 first) whose sums make the entry of a table of this size."""
    count = size.bit_length() - 1
    match port.nic.index.value:
        case Index.HIGH_BITS:
            return [[bit] for bit in range(count)]
        case Index.XOR_FOLD8:
            return [[bit + 8 * n for n in range(4)] for bit in range(8 - count, 8)]
        case _:
            return [[HASH - 1 - bit] for bit in range(count)]


class Affine:
    """Equations over GF(2): bit 0 of a row is the constant, bit 1 + v is variable v."""

    def __init__(self) -> None:
        self.rows: dict[int, int] = {}
        self.pivots = 0

    def reduced(self, row: int) -> int:
        while found := row & self.pivots:
            row ^= self.rows[found.bit_length() - 1]
        return row

    def add(self, row: int) -> None:
        row = self.reduced(row)
        if row:
            self.rows[row.bit_length() - 1] = row
            self.pivots |= 1 << row.bit_length() - 1

    @property
    def consistent(self) -> bool:
        return 0 not in self.rows

    def sample(self, random: Random, variables: int) -> int:
        """A uniformly random solution, as a row with its constant set."""
        value = random.getrandbits(variables) << 1 | 1
        for pivot in sorted(self.rows):
            rest = self.rows[pivot] ^ 1 << pivot
            value = value & ~(1 << pivot) | ((rest & value).bit_count() & 1) << pivot
        return value


@dataclass(frozen=True, slots=True)
class Broken:
    """How keys part tied pairs, the worst that was found."""

    queue: bool
    """Some pair lands on different queues."""
    bits: bool
    """Some pair differs in what has to agree: entries of the smallest table, or whole hashes."""


def broken(meaning: Meaning, keys: Sequence[bytes], tables: Sequence[Sequence[int]], whole: bool) -> Broken:
    """Judge keys by every tied pair."""
    queue = bits = False
    ports = meaning.problem.ports
    alike = [_alike(meaning, i) for i in range(len(ports))]
    for tied in meaning.ties:
        sides = (tied.requirement.first, tied.requirement.second)
        queues, values, low = [], [], []
        for i, layout, inputs in zip(sides, tied.layouts, tied.pairs.T, strict=True):
            port, table = ports[i], np.array(tables[i])
            if not layout.fields:
                queues.append(np.full(len(inputs), default_queue(port, tables[i])))
                continue
            value = hashes(layout, keys[i], port.nic.hash_init.value)[inputs]
            entry = entries(value, len(table), port.nic.index.value)
            values.append(value)
            low.append(entry if alike[i] else entries(value, agreed_size(meaning, i), port.nic.index.value))
            queues.append(table[entry])
        queue |= bool((queues[0] != queues[1]).any())
        if len(values) == 2 and (whole or alike[sides[0]] is not False):
            a, b = values if whole else low
            bits |= bool((a != b).any())
    return Broken(queue, bits)


def _alike(meaning: Meaning, port: int) -> bool | None:
    """Where only whole hashes can be made to agree: whether tied packets must still share an entry.

    They must where all ports of the component pick entries in one way, else queues are all that counts.
    """
    if corresponding(meaning, port) or agreed_size(meaning, port) == 1:
        return None
    ports = [meaning.problem.ports[i] for i in meaning.component(port)]
    return len({(port.table_size, port.nic.index.value) for port in ports}) == 1


def agreed_size(meaning: Meaning, port: int) -> int:
    """Entries of the table that a component has to agree on; one where there is one queue."""
    ports = [meaning.problem.ports[i] for i in meaning.component(port)]
    return min(port.table_size if port.queues > 1 else 1 for port in ports)


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


def every_key(meaning: Meaning) -> int | None:
    """log2 of the number of keys that keep all entries together, found by trying them all.

    None where there are too many. Bits that no entry depends on count as free.
    """
    ports = meaning.problem.ports
    used: dict[int, list[int]] = {}
    for i, port in enumerate(ports):
        folded = port.nic.index.value is Index.XOR_FOLD8
        if folded or port.pinned is not None or not corresponding(meaning, i):
            return None
        bits = [b for (b,) in entry_bits(port, agreed_size(meaning, i))]
        widest = max((selected(layout) for layout in port.inputs), default=0)
        used[i] = sorted({b + x for b in bits for x in range(widest)})
        if len(used[i]) > KEY_BITS_TO_TRY:
            return None
    if meaning.problem.shared_keys or sum(map(len, used.values())) > COMBINATIONS.bit_length() - 1:
        return None
    tried = {i: _all_entries(meaning, i, bits) for i, bits in used.items()}
    alive = np.indices([1 << len(bits) for bits in used.values()]).reshape(len(ports), -1)
    for tied in meaning.hashed_ties:
        i, j = tied.requirement.first, tied.requirement.second
        here, there = tried[i][tied.layouts[0]], tried[j][tied.layouts[1]]
        for d, e in tied.pairs:
            alive = alive[:, here[alive[i], d] == there[alive[j], e]]
    count = alive.shape[1]
    assert count.bit_count() == 1, "keys that keep linear hashes together are a linear space"
    unread = sum(port.key_bits - len(used[i]) for i, port in enumerate(ports))
    return count.bit_length() - 1 + unread


def _all_entries(meaning: Meaning, port: int, bits: Sequence[int]) -> dict[HashInput, np.ndarray]:
    """For every class: the agreed entry of every input (second axis) under every key (first axis)."""
    one = meaning.problem.ports[port]
    size = agreed_size(meaning, port)
    result = {}
    for layout in one.inputs:
        rows = []
        for number in range(1 << len(bits)):
            text = ["0"] * one.key_bits
            for place, bit in enumerate(bits):
                if bit < one.key_bits:
                    text[bit] = str(number >> place & 1)
            key = int("".join(text), 2).to_bytes(one.key_bits // 8, "big")
            value = hashes(layout, key, one.nic.hash_init.value)
            rows.append(entries(value, size, one.nic.index.value))
        result[layout] = np.array(rows)
    return result


def thinned(tied: Tied) -> list[tuple[int, int]]:
    """All pairs where they are few; otherwise, hashes being linear, pairs of which the others are sums."""
    pairs = [(int(d), int(e)) for d, e in tied.pairs]
    if len(pairs) <= 64:
        return pairs
    origin = pairs[0][0] << 16 | pairs[0][1]
    steps = independent([(d << 16 | e) ^ origin for d, e in pairs])
    return [pairs[0], *((value >> 16, value & 0xFFFF) for value in (step ^ origin for step in steps))]


def independent(vectors: Sequence[int]) -> list[int]:
    """Vectors from the list that no sums of earlier ones give."""
    reduced: list[int] = []
    kept = []
    for vector in vectors:
        rest = vector
        for other in reduced:
            rest = min(rest, rest ^ other)
        if rest:
            reduced.append(rest)
            kept.append(vector)
    return kept
