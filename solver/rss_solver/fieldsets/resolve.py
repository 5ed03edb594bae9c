"""`hash auto` → hash inputs: a Problem with open ports becomes one without, component by component."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace

from rss_dsl.check.fragments import fragment_class
from rss_dsl.check.switches import Selection, select
from rss_dsl.codes import NOTHING_TO_HASH
from rss_dsl.diagnostics import Diagnostic, RssError
from rss_dsl.nic import Scope
from rss_dsl.problem import Only, Port, Problem, Requirement
from rss_solver.fieldsets.alike import likeness
from rss_solver.fieldsets.classes import Unhashed, Wanted, wanted_of
from rss_solver.fieldsets.options import Option, by_rule, options, usable
from rss_solver.fieldsets.rating import Rated, Rater, Rating, configured, part
from rss_solver.fieldsets.search import Combination, Found, search
from rss_solver.keyspace.statement import partition
from rss_solver.solution import ClassSpread


@dataclass(frozen=True, slots=True)
class RunnerUp:
    """The next best way to hash a declaration's ports, with everything else as chosen."""

    inputs: Mapping[str, tuple[str, ...]]
    by_rule: tuple[str, ...]
    rating: Rating


@dataclass(frozen=True, slots=True)
class Chosen:
    """What `hash auto` became on the ports of one declaration."""

    ports: tuple[int, ...]
    inputs: Mapping[str, tuple[str, ...]]
    by_rule: tuple[str, ...]
    """Classes hashed by an rte_flow rule."""
    unhashed: tuple[Unhashed, ...]
    rating: Rating
    """Of all ports that were chosen for together, in a few samples of keys."""
    worst: ClassSpread | None
    """The class of these ports that reaches the fewest queues; None without a key."""
    runner_up: RunnerUp | None
    weighed: int
    of: int
    complete: bool
    """Whether no combination is better than this one; otherwise it is the best that an ascent met."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """A problem without open ports, and how they were closed."""

    problem: Problem
    choices: tuple[Chosen, ...] = ()


def resolve(problem: Problem) -> Resolved:
    """Choose field sets for every port with `hash auto`; RssError for ports that have nothing to choose.

    Conditions must be supported (`support.unsupported`). The same problem has the same choices.
    """
    if not any(port.auto for port in problem.ports):
        return Resolved(problem)
    chosen: list[Chosen] = []
    ports = list(problem.ports)
    known: dict[Hashable, list[tuple[Chosen, Option]]] = {}
    for members in _components(problem):
        if any(problem.ports[i].auto for i in members):
            own = part(problem, members)
            kind = likeness(own, _declarations(own))
            if kind not in known:
                known[kind] = _component(own)
            for choice, option in known[kind]:
                placed = tuple(members[i] for i in choice.ports)
                chosen.append(replace(choice, ports=placed))
                for i in placed:
                    ports[i] = configured(ports[i], option.selection)
    return Resolved(_closed(problem, ports), tuple(sorted(chosen, key=lambda choice: choice.ports)))


def adopt(problem: Problem, given: Mapping[str, Mapping[str, tuple[str, ...]]]) -> Problem:
    """The problem with open ports hashed as `given` by port and class, where their NICs can do just that."""
    ports = [_adopted(port, given.get(port.name)) for port in problem.ports]
    return _closed(problem, ports)


def _adopted(port: Port, fields: Mapping[str, tuple[str, ...]] | None) -> Port:
    if not port.auto or not fields or not fields.keys() <= port.nic.hashable():
        return port
    selection = select(port.nic, fields)
    if selection is None or not usable(port, selection):
        return port
    if {i.packet_class: i.fields for i in selection.inputs} != fields:
        return port
    return configured(port, selection)


def _closed(problem: Problem, ports: Sequence[Port]) -> Problem:
    """The problem with these ports; what fragments must follow is what their port hashes now."""
    found = (_narrowed(r, ports[r.first]) for r in problem.requirements)
    return replace(problem, ports=tuple(ports), requirements=tuple(r for r in found if r is not None))


def _narrowed(requirement: Requirement, port: Port) -> Requirement | None:
    if requirement.only is None or port.auto:
        return requirement
    hashed = {entry.packet_class for entry in port.inputs}
    only = Only(requirement.only.first & hashed, requirement.only.second & hashed)
    return replace(requirement, only=only) if only.first and only.second else None


# --- components -------------------------------------------------------------------------------------


def _components(problem: Problem) -> tuple[tuple[int, ...], ...]:
    """Ports whose field sets matter to each other."""
    ties = {(r.first, r.second) for r in problem.requirements}
    ties |= {(s.first, s.second) for s in problem.shared_keys}
    for same in (_declarations(problem), _cards(problem)):
        ties |= {(members[0], other) for members in same for other in members[1:]}
    return partition(len(problem.ports), ties)


def _declarations(problem: Problem) -> list[tuple[int, ...]]:
    """Ports of one declaration: they have one hash."""
    found: dict[tuple[object, ...], list[int]] = {}
    for i, port in enumerate(problem.ports):
        span = port.span
        found.setdefault((span.source.path, span.start) if span.text else (i,), []).append(i)
    return [tuple(ports) for ports in found.values()]


def _cards(problem: Problem) -> list[tuple[int, ...]]:
    """Ports of one card whose field sets are the card's."""
    found: dict[str, list[int]] = {}
    for i, port in enumerate(problem.ports):
        if port.adapter is not None and port.nic.field_set_scope.value is Scope.ADAPTER:
            found.setdefault(port.adapter, []).append(i)
    return [tuple(ports) for ports in found.values()]


