"""Which equations force sums of key bits to zero: a certificate found by tracing.

Two-bit equations are the edges of a graph over key bits and the constant zero; a shortest path from a bit to
the root of its component names the equations that tie them. Equations with more terms, and pinned bits, go
through elimination that carries their provenance. The sum of the equations behind a sum of bits proves it
zero.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from rss_solver.gf2 import Elimination
from rss_solver.keyspace.groups import Group, Modes
from rss_solver.keyspace.space import number, placed
from rss_solver.keyspace.statement import Statement, Window
from rss_solver.toeplitz import key_bit

KeyBit = tuple[int, int]
"""(port, bit of its key)."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an equation comes from."""

    line: int
    """Index into `Problem.lines`."""
    source: Window | int
    """A window of the statement, or the port whose pinned key it is."""


class Tracer:
    """The equations of a group under equality modes; of some lines only where `lines` says so."""

    def __init__(
        self, statement: Statement, group: Group, modes: Modes, lines: Collection[int] | None = None
    ) -> None:
        self.variables = number({i: port.key_bits for i, port in group.ports.items()})
        self.edges: dict[int, list[tuple[int, Origin]]] = {}
        self.rows: list[tuple[list[int], int, Origin]] = []
        """(variables, constant, origin) of every equation that is no edge."""
        agree = group.required(modes)
        for window in group.windows:
            named = statement.windows[window]
            line = next((line for line in named if lines is None or line in lines), None)
            if line is not None:
                for starts, length in placed(window, self.variables, agree):
                    for t in range(length):
                        self._equation([start + t for start in starts], Origin(line, window))
        self._pins(group, statement, lines)
        self.root, self.parent, self.depth = self._forest()
        self.system: Elimination | None = None

    def _equation(self, members: list[int], origin: Origin) -> None:
        if len(members) > 2:
            self.rows.append((members, 0, origin))
            return
        a, b = members[0], members[1] if len(members) == 2 else self.variables.zero
        self.edges.setdefault(a, []).append((b, origin))
        self.edges.setdefault(b, []).append((a, origin))

    def _pins(self, group: Group, statement: Statement, lines: Collection[int] | None) -> None:
        for i, key in group.pinned.items():
            line = statement.pins[i]
            if lines is None or line in lines:
                base = self.variables.bases[i]
                for bit in range(group.ports[i].key_bits):
                    self.rows.append(([base + bit], key_bit(key, bit), Origin(line, i)))

    def _forest(self) -> tuple[dict[int, int], dict[int, tuple[int, Origin]], dict[int, int]]:
        """Breadth first: zero's tree before all others, so that its root is zero."""
        root: dict[int, int] = {}
        parent: dict[int, tuple[int, Origin]] = {}
        depth: dict[int, int] = {}
        for start in (self.variables.zero, *self.edges):
            if start in root:
                continue
            root[start], depth[start] = start, 0
            queue = deque([start])
            while queue:
                node = queue.popleft()
                for other, origin in self.edges.get(node, ()):
                    if other not in root:
                        root[other], depth[other] = start, depth[node] + 1
                        parent[other] = node, origin
                        queue.append(other)
        return root, parent, depth

    def behind(self, sums: Sequence[Sequence[KeyBit]]) -> dict[Origin, int] | None:
        """Origins of the equations that make these sums of key bits constant, None if one of them is not.

        By origin: how many equations at least lie between it and the constant.
        """
        if self.system is None:
            self.system = Elimination()
            for position, (members, constant, _) in enumerate(self.rows):
                self.system.add(self._row(members, constant), 1 << position)
        found: dict[Origin, int] = {}
        for bits in sums:
            nodes = [self.variables.bases[port] + bit for port, bit in bits]
            left, why = self.system.reduce(self._row(nodes, 0))
            if left > 1:
                return None
            for position in range(why.bit_length()):
                if why >> position & 1:
                    members, _, origin = self.rows[position]
                    found[origin] = 0
                    nodes += members
            for node in self._steps(nodes):
                distance, origin = self.depth[node], self.parent[node][1]
                found[origin] = min(distance, found.get(origin, distance))
        return found

    def _steps(self, nodes: Sequence[int]) -> set[int]:
        """The nodes whose edge to their parent is part of the sum; what two paths share cancels."""
        steps: set[int] = set()
        for node in nodes:
            while node in self.parent:
                steps ^= {node}
                node = self.parent[node][0]
        return steps

    def _row(self, members: Sequence[int], constant: int) -> int:
        row = constant
        for member in members:
            if (root := self.root.get(member, member)) != self.variables.zero:
                row ^= 1 << root + 1
        return row
