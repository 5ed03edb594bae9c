"""Relations and their uses: arity, unknown names, recursion, bodies that name only their parameters."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from rss_dsl import codes
from rss_dsl.check.conditions import Converter
from rss_dsl.check.expressions import MAX_DEPTH, calls, packets, too_deep
from rss_dsl.check.items import header
from rss_dsl.check.names import written
from rss_dsl.check.report import Report
from rss_dsl.check.terms import packet_key
from rss_dsl.diagnostics import Label
from rss_dsl.source import Span
from rss_dsl.spec import Call, Expr, PacketName, Relation


def check_relations(relations: dict[str, Relation], report: Report) -> Converter:
    """Report what is wrong with the relations; the converter inlines those that can be."""
    usable = {name: r for name, r in relations.items() if _parameters_ok(r, report)}
    for relation in usable.values():
        check_calls(relation.body, relations, report)
    sound = {name for name, relation in usable.items() if _body_ok(relation, report)}
    order = _callees_first(usable, report)
    converter = Converter(sound.intersection(r.name for r in order), report)
    for relation in order:
        _check_body(relation, converter)
    return converter


def _parameters_ok(relation: Relation, report: Report) -> bool:
    if not 1 <= len(relation.parameters) <= 2:
        report.add(
            codes.WRONG_ARGUMENTS,
            f"relation `{relation.name}` has {len(relation.parameters)} parameters",
            header(relation),
            help="a relation is about one packet or two",
        )
        return False
    if len(set(relation.parameters)) < len(relation.parameters):
        report.add(
            codes.DUPLICATE_NAME,
            f"relation `{relation.name}` has two parameters `{relation.parameters[0]}`",
            header(relation),
            help="rename one of them",
        )
        return False
    return True


def check_calls(expr: Expr, relations: dict[str, Relation], report: Report) -> None:
    """Report unknown relations and wrong numbers of packets."""
    for call in calls(expr):
        relation = relations.get(call.relation)
        if relation is None:
            _unknown_relation(call, relations, report)
        elif len(relation.parameters) != len(call.arguments):
            _wrong_arity(call, relation, report)


def _unknown_relation(call: Call, relations: dict[str, Relation], report: Report) -> None:
    if report.incomplete:
        return
    report.add(
        codes.UNKNOWN_RELATION,
        f"unknown relation `{call.relation}`",
        call.span,
        help=report.did_you_mean(
            call.relation, relations, 'declare it, or import the file that does: `import "std/flows.rss"`'
        ),
    )


def _wrong_arity(call: Call, relation: Relation, report: Report) -> None:
    parameters = ", ".join(relation.parameters)
    report.add(
        codes.WRONG_ARGUMENTS,
        f"relation `{relation.name}` takes {_packets(len(relation.parameters))}, not {len(call.arguments)}",
        call.span,
        related=(Label(header(relation), "declared here"),),
        help=f"it is `{relation.name}({parameters})`",
    )


def _packets(count: int) -> str:
    return "1 packet" if count == 1 else f"{count} packets"


def _callees_first(relations: dict[str, Relation], report: Report) -> list[Relation]:
    """Relations after those they call, without those that call themselves (which are reported)."""
    order: list[Relation] = []
    done: set[str] = set()
    recursive: set[str] = set()
    for root in relations.values():
        path: dict[str, Iterator[Call]] = {}
        _enter(root, path, done)
        while path:
            name = next(reversed(path))
            call = next(path[name], None)
            if call is None:
                path.popitem()
                order.append(relations[name])
            elif call.relation in path:
                recursive |= _report_cycle(call, list(path), relations, report)
            elif call.relation in relations:
                _enter(relations[call.relation], path, done)
    return [relation for relation in order if relation.name not in recursive]


def _enter(relation: Relation, path: dict[str, Iterator[Call]], done: set[str]) -> None:
    if relation.name not in done:
        done.add(relation.name)
        path[relation.name] = calls(relation.body)


def _report_cycle(
    call: Call, path: list[str], relations: dict[str, Relation], report: Report
) -> frozenset[str]:
    cycle = path[path.index(call.relation) :]
    through = " calls ".join(f"`{name}`" for name in (*cycle, call.relation))
    report.add(
        codes.RECURSIVE_RELATION,
        f"relation `{call.relation}` is defined by itself",
        call.span,
        related=tuple(Label(header(relations[name]), f"`{name}` is declared here") for name in cycle),
        help=f"{through}; write the condition out",
    )
    return frozenset(cycle)


def _body_ok(relation: Relation, report: Report) -> bool:
    strangers = list(_strangers(relation))
    for name in strangers:
        _report_stranger(name, relation, report)
    return not too_deep_reported(relation.body, relation.span, report) and not strangers


def _strangers(relation: Relation) -> Iterator[PacketName]:
    for name in packets(relation.body):
        if name.name not in relation.parameters or name.index is not None or name.primes:
            yield name


def _report_stranger(name: PacketName, relation: Relation, report: Report) -> None:
    parameters = " and ".join(f"`{p}`" for p in relation.parameters)
    report.add(
        codes.UNKNOWN_PORT,
        f"`{written(name)}` is not a parameter of relation `{relation.name}`",
        name.span,
        related=(Label(header(relation), f"`{relation.name}` is about {parameters}"),),
        help=f"a relation names its parameters only: {parameters}",
    )


def too_deep_reported(expr: Expr, span: Span, report: Report) -> bool:
    """Whether a condition is nested too deeply; reported if so."""
    if not too_deep(expr):
        return False
    report.add(
        codes.TOO_COMPLEX,
        f"condition is nested more than {MAX_DEPTH} levels deep",
        span,
        help="name parts of it with relations",
    )
    return True


def _check_body(relation: Relation, converter: Converter) -> None:
    """Convert for every order of the packets: callees first, so that inlining never recurses deeply."""
    if too_deep(relation.body):
        return
    strangers = dict.fromkeys(map(packet_key, _strangers(relation)), 0)
    for sides in product((0, 1), repeat=len(relation.parameters)):
        parameters = ((name, None, 0) for name in relation.parameters)
        converter.define(relation, sides, strangers | dict(zip(parameters, sides, strict=True)))
