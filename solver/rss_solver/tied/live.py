"""The hash inputs that traffic can have: what a key is asked to spread.

Rank is counted on what can vary. *Clustered* traffic comes from few prefixes: the first 16 bits of every IPv4
address and the first 64 of every IPv6 address stay the same, unless an assumption speaks of the address.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from rss_dsl.assumptions import assumed
from rss_dsl.codes import UNDECIDED_CONDITION
from rss_dsl.diagnostics import Diagnostic
from rss_dsl.fields import INNER, packet_classes
from rss_dsl.problem import AllOf, Compare, Condition, Const, HashInput, Problem, Slice
from rss_dsl.reads import slices
from rss_solver.gf2 import basis
from rss_solver.limits import LimitReachedError
from rss_solver.tied.spans import input_set

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
    """What a class of a port can send, None if the assumptions leave it no packets.

    LimitReachedError if Z3 cannot tell.
    """
    try:
        return _under(assumed(problem, port, layout.packet_class), layout)
    except LimitReachedError:
        where = problem.ports[port]
        span = next((a.span for a in problem.assumptions if a.port == port), where.span)
        message = f"what `{layout.packet_class}` on `{where.name}` can be under the assumptions is undecided"
        finding = Diagnostic(rule=UNDECIDED_CONDITION, message=message, span=span)
        raise LimitReachedError(finding) from None


@lru_cache(maxsize=4096)
def _under(assumptions: tuple[Condition, ...], layout: HashInput) -> Live | None:
    whole = _hull(assumptions, layout)
    if whole is None:
        return None
    point, directions = whole
    # Nothing else speaks of the bits that are held, so their value does not matter and there is a packet.
    held = _hull((*assumptions, *_held(assumptions, layout)), layout)
    return Live(point, directions, held[1] if held else ())


def _hull(conditions: tuple[Condition, ...], layout: HashInput) -> tuple[int, tuple[int, ...]] | None:
    """A point of the hull and its directions."""
    found = list(input_set(AllOf(conditions), layout))
    if not found:
        return None
    point = found[0][0]
    between = [other ^ point for other, _ in found]
    return point, tuple(basis([vector for _, own in found for vector in own] + between))


def _held(assumptions: tuple[Condition, ...], layout: HashInput) -> tuple[Condition, ...]:
    """Zeros for the leading bits of the hashed addresses of which nothing is assumed."""
    kind = packet_classes()[layout.packet_class]
    read = {kind.canonical(part.field) for condition in assumptions for part in slices(condition)}
    prefixes = ((name, CLUSTERED_PREFIX.get(name.removeprefix(INNER), 0)) for name in layout.fields)
    return tuple(
        Compare("==", Slice(0, name, 0, bits), Const(0, bits))
        for name, bits in prefixes
        if bits and name not in read
    )
