"""Keys against a Problem: a proof, two packets that break it, or undecided.

For every requirement and pair of classes that matter: derive generators B of the span of all tied hash input
pairs (`spans`), have Z3 prove that the condition implies span(B), and evaluate the reference hash on every
vector of B. The hash of a pair, `h(k_i, d) XOR h(k_j, d')`, is affine, so agreeing on B is agreeing on all.
Where B spans more than the condition ties and the keys part it, or where what is hashed is not linear in the
packet, the exact span is learned from packets (`learned`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from random import Random

from rss_dsl.nic import Index
from rss_dsl.problem import Problem, Requirement
from rss_solver.gf2 import parity, rank
from rss_solver.nic.functions import prepare
from rss_solver.nic.steering import default_queue, land
from rss_solver.packets.semantics import Pair, belongs, holds
from rss_solver.proof.agreement import (
    ENTRY_BITS,
    WHOLE,
    Lookup,
    Need,
    needs,
    picked,
    reachable,
    tables_may_part,
)
from rss_solver.proof.cases import Case, Cases, Claim
from rss_solver.proof.learned import Learner
from rss_solver.proof.spans import PairSpace, combine
from rss_solver.proof.verdict import Counterexample, Proof, Undecided, Verdict
from rss_solver.smt.limits import DEFAULT_LIMIT, Unknown
from rss_solver.smt.prover import Obligation, Prover
from rss_solver.solution import Solution
from rss_solver.toeplitz import HASH_BITS, toeplitz, window

SMALL = 8
"""Specs with up to so many different obligations are checked again as a whole."""
CROSS_LIMIT = 4_000_000
"""Z3 resource units for each question of that check, which is left out where they are not enough."""
HITS = 1024
"""Combinations of entries that Z3 is asked about."""
MAX_RANK = 16
"""Hashes of a span of a higher rank are not enumerated."""
LOW = (1 << HASH_BITS) - 1
TRIES = 256
"""Random pairs looked at for a counterexample on different queues."""


def verify(problem: Problem, solution: Solution, *, limit: int = DEFAULT_LIMIT) -> Verdict:
    """Judge keys and tables. `limit` is Z3's for each question, in resource units."""
    return _Verifier(problem, solution, limit).verdict()


@dataclass(frozen=True, slots=True)
class _Side:
    """What a case needs to know of a port."""

    key: bytes
    init: int
    lookup: Lookup


@dataclass(frozen=True, slots=True)
class _Sides:
    """Both ports of a case, and what must agree."""

    first: _Side
    second: _Side
    need: Need

    def difference(self, claim: Claim, data: tuple[int, int], point: bool) -> int:
        """The XOR of the hashes of two prepared inputs; of directions without the start values."""
        a, b = (
            toeplitz(side.key, value, layout.bits)
            for side, value, layout in zip((self.first, self.second), data, claim.inputs, strict=True)
        )
        return a ^ b ^ (self.first.init ^ self.second.init if point else 0)

    def landing(self, claim: Claim, data: tuple[int, int], point: bool) -> int:
        """Both hashes in one number, the first more significant; of directions without the start values."""
        result = 0
        for side, value, layout in zip((self.first, self.second), data, claim.inputs, strict=True):
            result = result << HASH_BITS | toeplitz(
                side.key, value, layout.bits, init=side.init if point else 0
            )
        return result

    def breaks(self, difference: int) -> bool:
        return any(parity(difference & form) for form in self.need.forms)

    def tables_may_part(self, whole: bool) -> bool:
        agreed = () if self.need.entries else self.need.forms
        return tables_may_part(self.first.lookup, self.second.lookup, WHOLE if whole else agreed)

    def parting(self, start: int, steps: Sequence[int]) -> Iterator[tuple[int, int]]:
        """Hashes that the tables send to different queues, among `start` and sums of `steps`, with the steps
        chosen (a bit set): one for every pair of entries, or of hashes where entries are not linear."""
        if self.linear:
            for entries, chosen in reachable(self._entries(start), [self._entries(step) for step in steps]):
                a, b = entries >> ENTRY_BITS, entries & (1 << ENTRY_BITS) - 1
                if self.first.lookup.table[a] != self.second.lookup.table[b]:
                    yield entries, chosen
            return
        for hashes, chosen in reachable(start, steps):
            first, second = hashes >> HASH_BITS, hashes & LOW
            a, b = self.first.lookup.entry(first), self.second.lookup.entry(second)
            queues = self.first.lookup.table[a], self.second.lookup.table[b]
            if queues[0] != queues[1] or (self.need.alike and a != b):
                yield hashes, chosen

    def _entries(self, hashes: int) -> int:
        first = picked(self.first.lookup.forms or (), hashes >> HASH_BITS)
        return first << ENTRY_BITS | picked(self.second.lookup.forms or (), hashes & LOW)

    def tractable(self, steps: Sequence[int]) -> bool:
        """Whether all that `parting` looks at is few enough."""
        return self.linear or rank(steps) <= MAX_RANK

    @property
    def linear(self) -> bool:
        """Whether table entries are linear in the hashes."""
        return self.first.lookup.forms is not None and self.second.lookup.forms is not None

    def masks(self, claim: Claim) -> list[tuple[int, int]]:
        """What `parting` gives, as sums of prepared bits, without the start values."""
        first, second = (side.lookup.forms if self.linear else WHOLE for side in (self.first, self.second))
        result: list[tuple[int, int]] = []
        a, b = claim.inputs
        result += [(0, 0)] * (ENTRY_BITS - len(first or ()) if self.linear else 0)
        result += [(_read_by(self.first.key, form, a.bits), 0) for form in first or ()]
        result += [(0, 0)] * (ENTRY_BITS - len(second or ()) if self.linear else 0)
        result += [(0, _read_by(self.second.key, form, b.bits)) for form in second or ()]
        return result

    @property
    def start(self) -> int:
        """The start values as `parting` gives them."""
        starts = self.first.init << HASH_BITS | self.second.init
        return self._entries(starts) if self.linear else starts


