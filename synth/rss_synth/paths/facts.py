"""What the generated function's file says of it besides code: times, names that it gives, what it needs."""

from __future__ import annotations

from collections.abc import Mapping

from rss_callpaths.accesses.access import Accesses, PathAccesses
from rss_callpaths.infer import Inferred
from rss_callpaths.infer.relation import expression
from rss_callpaths.library import Kind, PacketRole
from rss_callpaths.library.roles import given
from rss_callpaths.terms import Apply, Const, Op
from rss_dsl.fields import packet_classes
from rss_dsl.format_expr import expression as format_expression
from rss_dsl.spec import PortDecl, Traffic

_SOURCE_PORTS = ("tcp_src", "udp_src", "sctp_src", "l4_src")
_SECOND = 10**9


def needs(inferred: Inferred, roles: Mapping[int, str]) -> tuple[str, ...]:
    """Which packets must meet on one core, as requirements over roles."""
    return tuple(format_expression(expression(each.relation, roles)) for each in inferred.requirements)


def classes(inferred: Inferred) -> tuple[str, ...]:
    """Classes whose packets reach state that steering splits: those that matter on some port."""
    if inferred.spec is None or inferred.refusals:
        return tuple(name for name, known in packet_classes().items() if not known.tunnel)
    ports = [each for each in inferred.spec.statements if isinstance(each, PortDecl)]
    named = {
        entry.name
        for port in ports
        for item in port.items
        if isinstance(item, Traffic)
        for entry in item.classes
    }
    return tuple(name for name in packet_classes() if name in named)


def expiry(accesses: Accesses) -> int:
    """The longest time, in ns, after which something is forgotten; 0: not all is, or not after a constant."""
    found = [0]
    expired, filled = set(), set()
    for path in accesses.paths:
        for access in path.accesses:
            if access.object is not None and access.kind is Kind.WRITE and access.object.type == "map":
                filled.add(access.object)
            if not access.function.older:
                continue
            expired.add(access.object)
            term = given(path.path.calls[access.call], access.function.older)
            if isinstance(term, Apply) and term.op is Op.ADD:
                found += [-_signed(part) for part in term.args if isinstance(part, Const)]
            if isinstance(term, Apply) and term.op is Op.SUB and isinstance(term.args[1], Const):
                found.append(term.args[1].value)
    return max(found) if filled <= expired else 0


def _signed(term: Const) -> int:
    return term.value - (term.value >> (term.width - 1) << term.width)


def names_source_port(accesses: Accesses) -> frozenset[int]:
    """Devices by which packets leave with a source port that the function's state says."""
    return frozenset(
        port for path in accesses.paths for send in path.sends for port in send.ports if _names(path)
    )


def _names(path: PathAccesses) -> bool:
    creators = {access.call for access in path.accesses if access.kind in (Kind.CREATE, Kind.READ)}
    return any(
        reading.places[rewrite.byte].field in _SOURCE_PORTS and creators & set(path.producers_of(rewrite.new))
        for rewrite in path.rewrites
        for reading in path.readings
        if rewrite.byte in reading.places
    )


def leaves_checksums(accesses: Accesses) -> bool:
    """Whether packets with such names leave with the checksums that they had for others."""
    return not any(
        accesses.library.of(call.function).packet is PacketRole.CHECKSUM
        for path in accesses.paths
        for call in path.path.calls
    )


def estimates(accesses: Accesses) -> bool:
    """Whether verdicts rest on sketches."""
    return any(each.type == "sketch" for each in accesses.objects)


def names_any_protocol(accesses: Accesses) -> bool:
    """Whether names are distinct whatever the protocol: they are indices of one chain."""
    chains = {
        access.object
        for path in accesses.paths
        if _names(path)
        for access in path.accesses
        if access.kind is Kind.CREATE
    }
    return len(chains) == 1
