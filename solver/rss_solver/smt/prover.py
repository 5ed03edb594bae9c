"""Questions about pairs of packets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pysmt.environment import Environment
from pysmt.exceptions import SolverReturnedUnknownResultError
from pysmt.fnode import FNode

from rss_dsl.problem import Condition, HashInput
from rss_solver.packet import Packet
from rss_solver.smt.encoding import Encoding, Mask
from rss_solver.smt.limits import DEFAULT_LIMIT, Unknown


@dataclass(frozen=True, slots=True)
class Obligation:
    """Pairs that satisfy a condition must agree on hash bits, each given by the input bits it sums up."""

    condition: Condition
    inputs: tuple[HashInput, HashInput]
    hash_bits: tuple[Mask, ...]


class Prover:
    """Asks Z3 about pairs of packets. Its queries share one environment, so equal formulas are built once."""

    def __init__(self, limit: int = DEFAULT_LIMIT) -> None:
        self.env = Environment()
        self.limit = limit

    def find_pair(
        self, condition: Condition, inputs: tuple[HashInput, HashInput], masks: Sequence[Mask]
    ) -> tuple[Packet, Packet] | Unknown | None:
        """Two packets that satisfy the condition and select an odd number of set bits by at least one mask.

        None if there are no such packets. An empty input (an unhashed class) takes mask 0.
        """
        encoding = Encoding(inputs, self.env)
        odd = encoding.any_odd(masks)
        return self._model(encoding, [*encoding.satisfying(condition), odd])

    def find_any(
        self, condition: Condition, inputs: tuple[HashInput, HashInput]
    ) -> tuple[Packet, Packet] | Unknown | None:
        """Two packets of the inputs' classes that satisfy the condition, None if there are none."""
        encoding = Encoding(inputs, self.env)
        return self._model(encoding, encoding.satisfying(condition))

    def find_split(self, obligations: Sequence[Obligation]) -> int | Unknown | None:
        """The first obligation that some pair breaks, None if there is none; one query per hash bit."""
        build = self.env.formula_manager
        encodings = [Encoding(o.inputs, self.env) for o in obligations]
        tied = [build.And(e.satisfying(o.condition)) for e, o in zip(encodings, obligations, strict=True)]
        for bit in range(max(len(o.hash_bits) for o in obligations)):
            broken: dict[FNode, int] = {}
            for number, (e, o) in enumerate(zip(encodings, obligations, strict=True)):
                if bit < len(o.hash_bits):
                    odd = e.any_odd(o.hash_bits[-1 - bit : len(o.hash_bits) - bit])
                    broken.setdefault(build.And([tied[number], odd]), number)
            answer = _decide(self.env, build.Or(list(broken)), self.limit)
            if isinstance(answer, Unknown):
                return answer
            if answer:
                return next(n for part, n in broken.items() if _decide(self.env, part, self.limit) is True)
        return None

    def _model(self, encoding: Encoding, formulas: Iterable[FNode]) -> tuple[Packet, Packet] | Unknown | None:
        """A model as two packets (fields that nothing mentions are left out)."""
        options = {"rlimit": self.limit}
        with self.env.factory.Solver(name="z3", logic="QF_BV", solver_options=options) as solver:
            for formula in formulas:
                solver.add_assertion(formula)
            try:
                if not solver.solve():
                    return None
            except SolverReturnedUnknownResultError:
                return Unknown()
            found: tuple[dict[str, int], dict[str, int]] = ({}, {})
            for (side, name), symbol in encoding.symbols.items():
                found[side][name] = solver.get_py_value(symbol)
        return Packet(encoding.pair[0].name, found[0]), Packet(encoding.pair[1].name, found[1])


def _decide(env: Environment, formula: FNode, limit: int) -> bool | Unknown:
    with env.factory.Solver(name="z3", logic="QF_BV", solver_options={"rlimit": limit}) as solver:
        solver.add_assertion(formula)
        try:
            return solver.solve()
        except SolverReturnedUnknownResultError:
            return Unknown()