class _Verifier:
    def __init__(self, problem: Problem, solution: Solution, limit: int) -> None:
        self.problem, self.solution = problem, solution
        self.prover = Prover(limit)
        self.cases = Cases(problem)
        self.known_sides: dict[tuple[int, int, bool, bool], tuple[int, _Sides]] = {}
        self.side_numbers: dict[_Sides, int] = {}
        self.spaces: dict[int, tuple[Claim, PairSpace]] = {}
        self.learners: dict[int, tuple[Claim, Learner]] = {}
        self.implied: dict[int, bool] = {}
        self.differing: dict[tuple[object, ...], bool | None] = {}
        self.settled: set[tuple[int, int]] = set()
        self.vectors = 0
        self.all_whole = True
        self.needs = needs(problem, solution, self._possible)

    def verdict(self) -> Verdict:
        """Case by case; the first that fails decides."""
        count = 0
        for case in self.cases:
            count += 1
            number, sides = self._sides(case)
            if (case.group, number) not in self.settled:
                if (found := self._judge(case, sides)) is not None:
                    return found
                self.settled.add((case.group, number))
        bits = self._cross_check()
        if not isinstance(bits, int):
            return bits
        return Proof(
            obligations=count,
            lemmas=len(self.implied) + len(self.learners),
            vectors=self.vectors,
            hash_bits=max((len(self.needs[r.first].forms) for r in self.problem.requirements), default=0),
            whole_hashes=self.all_whole,
            cross_checked=bits,
        )

    def _judge(self, case: Case, sides: _Sides) -> Counterexample | Undecided | None:
        claims = tuple(dict.fromkeys((case.claim.relaxed(), case.claim)))
        if any(self._spanned(claim, sides) for claim in claims):
            return None
        if not sides.need.forms and not sides.tables_may_part(False):
            self.all_whole = False
            return None
        if (found := self._best(case, self._sampled(case, sides))) is not None:
            return found
        for claim in claims:
            answer = self._learned(case, claim, sides)
            if not isinstance(answer, Undecided):
                return answer
        return self._undecided(case)

    # --- what a case is about ------------------------------------------------------------------------

    def _sides(self, case: Case) -> tuple[int, _Sides]:
        hashed = bool(case.claim.inputs[0].fields), bool(case.claim.inputs[1].fields)
        key = case.requirement.first, case.requirement.second, *hashed
        if key not in self.known_sides:
            need = self.needs[case.requirement.first] if all(hashed) else Need(())
            sides = _Sides(self._side(key[0], hashed[0]), self._side(key[1], hashed[1]), need)
            self.known_sides[key] = self.side_numbers.setdefault(sides, len(self.side_numbers)), sides
        return self.known_sides[key]

    def _side(self, port: int, hashed: bool) -> _Side:
        """An unhashed class lands on one queue."""
        nic, own = self.problem.ports[port].nic, self.solution.ports[port]
        if hashed:
            return _Side(own.key, nic.hash_init.value, Lookup(own.table, nic.index.value))
        return _Side(b"", 0, Lookup((default_queue(self.problem.ports[port], own),), Index.LSB))

    def _space(self, claim: Claim) -> tuple[Claim, PairSpace]:
        """The space of a claim, or of one that says the same."""
        group = self.cases.group(claim)
        if group not in self.spaces:
            self.spaces[group] = claim, PairSpace(claim.condition, claim.inputs)
        return self.spaces[group]

    def _possible(self, requirement: Requirement) -> bool:
        """Whether any hashed packets satisfy a requirement, as far as Z3 can tell."""
        claims = {case.group: case.claim for case in self.cases.of(requirement)}
        return any(
            self.prover.find_any(claim.condition, claim.inputs) is not None
            for claim in claims.values()
            if all(layout.fields for layout in claim.inputs)
        )

    # --- proofs --------------------------------------------------------------------------------------

    def _spanned(self, claim: Claim, sides: _Sides) -> bool:
        """Whether the keys hold for all that linear equations leave of the claim."""
        claim, space = self._space(claim)
        if not space.linear or not self._implies(claim, space):
            return False
        if not space.solutions:
            return True
        whole = self._agree(claim, space, sides)
        if whole is None:
            return False
        if sides.tables_may_part(whole) and next(self._splits(claim, space, sides), 0) != 0:
            return False
        self.all_whole &= whole or not all(layout.fields for layout in claim.inputs)
        return True

    def _implies(self, claim: Claim, space: PairSpace) -> bool:
        """Whether Z3 proves that the claim's condition implies the span; once per claim."""
        group = self.cases.group(claim)
        if group not in self.implied:
            found = (
                self.prover.find_unselected(claim.condition, claim.inputs, space.parities())
                if space.solutions
                else self.prover.find_any(claim.condition, claim.inputs)
            )
            self.implied[group] = found is None
        return self.implied[group]

    def _agree(self, claim: Claim, space: PairSpace, sides: _Sides) -> bool | None:
        """Whether whole hashes agree on the span; None if not even what is needed agrees."""
        keys = tuple(
            window(side.key, 0, layout.bits + HASH_BITS - 1)
            for side, layout in zip((sides.first, sides.second), claim.inputs, strict=True)
        )
        known = self.cases.group(claim), keys, sides.first.init ^ sides.second.init, sides.need.forms
        if known not in self.differing:
            differ = 0
            for vector in space.vectors:
                self.vectors += 1
                differ |= (found := sides.difference(claim, _prepared(space, vector), bool(vector & 1)))
                if found and sides.breaks(found):
                    self.differing[known] = None
                    break
            else:
                self.differing[known] = not differ
        return self.differing[known]

    def _splits(self, claim: Claim, space: PairSpace, sides: _Sides) -> Iterator[int | None]:
        """Vectors of the span that the tables send to different queues; None: too many to look at."""
        for solutions in space.solutions:
            start = sides.landing(claim, _prepared(space, solutions.point), True)
            steps = [sides.landing(claim, _prepared(space, step), False) for step in solutions.directions]
            if not sides.tractable(steps):
                yield None
                return
            for _, chosen in sides.parting(start, steps):
                yield combine(solutions, chosen)

    def _learned(self, case: Case, claim: Claim, sides: _Sides) -> Counterexample | Undecided | None:
        """The verdict on the exact span of a claim that is the case's or follows from it."""
        group = self.cases.group(claim)
        if group not in self.learners:
            own, space = self._space(claim)
            self.learners[group] = own, Learner(self.prover, own.condition, space)
        claim, learner = self.learners[group]
        whole = True
        landings: list[int] = []
        for point in learner.points():
            self.vectors += 1
            difference = sides.difference(claim, point.data, True)
            whole &= not difference
            suspicious = sides.breaks(difference)
            landings.append(sides.landing(claim, point.data, True))
            if suspicious or sides.tables_may_part(False):
                pairs = (case.claim.renamed(near, claim) for near in learner.around(point))
                if (found := self._best(case, pairs)) is not None:
                    return found
            if suspicious and not sides.need.entries:
                return self._undecided(case)
        if not learner.complete:
            return self._undecided(case)
        if landings and sides.tables_may_part(whole):
            steps = [landing ^ landings[0] for landing in landings[1:]]
            if not sides.tractable(steps):
                return self._undecided(case)
            if values := list(
                islice((hit ^ sides.start for hit, _ in sides.parting(landings[0], steps)), HITS)
            ):
                return self._looked_for(case, claim, sides, values)
        self.all_whole &= whole or not all(layout.fields for layout in claim.inputs)
        return None

    def _looked_for(
        self, case: Case, claim: Claim, sides: _Sides, values: Sequence[int]
    ) -> Counterexample | Undecided | None:
        """Whether any packets have these hashes, or entries, that the tables part."""
        if len(values) == HITS:
            return self._undecided(case)
        found = self.prover.find_among(claim.condition, claim.inputs, sides.masks(claim), values)
        if isinstance(found, tuple):
            return self._best(case, [case.claim.renamed(found, claim)]) or self._undecided(case)
        self.all_whole = False
        return None if found is None else self._undecided(case)

    # --- what goes wrong -----------------------------------------------------------------------------

    def _sampled(self, case: Case, sides: _Sides) -> Iterator[Pair]:
        """Pairs that the case may tie."""
        claim, space = self._space(case.claim)
        if space.linear and sides.tables_may_part(False):
            for vector in islice(self._splits(claim, space, sides), TRIES):
                if vector is None:
                    break
                yield case.claim.renamed(space.packets(vector), claim)
        for vector in space.samples(Random(0), TRIES):
            yield case.claim.renamed(space.packets(vector), claim)

    def _best(self, case: Case, pairs: Iterable[Pair]) -> Counterexample | None:
        """Two packets that the case ties and the keys part: on different queues if any are."""
        best: Counterexample | None = None
        for pair in pairs:
            found = self._counterexample(case, pair)
            if found is not None and (best is None or _worse(best, found)):
                best = found
            if best is not None and best.parted == "queue":
                break
        return best

    def _counterexample(self, case: Case, pair: Pair) -> Counterexample | None:
        """The replay: the pair counts only if the condition holds for it and it really is parted."""
        if not (holds(case.claim.condition, pair) and belongs(pair[0]) and belongs(pair[1])):
            return None
        i, j = case.requirement.first, case.requirement.second
        first = land(pair[0], self.problem.ports[i], self.solution.ports[i])
        second = land(pair[1], self.problem.ports[j], self.solution.ports[j])
        if not self.needs[i].parted(first, second):
            return None
        return Counterexample(line=case.requirement.line, first=first, second=second)

    def _undecided(self, case: Case) -> Undecided:
        names = [self.problem.ports[i].name for i in (case.requirement.first, case.requirement.second)]
        first, second = (
            f"{layout.packet_class} on {name}" for layout, name in zip(case.claim.inputs, names, strict=True)
        )
        return Undecided(line=case.requirement.line, first=first, second=second)

    # --- the whole spec again ------------------------------------------------------------------------

    def _cross_check(self) -> int | Counterexample | Undecided:
        """One question per index bit over the whole spec, where it is small and Z3 can answer; the bits
        checked."""
        found: dict[tuple[int, int], tuple[Case, _Sides]] = {}
        for case in self.cases:
            number, sides = self._sides(case)
            if sides.need.forms and not sides.need.entries and self._space(case.claim)[1].solutions:
                found.setdefault((case.group, number), (case, sides))
            if len(found) > SMALL:
                return 0
        if not found:
            return 0
        chosen = list(found.values())
        obligations = [_obligation(case, sides) for case, sides in chosen]
        split = Prover(CROSS_LIMIT).find_split(obligations)
        if split is None:
            return max(len(obligation.parities) for obligation in obligations)
        if isinstance(split, Unknown):
            return 0
        case, sides = chosen[split]
        return self._best(case, self._sampled(case, sides)) or self._undecided(case)


def _obligation(case: Case, sides: _Sides) -> Obligation:
    inputs = case.claim.inputs
    parities = []
    for form in sides.need.forms:
        first, second = (
            _read_by(side.key, form, layout.bits)
            for side, layout in zip((sides.first, sides.second), inputs, strict=True)
        )
        parities.append((first, second, parity((sides.first.init ^ sides.second.init) & form)))
    return Obligation(case.claim.condition, inputs, tuple(parities))


def _read_by(key: bytes, form: int, bits: int) -> int:
    """The input bits that a sum of hash bits sums up."""
    found = 0
    for bit in range(HASH_BITS):
        if form >> HASH_BITS - 1 - bit & 1:
            found ^= window(key, bit, bits)
    return found


def _prepared(space: PairSpace, vector: int) -> tuple[int, int]:
    """What the Toeplitz hash reads of a vector; directions have images of their own where that is linear."""
    first, second = (
        prepare(layout, data) if layout.fields else 0
        for layout, data in zip(space.inputs, space.data(vector), strict=True)
    )
    return first, second


def _worse(old: Counterexample, new: Counterexample) -> bool:
    order = ("hash", "entry", "queue")
    return order.index(old.parted) < order.index(new.parted)
