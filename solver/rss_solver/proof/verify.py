"""Keys against a Problem: a proof, two packets that break it, or undecided.

For every requirement and pair of classes that matter: derive generators B of the span of all tied hash input
pairs (`spans`), have Z3 prove that the condition implies span(B), and evaluate the reference hash on every
vector of B. The hash of a pair, `h(k_i, d) XOR h(k_j, d')`, is affine, so agreeing on B is agreeing on all.
Where B spans more than the condition ties and the keys part it, or where what is hashed is not linear in the
packet, the exact span is learned from packets (`learned`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from random import Random

from rss_dsl.nic import Index
from rss_dsl.problem import Problem, Requirement
from rss_solver.nic.functions import prepare
from rss_solver.nic.steering import default_queue
from rss_solver.packets.semantics import Pair, belongs, holds
from rss_solver.proof.agreement import Lookup, Need, needs
from rss_solver.proof.cases import Case, Cases, Claim
from rss_solver.proof.learned import Learner
from rss_solver.proof.replay import Replay
from rss_solver.proof.sides import Side, Sides
from rss_solver.proof.spans import PairSpace, combine
from rss_solver.proof.verdict import Counterexample, Proof, Undecided, Verdict
from rss_solver.smt.limits import DEFAULT_LIMIT, Unknown
from rss_solver.smt.prover import Obligation, Prover
from rss_solver.solution import Solution
from rss_solver.toeplitz import HASH_BITS, window

SMALL = 8
"""Specs with up to so many different obligations are checked again as a whole."""
CROSS_LIMIT = 4_000_000
"""Z3 resource units for each question of that check, which is left out where they are not enough."""
HITS = 1024
"""Combinations of entries that Z3 is asked about."""
TRIES = 256
"""Random pairs looked at for a counterexample on different queues."""


def verify(problem: Problem, solution: Solution, *, limit: int = DEFAULT_LIMIT) -> Verdict:
    """Judge keys and tables. `limit` is Z3's for each question, in resource units."""
    return _Verifier(problem, solution, limit).verdict()


