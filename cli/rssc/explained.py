"""What the requirements leave of the keys, as text and JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from rss_dsl.problem import Problem
from rss_solver.explain import ClassKeys, GroupKeys, Unread
from rss_solver.solution import PortSolution, Solution
from rssc.keymaps import legend, listed, picture, quoted, run_document, span

_MODES = {"hash": "if whole hashes agree", "index": "if table entries agree"}

ALIKE = 6
"""Ports with the same map that are named; of more, the first and the last."""


def show_explained(problem: Problem, solution: Solution, found: Sequence[GroupKeys]) -> str:
    """Free bits of every group, then a map of each port's key and what each of its classes reads."""
    texts = ["\n".join(_group(problem, solution, group)) for group in found]
    return "\n\n".join([*texts, legend(problem)])


def _group(problem: Problem, solution: Solution, group: GroupKeys) -> Iterator[str]:
    names = _names([problem.ports[i].name for i in group.ports])
    by = f"constrained by {quoted(problem, group.lines, 8)}" if group.lines else "not constrained"
    yield f"{names}: {by}"
    for mode in ("hash", "index"):
        if mode in group.free:
            free = group.free[mode]
            yield f"  {free.free} of {free.of} key bits free {_MODES[mode]} ({_bits(mode, group)})"
        else:
            yield f"  no key {_MODES[mode]}"
    yield f"  chosen: equality {solution.ports[group.ports[0]].equality}"
    bodies = [(i, list(_port(problem, solution.ports[i], group, i))) for i in group.ports]
    for body, members in groupby(bodies, lambda entry: entry[1]):
        yield ""
        yield f"  {_names([problem.ports[i].name for i, _ in members])}"
        yield from (f"    {line}" for line in body)


def _names(names: Sequence[str]) -> str:
    if len(names) <= ALIKE:
        return ", ".join(names)
    return f"{names[0]}, {names[1]} … {names[-1]} ({len(names)} ports)"


def _bits(mode: str, group: GroupKeys) -> str:
    if mode == "hash":
        return "32 bits"
    bits = sorted(set(group.index_bits))
    return f"{' or '.join(map(str, bits))} index bits"


def _port(problem: Problem, solved: PortSolution, group: GroupKeys, i: int) -> Iterator[str]:
    runs = group.maps[i]
    if all(run.state == Unread() for run in runs):
        yield "nothing of the key is read"
        return
    yield from picture(runs)
    yield from (f"  bits {line}" for line in listed(problem, runs))
    column = max(len(entry.packet_class) for entry in group.classes[i])
    for entry in group.classes[i]:
        yield from _class(entry, solved, column)
    if i in group.by_round_robin:
        yield "the table is dealt over the entries that packets reach; by round robin,"
        for (queues, near), found in groupby(
            group.by_round_robin[i], lambda s: (s.queues, s.clustered_queues)
        ):
            names = ", ".join(spread.packet_class for spread in found)
            yield f"  {names} would have {queues} of {solved.queues} queues, {near} from few prefixes"


def _class(entry: ClassKeys, solved: PortSolution, column: int) -> Iterator[str]:
    spread = next((s for s in solved.spread if s.packet_class == entry.packet_class), None)
    reads = ", ".join(span(*run) for run in entry.reads)
    yield f"{entry.packet_class:<{column}}  reads bits {reads}, {entry.free} of them free"
    if spread is not None:
        ranks = f"rank {spread.rank}, clustered {spread.clustered_rank}"
        yield f"{'':<{column}}  {ranks}: {spread.queues} of {solved.queues} queues"


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
                "reads": [list(run) for run in entry.reads],
                "free": entry.free,
            }
            for i in group.ports
            for entry in group.classes[i]
        ],
        "by_round_robin": [
            {
                "port": problem.ports[i].name,
                "reachable_queues": {s.packet_class: s.queues for s in found},
                "clustered_queues": {s.packet_class: s.clustered_queues for s in found},
            }
            for i, found in group.by_round_robin.items()
        ],
        "key_maps": [
            {"port": problem.ports[i].name, "bits": [run_document(problem, run) for run in group.maps[i]]}
            for i in group.ports
        ],
    }
