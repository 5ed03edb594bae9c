"""Ways out of a conflict: changes of the problem after which a key exists, each tried.

The effort is bounded: what is tried, and in which order, depends on the problem only.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from rss_dsl.diagnostics import RssError, has_errors
from rss_dsl.nic import NicProfile
from rss_dsl.nics import catalogue
from rss_dsl.problem import Problem
from rss_dsl.spec import Nic, PortDecl
from rss_solver.conflicts.conflict import Conflict, Search
from rss_solver.conflicts.hitting import GivenUpError, minimum_hitting_set
from rss_solver.diagnostics.support import component_errors, unsupported
from rss_solver.explain.assuming import statements, unassumed
from rss_solver.fieldsets import resolve
from rss_solver.keyspace.groups import groups, weakest
from rss_solver.keyspace.statement import state
from rss_solver.limits import LimitReachedError
from rss_solver.solve import solve

MOST_DROPPED = 4
"""Lines that are left out together at most."""
MOST_ASSUMPTIONS = 8
"""Assumptions that are left out in turn at most."""
MOST_PORTS = 2
"""Ports whose field sets are searched jointly at most: the search weighs hundreds of combinations."""
MOST_NICS = 8
"""Other NICs that are tried, the closest first."""
MOST_SEARCHES = 2
"""Other NICs whose field sets are searched."""
ENOUGH_NICS = 3
"""Other NICs that are named."""


@dataclass(frozen=True, slots=True)
class EqualityIndex:
    """`equality index`: only what picks a table entry has to agree."""

    bits: int
    """How many bits that is on the ports of the conflict."""


@dataclass(frozen=True, slots=True)
class WithoutLines:
    """Leaving out lines of the spec. Several: none of them can stay."""

    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class WithoutAssumption:
    """Leaving out an `assume`: more traffic that has to meet, and more that can be spread."""

    assumption: int
    """Index into `Problem.assumptions`, of a group of ports the first."""


@dataclass(frozen=True, slots=True)
class FieldSet:
    """What to hash on some ports."""

    ports: tuple[int, ...]
    inputs: Mapping[str, tuple[str, ...]]
    """Canonical fields by class, in wire order."""
    by_rule: tuple[str, ...]
    """Classes that need an rte_flow rule for it."""


@dataclass(frozen=True, slots=True)
class OtherFieldSets:
    """Hashing other fields, which the ports' NICs can do."""

    sets: tuple[FieldSet, ...]


@dataclass(frozen=True, slots=True)
class OtherNic:
    """Another NIC of the catalogue for some ports, with everything else as it is or with other fields."""

    ports: tuple[int, ...]
    nic: str
    sets: tuple[FieldSet, ...] = ()


@dataclass(frozen=True, slots=True)
class Locks:
    """Sharing the state between cores: nothing has to meet."""


WayOut = EqualityIndex | WithoutLines | WithoutAssumption | OtherFieldSets | OtherNic | Locks


def ways_out(problem: Problem, conflict: Conflict) -> Iterator[WayOut]:
    """Changes that resolve a conflict of this problem, each verified on the changed problem; locks last."""
    tied = next(group for group in groups(problem, state(problem)) if conflict.port in group.ports)
    if problem.equality == "hash" and leaves_key(replace(problem, equality="index")):
        yield EqualityIndex(tied.full_rank(conflict.port))
    yield from _dropping(problem, conflict)
    for assumption in statements(problem, tied.ports)[:MOST_ASSUMPTIONS]:
        if leaves_key(unassumed(problem, assumption)):
            yield WithoutAssumption(assumption)
    ports = tuple(tied.ports)
    fields = _fields(problem, ports)
    if fields is not None:
        yield OtherFieldSets(fields)
    yield from _nics(problem, conflict.port, ports, search=fields is None)
    yield Locks()


def leaves_key(problem: Problem) -> bool:
    """Whether a key exists; False where that is undecided."""
    try:
        statement = state(problem)
        for group in groups(problem, statement):
            search = Search(statement, group, group.all(weakest(problem)))
            if search.conflicts(search.all_lines()):
                return False
    except LimitReachedError:
        return False
    return True


# --- leaving out lines ------------------------------------------------------------------------------


def without(problem: Problem, lines: Collection[int]) -> Problem:
    """The problem as if lines of the spec were not there."""
    unpinned = {port for pinned, port in problem.pinned_lines if pinned in lines}
    return replace(
        problem,
        requirements=tuple(r for r in problem.requirements if r.line not in lines),
        shared_keys=tuple(s for s in problem.shared_keys if s.line not in lines),
        pinned_lines=tuple(pin for pin in problem.pinned_lines if pin[0] not in lines),
        ports=tuple(
            replace(port, pinned=None) if i in unpinned else port for i, port in enumerate(problem.ports)
        ),
    )


