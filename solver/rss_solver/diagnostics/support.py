"""What the NICs of a Problem rule out."""

from __future__ import annotations

from collections.abc import Iterator

from rss_dsl.codes import INDEX_NOT_LINEAR, NOT_TOEPLITZ, QUEUES_DIFFER, STARTS_DIFFER, TABLES_DISAGREE
from rss_dsl.diagnostics import Diagnostic, Label
from rss_dsl.problem import Port, Problem
from rss_solver.choice.tables import disagreement, fill
from rss_solver.keyspace.statement import Statement
from rss_solver.nic.index import common_picks


def unsupported(problem: Problem) -> Iterator[Diagnostic]:
    """Ports whose hash no key can steer."""
    for port in problem.ports:
        if not port.nic.toeplitz.value:
            yield Diagnostic(
                rule=NOT_TOEPLITZ,
                message=f"`{port.nic.name}` does not hash with Toeplitz, so no key can steer it",
                span=port.span,
                help="use another NIC",
            )


def component_errors(problem: Problem, statement: Statement) -> Iterator[Diagnostic]:
    """Ports that must agree but whose queues or fixed tables cannot."""
    tables = fill(problem.ports, statement.components)
    yield from _whole_hashes_only(problem, statement)
    for component in statement.components:
        first, *others = (problem.ports[i] for i in component)
        for other in others:
            if other.nic.hash_init.value != first.nic.hash_init.value:
                yield _starts(first, other)
            if other.queues != first.queues:
                yield Diagnostic(
                    rule=QUEUES_DIFFER,
                    message=f"`{first.name}` and `{other.name}` must agree and have {first.queues} and "
                    f"{other.queues} queues",
                    span=other.span,
                    related=(Label(first.span, f"`{first.name}` is here"),),
                    help="give both ports the same number of queues",
                )
        counts = {problem.ports[i].queues for i in component}
        if len(counts) == 1 and (found := disagreement(problem.ports, component, tables)) is not None:
            small, large = problem.ports[found.first], problem.ports[found.second]
            yield Diagnostic(
                rule=TABLES_DISAGREE,
                message=f"`{small.name}` and `{large.name}` must agree, but hash {found.hash_value} goes to "
                f"queue {found.queues[0]} by {small.table_size} entries and to queue {found.queues[1]} by "
                f"{large.table_size}, and a table cannot be written",
                span=large.span,
                related=(Label(small.span, f"`{small.name}` is here"),),
                help="use a number of queues that divides both tables, or NICs whose tables can be set",
            )


def _starts(first: Port, other: Port) -> Diagnostic:
    values = f"{first.nic.hash_init.value:#010x} and {other.nic.hash_init.value:#010x}"
    return Diagnostic(
        rule=STARTS_DIFFER,
        message=f"`{first.name}` and `{other.name}` must agree and their hashes start from {values}:"
        " an input of zeros hashes to that, whatever the keys",
        span=other.span,
        related=(Label(first.span, f"`{first.name}` is here"),),
        help="use NICs whose hash starts from the same value",
    )


def _whole_hashes_only(problem: Problem, statement: Statement) -> Iterator[Diagnostic]:
    """Components that are asked to agree on entries and can agree on whole hashes only."""
    bound = {port for window in statement.windows for port, _ in window.terms if not window.whole}
    for component in statement.components:
        ports = [problem.ports[i] for i in component]
        if problem.equality == "index" and bound.intersection(component) and common_picks(ports) is None:
            sizes = " and ".join(
                dict.fromkeys(f"{port.table_size} entries by {port.nic.index.value}" for port in ports)
            )
            yield Diagnostic(
                rule=INDEX_NOT_LINEAR,
                message=f"`equality index` has no key bits to work on for {sizes}",
                span=ports[0].span,
                help="use `equality auto` or `hash`, or one table size that is a power of two",
            )
