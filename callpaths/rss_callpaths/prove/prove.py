"""From the paths to the keys: no two packets of different cores touch one cell that either of them changes.

For every pair of accesses to one object of which one changes it, every pair of ports and kinds of packets,
the solver is asked for two packets that satisfy both paths' conditions, address the same cell and land on
different cores under the keys, field sets and tables. Cells that are addressed by indices of a chain are told
apart by the keys of their owners, where that is proved on the paths (`ownership`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, combinations_with_replacement

from rss_callpaths.accesses.access import Access, Accesses, PathAccesses, StateObject
from rss_callpaths.prove.arrivals import Kind, Wire, kinds_of
from rss_callpaths.prove.bypass import Bypass
from rss_callpaths.prove.cells import Cells, Local
from rss_callpaths.prove.keys import Keys, Relation
from rss_callpaths.prove.leaving import indices_leave
from rss_callpaths.prove.ownership import Ownership
from rss_callpaths.prove.packets import Meeting, Packets
from rss_callpaths.prove.ports import wires
from rss_callpaths.prove.uses import Use, expires
from rss_callpaths.prove.verdict import Assumed, Party, Proved, Refuted, Undecided, Verdict
from rss_callpaths.terms import Pool
from rss_dsl.assumptions import assumed
from rss_dsl.problem import Condition, Problem
from rss_solver.packets.packet import Packet
from rss_solver.smt.limits import Unknown
from rss_solver.solution import Solution

PROOF_LIMIT = 20_000_000
"""Z3 resource units for one question: some ten seconds; most take some thousands of units."""


def prove(
    accesses: Accesses, problem: Problem, solution: Solution, pool: Pool, *, limit: int = PROOF_LIMIT
) -> Verdict:
    """Judge keys and tables by the call paths. `limit` is Z3's for each question, in resource units.

    RssError (RSS440): packets come in on a device that no port of the problem has.
    """
    return _Prover(accesses, problem, solution, pool, limit).verdict()


@dataclass(slots=True)
class _Count:
    pairs: int = 0
    local: int = 0
    assumed: set[Assumed] = field(default_factory=set)


class _Prover:
    def __init__(
        self, accesses: Accesses, problem: Problem, solution: Solution, pool: Pool, limit: int
    ) -> None:
        self.accesses, self.problem = accesses, problem
        self.wires = wires(accesses, problem, solution)
        self.packets = Packets(pool, limit)
        self.keys = Keys(pool)
        self.ownership = Ownership(accesses, self.keys)
        self.cells = Cells(self.ownership, self.keys, self.packets)
        self.count = _Count()
        self._kinds: dict[tuple[str, int], tuple[Kind, ...]] = {}
        self._asked: dict[object, tuple[Packet, Packet] | Unknown | None] = {}
        self._agreed: set[tuple[Relation, str, int, str, int]] = set()

    def verdict(self) -> Verdict:
        """The first pair that fails decides; pairs that show keys best come first."""
        bypass = Bypass(self.accesses, self.ownership, self.packets, self.meet)
        undecided: Undecided | None = None
        for found in chain(self._kept(bypass, keyed=True), bypass.found, self._kept(bypass, keyed=False)):
            if isinstance(found, Undecided):
                undecided = undecided or found
            elif undecided is None or found.object not in bypass.failed:
                return self._explained(found, bypass)
        undecided = undecided or self._without_packets()
        if undecided is not None:
            return undecided
        return Proved(
            pairs=self.count.pairs,
            local=self.count.local,
            questions=len(self._asked),
            lemmas=(*self.ownership.lemmas(), *bypass.lemmas),
            assumed=self._assumed(),
        )

    def _kept(self, bypass: Bypass, *, keyed: bool) -> Iterator[Refuted | Undecided]:
        """What is wrong with pairs of accesses by keys, or with all others."""
        for one, other in self._pairs(bypass, keyed):
            relation = self.cells.meet(one, other)
            self.count.pairs += 1
            if relation is None or isinstance(relation, Local):
                self.count.local += 1
                self.count.assumed.update(relation.assumed if relation else ())
                continue
            found = self.meet(relation, one, other)
            if found is not None:
                yield found

    def _without_packets(self) -> Undecided | None:
        """An access of a path of which it is not known what packets take it, to something that changes."""
        changed = {each.object for path in self.accesses.paths for each in path.accesses if each.mutates}
        for path in self.accesses.paths:
            for access in path.accesses:
                known = path.in_ports and path.readings
                if not known and access.object in changed and not self.ownership.is_ageing(path, access):
                    return Undecided(object=access.object, first=access, second=access)
        return None

    # --- pairs ------------------------------------------------------------------------------------------

    def _pairs(self, bypass: Bypass, keyed: bool) -> Iterator[tuple[Use, Use]]:
        """Pairs of which one changes the object; those that age entries after the others."""
        uses: dict[StateObject | None, list[Use]] = {}
        for path in self.accesses.paths:
            for access in path.accesses:
                if (path.path.name, access.call, access.object) not in bypass.excused:
                    uses.setdefault(access.object, []).append((path, access))
        strangers = uses.pop(None, [])
        if not keyed:
            every = [*strangers, *chain.from_iterable(uses.values())]
            yield from ((one, other) for one in strangers for other in every if _changed(one, other))
        for each, found in uses.items():
            if each is None or keyed is (each.type in ("vector", "chain")):
                continue
            found.sort(key=lambda use: expires(use[1]))
            for one, other in combinations_with_replacement(found, 2):
                if _changed(one, other) and not self._is_checked(one, other, bypass):
                    yield one, other

    def _is_checked(self, one: Use, other: Use, bypass: Bypass) -> bool:
        """Whether either's packet is on the core of its index's owner, and the other's cell is an owner's."""
        for mine, theirs in ((one, other), (other, one)):
            chain_ = bypass.checked.get((mine[0].path.name, mine[1].call, mine[1].object))
            if chain_ is None:
                continue
            if bypass.checked.get((theirs[0].path.name, theirs[1].call, theirs[1].object)) == chain_:
                return True
            owner = self.ownership.cell_owner(*theirs)
            is_owners = owner is not None and owner.chain == chain_ and owner.plain
            return is_owners or self.cells.takes(theirs) or self.ownership.is_ageing(*theirs)
        return False

    def meet(self, relation: Relation, one: Use, other: Use) -> Refuted | Undecided | None:
        """Packets of two accesses that satisfy a relation and land on different cores."""
        undecided: Undecided | None = None
        for first in one[0].in_ports:
            for second in other[0].in_ports:
                key = relation, one[0].path.name, first, other[0].path.name, second
                if key in self._agreed:
                    continue
                found = self._on_ports(relation, (one, first), (other, second))
                if isinstance(found, Refuted):
                    return found
                if found is None:
                    self._agreed.add(key)
                undecided = undecided or found
        return undecided

    def _on_ports(
        self, relation: Relation, one: tuple[Use, int], other: tuple[Use, int]
    ) -> Refuted | Undecided | None:
        undecided: Undecided | None = None
        for first in self._kinds_of(*one):
            for second in self._kinds_of(*other):
                found = self._parted(relation, one[0], first, other[0], second)
                if found is not None and (first.unasked or second.unasked):
                    self.count.assumed.add(Assumed.OPTIONS)
                elif isinstance(found, Unknown):
                    undecided = Undecided(object=one[0][1].object, first=one[0][1], second=other[0][1])
                elif found is not None:
                    landings = first.wire.land(found[0]), second.wire.land(found[1])
                    if landings[0].queue == landings[1].queue:
                        raise AssertionError("the replay puts two packets on one core that were told apart")
                    return Refuted(
                        object=one[0][1].object or other[0][1].object,
                        first=Party(access=one[0][1], landing=landings[0]),
                        second=Party(access=other[0][1], landing=landings[1]),
                        assumed=self._assumed(),
                    )
        return undecided

    def _parted(
        self, relation: Relation, one: Use, first: Kind, other: Use, second: Kind
    ) -> tuple[Packet, Packet] | Unknown | None:
        """First for all packets of these kinds, whatever their paths; then for those of the paths.

        Packets with options that nobody asks for are assumed away, so the second question is spared.
        """
        general = Meeting(relation, (first, second))
        found = self._ask(general)
        if found is None or first.unasked or second.unasked:
            return found
        return self._ask(Meeting(relation, (first, second), (one[0], other[0])))

    def _ask(self, meeting: Meeting) -> tuple[Packet, Packet] | Unknown | None:
        key = meeting.key
        if key not in self._asked:
            restrictions = self._restrictions(meeting.kinds[0]), self._restrictions(meeting.kinds[1])
            self._asked[key] = self.packets.parted(meeting, restrictions)
        return self._asked[key]

    # --- packets ----------------------------------------------------------------------------------------

    def _kinds_of(self, use: Use, device: int) -> tuple[Kind, ...]:
        key = use[0].path.name, device
        if key not in self._kinds:
            self._kinds[key] = tuple(
                kind for reading in use[0].readings for kind in kinds_of(self._wire(device), use[0], reading)
            )
        return self._kinds[key]

    def _wire(self, device: int) -> Wire:
        return self.wires[device]

    def _restrictions(self, kind: Kind) -> tuple[Condition, ...]:
        port = self.problem.ports.index(kind.wire.port)
        return assumed(self.problem, port, kind.packet_class)

    # --- what is said -----------------------------------------------------------------------------------

    def _assumed(self) -> tuple[Assumed, ...]:
        found = set(self.count.assumed)
        if any(wire.port.traffic is not None for wire in self.wires.values()):
            found.add(Assumed.TRAFFIC)
        if self.problem.assumptions:
            found.add(Assumed.ASSUMPTIONS)
        if indices_leave(self.accesses.paths, self.ownership):
            found.add(Assumed.NUMBERS)
        types = {a.object.type for p in self.accesses.paths for a in p.accesses if a.object and a.mutates}
        if types & {"map", "dmap"}:
            found.add(Assumed.FIELDS)
        if "sketch" in types:
            found.add(Assumed.COLLISIONS)
        return tuple(each for each in Assumed if each in found)

    def _explained(self, found: Refuted, bypass: Bypass) -> Refuted:
        accesses: Sequence[Access] = (found.first.access, found.second.access)
        reasons = [found.why, bypass.failed.get(found.object), *(self._broken(each) for each in accesses)]
        why = next((reason for reason in reasons if reason), "")
        return Refuted(
            object=found.object, first=found.first, second=found.second, why=why, assumed=found.assumed
        )

    def _broken(self, access: Access) -> str | None:
        held = self.ownership.maps.get(access.object) if access.object else None
        chains = [each for each in self.ownership.broken if each in (access.object, held)]
        chains += [
            chain_
            for path in self.accesses.paths
            for each in path.accesses
            if each.object == access.object
            for chain_ in self._used_chains(path)
            if access.function.index == "key" and access.object and access.object.type == "vector"
        ]
        return next((f"indices of `{each.name}`: {self.ownership.broken[each]}" for each in chains), None)

    def _used_chains(self, path: PathAccesses) -> list[StateObject]:
        return [each.object for each in path.accesses if each.object in self.ownership.broken if each.object]


def _changed(one: Use, other: Use) -> bool:
    """Whether either access changes what the other can see."""
    return one[1].mutates or other[1].mutates
