"""Answers as text for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rss_dsl.codes import NO_KEY
from rss_dsl.diagnostics import Diagnostic, Label
from rss_dsl.problem import Problem
from rss_solver.conflict import Conflict, Reason
from rss_solver.proof import Counterexample, Proof, Undecided, Verdict
from rss_solver.solution import PortSolution, Solution
from rss_solver.steering import Landing


def show_solution(solution: Solution) -> str:
    """Keys, tables and spread of every port."""
    return "\n\n".join("\n".join(_port(port)) for port in solution.ports)


def _port(port: PortSolution) -> Iterator[str]:
    yield f"{port.name}  device {port.device}, {port.nic}, {_count(port.queues, 'queue')}"
    digits = port.key.hex(":")
    rows = [digits[at : at + 60] for at in range(0, len(digits), 60)]
    yield f"  key       {rows[0]}"
    yield from (f"            {row}" for row in rows[1:])
    contents = "round robin" if port.round_robin else "as in the lock file"
    yield f"  table     {port.table_size} entries, {contents}"
    agreed = "whole hashes agree" if port.equality == "hash" else "table entries agree, whole hashes need not"
    yield f"  equality  {port.equality}: {agreed}"
    spread = {entry.packet_class: entry for entry in port.spread}
    for layout in port.inputs:
        line = f"  {layout.packet_class:<9} {' '.join(layout.fields)}"
        if (found := spread.get(layout.packet_class)) is not None:
            line += f"\n            rank {found.rank}, clustered {found.clustered_rank}"
            line += f": {found.queues} of {port.queues} queues, {found.clustered_queues} from few prefixes"
        yield line


def show_verdict(problem: Problem, verdict: Verdict) -> str:
    """A verdict in a few lines."""
    match verdict:
        case Proof():
            return "\n".join(_proof(verdict))
        case Counterexample():
            return "\n".join(_counterexample(problem, verdict))
        case Undecided():
            where = problem.lines[verdict.line]
            pair = f"{verdict.first} and {verdict.second}"
            return f"undecided: `{where.label}` ({where.span}) for {pair}: the limit was reached"


def _proof(proof: Proof) -> Iterator[str]:
    if not proof.obligations:
        yield "proved: nothing has to meet, any key will do"
        return
    pairs = _count(proof.obligations, "pair")
    lemmas = _count(proof.lemmas, "lemma")
    vectors = f"{proof.vectors} vectors by the reference hash"
    yield f"proved: {pairs} of ports and classes, {lemmas} by Z3, {vectors}"
    if proof.cross_checked:
        queries = _count(proof.cross_checked, "query", "queries")
        yield f"        checked again as a whole, {queries}, one per hash bit"
    if proof.whole_hashes:
        yield "        whole 32-bit hashes agree"
    else:
        yield f"        the low {proof.hash_bits} hash bits agree, which pick the table entry"


def _counterexample(problem: Problem, found: Counterexample) -> Iterator[str]:
    line = problem.lines[found.line]
    yield f"counterexample: `{line.label}` ({line.span}) ties these packets, the keys part them"
    yield from show_landings([found.first, found.second])
    if found.parted != "queue":
        yield f"  they share a queue by chance of the table; their {found.parted} differs"


def show_landings(landings: Sequence[Landing], indent: str = "  ") -> Iterator[str]:
    """Packets and where they land, in columns."""
    ports = max(len(landing.port) for landing in landings)
    packets = max(len(str(landing.packet)) for landing in landings)
    for landing in landings:
        packet = f"{indent}{landing.port:<{ports}}  {landing.packet!s:<{packets}}"
        if landing.hash is None:
            yield f"{packet}  not hashed  queue {landing.queue}"
        else:
            yield f"{packet}  hash {landing.hash:08x}  entry {landing.entry}  queue {landing.queue}"


def conflict_diagnostic(problem: Problem, conflict: Conflict) -> Diagnostic:
    """A conflict as a diagnostic: the first line, and the others as related places."""
    port = problem.ports[conflict.port]
    lines = [problem.lines[line] for line in conflict.lines]
    match conflict.reason:
        case Reason.CONSTANT:
            classes = ", ".join(f"`{name}`" for name in conflict.packet_classes)
            what = f"no key exists: {_these(lines)} all {classes} packets on `{port.name}` to meet"
        case Reason.PINNED:
            what = f"no key exists: {_contradict(len(lines))} the pinned key of `{port.name}`"
        case Reason.JOINT:
            what = "no key exists: each class could be spread alone, but not all of them at once"
    rest = tuple(Label(line.span, f"`{line.label}` is part of it") for line in lines[1:])
    return Diagnostic(rule=NO_KEY, message=what, span=lines[0].span, related=rest, help=_minimal(len(lines)))


def _minimal(count: int) -> str:
    if count == 1:
        return "this line alone leaves no key"
    return "each of these lines is needed for the conflict: the others by themselves leave a key"


def _these(lines: Sequence[object]) -> str:
    return "this requires" if len(lines) == 1 else f"these {len(lines)} lines together require"


def _contradict(count: int) -> str:
    return "this contradicts" if count == 1 else f"these {count} lines contradict each other over"


def _count(number: int, one: str, many: str | None = None) -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
