"""The bits of one packet or two as numbers, and which of them are equal."""

from __future__ import annotations

from collections.abc import Sequence

from rss_dsl.fields import PacketClass, width

ZERO, ONE = 0, 1
"""The constant bits; every other number is a bit of a packet."""

Bits = tuple[int, ...]
"""A word, its first bit on the wire first."""


class Wires:
    """Numbers the fields of packets of given classes, those that are asked for."""

    def __init__(self, classes: Sequence[PacketClass]) -> None:
        self.classes = classes
        self.fields: dict[tuple[int, str], Bits] = {}
        self._next = ONE + 1

    def field(self, side: int, canonical: str) -> Bits:
        """The bits of a field; they follow each other."""
        found = self.fields.get((side, canonical))
        if found is None:
            start = self._next
            self._next += width(canonical)
            found = self.fields[side, canonical] = tuple(range(start, self._next))
        return found


def constant(value: int, bits: int) -> Bits:
    """A constant as a word."""
    return tuple(value >> bits - 1 - x & 1 for x in range(bits))


class Partition:
    """Union-find over bits. The constants are members like any other, and always roots."""

    def __init__(self) -> None:
        self._parent: dict[int, int] = {}

    def find(self, bit: int) -> int:
        """The bit that stands for all those equal to this one."""
        parent = self._parent
        root = bit
        while (up := parent.get(root, root)) != root:
            root = up
        while bit != root:
            parent[bit], bit = root, parent.get(bit, bit)
        return root

    def unite(self, left: Bits, right: Bits) -> bool:
        """Make two words equal, bit by bit; False if that makes zero one."""
        for x, y in zip(left, right, strict=True):
            a, b = self.find(x), self.find(y)
            if a == b:
                continue
            if a <= ONE:
                if b <= ONE:
                    return False
                a, b = b, a
            self._parent[a] = b
        return True
