"""Counting, listing, preferring and the SMT statement against all keys of tiny problems, tried one by one."""

from dataclasses import replace
from random import Random

import pytest
import z3
from rsstest import nf
from tiny_keys import every_key, read, tiny

from rss_dsl.problem import KeyWish, Preference
from rss_solver.choice.choose import judged
from rss_solver.choice.counting import count
from rss_solver.choice.enumeration import enumerate_keys
from rss_solver.conflicts.conflict import Conflict
from rss_solver.keyspace.groups import groups
from rss_solver.keyspace.statement import state
from rss_solver.smt.statement import FORMS, key_name, smtlib
from rss_solver.solve import Solved, solve

SEEDS = range(90)


def modes(solution):
    return {i: port.equality for i, port in enumerate(solution.ports)}


def test_counts_and_lists_every_key():
    compared = 0
    for seed, problem, bits in tiny(SEEDS):
        keys = every_key(problem, bits)
        outcome = solve(problem)
        assert isinstance(outcome, Conflict) is (not keys), seed
        if isinstance(outcome, Conflict):
            continue
        compared += 1
        found = count(problem, modes(outcome.solution))
        assert found.keys << len(bits) - found.read == len(keys), seed
        listed = enumerate_keys(problem, outcome.solution, 1 << len(bits))
        assert listed.all and len(listed.solutions) == found.keys, seed
        given = [{i: port.key for i, port in enumerate(one.ports)} for one in listed.solutions]
        distinct = {read(one, bits) for one in given}
        assert len(distinct) == found.keys and distinct <= {read(one, bits) for one in keys}, seed
        some = enumerate_keys(problem, outcome.solution, 3)
        assert len(some.solutions) == min(3, found.keys) and some.solutions[0] == outcome.solution
    assert compared > 5


def test_prefers_to_the_exact_maximum_and_keeps_the_spread():
    compared = fallen = 0
    for seed, problem, bits in tiny(SEEDS):
        plain = solve(problem)
        if isinstance(plain, Conflict):
            continue
        random = Random(seed)
        wishes = tuple(
            Preference(
                wishes=(KeyWish(i, bit, 1, random.getrandbits(1)),), weight=random.randint(1, 9), label=""
            )
            for i, bit in bits
        )
        wished = replace(problem, preferences=wishes)
        outcome = solve(wished)
        assert isinstance(outcome, Solved) and outcome.solution.preferred_most, seed
        (held,) = {sum(one.weight * one.held for one in outcome.solution.preferences)}
        given = {i: port.key for i, port in enumerate(outcome.solution.ports)}
        assert held == weight(wishes, given), seed
        floor = spreads(problem, plain.solution, {i: p.key for i, p in enumerate(plain.solution.ports)})
        allowed = [k for k in every_key(problem, bits) if kept(spreads(problem, plain.solution, k), floor)]
        assert kept(spreads(problem, plain.solution, given), floor), seed
        assert held == max(weight(wishes, key) for key in allowed), seed
        compared += 1
        fallen += any(one.fallen for one in outcome.solution.preferences)
    assert compared > 5 and fallen > 2


def test_preferences_over_rank_come_before_it():
    compared = 0
    for seed, problem, bits in tiny(SEEDS):
        if isinstance(solve(problem), Conflict):
            continue
        random = Random(seed)
        wishes = tuple(
            Preference(
                wishes=(KeyWish(i, bit, 1, random.getrandbits(1)),),
                weight=random.randint(1, 9),
                over_rank=True,
                label="",
            )
            for i, bit in bits
        )
        outcome = solve(replace(problem, preferences=wishes))
        given = {i: port.key for i, port in enumerate(outcome.solution.ports)}
        assert weight(wishes, given) == max(weight(wishes, key) for key in every_key(problem, bits)), seed
        compared += 1
    assert compared > 5


def weight(wishes, keys):
    pairs = [(found, wish) for found in wishes for wish in found.wishes]
    return sum(found.weight for found, w in pairs if read(keys, [(w.port, w.start)]) == (w.value,))


def spreads(problem, solution, keys):
    """(ranks and queues) of every class of every port."""
    found = []
    for group in groups(problem, state(problem)):
        tables = {i: solution.ports[i].table for i in group.ports}
        own = judged(group, tables, {i: keys[i] for i in group.ports})
        for i in sorted(group.ports):
            found += [(s.clustered_rank, s.clustered_queues, s.rank, s.queues) for s in own.spread[i]]
    return found


def kept(spread, floor):
    pairs = zip(spread, floor, strict=True)
    return all(a >= b for one, least in pairs for a, b in zip(one, least, strict=True))


@pytest.mark.parametrize("form", FORMS)
def test_the_statement_has_the_keys_that_there_are(form):
    compared = 0
    for seed, problem, bits in tiny(range(70)):
        keys = {read(key, bits) for key in every_key(problem, bits)}
        solver = z3.Solver(ctx=z3.Context())
        solver.from_string(smtlib(problem, state(problem), form, ()))
        assert (solver.check() == z3.sat) is bool(keys), seed
        outcome = solve(problem)
        if keys:
            model = solver.model()
            given = {}
            for i, port in enumerate(problem.ports):
                name = z3.BitVec(key_name(problem, i), port.key_bits, solver.ctx)
                value = model.eval(name, model_completion=True).as_long()
                given[i] = value.to_bytes(port.key_bits // 8, "big")
                solver.add(name == int.from_bytes(outcome.solution.ports[i].key, "big"))
            assert read(given, bits) in keys, seed
            assert solver.check() == z3.sat, seed
            compared += 1
    assert compared > 2


def test_the_smt_engine_finds_keys_of_the_key_space():
    compared = 0
    for seed, problem, bits in tiny(range(70)):
        keys = {read(key, bits) for key in every_key(problem, bits)}
        outcome = solve(problem, engine="smt")
        assert isinstance(outcome, Conflict) is (not keys), seed
        if isinstance(outcome, Solved):
            assert read({i: port.key for i, port in enumerate(outcome.solution.ports)}, bits) in keys, seed
            compared += 1
    assert compared > 2


@pytest.mark.parametrize(("name", "keys"), [("fw", 2**34 - 1), ("nat", 2**32 - 1)])
def test_counts_of_real_specs(name, keys):
    problem = nf(name)
    assert count(problem, modes(solve(problem).solution)).keys == keys
