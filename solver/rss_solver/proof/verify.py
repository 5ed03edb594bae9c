"""Keys against a Problem: a proof, two packets that break it, or undecided.

For every requirement and pair of classes that matter: derive generators B of the span of all tied hash input
pairs (`spans`), have Z3 prove that the condition implies span(B), and evaluate the reference hash on every
vector of B. The hash of a pair, `h(k_i, d) XOR h(k_j, d')`, is linear, so agreeing on B is agreeing on all.
A constant start value of the hash is compared apart, since it is affine.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from random import Random

from rss_dsl.problem import Condition, HashInput, Port, Problem, Requirement
from rss_solver.gf2 import kernel
from rss_solver.packet import Packet
from rss_solver.proof.spans import PairSpace, combine
from rss_solver.proof.tables import ENTRY_BITS, reachable, tables_may_part
from rss_solver.proof.verdict import Counterexample, Proof, Undecided, Verdict
from rss_solver.semantics import belongs, holds
from rss_solver.smt.limits import Unknown
from rss_solver.smt.prover import Obligation, Prover
from rss_solver.solution import PortSolution, Solution
from rss_solver.steering import default_queue, land
from rss_solver.toeplitz import HASH_BITS, toeplitz, window

SMALL = 8
"""Specs with up to so many different obligations are checked again as a whole."""
TRIES = 256
"""Random pairs looked at for a counterexample on different queues."""


@dataclass(frozen=True, slots=True)
class Case:
    """One requirement on one pair of classes."""

    requirement: Requirement
    number: int
    """Of its condition: equal conditions have equal numbers, and are looked at once."""
    inputs: tuple[HashInput, HashInput]
    """An unhashed class has no fields."""


def verify(problem: Problem, solution: Solution) -> Verdict:
    """Judge keys and tables. Conditions must be combinations of equalities (`support.unsupported`)."""
    return _Verifier(problem, solution).verdict()


class _Verifier:
    def __init__(self, problem: Problem, solution: Solution) -> None:
        self.problem, self.solution = problem, solution
        self.prover = Prover()
        self.numbers: dict[Condition, int] = {}
        self.spaces: dict[tuple[int, HashInput, HashInput], PairSpace] = {}
        self.implied: dict[tuple[int, HashInput, HashInput], Unknown | bool] = {}
        self.agreement: dict[tuple[object, ...], int] = {}
        self.vectors = 0
        self.all_whole = True

    def verdict(self) -> Verdict:
        """Case by case; the first that fails decides."""
        cases = 0
        for case in self._cases():
            cases += 1
            if (found := self._judge(case)) is not None:
                return found
        bits = self._cross_check()
        if not isinstance(bits, int):
            return bits
        return Proof(
            obligations=cases,
            lemmas=len(self.implied),
            vectors=self.vectors,
            hash_bits=max((self._needed(r) for r in self.problem.requirements), default=0),
            whole_hashes=self.all_whole,
            cross_checked=bits,
        )

    def _cases(self) -> Iterator[Case]:
        for requirement in self.problem.requirements:
            only = requirement.only
            number = self.numbers.setdefault(requirement.condition, len(self.numbers))
            for first in _matter(self.problem.ports[requirement.first]):
                for second in _matter(self.problem.ports[requirement.second]):
                    if only is None or (
                        first.packet_class in only.first and second.packet_class in only.second
                    ):
                        yield Case(requirement, number, (first, second))

    def _judge(self, case: Case) -> Counterexample | Undecided | None:
        space = self._space(case)
        proved = self._prove(case, space)
        if isinstance(proved, Unknown):
            return self._undecided(case)
        if proved and not space.solutions:
            return None
        if not all(layout.fields for layout in case.inputs):
            return self._unhashed(case, space)
        agreeing = self._agreeing_bits(case, space) if proved else -1
        self.all_whole &= agreeing == HASH_BITS
        if agreeing < self._needed(case.requirement):
            if (failed := self._refute(case, space)) is not None:
                return failed
            # Excluded values leave fewer pairs than the span has, and Z3 found none of them parted.
            agreeing = self._needed(case.requirement)
        first, second = self._solved(case)
        if tables_may_part(first.table, second.table, agreeing):
            return self._table_split(case, space)
        return None

    # --- the parts of a case -------------------------------------------------------------------------

    @staticmethod
    def _key(case: Case) -> tuple[int, HashInput, HashInput]:
        return case.number, *case.inputs

    def _space(self, case: Case) -> PairSpace:
        key = self._key(case)
        if key not in self.spaces:
            self.spaces[key] = PairSpace(case.requirement.condition, case.inputs)
        return self.spaces[key]

    def _prove(self, case: Case, space: PairSpace) -> Unknown | bool:
        """Whether Z3 proves that the condition implies the span; once per condition and pair of layouts."""
        key = self._key(case)
        if key not in self.implied:
            condition = case.requirement.condition
            found = (
                self.prover.find_pair(condition, case.inputs, _annihilators(space))
                if space.solutions
                else self.prover.find_any(condition, case.inputs)
            )
            self.implied[key] = found if isinstance(found, Unknown) else found is None
        return self.implied[key]

    def _agreeing_bits(self, case: Case, space: PairSpace) -> int:
        """How many low hash bits agree on every tied pair: 32 if all do."""
        layouts = case.inputs
        keys = tuple(
            window(solved.key, 0, layout.bits + HASH_BITS - 1)
            for solved, layout in zip(self._solved(case), layouts, strict=True)
        )
        key = (self._key(case), keys, self._inits(case))
        if key not in self.agreement:
            differ = self._inits(case)[0] ^ self._inits(case)[1]
            for first, second in space.generators():
                differ |= self._difference(case, first, second)
                self.vectors += 1
            self.agreement[key] = (differ & -differ).bit_length() - 1 if differ else HASH_BITS
        return self.agreement[key]

    def _difference(self, case: Case, first: int, second: int) -> int:
        a, b = self._solved(case)
        x, y = case.inputs
        return toeplitz(a.key, first, x.bits) ^ toeplitz(b.key, second, y.bits)

    def _solved(self, case: Case) -> tuple[PortSolution, PortSolution]:
        ports = self.solution.ports
        return ports[case.requirement.first], ports[case.requirement.second]

    def _inits(self, case: Case) -> tuple[int, int]:
        ports = self.problem.ports
        first, second = ports[case.requirement.first], ports[case.requirement.second]
        return first.nic.hash_init.value, second.nic.hash_init.value

    def _needed(self, requirement: Requirement) -> int:
        """Low hash bits that must agree: all under `equality hash`, else those that pick an entry of the
        smallest table of the ports tied together."""
        if self.problem.equality == "hash":
            return HASH_BITS
        return self._smallest[requirement.first].bit_length() - 1

    @cached_property
    def _smallest(self) -> dict[int, int]:
        """By port, the smallest table among the ports that requirements tie it to, directly or not.

        A port with one queue counts as a table of one entry: nothing has to agree there.
        """
        sizes = {i: port.table_size if port.queues > 1 else 1 for i, port in enumerate(self.solution.ports)}
        changed = True
        while changed:
            changed = False
            for requirement in self.problem.requirements:
                low = min(sizes[requirement.first], sizes[requirement.second])
                changed |= sizes[requirement.first] != low or sizes[requirement.second] != low
                sizes[requirement.first] = sizes[requirement.second] = low
        return sizes

    # --- what goes wrong -----------------------------------------------------------------------------

    def _unhashed(self, case: Case, space: PairSpace) -> Counterexample | Undecided | None:
        """An unhashed class lands on one queue; what is tied to it must always land there too."""
        ports = [self.problem.ports[i] for i in (case.requirement.first, case.requirement.second)]
        solved = self._solved(case)
        queues = {
            default_queue(port, own)
            for port, own, layout in zip(ports, solved, case.inputs, strict=True)
            if not layout.fields
        }
        for own, layout in zip(solved, case.inputs, strict=True):
            if layout.fields:
                queues |= set(own.table)
        return None if len(queues) == 1 else self._refute(case, space)

    def _refute(self, case: Case, space: PairSpace) -> Counterexample | Undecided | None:
        """Two packets that the case ties and the keys part: on different queues if any are found.

        None if there are none after all, which Z3 decides.
        """
        best: Counterexample | None = None
        for sample in space.samples(Random(0), TRIES):
            found = self._counterexample(case, space.packets(sample))
            if found is not None and (best is None or _worse(best, found)):
                best = found
            if best is not None and best.parted == "queue":
                return best
        return best or self._search(case)

    def _table_split(self, case: Case, space: PairSpace) -> Counterexample | Undecided | None:
        """A pair whose entries the tables send to different queues, looked for among all entries reached."""
        tables = [solved.table for solved in self._solved(case)]
        suspicious = False
        for solutions in space.solutions:
            start = self._entries(case, space, solutions.point)
            origin = self._entries(case, space, 0)
            steps = [self._entries(case, space, step) ^ origin for step in solutions.directions]
            for entries, chosen in reachable(start, steps):
                if tables[0][entries >> ENTRY_BITS] != tables[1][entries & (1 << ENTRY_BITS) - 1]:
                    suspicious = True
                    pair = space.packets(combine(solutions, chosen))
                    if (found := self._counterexample(case, pair)) is not None:
                        return found
        return self._undecided(case) if suspicious else None

    def _entries(self, case: Case, space: PairSpace, solution: int) -> int:
        """The table entries of both packets of a pair, in one number."""
        result = 0
        parts = zip(
            space.input_pair(solution), case.inputs, self._solved(case), self._inits(case), strict=True
        )
        for data, layout, solved, init in parts:
            value = toeplitz(solved.key, data, layout.bits, init=init)
            result = result << ENTRY_BITS | value & solved.table_size - 1
        return result

    def _search(self, case: Case) -> Counterexample | Undecided | None:
        """Let Z3 find the packets where samples did not; None: it proves that no pair is parted."""
        masks = list(self._all_masks(case))
        found = self.prover.find_pair(case.requirement.condition, case.inputs, masks)
        if found is None:
            return None
        if isinstance(found, tuple):
            counterexample = self._counterexample(case, found)
            if counterexample is not None:
                return counterexample
        return self._undecided(case)

    def _masks(self, case: Case, bit: int) -> tuple[int, int]:
        """The input bits that hash bit `bit` sums up, on either side."""
        a, b = self._solved(case)
        x, y = case.inputs
        return window(a.key, bit, x.bits), window(b.key, bit, y.bits)

    def _counterexample(self, case: Case, pair: tuple[Packet, Packet]) -> Counterexample | None:
        """The replay: the pair counts only if the condition holds for it and it really is parted."""
        condition: Condition = case.requirement.condition
        if not (holds(condition, pair) and belongs(pair[0]) and belongs(pair[1])):
            return None
        i, j = case.requirement.first, case.requirement.second
        first = land(pair[0], self.problem.ports[i], self.solution.ports[i])
        second = land(pair[1], self.problem.ports[j], self.solution.ports[j])
        if first.queue == second.queue:
            if first.hash is None or second.hash is None:
                return None
            if not (first.hash ^ second.hash) & (1 << self._needed(case.requirement)) - 1:
                return None
        return Counterexample(line=case.requirement.line, first=first, second=second)

    def _undecided(self, case: Case) -> Undecided:
        names = [self.problem.ports[i].name for i in (case.requirement.first, case.requirement.second)]
        first, second = (
            f"{layout.packet_class} on {name}" for layout, name in zip(case.inputs, names, strict=True)
        )
        return Undecided(line=case.requirement.line, first=first, second=second)

    def _cross_check(self) -> int | Counterexample | Undecided:
        """One Boolean query per hash bit over the whole spec, where it is small; the bits checked."""
        found: dict[object, Case] = {}
        for case in self._cases():
            if self._space(case).solutions and all(layout.fields for layout in case.inputs):
                found.setdefault((self._key(case), case.requirement.first, case.requirement.second), case)
            if len(found) > SMALL:
                return 0
        cases = [case for case in found.values() if self._needed(case.requirement)]
        if not cases:
            return 0
        obligations = [
            Obligation(case.requirement.condition, case.inputs, tuple(self._all_masks(case)))
            for case in cases
        ]
        split = self.prover.find_split(obligations)
        if split is None:
            return max(self._needed(case.requirement) for case in cases)
        if isinstance(split, Unknown):
            return self._undecided(cases[0])
        case = cases[split]
        return self._refute(case, self._space(case)) or self._undecided(case)

    def _all_masks(self, case: Case) -> Iterator[tuple[int, int]]:
        """The masks of the hash bits that must agree."""
        for bit in range(HASH_BITS - self._needed(case.requirement), HASH_BITS):
            yield self._masks(case, bit)


def _matter(port: Port) -> list[HashInput]:
    """The classes of a port that matter; those the NIC does not hash have an empty input."""
    if port.traffic is None:
        return list(port.inputs)
    return [port.input_of(name) or HashInput(name, ()) for name in port.traffic]


def _annihilators(space: PairSpace) -> list[tuple[int, int]]:
    """Masks whose even overlap with a pair of hash inputs is what being in the span means."""
    bits = space.inputs[1].bits
    generators = [first << bits | second for first, second in space.generators()]
    masks = kernel(generators, space.input_size)
    return [(mask >> bits, mask & (1 << bits) - 1) for mask in masks]


def _worse(old: Counterexample, new: Counterexample) -> bool:
    order = ("hash", "entry", "queue")
    return order.index(old.parted) < order.index(new.parted)
