"""Why a network function cannot be sharded, or what its spec leaves out: as diagnostics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import product

from rss_callpaths.accesses.access import Access, Accesses, PathAccesses
from rss_callpaths.accesses.places import Places
from rss_callpaths.infer.bypass import Failure
from rss_callpaths.infer.found import Clash, Unplaced
from rss_callpaths.infer.ownership import Ownership
from rss_callpaths.infer.relation import Relation, expression
from rss_callpaths.infer.results import Refusal, identity
from rss_callpaths.infer.sources import is_expiry
from rss_callpaths.infer.spec import Options
from rss_callpaths.library import Kind
from rss_dsl import codes
from rss_dsl.diagnostics import Diagnostic, Label, Rule
from rss_dsl.format_expr import expression as written
from rss_dsl.source import Source, Span

FALLBACK = (
    "let cores share the state, by locks or transactional memory: `rssc import --shared` writes a spec "
    "for that"
)

_CLASHES: dict[str, tuple[Rule, str]] = {
    "constant": (
        codes.SHARED_CELL,
        "{both} reach one cell of `{object}` for any two packets",
    ),
    "whole": (codes.WHOLE_OBJECT, "{first} depends on all of `{object}`, which {second} changes"),
    "symbol": (codes.UNOWNED_INDEX, "no hashed field decides which cell of `{object}` {both} reach"),
    "index": (
        codes.UNOWNED_INDEX,
        "{first} can reach a cell of `{object}` that belongs to other packets, which reach it by {second}",
    ),
    "chains": (
        codes.UNOWNED_INDEX,
        "indices of different chains can pick the same cell of `{object}` for {both}",
    ),
    "overlap": (codes.UNOWNED_INDEX, "different indices can pick the same cell of `{object}` for {both}"),
    "unhashed": (
        codes.UNHASHABLE_KEY,
        "cells of `{object}` are picked for {both} by {fields}, which `{nic}` does not hash",
    ),
    "setup": (
        codes.UNOWNED_INDEX,
        "{both} reach one cell of `{object}` by an index that no packet need have stored for both",
    ),
    "idle": (
        codes.WHOLE_OBJECT,
        "{first} runs without a packet, on every core, on cells of `{object}` that {second} reaches",
    ),
}
_ORDER = ("constant", "whole", "idle", "chains", "setup", "unhashed", "symbol", "index", "overlap")
"""Which clash of an object says most about it, best first."""

_FAILURES: dict[str, tuple[Rule, str, str]] = {
    "refreshed": (
        codes.REFRESHED_BEFORE_CHECK,
        "a packet that fails the check of its index has already refreshed it in `{object}`",
        "move {second} behind the comparison of the cell with the packet: then packets that fail leave no "
        "trace, and the function can be sharded",
    ),
    "changed": (
        codes.UNCHECKED_INDEX,
        "a packet that fails the check of its index in `{object}` still changes state",
        "change nothing before the cell has been compared with the packet",
    ),
    "differs": (
        codes.UNCHECKED_INDEX,
        "packets that fail the check of their index in `{object}` leave otherwise than those whose index is "
        "not taken, so the core that a packet is on would decide",
        "treat both alike: drop them, or send them on with the same changes",
    ),
    "unchecked": (
        codes.UNCHECKED_INDEX,
        "a packet picks an index of `{object}`, and the check of its cell ties it to no fields of the packet "
        "that took the index",
        "compare the cell with fields that the packet that filled it had",
    ),
}


class Reasons:
    """Makes diagnostics about accesses."""

    def __init__(self, accesses: Accesses, places: Places, nic: str) -> None:
        self._paths = {path.path.name: path for path in accesses.paths}
        self._places, self._nic = places, nic

    def span(self, access: Access) -> Span:
        """The record of a call."""
        path: PathAccesses = self._paths[access.path]
        return self._places.span(path.path, path.path.calls[access.call])

    def label(self, access: Access) -> Label:
        """Another access."""
        return Label(self.span(access), f"the other: {shown(access)} {_does(access)}")

    def clashes(self, found: Sequence[Clash], ownership: Ownership) -> list[Refusal]:
        """One refusal for each object: the clash that says most."""
        best: dict[int, Clash] = {}
        for clash in found:
            known = best.get(clash.object.address)
            if known is None or _says(clash) < _says(known):
                best[clash.object.address] = clash
        return [self._clash(best[address], ownership) for address in sorted(best)]

    def _clash(self, clash: Clash, ownership: Ownership) -> Refusal:
        rule, text = _CLASHES[clash.why]
        first, second = clash.first, clash.second
        if clash.why == "whole" and not second.mutates:
            first, second = second, first
        message = text.format(
            object=clash.object.name,
            first=shown(first),
            second="another packet's" if first is second else shown(second),
            both=f"{shown(first)} of two packets"
            if first is second
            else f"{shown(first)} and {shown(second)}",
            fields=_listed(clash.unhashed),
            nic=self._nic,
        )
        related = [] if first is second else [self.label(second)]
        related += self._broken(clash, ownership)
        return Refusal(first, second, self._made(rule, message, first, related, FALLBACK))

    def _broken(self, clash: Clash, ownership: Ownership) -> list[Label]:
        """The broken premise of the chain whose indices the accesses may have."""
        if clash.why not in ("index", "symbol", "whole"):
            return []
        return [
            Label(self.span(each.at), f"indices prove no ownership: {each.why}")
            for each in ownership.broken.values()
        ]

    def failure(self, failure: Failure) -> Refusal:
        """A check of an index that does not do."""
        rule, text, help_ = _FAILURES[failure.rule]
        first, second = failure.first, failure.second
        message = text.format(object=failure.chain.name)
        way_out = help_.format(second=shown(second))
        diagnostic = self._made(rule, message, second, [self.label(first)], f"{way_out}; or {FALLBACK}")
        return Refusal(first, second, diagnostic)

    def shared(self, refusals: Sequence[Refusal]) -> list[Diagnostic]:
        """What cores share after all, as the user asked: warnings in the refusals' places."""
        return [
            Diagnostic(
                rule=codes.SHARED_STATE,
                message=f"cores share all state: {each.reason.message}",
                span=each.reason.span,
                related=each.reason.related,
                help="guard every object that packets change by locks, or make packets transactions",
            )
            for each in refusals
        ]

    def left_out(self, unplaced: Sequence[Unplaced], port: str) -> Diagnostic:
        """Packets of a port that reach state by bytes that the NIC does not know as fields."""
        objects = {each.access.object.name for each in unplaced if each.access.object is not None}
        names = {each.kind for each in unplaced}
        access = min((each.access for each in unplaced), key=identity)
        reach = f"reach {_listed(objects)} by bytes that are no fields of theirs"
        message = f"{_listed(names)} packets on {port} {reach}"
        help_ = "the NIC can't tell which cells they reach: drop them before the state"
        if any(name.endswith("-frag") for name in names):
            help_ += (
                "; where fragments must pass, name their class in `traffic` and write "
                "`fragments same-as-flow` in the ports: flows are then hashed by address alone"
            )
        return self._made(codes.STATE_OF_UNHASHED, message, access, [], help_)

    def not_hashed(self, access: Access, port: str, names: Sequence[str], nic: str) -> Diagnostic:
        """Packets of classes that the NIC can't hash at all."""
        message = f"{_listed(names)} packets on {port} reach state, and `{nic}` does not hash them"
        help_ = "they go to the default queue: drop them before the state, or choose a NIC that hashes them"
        return self._made(codes.STATE_OF_UNHASHED, message, access, [], help_)

    def not_spread(self, access: Access, port: str, names: Sequence[str], nic: str) -> Diagnostic:
        """Packets of classes that had to be left unhashed."""
        few = f"`{nic}` can hash them only by too many fields"
        message = f"{_listed(names)} packets on {port} reach state, and {few}"
        help_ = (
            "no key spreads them, so they are left out and all go to the default queue: drop them before the "
            "state, or choose a NIC that hashes them by the fields of the requirements alone"
        )
        return self._made(codes.STATE_OF_UNHASHED, message, access, [], help_)

    def nothing_hashed(self, access: Access, other: Access, port: str, nic: str) -> Refusal:
        """No class of a port that reaches state can be hashed by what its keys are made of."""
        name = access.object.name if access.object else "state"
        message = f"the cells of `{name}` are picked on {port} by nothing that `{nic}` hashes"
        related = [] if access is other else [self.label(other)]
        return Refusal(access, other, self._made(codes.UNHASHABLE_KEY, message, access, related, FALLBACK))

    def no_key(
        self, required: Sequence[tuple[Relation, Sequence[Access]]], options: Options, port: str
    ) -> Refusal:
        """The requirements, each with the accesses that it is for, leave no key."""
        conditions = [f"`{_condition(relation, options)}`" for relation, _ in required]
        pairs = [_conflicting(relation, accesses) for relation, accesses in required]
        message = (
            f"no key spreads the packets of {port}: packets must meet where {' and where '.join(conditions)}"
        )
        related = [
            Label(self.span(reader), f"{condition}: {shown(reader)} depends on what {shown(writer)} changes")
            for condition, (reader, writer) in zip(conditions, pairs, strict=True)
        ]
        help_ = f"through others, that ties packets which have nothing in common; {FALLBACK}"
        writer, reader = pairs[0][1], pairs[-1][0]
        diagnostic = self._made(codes.UNSATISFIABLE_STATE, message, writer, related, help_)
        return Refusal(writer, reader, diagnostic)

    def unknown(self, access: Access) -> Refusal:
        """A function that may do anything."""
        message = f"`{access.name}` may touch any state"
        help_ = f"describe it in a library file (`--library`); {FALLBACK}"
        return Refusal(access, access, self._made(codes.WHOLE_OBJECT, message, access, [], help_))

    def _made(
        self, rule: Rule, message: str, access: Access, related: Sequence[Label], help_: str
    ) -> Diagnostic:
        return Diagnostic(
            rule=rule, message=message, span=self.span(access), related=tuple(related), help=help_
        )


