"""The statement that keys must satisfy, in SMT-LIB 2.6, in two forms over one bit-vector per port.

*Quantified* (thesis eq. 3.20, corrected): for all packets of two classes that satisfy a requirement and both
ports' assumptions, what picks their table entries agrees. There is no `d != d'`, which would make "the same
flow on two ports" vacuous. A key that is merely not zero may have no set bit where it is read; instead every
class that matters has two packets on different entries. *Quantifier-free*: the same as window equations and
sums of key bits of which one must be set (`rss_solver.keyspace.statement`, `rss_solver.choice.choose`).

Bit 0 of a key is its first on the wire, the most significant of its bit-vector `key_PORT`. `equality auto`
asks for what `index` asks for: that entries agree.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from io import StringIO

from pysmt.environment import Environment
from pysmt.fnode import FNode
from pysmt.smtlib.printers import SmtDagPrinter, SmtPrinter
from pysmt.typing import BVType

from rss_dsl.assumptions import assumed, on_second, tied
from rss_dsl.problem import AllOf, HashInput, Problem, Requirement
from rss_solver.choice.choose import index_sums, needed
from rss_solver.keyspace.groups import Group, Modes, groups, weakest
from rss_solver.keyspace.space import Variables, number, placed
from rss_solver.keyspace.statement import Statement, class_pairs
from rss_solver.nic.index import Picks
from rss_solver.smt.encoding import Encoding
from rss_solver.toeplitz import HASH_BITS

FORMS = ("quantified", "quantifier-free")


@dataclass(frozen=True, slots=True)
class Wish:
    """A key bit that should have a value."""

    port: int
    bit: int
    value: int
    weight: int


def key_name(problem: Problem, port: int) -> str:
    """The name of a port's key in the statement."""
    return f"key_{problem.ports[port].name}"


def smtlib(problem: Problem, statement: Statement, form: str, wishes: Iterable[Wish]) -> str:
    """The statement of a whole problem as text that ends with `(check-sat)`."""
    parts = _Quantified if form == "quantified" else _QuantifierFree
    found = groups(problem, statement)
    lines = [
        f"; what {_one_line(problem.spec.source.path)} asks of keys, {form} form",
        "; bit 0 of a key, the first on the wire, is the most significant of its vector",
        "(set-info :smt-lib-version 2.6)",
        f"(set-logic {'BV' if form == 'quantified' else 'QF_BV'})",
    ]
    for group in found:
        lines += _declarations(problem, group)
    for group in found:
        lines += parts(problem, statement, group, group.all(weakest(problem))).text()
    lines += _soft(problem, wishes)
    return "\n".join([*lines, "(check-sat)"]) + "\n"


def of_group(
    problem: Problem, statement: Statement, group: Group, modes: Modes, wishes: Iterable[Wish]
) -> str:
    """The quantifier-free statement of one group under equality modes."""
    hard = _QuantifierFree(problem, statement, group, modes).text()
    return "\n".join([*_declarations(problem, group), *hard, *_soft(problem, wishes)])


def _declarations(problem: Problem, group: Group) -> Iterator[str]:
    for i, port in group.ports.items():
        yield f"(declare-fun {key_name(problem, i)} () (_ BitVec {port.key_bits}))"


def _soft(problem: Problem, wishes: Iterable[Wish]) -> Iterator[str]:
    for wish in wishes:
        place = problem.ports[wish.port].key_bits - 1 - wish.bit
        bit = f"((_ extract {place} {place}) {key_name(problem, wish.port)})"
        yield f"(assert-soft (= {bit} #b{wish.value}) :weight {wish.weight} :id preferences)"


def _one_line(text: str) -> str:
    return " ".join(text.split())


class _Form:
    """What both forms share: keys, pins and shared keys."""

    def __init__(self, problem: Problem, statement: Statement, group: Group, modes: Modes) -> None:
        self.problem, self.statement, self.group, self.modes = problem, statement, group, modes
        self.env = Environment()
        self.build = self.env.formula_manager
        self.keys = {
            i: self.build.Symbol(key_name(problem, i), BVType(port.key_bits))
            for i, port in group.ports.items()
        }

    def text(self) -> Iterator[str]:
        """Assertions, each group of them behind a comment that names its lines."""
        for comment, formulas in self.parts():
            yield f"; {_one_line(comment)}"
            for formula in formulas:
                yield f"(assert {self.printed(formula)})"

    def parts(self) -> Iterator[tuple[str, list[FNode]]]:
        """Everything asserted."""
        for i, key in self.group.pinned.items():
            bits = self.group.ports[i].key_bits
            value = self.build.BV(int.from_bytes(key, "big"), bits)
            yield self.lines([self.statement.pins[i]]), [self.build.Equals(self.keys[i], value)]

    def printed(self, formula: FNode) -> str:
        """A formula as text."""
        stream = StringIO()
        SmtPrinter(stream).printer(formula)
        return stream.getvalue()

    def lines(self, lines: Iterable[int]) -> str:
        """Lines of the spec by label and place."""
        return ", ".join(f"{self.problem.lines[x].label} ({self.problem.lines[x].span})" for x in lines)

    def key_slice(self, port: int, start: int, count: int) -> FNode:
        """Key bits `[start, start + count)`, those past the end being zero."""
        bits = self.group.ports[port].key_bits
        here = min(count, max(0, bits - start))
        if not here:
            return self.build.BV(0, count)
        part = self.build.BVExtract(self.keys[port], bits - start - here, bits - 1 - start)
        return part if here == count else self.build.BVConcat(part, self.build.BV(0, count - here))

    def not_zero(self, term: FNode) -> FNode:
        return self.build.Not(self.build.Equals(term, self.build.BV(0, term.bv_width())))


