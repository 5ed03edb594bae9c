"""What a Problem asks that the solver cannot answer yet, and what its NICs rule out."""

from __future__ import annotations

from collections.abc import Iterator

from rss_dsl.codes import NOT_SUPPORTED, QUEUES_DIFFER, TABLES_DISAGREE
from rss_dsl.diagnostics import Diagnostic, Label
from rss_dsl.nic import Function, Index, Unselected, concrete
from rss_dsl.problem import Port, Problem
from rss_dsl.source import Span
from rss_solver.statement import Statement
from rss_solver.tables import disagreement, fill


def unsupported(problem: Problem) -> Iterator[Diagnostic]:
    """Everything that parses and checks but is not solved yet."""
    for port in problem.ports:
        yield from _port(port)


def _not_yet(what: str, span: Span, way_out: str) -> Diagnostic:
    return Diagnostic(rule=NOT_SUPPORTED, message=f"{what} is not supported yet", span=span, help=way_out)


def _port(port: Port) -> Iterator[Diagnostic]:
    nic = port.nic
    if not nic.toeplitz.value:
        yield _not_yet(f"the hash of `{nic.name}`, which is not Toeplitz,", port.span, "use another NIC")
    if nic.functions.value[0] is not Function.TOEPLITZ:
        yield _not_yet(
            f"`{nic.name}`, whose input transform is {nic.functions.value[0]},", port.span, _OTHER_NIC
        )
    if nic.index.value is not Index.LSB or port.table_size & (port.table_size - 1):
        what = f"a table of {port.table_size} entries picked by {nic.index.value}"
        yield _not_yet(
            what, port.span, "use a power-of-two table on a NIC that takes the low bits of the hash"
        )
    if nic.unselected.value is Unselected.ZEROED:
        yield from _gaps(port)


_OTHER_NIC = "use a NIC without an input transform"


def _gaps(port: Port) -> Iterator[Diagnostic]:
    """Zero-filled NICs keep fields in place: a set that is no prefix of the switch's full set has gaps."""
    for layout in port.live:
        full = (
            concrete(field_set, layout.packet_class)
            for switch, _ in port.switches
            if layout.packet_class in switch.classes
            for field_set in switch.field_sets
        )
        widest = max(full, key=len, default=layout.fields)
        if widest[: len(layout.fields)] != layout.fields:
            what = f"a field set with gaps on `{port.nic.name}`, which zero-fills what is left out,"
            yield _not_yet(what, port.span, f"hash ({', '.join(widest)})")


def component_errors(problem: Problem, statement: Statement) -> Iterator[Diagnostic]:
    """Ports that must agree but whose queues or fixed tables cannot."""
    tables = fill(problem.ports, statement.components)
    for component in statement.components:
        first, *others = (problem.ports[i] for i in component)
        for other in others:
            if other.nic.hash_init.value != first.nic.hash_init.value:
                what = f"tying `{first.name}` to `{other.name}`, whose hash starts from another value,"
                yield _not_yet(what, other.span, "use NICs whose hash starts from the same value")
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
