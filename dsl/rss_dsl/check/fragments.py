"""`fragments same-as-flow`: fragments meet the other packets of their flow.

No NIC sees the ports of a fragment, so what both hash can only be addresses. The hash input of the flow's
classes is narrowed to the fragments' where the NIC can; in any case the key has to make them meet, which
is a requirement like any other and proven like one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from rss_dsl.check.switches import Wanted, at_start_up, offered
from rss_dsl.nic import NicProfile, Via
from rss_dsl.problem import AllOf, Compare, Condition, Only, Slice

VERSIONS = ("ipv4", "ipv6")


def fragment_class(version: str) -> str:
    """The class of an IP version's fragments."""
    return f"{version}-frag"


def flow_classes(version: str, classes: Collection[str]) -> tuple[str, ...]:
    """Those whose packets can have fragments, without tunnels and without the fragments themselves."""
    return tuple(c for c in classes if c.startswith(f"{version}-") and c != fragment_class(version))


def versions(classes: Collection[str]) -> Iterator[str]:
    """The IP versions of some flow class."""
    return (version for version in VERSIONS if flow_classes(version, classes))


def narrowed(profile: NicProfile, wanted: Wanted) -> Wanted:
    """The wanted classes, flows by the fields of their fragments wherever the NIC can at start-up."""
    for version in versions(wanted):
        trial = _narrow(profile, version, wanted)
        if at_start_up(profile, trial) is not None:
            wanted = trial
    return wanted


def _narrow(profile: NicProfile, version: str, wanted: Wanted) -> Mapping[str, tuple[str, ...] | None]:
    fragment = fragment_class(version)
    fields = wanted[fragment] or offered(profile, fragment, Via.START)[0]
    return {**wanted, **dict.fromkeys((fragment, *flow_classes(version, wanted)), fields)}


def at_start(profile: NicProfile) -> tuple[str, ...]:
    """The classes that a NIC can hash without rte_flow: what `hash auto` can choose from."""
    return tuple(c for c in sorted(profile.hashable()) if offered(profile, c, Via.START))


def ties(classes: Collection[str]) -> Iterator[tuple[Only, Condition]]:
    """What must meet on one port: per IP version, fragments and packets of flows with equal addresses."""
    for version in versions(classes):
        if fragment_class(version) in classes:
            only = Only(frozenset({fragment_class(version)}), frozenset(flow_classes(version, classes)))
            yield only, _same_addresses(version)


def _same_addresses(version: str) -> Condition:
    names = f"{version}_src", f"{version}_dst"
    return AllOf(tuple(Compare("==", Slice(0, name), Slice(1, name)) for name in names))
