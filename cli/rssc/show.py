"""Answers as text for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rss_dsl.nic import Function
from rss_dsl.problem import Problem
from rss_solver.nic.steering import Landing
from rss_solver.proof import Counterexample, Proof, Undecided, Verdict
from rss_solver.solution import ClassSpread, PortSolution, Solution


def show_solution(solution: Solution) -> str:
    """Keys, tables and spread of every port."""
    return "\n\n".join("\n".join(_port(port)) for port in solution.ports)


def _port(port: PortSolution) -> Iterator[str]:
    yield f"{port.name}  device {port.device}, {port.nic}, {_count(port.queues, 'queue')}"
    column = max([len("equality"), *(len(layout.packet_class) for layout in port.inputs)])
    digits = port.key.hex(":")
    rows = [digits[at : at + 60] for at in range(0, len(digits), 60)]
    yield f"  {'key':<{column}}  {rows[0]}"
    yield from (f"  {'':<{column}}  {row}" for row in rows[1:])
    yield f"  {'table':<{column}}  {port.table_size} entries, {_contents(port)}"
    agreed = "whole hashes agree" if port.equality == "hash" else "table entries agree, whole hashes need not"
    yield f"  {'equality':<{column}}  {port.equality}: {agreed}"
    if port.function is not Function.TOEPLITZ:
        yield f"  {'function':<{column}}  {_function(port.function)}"
    spread = {entry.packet_class: entry for entry in port.spread}
    for layout in port.inputs:
        yield f"  {layout.packet_class:<{column}}  {' '.join(layout.fields)}"
        if (found := spread.get(layout.packet_class)) is not None:
            yield f"  {'':<{column}}  {_reach(port, found)}"


def _function(function: Function) -> str:
    """A hash function, and whether it reads the key."""
    if function is Function.SIMPLE_XOR:
        return f"{function.value}: the key plays no part"
    return function.value


def _contents(port: PortSolution) -> str:
    """What is in a table: every driver's default, the repeats of a smaller one, or what the key asks for."""
    if port.round_robin:
        return "round robin"
    size = port.table_size
    for n in (n for n in range(port.queues, size) if size % n == 0):
        if all(queue == entry % n % port.queues for entry, queue in enumerate(port.table)):
            return f"repeats the first {_count(n, 'entry', 'entries')}"
    return "dealt over the entries that packets reach"


def _reach(port: PortSolution, found: ClassSpread) -> str:
    ranks = f"rank {found.rank}, clustered {found.clustered_rank}"
    return f"{ranks}: {found.queues} of {port.queues} queues, {found.clustered_queues} from few prefixes"


def show_spread(solution: Solution) -> str:
    """How every class of every port spreads, a line each."""
    rows = [(port, found) for port in solution.ports for found in port.spread]
    names = max((len(port.name) for port, _ in rows), default=0)
    classes = max((len(found.packet_class) for _, found in rows), default=0)
    return "\n".join(
        f"  {port.name:<{names}}  {found.packet_class:<{classes}}  {_reach(port, found)}"
        for port, found in rows
    )


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
    same_hash = found.parted == "queue" and found.first.hash == found.second.hash is not None
    what = "tables" if same_hash else "keys"
    yield f"counterexample: `{line.label}` ({line.span}) ties these packets, the {what} part them"
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


def _count(number: int, one: str, many: str | None = None) -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
