"""What is wrong with keys: packets that are replayed, or a case left open."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rss_dsl.problem import Problem
from rss_solver.nic.steering import land
from rss_solver.packets.semantics import Pair, belongs, holds
from rss_solver.proof.agreement import Need
from rss_solver.proof.cases import Case
from rss_solver.proof.verdict import Counterexample, Undecided
from rss_solver.solution import Solution


@dataclass(frozen=True, slots=True)
class Replay:
    """Verdicts against keys and tables; `needs` by port."""

    problem: Problem
    solution: Solution
    needs: Sequence[Need]

    def best(self, case: Case, pairs: Iterable[Pair]) -> Counterexample | None:
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

    def undecided(self, case: Case) -> Undecided:
        """The case that no limit was enough for."""
        names = [self.problem.ports[i].name for i in (case.requirement.first, case.requirement.second)]
        first, second = (
            f"{layout.packet_class} on {name}" for layout, name in zip(case.claim.inputs, names, strict=True)
        )
        return Undecided(line=case.requirement.line, first=first, second=second)


def _worse(old: Counterexample, new: Counterexample) -> bool:
    order = ("hash", "entry", "queue")
    return order.index(old.parted) < order.index(new.parted)