def _component(own: Problem) -> list[tuple[Chosen, Option]]:
    """The choice for each declaration of a component, which is all there is."""
    declared = [d for d in _declarations(own) if own.ports[d[0]].auto]
    wanted = [wanted_of(own, d[0]) for d in declared]
    choices = [_options(own, d[0], w) for d, w in zip(declared, wanted, strict=True)]

    def closed(combination: Combination) -> Problem:
        ports = list(own.ports)
        for ports_of, options_of, at in zip(declared, choices, combination, strict=True):
            for i in ports_of:
                ports[i] = configured(ports[i], options_of[at].selection)
        return _closed(own, ports)

    rater = Rater()

    def evaluate(combination: Combination) -> Rated | None:
        trial = closed(combination)
        return rater.rate(trial) if _cards_agree(trial) else None

    found = search(choices, evaluate, own.seed)
    if not _cards_agree(closed(found.best)):
        raise RssError([_disagreement(own.ports[d[0]]) for d in declared if own.ports[d[0]].adapter])
    return [
        (_choice(found, at, d, wanted[at], choices[at]), choices[at][found.best[at]])
        for at, d in enumerate(declared)
    ]


def _options(problem: Problem, index: int, wanted: Wanted) -> list[Option]:
    found = options(problem, index, wanted.classes)
    if not found:
        raise RssError([_nothing(problem.ports[index], wanted)])
    return found


def _cards_agree(problem: Problem) -> bool:
    for members in _cards(problem):
        hashed: dict[str, tuple[str, ...]] = {}
        for entry in (entry for i in members for entry in problem.ports[i].inputs):
            if hashed.setdefault(entry.packet_class, entry.fields) != entry.fields:
                return False
    return True


def _choice(
    found: Found,
    at: int,
    ports: Sequence[int],
    wanted: Wanted,
    options_: Sequence[Option],
) -> Chosen:
    chosen = options_[found.best[at]]
    hashed = {entry.packet_class for entry in chosen.selection.inputs}
    runner = found.runners_up[at]
    spread = [entry for i in ports for entry in found.rated.spread.get(i, ())]
    return Chosen(
        ports=tuple(ports),
        inputs=_fields(chosen.selection),
        by_rule=chosen.by_rule,
        unhashed=tuple(u for u in wanted.unhashed if u.packet_class not in hashed),
        rating=found.rated.rating,
        worst=min(spread, key=lambda entry: (entry.clustered_queues, entry.queues), default=None),
        runner_up=None if runner is None else _runner_up(options_[runner[0]].selection, runner[1].rating),
        weighed=found.weighed,
        of=found.of,
        complete=found.complete,
    )


def _runner_up(selection: Selection, rating: Rating) -> RunnerUp:
    return RunnerUp(_fields(selection), by_rule(selection), rating)


def _fields(selection: Selection) -> dict[str, tuple[str, ...]]:
    return {entry.packet_class: entry.fields for entry in selection.inputs}


# --- what cannot be chosen --------------------------------------------------------------------------


def _nothing(port: Port, wanted: Wanted) -> Diagnostic:
    names = [entry.packet_class for entry in wanted.unhashed] or list(wanted.classes)
    listed = ", ".join(f"`{name}`" for name in names if not name.endswith(fragment_class("")))
    return Diagnostic(
        rule=NOTHING_TO_HASH,
        message=f"`hash auto` finds nothing to hash on `{port.name}`: `{port.nic.name}` cannot hash {listed}"
        if listed
        else f"`hash auto` finds nothing to hash on `{port.name}`",
        span=port.span,
        help=f"`rssc nic show {port.nic.name}` lists what it hashes; name other classes in `traffic`",
    )


def _disagreement(port: Port) -> Diagnostic:
    return Diagnostic(
        rule=NOTHING_TO_HASH,
        message=f"`hash auto` finds no field sets for `{port.name}` that the whole of adapter"
        f" `{port.adapter}` can have",
        span=port.span,
        help=f"a card of `{port.nic.name}` has one field set per class for all its ports: write `hash` out",
    )
