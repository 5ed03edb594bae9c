"""Inference on call paths, and what specs come to, for tests."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from rss_callpaths.accesses.access import Accesses
from rss_callpaths.accesses.analyse import analyse
from rss_callpaths.files.reader import read
from rss_callpaths.infer import Inferred, Options, infer
from rss_callpaths.library.file import vigor
from rss_callpaths.prove.prove import prove
from rss_callpaths.prove.verdict import Proved
from rss_callpaths.terms import Pool
from rss_dsl.check import check
from rss_dsl.loading import loads
from rss_dsl.problem import Problem
from rss_solver.fieldsets import resolve
from rss_solver.keyspace.groups import groups
from rss_solver.keyspace.space import Inconsistent
from rss_solver.keyspace.statement import state
from rss_solver.solution import Solution
from rss_solver.solve import Solved, solve

SPECS = Path(__file__).parents[2] / "specs" / "callpaths"


@cache
def inferred(folder: Path, options: Options | None = None) -> tuple[Accesses, Inferred]:
    """The accesses of a folder of call paths, and what they come to."""
    pool = Pool()
    paths, problems = read([folder], pool)
    assert problems == []
    accesses = analyse(paths, vigor(), pool)
    return accesses, infer(accesses, pool, options)


def sound(accesses: Accesses, pool: Pool) -> Inferred:
    """What is inferred. `prove`, which shares nothing with inference, proves it if there is a spec."""
    found = infer(accesses, pool)
    if found.spec is not None:
        verdict = prove(accesses, problem_of(found.text), solution_of(found.text), pool)
        assert isinstance(verdict, Proved), f"{found.text}\n{verdict}"
    return found


def ports_of(text: str) -> str:
    """A spec without its requirements."""
    return "".join(f"{line}\n" for line in text.splitlines()[: _first_requirement(text)])


def _first_requirement(text: str) -> int:
    lines = text.splitlines()
    return next((at for at, line in enumerate(lines) if line.startswith(("require", "//"))), len(lines))


def with_requirements(ports: str, requirements: tuple[str, ...]) -> str:
    """Ports and conditions as a spec."""
    return ports + "".join(f"\nrequire {condition}\n" for condition in requirements)


def problem_of(text: str) -> Problem:
    """The problem of a spec without errors, field sets chosen."""
    checked = check(loads(text))
    assert checked.problem is not None, checked.diagnostics
    return resolve(checked.problem).problem


def freedom(problem: Problem, mode: str) -> int:
    """How many key bits a problem leaves free."""
    found = 0
    for group in groups(problem, state(problem)):
        space = group.space(group.all(mode))
        assert not isinstance(space, Inconsistent)
        found += len(space.free_labels)
    return found


def solution_of(text: str) -> Solution:
    """Keys for a spec that has some."""
    outcome = solve(problem_of(text))
    assert isinstance(outcome, Solved), text
    return outcome.solution
