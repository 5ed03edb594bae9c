"""Questions about pairs of packets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from pysmt.environment import Environment
from pysmt.exceptions import SolverReturnedUnknownResultError
from pysmt.fnode import FNode

from rss_dsl.problem import Condition, HashInput
from rss_solver.packets.packet import Packet
from rss_solver.smt.encoding import Encoding, Parity
from rss_solver.smt.limits import DEFAULT_LIMIT, Unknown

Inputs = tuple[HashInput, HashInput]


@dataclass(frozen=True, slots=True)
class Obligation:
    """Pairs that satisfy a condition must agree on what picks an entry: parities of their prepared inputs."""

    condition: Condition
    inputs: Inputs
    parities: tuple[Parity, ...]


class Prover:
    """Asks Z3 about pairs of packets: one environment, in which equal formulas are built and converted once,
    and one solver, which every question leaves as it was."""

    def __init__(self, limit: int = DEFAULT_LIMIT) -> None:
        """`limit`: Z3 resource units for each question."""
        self.env = Environment()
        self.solver = self.env.factory.Solver(name="z3", logic="QF_BV", solver_options={"rlimit": limit})

    def find_unselected(
        self, condition: Condition, inputs: Inputs, parities: Iterable[Parity]
    ) -> tuple[Packet, Packet] | Unknown | None:
        """Two packets that satisfy the condition and whose selected bits break a parity, None if there are
        none."""
        encoding = Encoding(inputs, self.env)
        data = [encoding.selected(side) if inputs[side].fields else None for side in (0, 1)]
        return self._pair(encoding, [*encoding.satisfying(condition), encoding.any_broken(parities, data)])

    def find_unprepared(
        self, condition: Condition, inputs: Inputs, parities: Iterable[Parity]
    ) -> tuple[Packet, Packet] | Unknown | None:
        """The same for what the Toeplitz hash reads."""
        encoding = Encoding(inputs, self.env)
        broken = encoding.any_broken(parities, _prepared(encoding))
        return self._pair(encoding, [*encoding.satisfying(condition), broken])

    def find_among(
        self, condition: Condition, inputs: Inputs, masks: Sequence[tuple[int, int]], values: Iterable[int]
    ) -> tuple[Packet, Packet] | Unknown | None:
        """Two packets that satisfy the condition and whose sums of prepared bits, one for each pair of masks,
        are one of the values, the first sum most significant; None if there are none."""
        encoding, build = Encoding(inputs, self.env), self.env.formula_manager
        data = _prepared(encoding)
        broken = [encoding.any_broken([(*mask, 0)], data) for mask in masks]
        chosen = [
            build.And(
                [
                    part if value >> len(masks) - 1 - bit & 1 else build.Not(part)
                    for bit, part in enumerate(broken)
                ]
            )
            for value in values
        ]
        return self._pair(encoding, [*encoding.satisfying(condition), build.Or(chosen)])

    def find_any(self, condition: Condition, inputs: Inputs) -> tuple[Packet, Packet] | Unknown | None:
        """Two packets of the inputs' classes that satisfy the condition, None if there are none."""
        encoding = Encoding(inputs, self.env)
        return self._pair(encoding, encoding.satisfying(condition))

    def find_split(self, obligations: Sequence[Obligation]) -> int | Unknown | None:
        """The first obligation that some pair breaks, None if there is none; one question per parity."""
        build = self.env.formula_manager
        encodings = [Encoding(o.inputs, self.env) for o in obligations]
        tied = [build.And(e.satisfying(o.condition)) for e, o in zip(encodings, obligations, strict=True)]
        for bit in range(max(len(o.parities) for o in obligations)):
            broken: dict[FNode, int] = {}
            for number, (e, o) in enumerate(zip(encodings, obligations, strict=True)):
                if bit < len(o.parities):
                    parted = e.any_broken(o.parities[-1 - bit : len(o.parities) - bit], _prepared(e))
                    broken.setdefault(build.And([tied[number], parted]), number)
            answer = self._decide([build.Or(list(broken))])
            if isinstance(answer, Unknown):
                return answer
            if answer:
                return next(n for part, n in broken.items() if self._decide([part]) is True)
        return None

    def _pair(self, encoding: Encoding, formulas: Iterable[FNode]) -> tuple[Packet, Packet] | Unknown | None:
        """A model as two packets (fields that nothing mentions are left out)."""
        with self._asked(formulas) as answer:
            if answer is not True:
                return None if answer is False else Unknown()
            found: tuple[dict[str, int], dict[str, int]] = ({}, {})
            for (side, name), symbol in encoding.symbols.items():
                found[side][name] = self.solver.get_py_value(symbol)
        return Packet(encoding.pair[0].name, found[0]), Packet(encoding.pair[1].name, found[1])

    def _decide(self, formulas: Iterable[FNode]) -> bool | Unknown:
        with self._asked(formulas) as answer:
            return answer

    @contextmanager
    def _asked(self, formulas: Iterable[FNode]) -> Iterator[bool | Unknown]:
        """The answer to a question, while the solver still knows the model."""
        self.solver.push()
        try:
            for formula in formulas:
                self.solver.add_assertion(formula)
            try:
                answer: bool | Unknown = self.solver.solve()
            except SolverReturnedUnknownResultError:
                answer = Unknown()
            yield answer
        finally:
            self.solver.pop()


def _prepared(encoding: Encoding) -> list[FNode | None]:
    return [encoding.prepared(side) if encoding.inputs[side].fields else None for side in (0, 1)]
