"""Switch lists that several NICs share, built from DPDK's flag names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from rss_dsl.nic import FieldSet, Switch, Via

VERSIONS = ("ipv4", "ipv6")
PORTS = ("l4_src", "l4_dst")
L4 = ("tcp", "udp", "sctp")

_MODIFIERS = {"src": "SRC_ONLY", "dst": "DST_ONLY"}
ENDS = ("src", "dst")
_ENDS: tuple[str | None, ...] = (None, *ENDS)


def addresses(version: str) -> tuple[str, str]:
    """Both addresses of an IP version."""
    return f"{version}_src", f"{version}_dst"


def nonfrag(version: str, kind: str) -> str:
    """`RTE_ETH_RSS_NONFRAG_IPV4_TCP` and its like."""
    return f"RTE_ETH_RSS_NONFRAG_{version.upper()}_{kind.upper()}"


def flow_type(version: str, l4: str) -> str:
    """What `ethtool -N DEV rx-flow-hash` calls a class: `tcp4`."""
    return f"{l4}{version[-1]}"


def _flags(l3: str | None, l4: str | None) -> tuple[str, ...]:
    pairs = (("L3", l3), ("L4", l4))
    return tuple(f"RTE_ETH_RSS_{layer}_{_MODIFIERS[end]}" for layer, end in pairs if end)


def _part(prefix: str, end: str | None) -> tuple[str, ...]:
    return (f"{prefix}_{end}",) if end else (f"{prefix}_src", f"{prefix}_dst")


def narrowed(version: str, via: Via, *, ports: bool, extra: tuple[str, ...] = ()) -> tuple[FieldSet, ...]:
    """Field sets of NICs where an `_ONLY` flag narrows its own layer and leaves the other whole."""
    ends = [(l3, l4) for l3 in _ENDS for l4 in (_ENDS if ports else (None,)) if l3 or l4]
    return tuple(
        FieldSet((*_part(version, l3), *(_part("l4", l4) if ports else ()), *extra), via, _flags(l3, l4))
        for l3, l4 in ends
    )


def exclusive(version: str, via: Via, *, ports: bool, extra: tuple[str, ...] = ()) -> tuple[FieldSet, ...]:
    """Field sets of NICs where an `_ONLY` flag of one layer alone drops the other layer (i40e, ice, hns3)."""
    if not ports:
        return narrowed(version, via, ports=False, extra=extra)
    found = []
    for l3, l4 in ((a, b) for a in _ENDS for b in _ENDS if a or b):
        names = ((f"{version}_{l3}",) if l3 else ()) + ((f"l4_{l4}",) if l4 else ())
        found.append(FieldSet((*names, *extra), via, _flags(l3, l4)))
    return tuple(found)


def l4_switch(version: str, l4: str, more: Iterable[FieldSet] = (), extra: tuple[str, ...] = ()) -> Switch:
    """One protocol by its 4-tuple (and `extra`), with further field sets."""
    usual = FieldSet((*addresses(version), *PORTS, *extra))
    return Switch(nonfrag(version, l4), (f"{version}-{l4}",), (usual, *more), ethtool=flow_type(version, l4))


def pair_switch(
    flag: str, version: str, kinds: Iterable[str], more: Iterable[FieldSet] = (), ethtool: str | None = None
) -> Switch:
    """Classes hashed by their address pair."""
    classes = tuple(f"{version}-{kind}" for kind in kinds)
    return Switch(flag, classes, (FieldSet(addresses(version)), *more), ethtool)


EVERY = ("tcp", "udp", "sctp", "frag", "other", "esp")
"""What `RTE_ETH_RSS_IPV4` covers on Microsoft-style NICs, unless the protocol's own switch is on."""


