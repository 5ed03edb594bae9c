"""Explanations as text and JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rss_dsl.problem import Problem
from rss_solver.explain import ClassKeys, GroupKeys, Range
from rss_solver.solution import PortSolution, Solution

_MODES = {"hash": "if whole hashes agree", "index": "if table entries agree"}


def show_explained(problem: Problem, solution: Solution, found: Sequence[GroupKeys]) -> str:
    """Free bits of every group, then what each class of each port reads."""
    return "\n\n".join("\n".join(_group(problem, solution, group)) for group in found)


def _group(problem: Problem, solution: Solution, group: GroupKeys) -> Iterator[str]:
    names = ", ".join(problem.ports[i].name for i in group.ports)
    lines = ", ".join(f"`{problem.lines[line].label}`" for line in group.lines)
    yield f"{names}: {'constrained by ' + lines if lines else 'not constrained'}"
    for mode in ("hash", "index"):
        if mode in group.free:
            free = group.free[mode]
            yield f"  {free.free} of {free.of} key bits free {_MODES[mode]} ({_bits(mode, group)})"
        else:
            yield f"  no key {_MODES[mode]}"
    yield f"  chosen: equality {solution.ports[group.ports[0]].equality}"
    for i in group.ports:
        yield f"  {problem.ports[i].name}"
        for entry in group.classes[i]:
            yield from _class(entry, solution.ports[i])


def _bits(mode: str, group: GroupKeys) -> str:
    if mode == "hash":
        return "32 bits"
    bits = sorted(set(group.index_bits))
    return f"the low {' or '.join(map(str, bits))} bits"


def _class(entry: ClassKeys, solved: PortSolution) -> Iterator[str]:
    spread = next(s for s in solved.spread if s.packet_class == entry.packet_class)
    start, stop = entry.key_range
    yield f"    {entry.packet_class}: reads key bits {start}..{stop - 1}, {entry.free} of them free"
    yield f"      forced to zero: {_ranges(entry.zero)}"
    ranks = f"rank {spread.rank}, clustered {spread.clustered_rank}"
    yield f"      {ranks}: {spread.queues} of {solved.queues} queues"


def _ranges(found: Sequence[Range]) -> str:
    return ", ".join(f"{a}..{b - 1}" if b - a > 1 else str(a) for a, b in found) or "none"


def explained_document(problem: Problem, solution: Solution, found: Sequence[GroupKeys]) -> dict[str, object]:
    """The same as JSON."""
    return {"groups": [_group_document(problem, solution, group) for group in found]}


def _group_document(problem: Problem, solution: Solution, group: GroupKeys) -> dict[str, object]:
    return {
        "ports": [problem.ports[i].name for i in group.ports],
        "requirements": [problem.lines[line].label for line in group.lines],
        "free_key_bits": {mode: {"free": free.free, "of": free.of} for mode, free in group.free.items()},
        "equality": solution.ports[group.ports[0]].equality,
        "classes": [
            {
                "port": problem.ports[i].name,
                "class": entry.packet_class,
                "key_bits": list(entry.key_range),
                "free": entry.free,
                "forced_zero": [list(run) for run in entry.zero],
            }
            for i in group.ports
            for entry in group.classes[i]
        ],
    }
