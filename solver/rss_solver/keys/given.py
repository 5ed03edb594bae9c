"""A key someone gives for a port, and the Solution that given keys make of a Problem."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from rss_dsl.codes import BAD_TABLE, FIELDS_DIFFER, KEY_FORMAT, KEY_MISSING, KEY_UNKNOWN_PORT
from rss_dsl.diagnostics import Diagnostic, RssError
from rss_dsl.lexical import quote
from rss_dsl.problem import Port, Problem
from rss_dsl.source import Span
from rss_solver.choice.spread import Indexed, spread
from rss_solver.choice.tables import fill
from rss_solver.keyspace.statement import state
from rss_solver.solution import PortSolution, Solution
from rss_solver.tied.live import live


@dataclass(frozen=True, slots=True)
class GivenKey:
    """What a file says of one port."""

    port: str
    key: bytes
    span: Span
    table: tuple[int, ...] | None = None
    """None: round robin over the port's queues."""
    table_span: Span | None = None
    """Where the table is written."""
    fields: Mapping[str, tuple[str, ...]] | None = None
    """Hash input by class, where the file says."""


def apply(problem: Problem, given: Sequence[GivenKey], where: Span) -> Solution:
    """The solution that given keys make; RssError with every mismatch. `where` is where keys are missing."""
    names = [port.name for port in problem.ports]
    solved = _solutions(problem, given, where, names)
    components = state(problem).components
    return Solution(ports=tuple(solved[name] for name in names), components=components, seed=problem.seed)


def apply_one(problem: Problem, given: Sequence[GivenKey], where: Span, name: str) -> PortSolution:
    """The same for one port, whose key alone is needed; other ports without a key have round-robin tables."""
    return _solutions(problem, given, where, [name])[name]


def _solutions(
    problem: Problem, given: Sequence[GivenKey], where: Span, names: Sequence[str]
) -> dict[str, PortSolution]:
    findings = [*_findings(problem, given), *_missing(given, where, names)]
    if findings:
        raise RssError(findings)
    by_name = {entry.port: entry for entry in given}
    components = state(problem).components
    tables = list(fill(problem.ports, components))
    for i, port in enumerate(problem.ports):
        if port.name in by_name:
            tables[i] = by_name[port.name].table or tables[i]
    smallest = {i: min(len(tables[j]) for j in members) for members in components for i in members}
    return {
        port.name: _port_solution(problem, i, by_name[port.name].key, tables[i], smallest[i])
        for i, port in enumerate(problem.ports)
        if port.name in names
    }


def _port_solution(
    problem: Problem, number: int, given: bytes, table: tuple[int, ...], smallest: int
) -> PortSolution:
    port = problem.ports[number]
    key = given.ljust(port.nic.key_bytes.value, b"\0")
    indexed = Indexed(table, port.nic.index.value, smallest, port.nic.hash_init.value)
    inputs = ((layout, live(problem, number, layout)) for layout in port.live)
    return PortSolution(
        name=port.name,
        device=port.device,
        nic=port.nic.name,
        key=key,
        queues=port.queues,
        table=table,
        equality="hash" if problem.equality == "hash" else "index",
        inputs=port.inputs,
        spread=tuple(spread(key, layout, found, indexed) for layout, found in inputs if found is not None),
    )


def _findings(problem: Problem, given: Sequence[GivenKey]) -> Iterator[Diagnostic]:
    yield from misnamed(given, tuple(port.name for port in problem.ports))
    for entry in given:
        if (port := problem.port(entry.port)) is not None:
            yield from _mismatches(problem, port, entry)


def misnamed(given: Sequence[GivenKey], ports: Sequence[str]) -> Iterator[Diagnostic]:
    """Keys for unknown ports, and second keys for known ones."""
    seen: set[str] = set()
    for entry in given:
        if entry.port not in ports:
            yield unknown_port(entry.port, entry.span, ports)
        elif entry.port in seen:
            yield Diagnostic(
                rule=KEY_FORMAT,
                message=f"a second key for `{entry.port}`",
                span=entry.span,
                help="keep one of them",
            )
        seen.add(entry.port)


def unknown_port(name: str, span: Span, ports: Sequence[str]) -> Diagnostic:
    """A key for a port that the spec does not have."""
    close = get_close_matches(name, ports, 1)
    return Diagnostic(
        rule=KEY_UNKNOWN_PORT,
        message=f"a key for {quote(name)}, which the spec does not have",
        span=span,
        help=f"did you mean `{close[0]}`?" if close else f"the ports are {', '.join(ports)}",
    )


def _missing(given: Sequence[GivenKey], where: Span, names: Sequence[str]) -> Iterator[Diagnostic]:
    seen = {entry.port for entry in given}
    for name in names:
        if name not in seen:
            yield Diagnostic(
                rule=KEY_MISSING,
                message=f"no key for `{name}`",
                span=where,
                help=f"add a line `{name}=HEX`, or give a file for it with `--keys {name}=FILE`",
            )


def _mismatches(problem: Problem, port: Port, entry: GivenKey) -> Iterator[Diagnostic]:
    limit = port.nic.key_bytes.value
    if len(entry.key) > limit:
        yield Diagnostic(
            rule=KEY_FORMAT,
            message=f"the key of `{port.name}` has {len(entry.key)} bytes, `{port.nic.name}` takes {limit}",
            span=entry.span,
            help="cut it to the NIC's length, or name another NIC in the spec",
        )
    if entry.table is not None:
        yield from _table(port, entry, entry.table)
    if entry.fields is not None:
        hashed = {layout.packet_class: layout.fields for layout in port.inputs}
        if dict(entry.fields) != hashed:
            spec = problem.spec.source.path
            yield Diagnostic(
                rule=FIELDS_DIFFER,
                message=f"the file hashes other fields on `{port.name}` than the spec does",
                span=entry.span,
                help=f"solve the spec again and write the lock file with `rssc solve {spec} --write`",
            )


def _table(port: Port, entry: GivenKey, table: tuple[int, ...]) -> Iterator[Diagnostic]:
    if not table or len(table) & (len(table) - 1):
        yield Diagnostic(
            rule=BAD_TABLE,
            message=f"the table of `{port.name}` has {len(table)} entries, not a power of two",
            span=entry.table_span or entry.span,
            help="NICs pick the entry by the low bits of the hash: give the whole table",
        )
    elif max(table) >= port.queues:
        yield Diagnostic(
            rule=BAD_TABLE,
            message=f"the table of `{port.name}` names queue {max(table)}, the spec has {port.queues} queues",
            span=entry.table_span or entry.span,
            help=f"set `queues {max(table) + 1}` in the spec if that is what the NIC uses",
        )
