"""What became of every preference, and why bits that were wished for do not hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from rss_dsl.problem import Problem
from rss_solver.choice.index_forms import Watched
from rss_solver.choice.preferences import SoftBit
from rss_solver.keyspace.space import KeySpace
from rss_solver.keyspace.trace import Tracer
from rss_solver.solution import Fallen, PreferenceOutcome
from rss_solver.toeplitz import key_bit


@dataclass(frozen=True, slots=True)
class Settled:
    """A group whose key is chosen."""

    space: KeySpace
    bits: tuple[SoftBit, ...]
    """The wishes for its ports."""
    classes: Mapping[bool, Sequence[Watched]]
    """Its classes with the floors that wishes of either kind (over rank or not) had to keep."""
    chosen: int
    keys: Mapping[int, bytes]
    tracer: Tracer


def outcomes(problem: Problem, settled: Iterable[Settled]) -> tuple[PreferenceOutcome, ...]:
    """One outcome per preference, over all groups."""
    fallen: list[dict[Fallen, int]] = [{} for _ in problem.preferences]
    for group in settled:
        explain = _Explain(problem, group)
        for soft in group.bits:
            if not explain.holds(soft):
                reasons = fallen[soft.preference]
                why = explain.why(soft)
                reasons[why] = reasons.get(why, 0) + 1
    return tuple(
        PreferenceOutcome(
            label=found.label,
            weight=found.weight,
            over_rank=found.over_rank,
            bits=(total := sum(wish.width for wish in found.wishes)),
            held=total - sum(reasons.values()),
            fallen=tuple(replace(why, bits=count) for why, count in reasons.items()),
        )
        for found, reasons in zip(problem.preferences, fallen, strict=True)
    )


class _Explain:
    """Reasons for single bits of one group. Reasons count no bits yet: equal ones are added up."""

    def __init__(self, problem: Problem, group: Settled) -> None:
        self.group = group
        self.lines = problem.lines
        self.over = [found.over_rank for found in problem.preferences]
        self.readers: dict[int, list[tuple[SoftBit, int]]] = {}
        """Free label → the wishes that depend on it, with their forms."""
        for soft in group.bits:
            form = group.space.form(soft.port, soft.bit)
            for label in _labels(form):
                self.readers.setdefault(label, []).append((soft, form))
        self.known: dict[tuple[int, bool], tuple[int, tuple[tuple[int, str], ...]]] = {}

    def holds(self, soft: SoftBit) -> bool:
        """Whether the key has the bit."""
        return key_bit(self.group.keys[soft.port], soft.bit) == soft.value

    def why(self, soft: SoftBit) -> Fallen:
        """Why the key does not have the bit."""
        labels = _labels(self.group.space.form(soft.port, soft.bit))
        if not labels:
            return Fallen(
                reason="forced", bits=0, requirements=self._labels(self._lines([(soft.port, soft.bit)]))
            )
        reasons = [self._against(soft, label) for label in labels]
        return min(reasons, key=lambda why: _ORDER.index(why.reason))

    def _against(self, soft: SoftBit, label: int) -> Fallen:
        """What speaks against turning one free label over."""
        over = self.over[soft.preference]
        losing = [other for other, _ in self.readers[label] if self.holds(other)]
        gaining = [other for other, _ in self.readers[label] if not self.holds(other)]
        if self._weight(losing) >= self._weight(gaining):
            return self._outweighed(soft, losing)
        lacking = self._lacking(label, over)
        return Fallen(reason="spread" if lacking else "open", bits=0, classes=lacking)

    def _weight(self, bits: Sequence[SoftBit]) -> tuple[int, int]:
        """Over rank first."""
        over = sum(soft.weight for soft in bits if self.over[soft.preference])
        return over, sum(soft.weight for soft in bits) - over

    def _outweighed(self, soft: SoftBit, losing: Sequence[SoftBit]) -> Fallen:
        others = tuple(sorted({other.preference for other in losing}))
        if any((other.port, other.bit) == (soft.port, soft.bit) for other in losing):
            return Fallen(reason="outweighed", bits=0, others=others)
        lines: set[int] = set()
        for other in losing:
            lines.update(self._lines([(soft.port, soft.bit), (other.port, other.bit)]))
        return Fallen(reason="tied", bits=0, requirements=self._labels(lines), others=others)

    def _lacking(self, label: int, over: bool) -> tuple[tuple[int, str], ...]:
        flipped = self.group.chosen ^ 1 << label
        return tuple(
            where for one in self.group.classes[over] if any(one.lemmas(flipped)) for where in one.where
        )

    def _labels(self, lines: Iterable[int]) -> tuple[str, ...]:
        return tuple(self.lines[line].label for line in sorted(lines))

    def _lines(self, bits: list[tuple[int, int]]) -> set[int]:
        """The lines whose equations make a sum of key bits constant."""
        found = self.group.tracer.behind([bits])
        return set() if found is None else {origin.line for origin in found}


_ORDER = ("spread", "tied", "outweighed", "open", "forced")


def _labels(form: int) -> list[int]:
    return [label for label in range(1, form.bit_length()) if form >> label & 1]
