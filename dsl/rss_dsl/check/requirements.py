"""`require` and `assume`: their packets, their conditions, and what they expand to over port groups."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

from rss_dsl import codes
from rss_dsl.check import lints
from rss_dsl.check.conditions import Converted, Converter
from rss_dsl.check.expressions import packets
from rss_dsl.check.names import Names, Packet, resolve, written
from rss_dsl.check.relations import check_calls, too_deep_reported
from rss_dsl.check.report import Report
from rss_dsl.check.terms import Sides, packet_key
from rss_dsl.problem import Assumption, Line, Port, Requirement
from rss_dsl.source import Span
from rss_dsl.spec import Assume, Expr, PacketName, Require

Templates = dict[str, Port | None]
"""By declaration: what its ports have in common, None after an error."""


@dataclass(frozen=True, slots=True)
class _Packets:
    """The packets of a condition in the order named, and what every spelling of them stands for."""

    distinct: tuple[Packet, ...]
    names: tuple[PacketName, ...]
    """How each is first spelled."""
    sides: Sides


class Statements:
    """Checks the conditions of one spec."""

    def __init__(self, names: Names, templates: Templates, converter: Converter, report: Report) -> None:
        self._names = names
        self._templates = templates
        self._converter = converter
        self._report = report

    def requirements(self, found: Sequence[Require]) -> tuple[list[Line], list[Requirement]]:
        """A line for every `require`, and a requirement for every pair of ports it is about."""
        lines = [Line(r.name or f"requirement {i}", r.span) for i, r in enumerate(found, start=1)]
        expanded = [one for line, r in enumerate(found) for one in self._requirement(line, r)]
        return lines, expanded

    def assumptions(self, found: Sequence[Assume]) -> list[Assumption]:
        """An assumption for every port that an `assume` is about."""
        return [one for assume in found for one in self._assumption(assume)]

    def _requirement(self, line: int, statement: Require) -> Iterator[Requirement]:
        checked = self._condition(statement.condition, statement.span, "a requirement", 2)
        if checked is None:
            return
        found, converted = checked
        first, second = (packet.members for packet in found.distinct)
        condition = converted.condition
        for one, other in product(first, second):
            yield Requirement(line=line, first=one.position, second=other.position, condition=condition)

    def _assumption(self, statement: Assume) -> Iterator[Assumption]:
        checked = self._condition(statement.condition, statement.span, "an assumption", 1)
        if checked is None:
            return
        found, converted = checked
        for member in found.distinct[0].members:
            yield Assumption(member.position, converted.condition, statement.span)

    def _condition(self, expr: Expr, span: Span, what: str, count: int) -> tuple[_Packets, Converted] | None:
        """The packets and the condition; None after reporting everything that is wrong with them."""
        if too_deep_reported(expr, span, self._report):
            return None
        check_calls(expr, self._names.relations, self._report)
        found = self._packets(expr)
        converted = self._converter.convert(expr, found.sides)
        if not self._counted(found, expr, span, what, count) or converted is None:
            return None
        self._lint(found, converted)
        return found, converted

    def _packets(self, expr: Expr) -> _Packets:
        """Resolve every packet name; one that can't be still gets a side, so that checking goes on."""
        distinct: dict[tuple[str, int], Packet] = {}
        spelled: dict[tuple[str, int], PacketName] = {}
        order: dict[tuple[str, int], int] = {}
        sides: dict[tuple[str, int | str | None, int], int] = {}
        for name in packets(expr):
            if packet_key(name) not in sides:
                packet = resolve(name, self._names, self._report) or Packet((written(name), 0), ())
                distinct.setdefault(packet.key, packet)
                spelled.setdefault(packet.key, name)
                sides[packet_key(name)] = order.setdefault(packet.key, len(order))
        return _Packets(tuple(distinct.values()), tuple(spelled.values()), sides)

    def _counted(self, found: _Packets, expr: Expr, span: Span, what: str, count: int) -> bool:
        """Whether the packets are all known and as many as there have to be."""
        primes = [name for name in packets(expr) if name.primes > 1]
        for name in primes:
            self._too_many_primes(name)
        if not all(packet.members for packet in found.distinct) or primes:
            return False
        if len(found.distinct) == count:
            return True
        listed = " and ".join(f"`{written(name)}`" for name in found.names) or "none"
        self._report.add(
            codes.PACKET_COUNT,
            f"{what} is about {_packets(count)}, this one names {listed}",
            span,
            help=self._count_help(count, found.names),
        )
        return False

    def _count_help(self, count: int, found: tuple[PacketName, ...]) -> str:
        if not found:
            return f"name a packet by its port: `{next(iter(self._names.members), 'LAN')}.ipv4_src`"
        if count == 1:
            return "a condition on two packets belongs in `require`"
        if len(found) < count:
            one, other = written(found[0]), written(replace(found[0], primes=1 - found[0].primes))
            return f"a condition on one packet belongs in `assume`; another packet of `{one}` is `{other}`"
        return "say what two packets have in common; several requirements all hold"

    def _too_many_primes(self, name: PacketName) -> None:
        bare = written(replace(name, primes=0))
        self._report.add(
            codes.PACKET_COUNT,
            f"`{written(name)}` has more than one prime",
            name.span,
            help=f"a requirement is about two packets: `{bare}` and `{bare}'`",
        )

    def _lint(self, found: _Packets, converted: Converted) -> None:
        """Once per pair of declarations: the ports of a group are alike."""
        for group in product(*(_declarations(packet) for packet in found.distinct)):
            templates = tuple(self._templates[name] for name in group)
            known = tuple(port for port in templates if port is not None)
            if len(known) == len(templates):
                lints.comparisons(converted.comparisons, known, self._report)


def _declarations(packet: Packet) -> tuple[str, ...]:
    return tuple(dict.fromkeys(member.declaration.name for member in packet.members))


def _packets(count: int) -> str:
    return "one packet" if count == 1 else "two packets"
