"""Whether keys make those packets meet that a network function needs to: what shared-nothing rests on.

A template says it as requirements over its roles. They are proved like a spec's own, but for the keys that
the spec led to: a spec may ask for more, or for the same in other words.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from rss_dsl.problem import AllOf, Compare, Condition, Line, Only, Problem, Requirement, Slice
from rss_solver.proof import Proof, Verdict, verify
from rss_solver.solution import Solution
from rss_synth.nf.params import NfParams
from rss_synth.nf.requirements import requirements


@dataclass(frozen=True, slots=True)
class Together:
    """The template needs all packets to meet, which no key brings about."""


Judgement = Verdict | Together | None
"""None: evidently the keys serve."""


def judge(problem: Problem, solution: Solution, params: NfParams, classes: tuple[str, ...]) -> Judgement:
    """Whether keys that keep the spec's requirements keep the template's needs, for packets of `classes`.

    Evident where it needs nothing, or the spec requires it.
    """
    if params.template.together:
        return Together()
    asked = [need for need in _needed(problem, params, classes) if not _evident(need, problem)]
    if not asked:
        return None
    lines = tuple(Line(f"`{params.template.name}` needs {text}") for text in params.template.needs)
    return verify(replace(problem, lines=lines, requirements=tuple(asked), shared_keys=()), solution)


def serve(verdict: Judgement) -> bool:
    """Whether shared-nothing is right."""
    return verdict is None or isinstance(verdict, Proof)


def _needed(problem: Problem, params: NfParams, classes: tuple[str, ...]) -> Iterator[Requirement]:
    """The template's needs as requirements of the problem, for the classes that have state."""
    names = [port.name for port in problem.ports]
    places = [names.index(port.name) for port in params.ports]
    only = Only(frozenset(classes), frozenset(classes))
    for number, need in enumerate(requirements(params.template)):
        yield replace(need, line=number, first=places[need.first], second=places[need.second], only=only)


def _evident(need: Requirement, problem: Problem) -> bool:
    """Whether some requirement asks at least as much: it ties its ports by some of the need's equalities."""
    return any(_covers(requirement, need) for requirement in problem.requirements)


def _covers(requirement: Requirement, need: Requirement) -> bool:
    if requirement.only:
        return False
    wanted = _parts(need.condition, swapped=False)
    for swapped in (False, True):
        ends = (requirement.first, requirement.second)
        if (ends[::-1] if swapped else ends) == (need.first, need.second):
            parts = _parts(requirement.condition, swapped)
            if parts is not None and wanted is not None and parts <= wanted:
                return True
    return False


def _parts(condition: Condition, swapped: bool) -> frozenset[frozenset[Slice]] | None:
    """A conjunction of equalities of fields as a set; None if it is anything else."""
    match condition:
        case AllOf(parts):
            found = [_parts(part, swapped) for part in parts]
            known = [part for part in found if part is not None]
            return frozenset().union(*known) if len(known) == len(found) else None
        case Compare("==", Slice() as left, Slice() as right):
            return frozenset({frozenset({_turned(left, swapped), _turned(right, swapped)})})
        case _:
            return None


def _turned(part: Slice, swapped: bool) -> Slice:
    return replace(part, side=1 - part.side) if swapped else part
