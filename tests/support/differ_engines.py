"""The SMT engine, the exported statement, the number of keys and lists of them against brute force."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

import z3
from brute import Meaning
from brute_keys import Keys
from differ_base import check, shown

from rss_dsl.problem import Problem
from rss_solver.choice.counting import count
from rss_solver.choice.enumeration import enumerate_keys
from rss_solver.conflicts.conflict import Conflict
from rss_solver.keyspace.statement import state
from rss_solver.smt.statement import FORMS, key_name, smtlib
from rss_solver.solution import Solution
from rss_solver.solve import solve

SEVERAL = 4
"""Keys listed."""
QUANTIFIED_BITS = 8
"""Pairs of hash inputs with more bits are left out of the quantified form, which Z3 takes long for."""


def compare_engine(problem: Problem, keys: Keys, exists: bool) -> None:
    """Z3 alone finds a key of the set iff there is one."""
    outcome = solve(problem, engine="smt")
    check(
        exists is not isinstance(outcome, Conflict),
        f"engine smt: a key exists: {exists}, not so {outcome}",
    )
    if not isinstance(outcome, Conflict):
        given = {i: port.key for i, port in enumerate(outcome.solution.ports)}
        check(keys.contains(given), f"engine smt: {shown(given)} parts a tied pair")
        check(keys.spreads(given), f"engine smt: {shown(given)} leaves a class on one entry")


def compare_exports(problem: Problem, keys: Keys, exists: bool, random: Random) -> None:
    """Both forms can be satisfied iff there is a key, and by the very keys of the set."""
    statement = state(problem)
    small = all(
        sum(layout.selected_bits for layout in tied.layouts) <= QUANTIFIED_BITS for tied in keys.meaning.ties
    )
    for form in FORMS if small else FORMS[1:]:
        text = smtlib(problem, statement, form, ())
        _compare_text(problem, text, form, exists, {})
        for given in (keys.sampled(random), keys.beside(random)) if keys.space.consistent else ():
            _compare_text(problem, text, form, keys.contains(given) and keys.spreads(given), given)


def _compare_text(problem: Problem, text: str, form: str, expected: bool, given: Mapping[int, bytes]) -> None:
    context = z3.Context()
    solver = z3.Solver(ctx=context)
    solver.from_string(text)
    for i, key in given.items():
        name = z3.BitVec(key_name(problem, i), 8 * len(key), context)
        solver.add(name == int.from_bytes(key, "big"))
    answer = solver.check()
    check((answer == z3.sat) is expected, f"{form} form: {answer}, expected: {expected}; {shown(given)}")


def compare_count(problem: Problem, meaning: Meaning) -> None:
    """The number of keys, told apart by the bits that are read."""
    mode = "hash" if problem.equality == "hash" else "index"
    number = Keys(meaning, mode).number()
    found = count(problem, dict.fromkeys(range(len(problem.ports)), mode))
    if number is not None and found.keys is not None:
        check(found.keys == number, f"{number} keys, the solver counts {found.keys} ({found})")


def compare_several(problem: Problem, meaning: Meaning, solution: Solution) -> None:
    """Listed keys are distinct keys of the set, and all of them where the list says so."""
    listed = enumerate_keys(problem, solution, SEVERAL)
    modes = {port.equality for port in solution.ports}
    if len(modes) > 1:
        return
    keys = Keys(meaning, *modes)
    for one in listed.solutions:
        given = {i: port.key for i, port in enumerate(one.ports)}
        check(keys.contains(given) and keys.spreads(given), f"listed {shown(given)}, which is no key")
    distinct = {tuple(port.key for port in one.ports) for one in listed.solutions}
    check(len(distinct) == len(listed.solutions), "a key is listed twice")
    number = keys.number()
    if number is not None and listed.all:
        check(len(distinct) == number, f"{len(distinct)} listed as all of {number} keys")
    if number is not None and not listed.open:
        check(len(distinct) == min(number, SEVERAL), f"{len(distinct)} listed of {number} keys")