def shown(access: Access) -> str:
    """`map_put` and its line."""
    return f"`{access.name}`" + (f" (line {access.source_line})" if access.source_line else "")


def _does(access: Access) -> str:
    return "changes it" if access.mutates else "reads it"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))


def _says(clash: Clash) -> tuple[int, int, bool, bool]:
    """Smaller says more: two calls more than one, changes more than ages, what packets do more than expiry; a
    change of the object itself says more than one under an index found in it."""
    pair = clash.first, clash.second
    aged = sum(2 * is_expiry(each) + (each.kind is Kind.UPDATE) for each in pair)
    changes = any(each.mutates for each in pair)
    return _ORDER.index(clash.why), aged, pair[0].name == pair[1].name, not changes


def _condition(relation: Relation, options: Options) -> str:
    return written(
        expression(relation, {port: options.name(port) for port in (relation.first, relation.second)})
    )


def _conflicting(relation: Relation, accesses: Sequence[Access]) -> tuple[Access, Access]:
    """Of the accesses that a relation is for, one and one that changes the same object, on its two ports."""
    pairs = [(a, b) for a, b in product(accesses, accesses) if b.mutates and a.object == b.object]
    ports = {relation.first, relation.second}
    apart = [(a, b) for a, b in pairs if a.name != b.name and {*a.in_ports, *b.in_ports} == ports]
    return (apart or pairs or [(accesses[0], accesses[-1])])[0]


def is_unknown(access: Access) -> bool:
    """A call of which nothing is known."""
    return access.kind is Kind.UNKNOWN or access.object is None


def no_paths(sources: Mapping[str, Source]) -> Diagnostic:
    """No path has a packet."""
    source = next(iter(sources.values()), Source("<call paths>", ""))
    return Diagnostic(
        rule=codes.NO_PACKETS,
        message="no path receives a packet",
        span=Span(source, 0, 0),
        help="name all call paths of the network function, not only those of its initialisation",
    )
