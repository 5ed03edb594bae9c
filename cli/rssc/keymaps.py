"""Maps of key bits as text and JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rss_dsl.nic import Function
from rss_dsl.problem import Problem
from rss_solver.explain import Fixed, Free, KeyBit, Run, Same, State, Sum, Unread, Zero

ROW = 64
"""Key bits in a row of the picture, eight to a block."""
NAMED = 4
"""Lines that a run names; more are counted."""


def legend(problem: Problem) -> str:
    """What the symbols of a picture mean, with what fixes bits in this spec."""
    by_function = {port.function is Function.SIMPLE_XOR for port in problem.ports if port.pinned}
    fixing = {True: "the function", False: "a pinned key"}
    by = " or ".join(fixing[kind] for kind in sorted(by_function or {False}))
    return f"* free   0 zero   # fixed by {by}   = equal to a free bit   + sum of free bits   . not read"


def picture(runs: Sequence[Run]) -> Iterator[str]:
    """A character for every key bit, up to the last one that is read."""
    symbols = "".join(_symbol(run.state) * (run.stop - run.start) for run in runs)
    used = len(symbols.rstrip("."))
    for at in range(0, used, ROW):
        row = symbols[at : at + ROW]
        yield f"{at:>4}  {' '.join(row[i : i + 8] for i in range(0, len(row), 8))}"


def _symbol(state: State) -> str:
    match state:
        case Free():
            return "*"
        case Zero():
            return "0"
        case Fixed():
            return "#"
        case Same():
            return "="
        case Sum():
            return "+"
        case Unread():
            return "."


def listed(problem: Problem, runs: Sequence[Run]) -> Iterator[str]:
    """A line for every run, those that are not read left out."""
    rows = [(span(run.start, run.stop), _says(problem, run)) for run in runs if run.state != Unread()]
    column = max((len(bits) for bits, _ in rows), default=0)
    for bits, says in rows:
        yield f"{bits:>{column}}  {says}"


def _says(problem: Problem, run: Run) -> str:
    by = f"  {quoted(problem, run.lines)}" if run.lines else ""
    length = run.stop - run.start
    match run.state:
        case Free():
            return "free"
        case Zero():
            return f"zero{by}"
        case Fixed():
            return f"fixed{by}"
        case Same(bit):
            return f"= {_bits(problem, bit, length)}{by}"
        case Sum(bits, inverted):
            terms = [*(_bits(problem, bit, length) for bit in bits), *(["1"] if inverted else [])]
            return f"= {' + '.join(terms)}{by}"
        case Unread():
            return "not read"


def _bits(problem: Problem, bit: KeyBit, length: int) -> str:
    port, start = bit
    return f"{problem.ports[port].name} {span(start, start + length)}"


def span(start: int, stop: int) -> str:
    """Bits `[start, stop)` as their first and last one."""
    return str(start) if stop == start + 1 else f"{start}-{stop - 1}"


def quoted(problem: Problem, lines: Sequence[int], named: int = NAMED) -> str:
    """Lines of the spec by their labels; many are counted."""
    labels = [f"`{problem.lines[line].label}`" for line in lines[:named]]
    more = len(lines) - len(labels)
    return ", ".join(labels) + (f" and {more:,} more" if more else "")


def run_document(problem: Problem, run: Run) -> dict[str, object]:
    """A run as JSON; the bits of `equals` are those that the run's first bit equals."""
    document: dict[str, object] = {"from": run.start, "to": run.stop, "state": _state(run.state)}
    match run.state:
        case Same(bit):
            document["equals"] = [_bit_document(problem, bit)]
        case Sum(bits, inverted):
            document["equals"] = [_bit_document(problem, bit) for bit in bits]
            document["inverted"] = inverted
        case _:
            pass
    return {**document, "requirements": [problem.lines[line].label for line in run.lines]}


def _state(state: State) -> str:
    match state:
        case Free():
            return "free"
        case Zero():
            return "zero"
        case Fixed():
            return "fixed"
        case Same():
            return "tied"
        case Sum():
            return "sum"
        case Unread():
            return "not-read"


def _bit_document(problem: Problem, bit: KeyBit) -> dict[str, object]:
    return {"port": problem.ports[bit[0]].name, "bit": bit[1]}