def microsoft(
    l4: tuple[str, ...] = ("tcp", "udp"), versions: tuple[str, ...] = VERSIONS
) -> tuple[Switch, ...]:
    """TCP and UDP by 4-tuple, then everything of the IP version by its address pair."""
    found: list[Switch] = []
    for version in versions:
        found += [l4_switch(version, kind) for kind in l4]
        found.append(pair_switch(f"RTE_ETH_RSS_{version.upper()}", version, EVERY))
    return tuple(found)


def modified(l4: tuple[str, ...]) -> tuple[Switch, ...]:
    """`microsoft`, with field sets narrowed per layer by `_ONLY` flags at start-up (mlx5, cnxk)."""
    found: list[Switch] = []
    for version in VERSIONS:
        found += [l4_switch(version, kind, narrowed(version, Via.START, ports=True)) for kind in l4]
        pair = narrowed(version, Via.START, ports=False)
        found.append(pair_switch(f"RTE_ETH_RSS_{version.upper()}", version, EVERY, pair))
    return tuple(found)


def by_rule(
    version: str, l4: str, extra: tuple[str, ...] = (), *, ports_flag: bool = False
) -> tuple[FieldSet, ...]:
    """What an Intel rte_flow rule on one protocol can select beside the usual set."""
    pair = FieldSet(addresses(version), Via.FLOW, (f"RTE_ETH_RSS_{version.upper()}",), instead=True)
    both = FieldSet(PORTS, Via.FLOW, ("RTE_ETH_RSS_PORT",), instead=True)
    rest = exclusive(version, Via.FLOW, ports=l4 in L4, extra=extra)
    return (pair, *((both,) if ports_flag else ()), *rest)


def tunnel_classes(tunnels: Iterable[str], version: str, kinds: Iterable[str]) -> tuple[str, ...]:
    """`vxlan-ipv4-tcp`, …"""
    kinds = tuple(kinds)
    return tuple(f"{tunnel}-{version}-{kind}" for tunnel in tunnels for kind in kinds)


def inner(tunnels: tuple[str, ...], via: Via, flags: tuple[str, ...]) -> tuple[Switch, ...]:
    """Tunnelled packets hashed by their inner packet: 4-tuple of TCP and UDP, addresses of all.

    By rte_flow also one inner address alone.
    """
    found: list[Switch] = []
    for version in VERSIONS:
        flag = f"RTE_ETH_RSS_{version.upper()}"
        ends = (FieldSet((f"inner.{version}_{end}",), via, (*flags, *_flags(end, None))) for end in ENDS)
        single = tuple(ends) if via is Via.FLOW else ()
        by_flag = tuple(replace(one, flags=(flag, *one.flags), instead=True) for one in single)
        pair = tuple(f"inner.{name}" for name in addresses(version))
        full = FieldSet((*pair, "inner.l4_src", "inner.l4_dst"), via, flags)
        for kind in ("tcp", "udp"):
            classes = tunnel_classes(tunnels, version, (kind,))
            found.append(Switch(nonfrag(version, kind), classes, (full, *by_flag)))
        classes = tunnel_classes(tunnels, version, EVERY)
        found.append(Switch(flag, classes, (FieldSet(pair, via, flags), *single)))
    return tuple(found)


def by_mac(flags: tuple[str, ...] = ("RTE_ETH_RSS_ETH",), *, instead: bool = True) -> tuple[FieldSet, ...]:
    """Ethernet addresses, both or one, as an Intel rte_flow rule selects them."""
    both = FieldSet(("mac_dst", "mac_src"), Via.FLOW, flags, instead)
    one = (
        FieldSet((f"mac_{end}",), Via.FLOW, (*flags, f"RTE_ETH_RSS_L2_{_MODIFIERS[end]}"), instead)
        for end in ENDS
    )
    return (both, *one)


def only_by_rule(switches: Iterable[Switch]) -> tuple[Switch, ...]:
    """The same switches where the driver hashes by rte_flow alone."""
    return tuple(
        replace(s, field_sets=tuple(replace(f, via=Via.FLOW) for f in s.field_sets), ethtool=None)
        for s in switches
    )
