"""`function NAME`: which hash function of the NIC is used, and what it makes of the hash inputs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from rss_dsl import codes
from rss_dsl.check.items import Items
from rss_dsl.check.report import Report
from rss_dsl.fields import packet_classes
from rss_dsl.nic import SIMPLE_XOR_KEY, SYMMETRIC, NicProfile, Switch, Unselected, concrete
from rss_dsl.nic import Function as Name
from rss_dsl.problem import HashInput, PinnedKey
from rss_dsl.spec import Function

_LEFT_OUT = {"i40e": frozenset({"sctp_vtag"})}
"""By driver, fields that its symmetric functions leave out (DPDK i40e_hash.c: no verification tag)."""


def function_of(profile: NicProfile, item: Function | None, report: Report) -> Name | None:
    """The function of a port, by default the NIC's first; None after reporting what is wrong with it."""
    offered = profile.functions.value
    if item is None:
        return offered[0]
    known = {name.value: name for name in Name}
    found = known.get(item.name)
    if found is None:
        listed = "functions are " + ", ".join(f"`{name}`" for name in known)
        message = f"unknown hash function `{item.name}`"
        help_text = report.did_you_mean(item.name, known, listed)
        report.add(codes.UNKNOWN_FUNCTION, message, item.span, help=help_text)
    elif found not in offered:
        report.add(
            codes.FUNCTION_NOT_OFFERED,
            f"`{profile.name}` does not offer `{found}`",
            item.span,
            help=f"it offers {_listed(profile)} ({profile.functions.source})",
        )
    else:
        return found
    return None


def _listed(profile: NicProfile) -> str:
    first, *others = profile.functions.value
    way = "start-up" if profile.algorithm_settable.value else "an rte_flow rule or ethtool"
    more = f", and by {way} " + ", ".join(f"`{name}`" for name in others) if others else " only"
    return f"`{first}`{more}"


def layouts(
    profile: NicProfile, function: Name, inputs: Iterable[HashInput], switches: Iterable[Switch]
) -> tuple[HashInput, ...]:
    """Hash inputs under a function, with the places of unselected fields where the NIC keeps them."""
    left_out = _LEFT_OUT.get(profile.driver, frozenset()) if function in SYMMETRIC else frozenset()
    governing = tuple(switches)
    found = []
    for layout in inputs:
        fields = tuple(name for name in layout.fields if name not in left_out)
        usual = (
            _usual(governing, layout.packet_class) if profile.unselected.value is Unselected.ZEROED else ()
        )
        zeroed = tuple(name for name in usual if name not in fields and name not in left_out)
        found.append(replace(layout, fields=fields, zeroed=zeroed, function=function))
    return tuple(found)


def _usual(switches: tuple[Switch, ...], packet_class: str) -> tuple[str, ...]:
    """The usual fields of the switch that governs a class."""
    own = next(switch for switch in switches if packet_class in switch.classes)
    return concrete(own.field_sets[0], packet_class)


def check_ends(function: Name, inputs: Iterable[HashInput], items: Items, report: Report) -> bool:
    """Whether both ends are hashed or neither, as symmetric functions want; reports where not."""
    sound = True
    for layout in inputs:
        alone = [f"`{name}`" for name in sorted(unpaired(layout))]
        if alone:
            sound = False
            at = items.hash or items.function or items.declaration
            report.add(
                codes.ONE_ENDED_FIELDS,
                f"`{function}` hashes pairs, and of `{layout.packet_class}` one end only: {', '.join(alone)}",
                at.span,
                help="hash both ends, or leave out `function`",
            )
    return sound


def unpaired(layout: HashInput) -> Iterator[str]:
    """Fields that a symmetric function cannot take: those hashed without their other end."""
    if layout.function not in SYMMETRIC:
        return
    names = packet_classes()[layout.packet_class].names.values()
    for name in layout.fields:
        for end, other in (("_src", "_dst"), ("_dst", "_src")):
            partner = name.removesuffix(end) + other
            if name.endswith(end) and partner in names and partner not in layout.fields:
                yield name


def pinned_by(profile: NicProfile, function: Name, items: Items, report: Report) -> PinnedKey | None:
    """The key that stands for `simple-xor`; a key in the spec is reported, for it would play no part."""
    if function is not Name.SIMPLE_XOR:
        return None
    at = items.function or items.nic or items.declaration
    if items.key is not None:
        report.add(
            codes.KEY_UNUSED,
            f"`{items.declaration.name}` hashes by `{function}`, in which the key plays no part",
            items.key.span,
            help="remove `key`, or choose another function",
        )
    return PinnedKey(SIMPLE_XOR_KEY.ljust(profile.key_bytes.value, b"\0"), at.span)