class _Verifier:
    """One verdict. What is found for a case serves all that say the same of the same keys and tables."""

    def __init__(self, problem: Problem, solution: Solution, limit: int) -> None:
        self.problem, self.solution = problem, solution
        self.prover = Prover(limit)
        self.cases = Cases(problem)
        self.known_sides: dict[tuple[int, int, bool, bool], tuple[int, Sides]] = {}
        self.side_numbers: dict[Sides, int] = {}
        self.spaces: dict[int, tuple[Claim, PairSpace]] = {}
        self.learners: dict[int, tuple[Claim, Learner]] = {}
        self.implied: dict[int, bool] = {}
        self.differing: dict[tuple[object, ...], bool | None] = {}
        self.settled: set[tuple[int, int]] = set()
        self.vectors = 0
        self.all_whole = True
        self.needs = needs(problem, solution, self._possible)
        self.replay = Replay(problem, solution, self.needs)

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
            lemmas=len(self.implied) + sum(learner.complete for _, learner in self.learners.values()),
            vectors=self.vectors,
            hash_bits=max((len(self.needs[r.first].forms) for r in self.problem.requirements), default=0),
            whole_hashes=self.all_whole,
            cross_checked=bits,
        )

    def _judge(self, case: Case, sides: Sides) -> Counterexample | Undecided | None:
        claims = tuple(dict.fromkeys((case.claim.relaxed(), case.claim)))
        if any(self._spanned(claim, sides) for claim in claims):
            return None
        if not sides.need.forms and not sides.tables_may_part(False):
            self.all_whole = False
            return None
        if (found := self.replay.best(case, self._sampled(case, sides))) is not None:
            return found
        for claim in claims:
            answer = self._learned(case, claim, sides)
            if not isinstance(answer, Undecided):
                return answer
        return self.replay.undecided(case)

    # --- what a case is about ------------------------------------------------------------------------

    def _sides(self, case: Case) -> tuple[int, Sides]:
        hashed = bool(case.claim.inputs[0].fields), bool(case.claim.inputs[1].fields)
        key = case.requirement.first, case.requirement.second, *hashed
        if key not in self.known_sides:
            need = self.needs[case.requirement.first] if all(hashed) else Need(())
            sides = Sides(self._side(key[0], hashed[0]), self._side(key[1], hashed[1]), need)
            self.known_sides[key] = self.side_numbers.setdefault(sides, len(self.side_numbers)), sides
        return self.known_sides[key]

    def _side(self, port: int, hashed: bool) -> Side:
        """An unhashed class lands on one queue."""
        nic, own = self.problem.ports[port].nic, self.solution.ports[port]
        if hashed:
            return Side(own.key, nic.hash_init.value, Lookup(own.table, nic.index.value))
        return Side(b"", 0, Lookup((default_queue(self.problem.ports[port], own),), Index.LSB))

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

    def _spanned(self, claim: Claim, sides: Sides) -> bool:
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

    def _agree(self, claim: Claim, space: PairSpace, sides: Sides) -> bool | None:
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
                self.differing[known] = not differ or self._never_differ(claim, space, sides)
        return self.differing[known]

    def _never_differ(self, claim: Claim, space: PairSpace, sides: Sides) -> bool:
        """Whether whole hashes agree on what the condition ties, which can be less than the span."""
        for vector in space.samples(Random(0), TRIES):
            if sides.difference(claim, _prepared(space, vector), True):
                pair = space.packets(vector)
                if holds(claim.condition, pair) and belongs(pair[0]) and belongs(pair[1]):
                    return False
        learner = self._learner(claim)[1]
        differ = any(sides.difference(claim, point.data, True) for point in learner.points())
        return learner.complete and not differ

    def _learner(self, claim: Claim) -> tuple[Claim, Learner]:
        """What learns the exact span of a claim, or of one that says the same."""
        group = self.cases.group(claim)
        if group not in self.learners:
            own, space = self._space(claim)
            self.learners[group] = own, Learner(self.prover, own.condition, space)
        return self.learners[group]

    def _splits(self, claim: Claim, space: PairSpace, sides: Sides) -> Iterator[int | None]:
        """Vectors of the span that the tables send to different queues; None: too many to look at."""
        for solutions in space.solutions:
            start = sides.landing(claim, _prepared(space, solutions.point), True)
            steps = [sides.landing(claim, _prepared(space, step), False) for step in solutions.directions]
            if not sides.tractable(steps):
                yield None
                return
            for _, chosen in sides.parting(start, steps):
                yield combine(solutions, chosen)

    def _learned(self, case: Case, claim: Claim, sides: Sides) -> Counterexample | Undecided | None:
        """The verdict on the exact span of a claim that is the case's or follows from it."""
        claim, learner = self._learner(claim)
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
                if (found := self.replay.best(case, pairs)) is not None:
                    return found
            if suspicious and not sides.need.entries:
                return self.replay.undecided(case)
        if not learner.complete:
            return self.replay.undecided(case)
        if landings and sides.tables_may_part(whole):
            steps = [landing ^ landings[0] for landing in landings[1:]]
            if not sides.tractable(steps):
                return self.replay.undecided(case)
            hits = [hit ^ sides.start for hit, _ in islice(sides.parting(landings[0], steps), HITS)]
            if hits:
                return self._looked_for(case, claim, sides, hits)
        self.all_whole &= whole or not all(layout.fields for layout in claim.inputs)
        return None

    def _looked_for(
        self, case: Case, claim: Claim, sides: Sides, values: Sequence[int]
    ) -> Counterexample | Undecided | None:
        """Whether any packets have these hashes, or entries, that the tables part."""
        if len(values) == HITS:
            return self.replay.undecided(case)
        found = self.prover.find_among(claim.condition, claim.inputs, sides.masks(claim), values)
        if isinstance(found, tuple):
            return self.replay.best(case, [case.claim.renamed(found, claim)]) or self.replay.undecided(case)
        self.all_whole = False
        return None if found is None else self.replay.undecided(case)

    # --- what goes wrong -----------------------------------------------------------------------------

    def _sampled(self, case: Case, sides: Sides) -> Iterator[Pair]:
        """Pairs that the case may tie."""
        claim, space = self._space(case.claim)
        if space.linear and sides.tables_may_part(False):
            for vector in islice(self._splits(claim, space, sides), TRIES):
                if vector is None:
                    break
                yield case.claim.renamed(space.packets(vector), claim)
        for vector in space.samples(Random(0), TRIES):
            yield case.claim.renamed(space.packets(vector), claim)

    # --- the whole spec again ------------------------------------------------------------------------

    def _cross_check(self) -> int | Counterexample | Undecided:
        """One question per index bit over the whole spec, where it is small and Z3 can answer; the bits
        checked."""
        found: dict[tuple[int, int], tuple[Case, Sides]] = {}
        for case in self.cases:
            number, sides = self._sides(case)
            if sides.need.forms and not sides.need.entries and self._space(case.claim)[1].solutions:
                found.setdefault((case.group, number), (case, sides))
            if len(found) > SMALL:
                return 0
        if not found:
            return 0
        chosen = list(found.values())
        obligations = [
            Obligation(case.claim.condition, case.claim.inputs, sides.parities(case.claim))
            for case, sides in chosen
        ]
        split = Prover(CROSS_LIMIT).find_split(obligations)
        if split is None:
            return max(len(obligation.parities) for obligation in obligations)
        if isinstance(split, Unknown):
            return 0
        case, sides = chosen[split]
        return self.replay.best(case, self._sampled(case, sides)) or self.replay.undecided(case)


def _prepared(space: PairSpace, vector: int) -> tuple[int, int]:
    """What the Toeplitz hash reads of a vector; directions have images of their own where that is linear."""
    first, second = (
        prepare(layout, data) if layout.fields else 0
        for layout, data in zip(space.inputs, space.data(vector), strict=True)
    )
    return first, second
