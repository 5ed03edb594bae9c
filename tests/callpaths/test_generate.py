"""Symbolic execution of descriptions against running them on numbers."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generate.catalogue import descriptions
from generate.describe import NetworkFunction, Sharded
from generate.feasible import reads_of, related, satisfiable
from generate.harness import explore
from generate.run import by_value
from generate.witness import evaluate, find_witness
from rss_callpaths.terms import Const, Op

OPERATORS = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "&": lambda a, b: a & b,
    "|": lambda a, b: a | b,
    "^": lambda a, b: a ^ b,
}
COMPARISONS = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    "==": lambda a, b: a.equals(b),
    "!=": lambda a, b: a.differs(b),
}
PLAIN_COMPARISONS = {**COMPARISONS, "==": lambda a, b: a == b, "!=": lambda a, b: a != b}

RECEIVED = {("loop_termination", 0): 1, ("received_a_packet", 0): 1, ("pkt_len", 0): 64, ("data_len", 0): 60}

atoms = st.sampled_from(["a", "b"]) | st.integers(0, 255)
expressions = st.recursive(atoms, lambda e: st.tuples(st.sampled_from(list(OPERATORS)), e, e), max_leaves=4)
conditions = st.tuples(st.sampled_from(list(COMPARISONS)), expressions, expressions)
programs = st.recursive(st.integers(0, 99), lambda p: st.tuples(conditions, p, p), max_leaves=6)


def number(expression, inputs):
    match expression:
        case (operator, left, right):
            return OPERATORS[operator](number(left, inputs), number(right, inputs)) & 255
        case str():
            return inputs[expression]
    return expression


def outcome(program, inputs):
    while isinstance(program, tuple):
        (comparison, left, right), yes, no = program
        holds = PLAIN_COMPARISONS[comparison](number(left, inputs), number(right, inputs))
        program = yes if holds else no
    return program


def described(program):
    def value(run, expression, symbols):
        match expression:
            case (operator, left, right):
                return OPERATORS[operator](value(run, left, symbols), value(run, right, symbols))
            case str():
                return symbols[expression]
        return run.number(expression, 8)

    def process(run):
        symbols = {name: run.path.symbol(name, 1) for name in "ab"}
        rest = program
        while isinstance(rest, tuple):
            (comparison, left, right), yes, no = rest
            condition = COMPARISONS[comparison](value(run, left, symbols), value(run, right, symbols))
            rest = yes if run.branch(condition) else no
        run.path.call("leaf", by_value("number", run.number(rest, 8)))
        return run.device

    return NetworkFunction("program", process, Sharded())


def holds(path, given_bytes):
    reads = set().union(*(reads_of(term) for term in path.constraints))
    inputs = {read: given_bytes.get((read.array.name, read.index.value), 0) for read in reads}
    return all(evaluate(term, inputs) for term in path.constraints)


@settings(max_examples=25)
@given(programs, st.lists(st.tuples(st.integers(0, 255), st.integers(0, 255)), min_size=1, max_size=20))
def test_each_input_takes_exactly_one_path_and_that_one_does_what_the_program_does(program, samples):
    paths = explore(described(program))
    for a, b in samples:
        symbols = RECEIVED | {("a", 0): a, ("b", 0): b}
        taken = [path for path in paths if holds(path, symbols)]
        assert len(taken) == 1
        leaf = next(call for call in taken[0].calls if call.function == "leaf")
        assert leaf.arguments[0].value.value == outcome(program, {"a": a, "b": b})


@pytest.mark.parametrize("nf", descriptions(), ids=lambda nf: nf.name)
def test_paths_are_possible_and_exclude_each_other(nf):
    paths = explore(nf)
    assert all(possible(path.constraints) for path in paths)
    for one, other in itertools.combinations(paths, 2):
        opposed = negated(one) & {*other.constraints} or negated(other) & {*one.constraints}
        assert opposed or not satisfiable([*one.constraints, *other.constraints])


def possible(constraints):
    """Asked for each set of conditions that share symbols by itself."""
    rest = list(constraints)
    while rest:
        part = related(rest[1:], rest[0])
        if find_witness(part, tries=10_000) is None and not satisfiable(part):
            return False
        rest = [term for term in rest if term not in part]
    return True


def negated(path):
    """What a path says is false."""
    return {
        term.args[1]
        for term in path.constraints
        if term.op is Op.EQ and term.args[0].width == 1 and isinstance(term.args[0], Const)
    }