class _Quantified(_Form):
    def printed(self, formula: FNode) -> str:
        """With a name for every shared part: hashes share all of their key windows."""
        stream = StringIO()
        SmtDagPrinter(stream, template="t%d").printer(formula)
        return stream.getvalue()

    def parts(self) -> Iterator[tuple[str, list[FNode]]]:
        yield from super().parts()
        required = self.group.required(self.modes)
        for requirement in self.problem.requirements:
            # Ports of different groups are tied by no packets: such a requirement says nothing.
            if {requirement.first, requirement.second} <= set(self.group.ports) and required[
                requirement.first
            ]:
                for pair in class_pairs(self.problem, requirement):
                    names = " and ".join(layout.packet_class for layout in pair)
                    formula = self.agree(requirement, pair, required[requirement.first])
                    yield f"{self.lines([requirement.line])}: {names}", [formula]
        for shared in self.problem.shared_keys:
            if shared.first in self.keys:
                equal = self.build.Equals(self.keys[shared.first], self.keys[shared.second])
                yield self.lines([shared.line]), [equal]
        for i, layout in needed(self.group):
            name = f"{self.group.ports[i].name}: {layout.packet_class} does not meet as a whole"
            yield name, [self.spread(i, layout)]

    def agree(self, requirement: Requirement, pair: tuple[HashInput, HashInput], picks: Picks) -> FNode:
        """Whatever two packets satisfy the requirement, they agree."""
        encoding = Encoding(pair, self.env)
        condition = tied(self.problem, requirement, *(layout.packet_class for layout in pair))
        facts = encoding.satisfying(condition)
        ports = (requirement.first, requirement.second)
        first, second = (self.picked(encoding, side, ports[side], picks) for side in (0, 1))
        agree = self.build.Equals(first, second)
        return self.build.ForAll(
            list(encoding.symbols.values()), self.build.Implies(self.build.And(facts), agree)
        )

    def spread(self, port: int, layout: HashInput) -> FNode:
        """Two packets of a class that pick different entries."""
        encoding = Encoding((layout, layout), self.env)
        parts = assumed(self.problem, port, layout.packet_class)
        condition = AllOf((*parts, *(on_second(part) for part in parts)))
        facts = encoding.satisfying(condition)
        first, second = (self.picked(encoding, side, port, self.group.picks[port]) for side in (0, 1))
        apart = self.build.Not(self.build.Equals(first, second))
        return self.build.Exists(list(encoding.symbols.values()), self.build.And([*facts, apart]))

    def picked(self, encoding: Encoding, side: int, port: int, picks: Picks) -> FNode:
        """The sums of hash bits that must agree, of one packet."""
        value = self.hash(encoding, side, port)
        sums = []
        for pick in picks:
            bits = [self.build.BVExtract(value, place, place) for place in (HASH_BITS - 1 - b for b in pick)]
            sums.append(reduce(self.build.BVXor, bits))
        return self.build.BVConcat(*sums) if len(sums) > 1 else sums[0]

    def hash(self, encoding: Encoding, side: int, port: int) -> FNode:
        """The Toeplitz hash as its definition has it: a window of the key for every set bit."""
        build = self.build
        data, bits = encoding.prepared(side), encoding.inputs[side].bits
        zero, one = build.BV(0, HASH_BITS), build.BV(1, 1)
        total = build.BV(self.group.ports[port].nic.hash_init.value, HASH_BITS)
        for x in range(bits):
            is_set = build.Equals(build.BVExtract(data, bits - 1 - x, bits - 1 - x), one)
            total = build.BVXor(total, build.Ite(is_set, self.key_slice(port, x, HASH_BITS), zero))
        return total


class _QuantifierFree(_Form):
    def parts(self) -> Iterator[tuple[str, list[FNode]]]:
        yield from super().parts()
        variables = number({i: port.key_bits for i, port in self.group.ports.items()})
        required = self.group.required(self.modes)
        for window in self.group.windows:
            formulas = [
                self.vanishing(variables, starts, count)
                for starts, count in placed(window, variables, required)
            ]
            if formulas:
                yield self.lines(self.statement.windows[window]), formulas
        for i, layout in needed(self.group):
            name = f"{self.group.ports[i].name}: {layout.packet_class} does not meet as a whole"
            yield name, [self.some_set(index_sums(self.group, i, layout))]

    def vanishing(self, variables: Variables, starts: Sequence[int], count: int) -> FNode:
        """Runs of key bits, given as the variables they start from, whose sum is zero."""
        first, *others = (self.key_slice(*_located(variables.bases, start), count) for start in starts)
        total = reduce(self.build.BVXor, others) if others else self.build.BV(0, count)
        return self.build.Equals(first, total)

    def some_set(self, sums: Sequence[Sequence[tuple[int, int]]]) -> FNode:
        """At least one of some sums of key bits is one."""
        single = sorted(bits[0] for bits in sums if len(bits) == 1)
        parts = [self.key_slice(port, start, count) for port, start, count in _runs(single)]
        for bits in sums:
            if len(bits) > 1:
                parts.append(reduce(self.build.BVXor, [self.key_slice(port, bit, 1) for port, bit in bits]))
        return self.build.Or([self.not_zero(part) for part in parts])


def _located(bases: Mapping[int, int], variable: int) -> tuple[int, int]:
    """The port and key bit of a variable."""
    port = max((port for port, base in bases.items() if base <= variable), key=lambda port: bases[port])
    return port, variable - bases[port]


def _runs(bits: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int, int]]:
    """(port, first bit, how many) of runs of sorted key bits."""
    start = 0
    for end in range(1, len(bits) + 1):
        if end == len(bits) or bits[end] != (bits[end - 1][0], bits[end - 1][1] + 1):
            yield *bits[start], end - start
            start = end
