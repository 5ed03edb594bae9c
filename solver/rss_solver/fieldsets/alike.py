"""When two components have the same field sets to choose: they are searched once."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence

from rss_dsl.problem import Port, Problem


def likeness(problem: Problem, declarations: Iterable[Sequence[int]]) -> Hashable:
    """All that the choice for a problem's ports depends on; NICs of one catalogue are told by name.

    Names, devices and places in the text are left out, so that ports that are tied alike are alike.
    """
    adapters = [port.adapter for port in problem.ports]
    return (
        tuple(_traits(port, adapters) for port in problem.ports),
        tuple(map(tuple, declarations)),
        tuple((r.first, r.second, r.condition, r.only) for r in problem.requirements),
        tuple((shared.first, shared.second) for shared in problem.shared_keys),
        tuple((entry.port, entry.condition) for entry in problem.assumptions),
    )


def _traits(port: Port, adapters: Sequence[str | None]) -> Hashable:
    card = None if port.adapter is None else adapters.index(port.adapter)
    hashed = port.auto, port.inputs, port.traffic, port.function
    return port.nic.name, port.queues, port.table_size, port.pinned, card, hashed