def _dropping(problem: Problem, conflict: Conflict) -> Iterator[WithoutLines]:
    single = [line for line in conflict.lines if leaves_key(without(problem, [line]))]
    yield from (WithoutLines((line,)) for line in single)
    pins = tuple(line for line in conflict.lines if line in {pinned for pinned, _ in problem.pinned_lines})
    if len(pins) > 1 and not set(pins) & set(single) and leaves_key(without(problem, pins)):
        yield WithoutLines(pins)
    elif not single and (several := _several(problem, conflict)) is not None:
        yield WithoutLines(several)


def _several(problem: Problem, conflict: Conflict) -> tuple[int, ...] | None:
    """The fewest lines whose absence leaves a key: they hit every conflict found on the way."""
    conflicts = [frozenset(conflict.lines)]
    try:
        while (chosen := minimum_hitting_set(conflicts, MOST_DROPPED + 1)) is not None:
            found = solve(without(problem, chosen))
            if not isinstance(found, Conflict):
                return chosen
            conflicts.append(frozenset(found.lines))
    except (GivenUpError, LimitReachedError):
        pass
    return None


# --- other fields and NICs --------------------------------------------------------------------------


def _fields(problem: Problem, ports: Sequence[int]) -> tuple[FieldSet, ...] | None:
    """Field sets for ports under which a key exists, None if none are found."""
    if len(ports) > MOST_PORTS:
        return None
    opened = list(problem.ports)
    for i in ports:
        classes = tuple(layout.packet_class for layout in opened[i].live)
        opened[i] = replace(opened[i], auto=True, inputs=(), switches=(), traffic=classes)
    try:
        found = resolve(replace(problem, ports=tuple(opened)))
    except (RssError, LimitReachedError):
        return None
    hashed = all(
        set(opened[i].traffic or ()) <= {x.packet_class for x in found.problem.ports[i].inputs} for i in ports
    )
    if not hashed or not _usable(found.problem) or not leaves_key(found.problem):
        return None
    return tuple(
        FieldSet(
            choice.ports,
            dict(choice.inputs),
            choice.by_rule,
        )
        for choice in found.choices
        if _changed(problem, choice.ports[0], choice.inputs)
    )


def _changed(problem: Problem, port: int, inputs: Mapping[str, tuple[str, ...]]) -> bool:
    return any(inputs.get(layout.packet_class) != layout.fields for layout in problem.ports[port].live)


def _nics(problem: Problem, port: int, tied: Sequence[int], search: bool) -> Iterator[OtherNic]:
    """`search`: whether to look for other fields as well, on the closest of them."""
    profile = problem.ports[port].nic
    ports = tuple(i for i in tied if problem.ports[i].nic.name == profile.name)
    candidates = sorted(catalogue().values(), key=lambda other: _distance(profile, other))
    found = tried = 0
    for other in candidates:
        if found == ENOUGH_NICS or tried == MOST_NICS:
            return
        if other.name == profile.name or not other.toeplitz.value or not other.key_settable.value:
            continue
        changed = _on(problem, ports, other)
        if changed is not None:
            tried += 1
            if leaves_key(changed):
                found += 1
                yield OtherNic(ports, other.name)
            elif search and tried <= MOST_SEARCHES and (fields := _fields(changed, tied)) is not None:
                found += 1
                yield OtherNic(ports, other.name, fields)


def _distance(profile: NicProfile, other: NicProfile) -> tuple[bool, int]:
    """NICs under the same driver are closest, then those that share most facts."""
    theirs = dict(other.facts())
    differing = sum(fact.value != theirs[name].value for name, fact in profile.facts() if name in theirs)
    return profile.driver != other.driver, differing


def _on(problem: Problem, ports: Sequence[int], profile: NicProfile) -> Problem | None:
    """The spec with another NIC for some ports, None if the NIC cannot do what else the spec says."""
    from rss_dsl.check import check

    names = {problem.ports[i].name for i in ports}
    spec = problem.spec
    statements = tuple(
        _moved(entry, profile.name) if isinstance(entry, PortDecl) and names & _members(entry) else entry
        for entry in spec.statements
    )
    try:
        found = check(replace(spec, statements=statements))
        if found.problem is None or has_errors(found.diagnostics):
            return None
        changed = resolve(found.problem).problem
    except (RssError, LimitReachedError):
        return None
    return changed if _usable(changed) else None


def _members(declaration: PortDecl) -> set[str]:
    if declaration.count is None:
        return {declaration.name}
    return {f"{declaration.name}{number}" for number in range(declaration.count)}


def _moved(declaration: PortDecl, nic: str) -> PortDecl:
    others = tuple(item for item in declaration.items if not isinstance(item, Nic))
    return replace(declaration, items=(*others, Nic(name=nic, span=declaration.span)))


def _usable(problem: Problem) -> bool:
    return not [*unsupported(problem)] and not [*component_errors(problem, state(problem))]
