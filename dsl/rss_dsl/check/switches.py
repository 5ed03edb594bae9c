"""Which switches of a NIC to turn on, and with which field sets, to hash the wanted classes as wanted.

Two facts of DPDK shape this. One flag can stand for several `Switch` entries (plain and tunnelled
packets), which go on together. And modifier flags (`RTE_ETH_RSS_L3_SRC_ONLY`) are per port: one set of
them, a *world*, narrows every switch that knows them. Within a world, flags that share no class are
chosen independently.

What start-up cannot give, an rte_flow rule may: one pattern each, whose modifiers are its own. A rule stands
for the classes of its switch that have its pattern, and comes before what start-up says of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations

from rss_dsl.fields import packet_classes
from rss_dsl.nic import FieldSet, NicProfile, Switch, Via, concrete
from rss_dsl.problem import HashInput

Wanted = Mapping[str, tuple[str, ...] | None]
"""Canonical fields in wire order per class; None: the NIC's usual ones."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What to turn on and what is hashed then."""

    switches: tuple[tuple[Switch, int], ...]
    """In the profile's order, each with the index of its field set. One by rte_flow has only those classes
    that its rule is for."""
    inputs: tuple[HashInput, ...]
    """Every class hashed as a consequence, in the catalogue's order of classes."""


@dataclass(frozen=True, slots=True)
class _Active:
    """A switch that is on in a world, with the field sets it may use there."""

    order: int
    switch: Switch
    choices: tuple[int, ...]


@dataclass(frozen=True, slots=True, order=True)
class _Option:
    """One way to serve some classes; the smallest is the best."""

    unusual: int
    """Classes without fields in the spec that don't get the NIC's usual ones."""
    extra: int
    """Classes hashed that nobody asked for."""
    flags: int
    chosen: tuple[tuple[int, int], ...]
    """(index of the switch in the profile, index of its field set)."""


def offered(profile: NicProfile, packet_class: str, via: Via) -> tuple[tuple[str, ...], ...]:
    """The field sets that a NIC can hash for a class, most specific switch first, without repeats."""
    listing = [switch for switch in profile.switches if packet_class in switch.classes]
    found = (
        concrete(field_set, packet_class)
        for switch in sorted(listing, key=lambda s: len(s.classes))
        for field_set in switch.field_sets
        if field_set.via is via
    )
    return tuple(dict.fromkeys(found))


def usual(profile: NicProfile, packet_class: str) -> tuple[str, ...]:
    """The fields by which a NIC hashes a class where none are named, none if it cannot."""
    sets = offered(profile, packet_class, Via.START) or offered(profile, packet_class, Via.FLOW)
    return sets[0] if sets else ()


def select(profile: NicProfile, wanted: Wanted) -> Selection | None:
    """The switches that give exactly the wanted fields: by start-up flags, or else with few rte_flow rules.

    None: impossible.
    """
    return at_start_up(profile, wanted) or _with_rules(profile, wanted)


def at_start_up(profile: NicProfile, wanted: Wanted) -> Selection | None:
    """The same by start-up flags alone, with the fewest other classes."""
    best: _Option | None = None
    for world in _worlds(profile):
        option = _in_world(profile, world, wanted)
        if option is not None and (best is None or option < best):
            best = option
    return None if best is None else _selection([(profile.switches[at], index) for at, index in best.chosen])


def _selection(switches: Iterable[tuple[Switch, int]]) -> Selection:
    """What switches hash, the first that lists a class deciding."""
    inputs: dict[str, HashInput] = {}
    for switch, index in switches:
        for name in switch.classes:
            inputs.setdefault(name, HashInput(name, concrete(switch.field_sets[index], name)))
    return Selection(tuple(switches), tuple(inputs[name] for name in packet_classes() if name in inputs))


# --- rte_flow rules ---------------------------------------------------------------------------------

_Rules = Mapping[tuple[int, str | None], int]
"""(index of the switch in the profile, tunnel of the pattern) → index of the field set."""


def _with_rules(profile: NicProfile, wanted: Wanted) -> Selection | None:
    """Rules for the classes that start-up flags cannot serve, and for one more or for all if need be."""
    by_rule = [name for name in wanted if _rule(profile, name, wanted[name]) is not None]
    needed = frozenset(name for name in wanted if not _starts(profile, name, wanted[name]))
    if not needed <= set(by_rule):
        return None
    more = [frozenset((name,)) for name in by_rule if name not in needed]
    for chosen in (needed, *(needed | one for one in more), frozenset(by_rule)):
        if chosen and (found := _mixed(profile, wanted, chosen)) is not None:
            return found
    return None


def _starts(profile: NicProfile, name: str, fields: tuple[str, ...] | None) -> bool:
    at_start = offered(profile, name, Via.START)
    return bool(at_start) if fields is None else fields in at_start


def _rule(profile: NicProfile, name: str, fields: tuple[str, ...] | None) -> tuple[int, int] | None:
    """The most specific switch, and its field set, that hashes a class as wanted by a rule."""
    wanted = usual(profile, name) if fields is None else fields
    found = (
        (len(switch.classes), order, index)
        for order, switch in enumerate(profile.switches)
        if name in switch.classes
        for index, field_set in enumerate(switch.field_sets)
        if field_set.via is Via.FLOW and concrete(field_set, name) == wanted
    )
    best = min(found, default=None)
    return None if best is None else best[1:]


