"""Which lines of the spec force key bits to zero: a certificate found by tracing equations.

Two-bit equations are the edges of a graph over key bits and the constant zero; a shortest path from a bit to
the root of its component names the equations that tie them. Equations with more terms, and pinned bits, go
through elimination that carries their provenance. The sum of the equations behind a bit proves it zero.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from rss_solver.gf2 import Elimination
from rss_solver.groups import Group, Modes
from rss_solver.keyspace import number, placed
from rss_solver.statement import Statement
from rss_solver.toeplitz import key_bit

KeyBit = tuple[int, int]
"""(port, bit of its key)."""


def lines_behind_zero(
    statement: Statement, group: Group, modes: Modes, bits: Sequence[KeyBit]
) -> set[int] | None:
    """Lines whose equations force all these key bits to zero, None if one of them is not forced."""
    return _Tracer(statement, group, modes).lines(bits)


class _Tracer:
    def __init__(self, statement: Statement, group: Group, modes: Modes) -> None:
        self.variables = number({i: port.key_bits for i, port in group.ports.items()})
        self.edges: dict[int, list[tuple[int, int]]] = {}
        self.rows: list[tuple[list[int], int, int]] = []
        """(variables, constant, line) of every equation that is no edge."""
        first = group.first_hash_bit(modes)
        for window in group.windows:
            starts, length = placed(window, self.variables, first)
            line = statement.windows[window][0]
            for t in range(length):
                self._equation([start + t for start in starts], line)
        self._pins(group, statement)
        self.root, self.parent = self._forest()

    def _equation(self, members: list[int], line: int) -> None:
        if len(members) > 2:
            self.rows.append((members, 0, line))
            return
        a, b = members[0], members[1] if len(members) == 2 else self.variables.zero
        self.edges.setdefault(a, []).append((b, line))
        self.edges.setdefault(b, []).append((a, line))

    def _pins(self, group: Group, statement: Statement) -> None:
        for i, key in group.pinned.items():
            base = self.variables.bases[i]
            for bit in range(group.ports[i].key_bits):
                self.rows.append(([base + bit], key_bit(key, bit), statement.pins[i]))

    def _forest(self) -> tuple[dict[int, int], dict[int, tuple[int, int]]]:
        """Breadth first: zero's tree before all others, so that its root is zero."""
        root: dict[int, int] = {}
        parent: dict[int, tuple[int, int]] = {}
        for start in (self.variables.zero, *self.edges):
            if start in root:
                continue
            root[start] = start
            queue = deque([start])
            while queue:
                node = queue.popleft()
                for other, line in self.edges.get(node, ()):
                    if other not in root:
                        root[other] = start
                        parent[other] = node, line
                        queue.append(other)
        return root, parent

    def _path(self, node: int) -> set[int]:
        lines = set()
        while node in self.parent:
            node, line = self.parent[node]
            lines.add(line)
        return lines

    def _root(self, node: int) -> int:
        return self.root.get(node, node)

    def lines(self, bits: Sequence[KeyBit]) -> set[int] | None:
        """See `lines_behind_zero`."""
        system = Elimination()
        for position, (members, constant, _) in enumerate(self.rows):
            system.add(self._row(members, constant), 1 << position)
        found: set[int] = set()
        for port, bit in bits:
            node = self.variables.bases[port] + bit
            left, why = system.reduce(self._row([node], 0))
            if left:
                return None
            found |= self._path(node)
            for position in range(why.bit_length()):
                if why >> position & 1:
                    members, _, line = self.rows[position]
                    found.add(line)
                    found.update(*(self._path(member) for member in members))
        return found

    def _row(self, members: Sequence[int], constant: int) -> int:
        row = constant
        for member in members:
            if (root := self._root(member)) != self.variables.zero:
                row ^= 1 << root + 1
        return row
