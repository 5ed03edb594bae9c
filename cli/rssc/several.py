"""How many keys there are, and several of them."""

from __future__ import annotations

from collections.abc import Sequence
from math import log2

from rss_dsl.problem import Problem
from rss_solver.choice.counting import KeyCount, count
from rss_solver.choice.enumeration import Listing, enumerate_keys
from rss_solver.keys import document
from rss_solver.proof import Verdict, verify
from rss_solver.solution import ClassSpread, Solution
from rssc.documents import emit, verdict_document
from rssc.exits import Exit
from rssc.inputs import identity
from rssc.outcome import verdict_exit
from rssc.show import show_verdict

MOST_DIGITS = 1000
"""Longer numbers are printed in hex, whose cost is linear."""


def tell_count(problem: Problem, solution: Solution, output_format: str) -> Exit:
    """Print the number of keys."""
    modes = {i: port.equality for i, port in enumerate(solution.ports)}
    found = count(problem, modes)
    if output_format == "json":
        emit(
            {
                "keys": None if found.keys is None else digits(found.keys),
                "log2": None if found.keys is None else log2(found.keys),
                "at_most": digits(found.most),
                "key_bits_read": found.read,
                "key_bits_unread": found.unread,
                "equality": {port.name: port.equality for port in solution.ports},
            }
        )
    else:
        print(_counted(found))
    return Exit.UNDECIDED if found.keys is None else Exit.OK


def _counted(found: KeyCount) -> str:
    bits = f"of {found.read} key bits that are read; {found.unread} others play no part"
    if found.keys is None:
        return f"undecided: at least one key, at most {_power(found.most)}, {bits}"
    one = found.keys == 1
    return f"{digits(found.keys)} {'key' if one else 'keys'} ({_power(found.keys)}), {bits}"


def _power(number: int) -> str:
    exact = number & number - 1 == 0
    return f"2^{number.bit_length() - 1}" if exact else f"about 2^{log2(number):.2f}"


def digits(number: int) -> str:
    """A number of any size."""
    return hex(number) if number.bit_length() > 3 * MOST_DIGITS else str(number)


def tell_keys(problem: Problem, solution: Solution, number: int, output_format: str) -> Exit:
    """Print several solutions, each proved."""
    found = enumerate_keys(problem, solution, number)
    verdicts = [verify(problem, one) for one in found.solutions]
    if output_format == "json":
        emit(
            {
                "all": found.all,
                "solutions": [
                    document(one, identity(problem), verdict_document(problem, verdict))
                    for one, verdict in zip(found.solutions, verdicts, strict=True)
                ],
            }
        )
    else:
        print("\n\n".join(_listed(problem, found, verdicts)))
    worst = max((verdict_exit(verdict) for verdict in verdicts), key=_badness)
    return Exit.UNDECIDED if found.open and worst == Exit.OK else worst


def _badness(code: Exit) -> int:
    return (Exit.OK, Exit.UNDECIDED, Exit.COUNTEREXAMPLE).index(code)


def _ranks(spread: Sequence[ClassSpread]) -> str:
    if not spread:
        return ""
    rank, near = min(one.rank for one in spread), min(one.clustered_rank for one in spread)
    return f"rank {rank}, clustered {near}"


def _listed(problem: Problem, found: Listing, verdicts: list[Verdict]) -> list[str]:
    total = len(found.solutions)
    names = max(len(port.name) for port in problem.ports)
    parts = []
    for place, (one, verdict) in enumerate(zip(found.solutions, verdicts, strict=True), 1):
        rows = [f"{place} of {total}"]
        rows += [f"  {port.name:<{names}}  {port.key.hex()}  {_ranks(port.spread)}" for port in one.ports]
        parts.append("\n".join([*rows, f"  {show_verdict(problem, verdict).splitlines()[0]}"]))
    if found.all:
        parts.append("these are all the keys there are")
    elif found.open:
        parts.append("no more were found within the limit; there may be others")
    return parts
