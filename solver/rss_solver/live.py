"""The hash inputs that traffic can have: what a key is asked to spread.

Rank is counted on what can vary. *Clustered* traffic comes from few prefixes: the first 16 bits of every IPv4
address and the first 64 of every IPv6 address stay the same, unless an assumption speaks of the address.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from rss_dsl.fields import INNER, width
from rss_dsl.problem import HashInput, Problem
from rss_solver.functions import prepare

CLUSTERED_PREFIX = {"ipv4_src": 16, "ipv4_dst": 16, "ipv6_src": 64, "ipv6_dst": 64}
"""Leading bits of an address that stay the same within one cluster of traffic."""


@dataclass(frozen=True, slots=True)
class Live:
    """The affine hull of a class's prepared inputs: `point` plus any sum of `directions`."""

    point: int
    directions: tuple[int, ...]
    """Independent, the first input bit most significant."""
    clustered: tuple[int, ...]
    """A basis of those that keep the leading bits of addresses as they are."""


def live(problem: Problem, port: int, layout: HashInput) -> Live | None:
    """What a class of a port can send, None if the assumptions leave it no packets."""
    return everything(layout)


@lru_cache(maxsize=1024)
def everything(layout: HashInput) -> Live:
    """A class without assumptions."""
    top = layout.selected_bits - 1
    whole, near = [], []
    for name, at in layout.places:
        fixed = CLUSTERED_PREFIX.get(name.removeprefix(INNER), 0)
        units = [prepare(layout, 1 << top - at - bit) for bit in range(width(name))]
        whole += units
        near += units[fixed:]
    return Live(0, tuple(whole), tuple(near))
