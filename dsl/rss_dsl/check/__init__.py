"""The checker: a Spec becomes a Problem, or every reason why it cannot.

`check` lists the steps; each is one module. Nothing here raises for what an author wrote.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from rss_dsl.check import settings
from rss_dsl.check.adapters import check_adapters
from rss_dsl.check.names import collect, statements
from rss_dsl.check.port_lines import port_lines
from rss_dsl.check.ports import check_ports
from rss_dsl.check.preferences import check_preferences
from rss_dsl.check.relations import check_relations
from rss_dsl.check.report import Report
from rss_dsl.check.requirements import Statements
from rss_dsl.diagnostics import Diagnostic
from rss_dsl.problem import Problem
from rss_dsl.spec import Assume, Equality, Nf, Prefer, Require, Seed, Spec, Statement

__all__ = ["Checked", "check"]

S = TypeVar("S", bound=Statement)


@dataclass(frozen=True, slots=True)
class Checked:
    """The problem, unless some diagnostic is an error; and all diagnostics, by place."""

    problem: Problem | None
    diagnostics: tuple[Diagnostic, ...]


def check(spec: Spec, incomplete: bool = False) -> Checked:
    """Convert a spec; everything wrong or doubtful with it is reported at once.

    An incomplete one, parts of which could not be read, makes no problem. Names that those parts may
    declare are then not reported as unknown.
    """
    report = Report(incomplete)
    found = tuple(statements(spec))
    names = collect(found, report)
    declared, ports = check_ports(names, report)
    templates = {one.items.declaration.name: one.port for one in declared}
    check_adapters(declared, report)
    conditions = Statements(names, templates, check_relations(names.relations, report), report)
    lines, requirements = conditions.requirements(_only(Require, found))
    assumptions = conditions.assumptions(_only(Assume, found))
    preferences = check_preferences(_only(Prefer, found), names, templates, report)
    equality = settings.check_equality(_only(Equality, found), report)
    seed = settings.check_seed(_only(Seed, found), report)
    nf = settings.check_nf(_only(Nf, found), report)
    if report.failed or incomplete:
        return Checked(None, report.sorted())
    more = port_lines(declared, ports, lines)
    problem = Problem(
        spec=spec,
        ports=ports,
        lines=tuple(more.lines),
        requirements=(*requirements, *more.fragments),
        shared_keys=tuple(more.shared),
        pinned_lines=tuple(more.pinned),
        assumptions=tuple(assumptions),
        preferences=preferences,
        equality=equality,
        seed=seed,
        nf=nf,
    )
    return Checked(problem, report.sorted())


def _only(kind: type[S], found: tuple[Statement, ...]) -> tuple[S, ...]:
    return tuple(statement for statement in found if isinstance(statement, kind))
