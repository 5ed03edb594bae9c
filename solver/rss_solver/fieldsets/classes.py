"""Which classes `hash auto` hashes on a port, and which of their fields a key can make anything of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rss_dsl.check.fragments import flow_classes, fragment_class, versions
from rss_dsl.check.switches import offered
from rss_dsl.fields import TUNNELS, PacketClass, packet_classes, width
from rss_dsl.nic import Via
from rss_dsl.problem import (
    AllOf,
    AnyOf,
    Compare,
    Condition,
    Const,
    Negation,
    Port,
    Problem,
    Requirement,
    Slice,
    Term,
)
from rss_dsl.reads import slices

USUAL = ("ipv4-tcp", "ipv4-udp", "ipv6-tcp", "ipv6-udp")
"""What is hashed where neither `traffic` nor a requirement speaks of classes."""

Pair = tuple[PacketClass, PacketClass]


@dataclass(frozen=True, slots=True)
class Unhashed:
    """A class that matters and is left to the default queue."""

    packet_class: str
    reason: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to hash on a port."""

    classes: tuple[str, ...]
    unhashed: tuple[Unhashed, ...]


@dataclass(frozen=True, slots=True)
class _Side:
    """A requirement seen from one of its two packets."""

    requirement: Requirement
    side: int

    @property
    def other(self) -> int:
        """The port of the other packet."""
        return self.requirement.first if self.side else self.requirement.second


def wanted_of(problem: Problem, index: int) -> Wanted:
    """The classes of `traffic`, else those that a requirement can tie, else TCP and UDP."""
    port = problem.ports[index]
    named = port.traffic or tuple(_tied(problem, index))
    chosen = [name for name in named or USUAL if _offered(port, name)]
    unhashed = [Unhashed(c, f"`{port.nic.name}` cannot hash it") for c in named if c not in chosen]
    if port.traffic is None:
        blind = [name for name in chosen if _blind(problem, index, name)]
        chosen = [name for name in chosen if name not in blind]
        unhashed += [Unhashed(c, "the NIC does not see the ports of fragments") for c in blind]
    for version in versions(chosen):
        if fragment_class(version) not in chosen and _follow(problem, index, version):
            chosen.append(fragment_class(version))
    kept = {entry.packet_class: entry for entry in unhashed if entry.packet_class not in chosen}
    order = list(packet_classes())
    return Wanted(tuple(sorted(chosen, key=order.index)), tuple(kept.values()))


def useful(problem: Problem, index: int, packet_class: str) -> frozenset[str]:
    """The canonical fields of a class that every requirement on it reads.

    Any other field can change alone while the requirement holds, so that keys have to ignore it.
    """
    kind = packet_classes()[packet_class]
    found = frozenset(kind.names.values())
    for view in _sides(problem, index):
        if any(_may(view, name, packet_class) for name in _candidates(problem, view.other)):
            names = _read_on(view.requirement.condition, view.side)
            found &= {kind.canonical(name) or "" for name in names}
    return found


def _sides(problem: Problem, index: int) -> Iterator[_Side]:
    for requirement in problem.requirements:
        if requirement.first == index:
            yield _Side(requirement, 0)
        if requirement.second == index:
            yield _Side(requirement, 1)


def _offered(port: Port, packet_class: str) -> bool:
    return any(offered(port.nic, packet_class, via) for via in Via)


def _tied(problem: Problem, index: int) -> Iterator[str]:
    """The classes that a requirement (none of the port's own fragments) can tie."""
    views = [view for view in _sides(problem, index) if view.requirement.only is None]
    for name in _candidates(problem, index):
        if any(_may(view, other, name) for view in views for other in _candidates(problem, view.other)):
            yield name


def _candidates(problem: Problem, index: int) -> tuple[str, ...]:
    """The classes that can turn up on a port; tunnels only where a requirement looks into them."""
    port = problem.ports[index]
    if port.traffic is not None:
        return port.traffic
    if not port.auto:
        return tuple(entry.packet_class for entry in port.inputs)
    tunnels = any(
        name.startswith("inner.") or any(name in ids for ids in TUNNELS.values())
        for view in _sides(problem, index)
        for name in _read_on(view.requirement.condition, view.side)
    )
    return tuple(c.name for c in packet_classes().values() if tunnels or c.tunnel is None)


def _blind(problem: Problem, index: int, packet_class: str) -> bool:
    """Whether a requirement ties packets by fields that they have and no NIC sees: the ports of fragments."""
    kind = packet_classes()[packet_class]
    views = [view for view in _sides(problem, index) if view.requirement.only is None]
    return any(
        kind.canonical(name) in kind.unknown
        for view in views
        for name in _read_on(view.requirement.condition, view.side)
    )


def _follow(problem: Problem, index: int, version: str) -> bool:
    """Whether the port has `fragments same-as-flow` for flows of an IP version."""
    only = (r.only for r in problem.requirements if r.first == index and r.only is not None)
    return any(fragment_class(version) in o.first and flow_classes(version, o.second) for o in only)


# --- conditions -------------------------------------------------------------------------------------


def _read_on(condition: Condition, side: int) -> frozenset[str]:
    return frozenset(part.field for part in slices(condition) if part.side == side)


def _may(view: _Side, other: str, packet_class: str) -> bool:
    """Whether a requirement may tie a packet of `packet_class` on its side to one of `other`."""
    kinds = packet_classes()[packet_class], packet_classes()[other]
    pair = kinds if view.side == 0 else (kinds[1], kinds[0])
    only = view.requirement.only
    if only is not None and (pair[0].name not in only.first or pair[1].name not in only.second):
        return False
    return _satisfiable(view.requirement.condition, pair)


def _satisfiable(condition: Condition, pair: Pair) -> bool:
    """Whether packets have the fields and fixed values for it; more than really can, where values clash."""
    match condition:
        case AllOf(parts):
            return all(_satisfiable(part, pair) for part in parts)
        case AnyOf(parts):
            return any(_satisfiable(part, pair) for part in parts)
        case Negation():
            return True
        case Compare(op, left, right):
            return _has_fields(condition, pair) and not (op == "==" and _fixed_apart(left, right, pair))


def _has_fields(compare: Compare, pair: Pair) -> bool:
    found = [(part, pair[part.side].canonical(part.field)) for part in slices(compare)]
    if any(name is None or (part.stop or 0) > width(name) for part, name in found):
        return False
    generic = any(part.field.removeprefix("inner.") in ("ip_src", "ip_dst") for part, _ in found)
    versions_read = {str(name).removeprefix("inner.")[:4] for _, name in found}
    return not (generic and {"ipv4", "ipv6"} <= versions_read)


def _fixed_apart(left: Term, right: Term, pair: Pair) -> bool:
    values = [_fixed(term, pair) for term in (left, right)]
    return None not in values and values[0] != values[1]


def _fixed(term: Term, pair: Pair) -> int | None:
    match term:
        case Const(value, _):
            return value
        case Slice(side, name, 0, stop):
            canonical = pair[side].canonical(name) or ""
            whole = stop is None or stop == width(canonical)
            return pair[side].fixed.get(canonical) if whole else None
        case _:
            return None
