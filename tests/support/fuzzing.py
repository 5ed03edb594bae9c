"""A seed to a verdict on rssc: draws the Problem, compares the routes, reduces what differs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from differ import examine
from differ_base import DifferenceError
from shrink import shrink
from tiny import universe
from tiny_problems import Case, draw
from tiny_text import show


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one seed."""

    label: str
    """`solved`, `conflict`, `refused: …` or `DIFFERENT`."""
    report: str | None = None
    """The difference and the reduced Problem, to be read."""


def try_seeds(seeds: Iterable[int]) -> list[Outcome]:
    """One outcome for each seed."""
    return [try_seed(seed) for seed in seeds]


def try_seed(seed: int) -> Outcome:
    """Compare all routes on the Problem of a seed."""
    case = draw(seed)
    label, what = _run(case)
    if what is None:
        return Outcome(label)
    kind = _kind(what)
    reduced = shrink(case, lambda trial: _kind(_run(trial)[1]) == kind)
    return Outcome("DIFFERENT", f"seed {seed}: {_run(reduced)[1]}\n{show(reduced)}")


def _run(case: Case) -> tuple[str, str | None]:
    """A label and, where routes differ or one of them fails, what happened."""
    with universe(case.widths):
        try:
            return examine(case.problem, case.seed), None
        except DifferenceError as difference:
            return "DIFFERENT", str(difference)
        except Exception as error:
            return "DIFFERENT", f"{type(error).__name__}: {error}"


def _kind(what: str | None) -> str | None:
    """Differences of one kind begin alike."""
    return None if what is None else " ".join(what.split()[:2])
