"""A tiny universe of packets, small enough to enumerate: fields of one to four bits, classes made of them.

`universe(widths)` puts it in place of the real fields and classes for as long as the `with` block lasts.
Names are real ones, so that everything that goes by names (generic names, pairs of source and destination,
clustered prefixes) meets them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from random import Random

import rss_solver.tied.live
import rss_solver.traffic.packets
from rss_dsl import fields
from rss_dsl.fields import PacketClass, packet_classes

TCP, UDP = 1, 2
"""Values of `ip_proto`, which has two or three bits."""

ENDS = ("src", "dst")


def draw_widths(random: Random) -> dict[str, int]:
    """Bits of every field; a source and its destination are equally wide."""
    ipv4, ipv6, port = random.choice((1, 2, 2, 3)), random.choice((1, 2, 3, 4)), random.choice((1, 1, 2))
    return {
        "vlan": random.choice((1, 2)),
        "ip_proto": random.choice((2, 2, 3)),
        **{f"ipv4_{end}": ipv4 for end in ENDS},
        **{f"ipv6_{end}": ipv6 for end in ENDS},
        **{f"{kind}_{end}": port for kind in ("tcp", "udp", "l4") for end in ENDS},
    }


def _ip(version: str, l4: str) -> PacketClass:
    names = {"vlan": "vlan", "ip_proto": "ip_proto"}
    for end in ENDS:
        names[f"{version}_{end}"] = names[f"ip_{end}"] = f"{version}_{end}"
    fixed: dict[str, int] = {}
    excluded: dict[str, tuple[int, ...]] = {}
    unknown: frozenset[str] = frozenset()
    if l4 == "frag":
        for end in ENDS:
            names |= {f"{kind}_{end}": f"l4_{end}" for kind in ("tcp", "udp", "l4")}
        unknown = frozenset(f"l4_{end}" for end in ENDS)
    elif l4 == "other":
        excluded["ip_proto"] = (TCP, UDP)
    else:
        fixed["ip_proto"] = {"tcp": TCP, "udp": UDP}[l4]
        for end in ENDS:
            names[f"{l4}_{end}"] = names[f"l4_{end}"] = f"{l4}_{end}"
    return PacketClass(f"{version}-{l4}", names, fixed, excluded, unknown)


def tiny_classes() -> dict[str, PacketClass]:
    """Classes with fixed, excluded and missing fields, and with generic names that stand for several."""
    kinds = [("ipv4", l4) for l4 in ("tcp", "udp", "frag", "other")] + [
        ("ipv6", l4) for l4 in ("tcp", "other")
    ]
    found = [_ip(*kind) for kind in kinds]
    return {c.name: c for c in (*found, PacketClass("l2", {"vlan": "vlan"}))}


@contextmanager
def universe(widths: Mapping[str, int]) -> Iterator[None]:
    """Field widths and classes of the tiny universe, and one leading bit of an address as its cluster."""
    places: list[tuple[dict, dict]] = [
        (fields.WIDTHS, dict(widths)),
        (packet_classes(), tiny_classes()),
        (rss_solver.tied.live.CLUSTERED_PREFIX, {name: 1 for name in widths if name.startswith("ipv")}),
    ]
    kept = [dict(place) for place, _ in places]
    try:
        for place, content in places:
            _replace(place, content)
        _forget()
        yield
    finally:
        for (place, _), content in zip(places, kept, strict=True):
            _replace(place, content)
        _forget()


def _replace(place: dict, content: dict) -> None:
    place.clear()
    place.update(content)


def _forget() -> None:
    """Empty the caches of functions that depend on widths and classes; the classes themselves are one."""
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in ("rss_dsl", "rss_solver"):
            for value in vars(module).values():
                if hasattr(value, "cache_clear") and value is not packet_classes:
                    value.cache_clear()