def _mixed(profile: NicProfile, wanted: Wanted, chosen: frozenset[str]) -> Selection | None:
    """Rules for the chosen classes and start-up flags for the others; None if they clash."""
    rules: dict[tuple[int, str | None], int] = {}
    for name in chosen:
        rule = _rule(profile, name, wanted[name])
        if rule is None or rules.setdefault((rule[0], packet_classes()[name].tunnel), rule[1]) != rule[1]:
            return None
    rest = {name: fields for name, fields in wanted.items() if name not in chosen}
    started = at_start_up(profile, rest) if rest else Selection((), ())
    if started is None:
        return None
    found = _selection(_in_order(profile, rules, started))
    given = {entry.packet_class: entry.fields for entry in found.inputs}
    plain = {entry.packet_class: entry.fields for entry in started.inputs}
    for name, fields in wanted.items():
        expected = usual(profile, name) if name in chosen else plain[name]
        if given[name] != (expected if fields is None else fields):
            return None
    return found


def _in_order(profile: NicProfile, rules: _Rules, started: Selection) -> list[tuple[Switch, int]]:
    """Everything that is on, in the profile's order; of one switch, rules first."""
    found: list[tuple[Switch, int]] = []
    for order, switch in enumerate(profile.switches):
        for tunnel in dict.fromkeys(packet_classes()[name].tunnel for name in switch.classes):
            if (order, tunnel) in rules:
                classes = tuple(c for c in switch.classes if packet_classes()[c].tunnel == tunnel)
                found.append((replace(switch, classes=classes), rules[order, tunnel]))
        found += [(on, index) for on, index in started.switches if on is switch]
    return found


# --- start-up flags ---------------------------------------------------------------------------------


def _at_start(switch: Switch) -> Iterator[tuple[int, FieldSet]]:
    return ((i, f) for i, f in enumerate(switch.field_sets) if f.via is Via.START)


def _worlds(profile: NicProfile) -> tuple[frozenset[str], ...]:
    """Every set of modifier flags that some field set asks for, the empty one first."""
    found = {frozenset(f.flags) for s in profile.switches for _, f in _at_start(s)}
    return (frozenset(), *sorted(found - {frozenset()}, key=lambda flags: (len(flags), sorted(flags))))


def _active(profile: NicProfile, world: frozenset[str]) -> list[_Active]:
    found = []
    for order, switch in enumerate(profile.switches):
        known = frozenset(flag for _, f in _at_start(switch) for flag in f.flags)
        choices = tuple(i for i, f in _at_start(switch) if frozenset(f.flags) == world & known)
        if choices:
            found.append(_Active(order, switch, choices))
    return found


def _in_world(profile: NicProfile, world: frozenset[str], wanted: Wanted) -> _Option | None:
    active = _active(profile, world)
    useful = {a.switch.flag for a in active if not wanted.keys().isdisjoint(a.switch.classes)}
    parts = _independent([a for a in active if a.switch.flag in useful])
    served = {name for part in parts for a in part for name in a.switch.classes}
    if not wanted.keys() <= served:
        return None
    found = [_best(profile, part, wanted) for part in parts]
    options = [option for option in found if option is not None]
    if len(options) < len(found):
        return None
    return _Option(
        sum(o.unusual for o in options),
        sum(o.extra for o in options),
        sum(o.flags for o in options) + len(world),
        tuple(sorted(pair for o in options for pair in o.chosen)),
    )


def _independent(active: list[_Active]) -> list[list[_Active]]:
    """Split by shared flags and classes."""
    parts: list[tuple[set[str], list[_Active]]] = []
    for one in active:
        names, members = {one.switch.flag, *one.switch.classes}, [one]
        apart = []
        for part in parts:
            if names.isdisjoint(part[0]):
                apart.append(part)
            else:
                names |= part[0]
                members = part[1] + members
        parts = [*apart, (names, members)]
    return [sorted(members, key=lambda a: a.order) for _, members in parts]


def _best(profile: NicProfile, part: list[_Active], wanted: Wanted) -> _Option | None:
    flags = list(dict.fromkeys(a.switch.flag for a in part))
    subsets: Iterable[tuple[str, ...]] = (
        subset for count in range(1, len(flags) + 1) for subset in combinations(flags, count)
    )
    listed = {name for a in part for name in a.switch.classes}
    here = {name: names for name, names in wanted.items() if name in listed}
    options = (_option(profile, [a for a in part if a.switch.flag in subset], here) for subset in subsets)
    return min((option for option in options if option is not None), default=None)


def _option(profile: NicProfile, on: list[_Active], wanted: Wanted) -> _Option | None:
    """What these switches give, each with its best field set; None if some class is not hashed as wanted."""
    governor: dict[str, _Active] = {}
    for one in on:
        for name in one.switch.classes:
            governor.setdefault(name, one)
    if not wanted.keys() <= governor.keys():
        return None
    unusual, chosen = 0, []
    for one in on:
        governed = {name: names for name, names in wanted.items() if governor[name] is one}
        found = _field_set(profile, one, governed)
        if found is None:
            return None
        unusual += found[0]
        chosen.append((one.order, found[1]))
    return _Option(unusual, len(governor) - len(wanted), len({a.switch.flag for a in on}), tuple(chosen))


def _field_set(profile: NicProfile, one: _Active, governed: Wanted) -> tuple[int, int] | None:
    """(classes without their usual fields, index): the best field set for the classes the switch governs."""
    found = []
    for index in one.choices:
        given = {name: concrete(one.switch.field_sets[index], name) for name in governed}
        if all(names is None or given[name] == names for name, names in governed.items()):
            open_ = (name for name, names in governed.items() if names is None)
            found.append((sum(given[name] != usual(profile, name) for name in open_), index))
    return min(found, default=None)
