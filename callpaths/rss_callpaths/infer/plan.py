"""Which classes are hashed on which port, and which requirements are left when others imply them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rss_callpaths.accesses.access import Access, Accesses
from rss_callpaths.infer.assumed import Within
from rss_callpaths.infer.found import Doubt, Found
from rss_callpaths.infer.relation import Fields, Relation, directly_implied, implied
from rss_callpaths.infer.results import Requirement
from rss_callpaths.infer.shapes import common_name, hashable_fields
from rss_callpaths.infer.spec import Options, PortPlan, identifier
from rss_dsl.fields import packet_classes
from rss_dsl.nic import NicProfile

USUAL = ("ipv4-tcp", "ipv4-udp")
"""What ports hash that have no state."""


def devices(accesses: Accesses) -> list[int]:
    """Every device that packets come from or go to."""
    found = {port for path in accesses.paths for port in path.in_ports}
    found |= {port for path in accesses.paths for send in path.sends for port in send.ports}
    return sorted(found)


def port_plans(
    every: Iterable[int], stateful: Mapping[int, frozenset[str]], nic: NicProfile
) -> list[PortPlan]:
    """The ports. One without state hashes what the others do."""
    others = {name for names in stateful.values() for name in names} or set(USUAL)
    plans = []
    for device in every:
        own = stateful.get(device)
        hashed = _ordered((others if own is None else own) & nic.hashable())
        hashed = hashed or _ordered(set(USUAL) & nic.hashable()) or _ordered(nic.hashable())[:1]
        plans.append(PortPlan(device, hashed, None if own is None else hashed))
    return plans


def usual(plan: PortPlan) -> tuple[str, ...]:
    """The classes of a port that every NIC can hash by any of their fields."""
    return tuple(name for name in plan.hashed if name in USUAL)


def _ordered(names: Iterable[str]) -> tuple[str, ...]:
    wanted = set(names)
    return tuple(name for name in packet_classes() if name in wanted)


def steered_fields(plans: Sequence[PortPlan], assumptions: Sequence[Within], nic: NicProfile) -> Fields:
    """What packets to go through can have any values in."""
    tied = {plan.device: {each.field for each in assumptions if each.port == plan.device} for plan in plans}
    return {
        plan.device: tuple(
            frozenset(
                field
                for field in hashable_fields(nic, name)
                if field not in {common_name(name, fixed) for fixed in packet_classes()[name].fixed}
                and field not in tied[plan.device]
            )
            for name in plan.hashed
        )
        for plan in plans
    }


def settled(doubts: Sequence[Doubt], found: Found) -> list[Doubt]:
    """The doubts that remain: others' requirements already bring those packets together."""
    left = []
    for doubt in doubts:
        by = directly_implied(doubt.relation, found.relations) if doubt.relation.atoms else None
        if by is None:
            left.append(doubt)
            continue
        pair = doubt.first.shape.packet_class, doubt.second.shape.packet_class
        found.add(by, pair, doubt.first.entry.access, doubt.second.entry.access)
    return left


def reduced(relations: Mapping[Relation, set[Access]], free: Fields, options: Options) -> list[Requirement]:
    """The requirements without those that others imply. What those were for counts as the others'."""
    kept = {each: set(accesses) for each, accesses in relations.items()}
    own = {each: set(accesses) for each, accesses in relations.items()}
    for each in sorted(relations, key=_dispensable, reverse=True):
        others = [other for other in kept if other != each]
        by = implied(each, others, free)
        if by is not None:
            accesses = kept.pop(each)
            for other in by:
                kept[other] |= accesses
    ordered = sorted(kept, key=lambda each: (each.first, each.second, _text(each)))
    names = _names(ordered, own, options)
    return [Requirement(name, each, _sorted(kept[each])) for each, name in zip(ordered, names, strict=True)]


def _dispensable(each: Relation) -> tuple[int, bool, str]:
    """Those that tie fewest packets are left out first, and of those the ones within a port."""
    return len(each.atoms), each.first == each.second, _text(each)


def _text(each: Relation) -> str:
    return repr(sorted(map(repr, each.atoms)))


def _sorted(accesses: Iterable[Access]) -> tuple[Access, ...]:
    return tuple(sorted(accesses, key=lambda a: (a.object.address if a.object else 0, a.path, a.call)))


def _names(ordered: Sequence[Relation], own: Mapping[Relation, set[Access]], options: Options) -> list[str]:
    """After the object that a requirement is about; with ports, then numbers, where that names several."""
    plain = [identifier(_object(own[each])) for each in ordered]
    ports = [
        name
        if plain.count(name) == 1
        else "_".join(dict.fromkeys((name, options.name(each.first), options.name(each.second))))
        for name, each in zip(plain, ordered, strict=True)
    ]
    return [
        name if ports.count(name) == 1 else f"{name}_{ports[: at + 1].count(name)}"
        for at, name in enumerate(ports)
    ]


def _object(accesses: Iterable[Access]) -> str:
    objects = [access.object for access in accesses if access.object is not None]
    rank = {"map": 0, "dmap": 0, "sketch": 1, "vector": 2}
    best = min(objects, key=lambda each: (rank.get(each.type, 3), each.name))
    return best.name
