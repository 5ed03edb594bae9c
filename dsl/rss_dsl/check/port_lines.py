"""What ports ask of keys beside the requirements: pinned keys, shared keys, fragments that follow flows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from rss_dsl.check.fragments import at_start, ties
from rss_dsl.check.items import Items
from rss_dsl.check.ports import Declared
from rss_dsl.nic import Scope
from rss_dsl.problem import Line, Port, Requirement, SharedKey
from rss_dsl.source import Span


@dataclass(slots=True)
class PortLines:
    """Lines after those of the requirements, and what hangs on them."""

    lines: list[Line]
    """All lines so far; further ones are appended."""
    pinned: list[tuple[int, int]] = field(default_factory=list)
    shared: list[SharedKey] = field(default_factory=list)
    fragments: list[Requirement] = field(default_factory=list)

    def line(self, label: str, span: Span) -> int:
        """Append a line; its index."""
        self.lines.append(Line(label, span))
        return len(self.lines) - 1


def port_lines(declared: Iterable[Declared], ports: Sequence[Port], lines: Sequence[Line]) -> PortLines:
    """One line for every item that constrains keys, however many ports its group has."""
    found = PortLines(list(lines))
    by_declaration = _positions(declared)
    for one, positions in by_declaration:
        if one.items.key is not None:
            line = found.line(f"key of {one.items.declaration.name}", one.items.key.span)
            found.pinned += ((line, position) for position in positions)
        elif one.port is not None and one.port.pinned is not None:
            line = found.line(f"function of {one.items.declaration.name}", one.port.pinned.span)
            found.pinned += ((line, position) for position in positions)
    _share(found, by_declaration, ports)
    for one, positions in by_declaration:
        if one.items.fragments is not None:
            line = found.line(f"fragments of {one.items.declaration.name}", one.items.fragments.span)
            found.fragments += (r for position in positions for r in _ties(line, position, ports[position]))
    return found


def _positions(declared: Iterable[Declared]) -> list[tuple[Declared, range]]:
    """Which ports each declaration made: they follow one another."""
    found, start = [], 0
    for one in declared:
        found.append((one, range(start, start + one.size)))
        start += one.size
    return found


def _share(found: PortLines, by_declaration: list[tuple[Declared, range]], ports: Sequence[Port]) -> None:
    """Tie the ports whose card, or whose host, has one key for all."""
    groups: dict[str, tuple[Span, list[int]]] = {}
    for one, positions in by_declaration:
        shared = None if one.port is None else _key_holder(one.items, one.port)
        if shared is not None:
            _, members = groups.setdefault(shared[0], (shared[1], []))
            members += positions
    for label, (span, members) in groups.items():
        if len(members) > 1:
            line = found.line(label, span)
            found.shared += (SharedKey(line, members[0], other) for other in members[1:])


def _key_holder(items: Items, port: Port) -> tuple[str, Span] | None:
    """What has the port's key together with other ports, and where the spec says so."""
    match port.nic.key_scope.value:
        case Scope.ADAPTER if items.adapter is not None:
            return f"adapter {items.adapter.name}", items.adapter.span
        case Scope.HOST:
            return f"host key of {port.nic.name}", port.span
        case _:
            return None


def _ties(line: int, position: int, port: Port) -> Iterator[Requirement]:
    classes = at_start(port.nic) if port.auto else tuple(i.packet_class for i in port.inputs)
    for only, condition in ties(classes):
        yield Requirement(line=line, first=position, second=position, condition=condition, only=only)
