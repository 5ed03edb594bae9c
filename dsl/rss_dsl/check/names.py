"""What the names of a spec stand for: ports, groups and relations in dictionaries, built in one pass."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from rss_dsl import codes
from rss_dsl.check.items import header
from rss_dsl.check.report import Report
from rss_dsl.diagnostics import Label
from rss_dsl.source import Span
from rss_dsl.spec import PacketName, PortDecl, Relation, Require, Spec, Statement

MAX_GROUP = 256
"""Ports in a group: two `[*]` in one requirement expand to the square of it."""


@dataclass(frozen=True, slots=True)
class Member:
    """One port: alone in its declaration, or one of a group."""

    name: str
    declaration: PortDecl
    position: int
    """Its index in `Problem.ports`."""


@dataclass(frozen=True, slots=True)
class Packet:
    """A packet name resolved: on which ports it may be. Equal keys are the same packet."""

    key: tuple[str, int]
    members: tuple[Member, ...]
    """Empty where the name is unknown."""


@dataclass(frozen=True, slots=True)
class Names:
    """The index. Statements of imported files precede those of the file that imports them."""

    members: dict[str, Member]
    groups: dict[str, tuple[Member, ...]]
    relations: dict[str, Relation]
    declarations: tuple[PortDecl, ...]
    """Port declarations with a name of their own."""
    repeated: tuple[PortDecl, ...]
    """Those whose name is taken: their items are checked and nothing else."""


def statements(spec: Spec) -> Iterator[Statement]:
    """Every statement of a spec and its imports, each file once, imported ones first."""
    seen = {spec.source.path}
    stack: list[tuple[Spec, int]] = [(spec, 0)]
    while stack:
        current, child = stack.pop()
        if child == len(current.imports):
            yield from current.statements
            continue
        stack.append((current, child + 1))
        imported = current.imports[child]
        if imported.source.path not in seen:
            seen.add(imported.source.path)
            stack.append((imported, 0))


def collect(found: tuple[Statement, ...], report: Report) -> Names:
    """Index every declared name; a name declared again is reported and the first one kept."""
    members: dict[str, Member] = {}
    groups: dict[str, tuple[Member, ...]] = {}
    taken: dict[str, Span] = {}
    declarations: list[PortDecl] = []
    repeated: list[PortDecl] = []
    for declaration in (s for s in found if isinstance(s, PortDecl)):
        names = _member_names(declaration, report)
        if not _free({declaration.name, *names}, header(declaration), taken, report):
            repeated.append(declaration)
            continue
        declarations.append(declaration)
        added = [Member(name, declaration, len(members) + i) for i, name in enumerate(names)]
        members.update((member.name, member) for member in added)
        if declaration.count is not None:
            groups[declaration.name] = tuple(added)
    _check_requirement_names(found, report)
    relations = _relations(found, report)
    return Names(members, groups, relations, tuple(declarations), tuple(repeated))


def _member_names(declaration: PortDecl, report: Report) -> list[str]:
    if declaration.count is None:
        return [declaration.name]
    if not 1 <= declaration.count <= MAX_GROUP:
        report.add(
            codes.NUMBER_RANGE,
            f"group `{declaration.name}` has {declaration.count} ports",
            header(declaration),
            help=f"a group has 1 to {MAX_GROUP} ports",
        )
    return [f"{declaration.name}{i}" for i in range(max(1, min(declaration.count, MAX_GROUP)))]


def _free(names: set[str], span: Span, taken: dict[str, Span], report: Report) -> bool:
    clash = min((name for name in names if name in taken), default=None)
    if clash is None:
        taken.update(dict.fromkeys(names, span))
        return True
    _duplicate("port", clash, span, taken[clash], report)
    return False


def _duplicate(what: str, name: str, span: Span, first: Span, report: Report) -> None:
    report.add(
        codes.DUPLICATE_NAME,
        f"{what} `{name}` is declared twice",
        span,
        related=(Label(first, "first declared here"),),
        help="rename one of them",
    )


def _relations(found: tuple[Statement, ...], report: Report) -> dict[str, Relation]:
    relations: dict[str, Relation] = {}
    for relation in (s for s in found if isinstance(s, Relation)):
        first = relations.setdefault(relation.name, relation)
        if first is not relation:
            _duplicate("relation", relation.name, header(relation), header(first), report)
    return relations


def _check_requirement_names(found: tuple[Statement, ...], report: Report) -> None:
    seen: dict[str, Span] = {}
    for requirement in (s for s in found if isinstance(s, Require)):
        if requirement.name is None:
            continue
        if requirement.name in seen:
            _duplicate("requirement", requirement.name, requirement.span, seen[requirement.name], report)
        seen.setdefault(requirement.name, requirement.span)


def written(name: PacketName) -> str:
    """A packet name as its author writes it."""
    index = "" if name.index is None else f"[{name.index}]"
    return f"{name.name}{index}" + "'" * name.primes


def resolve(name: PacketName, names: Names, report: Report) -> Packet | None:
    """The ports a packet name stands for; None after reporting what is wrong with it."""
    members = _members(name, names, report)
    if members is None:
        return None
    label = f"{name.name}[*]" if name.index == "*" else members[0].name
    return Packet((label, name.primes), members)


def _members(name: PacketName, names: Names, report: Report) -> tuple[Member, ...] | None:
    group = names.groups.get(name.name)
    if group is not None:
        return _group_members(name, group, report)
    member = names.members.get(name.name)
    if member is None:
        _unknown_port(name, names, report)
        return None
    if name.index is None:
        return (member,)
    report.add(
        codes.GROUP_INDEX,
        f"`{name.name}` is one port, not a group",
        name.span,
        related=(Label(header(member.declaration), "declared here"),),
        help=f"write `{name.name}` without an index, or declare `ports {name.name}[N]`",
    )
    return None


def _group_members(name: PacketName, group: tuple[Member, ...], report: Report) -> tuple[Member, ...] | None:
    match name.index:
        case "*":
            return group
        case int(index) if 0 <= index < len(group):
            return (group[index],)
        case None:
            message = f"`{name.name}` is a group of {len(group)} ports, not a port"
        case _:
            message = f"group `{name.name}` has no port {name.index}"
    report.add(
        codes.GROUP_INDEX,
        message,
        name.span,
        related=(Label(header(group[0].declaration), "declared here"),),
        help=f"write `{name.name}[0]` to `{name.name}[{len(group) - 1}]` for one port,"
        f" `{name.name}[*]` for each",
    )
    return None


def _unknown_port(name: PacketName, names: Names, report: Report) -> None:
    if not report.incomplete:
        message = f"unknown port `{name.name}`"
        report.add(codes.UNKNOWN_PORT, message, name.span, help=_known_ports(name.name, names, report))


def _known_ports(name: str, names: Names, report: Report) -> str:
    # A misspelt member of a group is best answered with the group's spelling.
    base = re.sub(r"\d+$", "", name)
    close = base if base in names.groups else report.closest(name, [*names.members, *names.groups])
    group = names.groups.get(close or "")
    if group:
        return f"group `{close}` is `{close}[0]` to `{close}[{len(group) - 1}]`, or `{close}[*]` for each"
    if close:
        return f"did you mean `{close}`?"
    listed = ", ".join(f"`{n}`" for n in islice(names.members, 8))
    more = " and others" if len(names.members) > 8 else ""
    return f"the ports are {listed}{more}" if listed else "the spec declares no port"
