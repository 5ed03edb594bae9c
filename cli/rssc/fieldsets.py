"""What `hash auto` became, and why: as text and JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rss_dsl.problem import Problem
from rss_solver.fieldsets import Chosen, Rating, RunnerUp

Fields = Mapping[str, tuple[str, ...]]


def show_choices(problem: Problem, choices: Sequence[Chosen]) -> str:
    """One line per declaration: how it is configured, what it reaches, and what the next best would."""
    return "\n".join(
        f"hash auto on {_ports(problem, choice)}: {_way(choice.by_rule)}, {_reach(problem, choice)}"
        f"{_next(problem, choice)}{_left_out(choice)}"
        for choice in choices
    )


def explain_choices(problem: Problem, choices: Sequence[Chosen]) -> str:
    """Every choice in full."""
    return "\n\n".join("\n".join(_explained(problem, choice)) for choice in choices)


def _explained(problem: Problem, choice: Chosen) -> Iterator[str]:
    yield f"{_ports(problem, choice)}: hash auto"
    yield from (f"  {line}" for line in _inputs(choice.inputs, choice.by_rule))
    yield from (f"  not hashed: {left.packet_class}, {left.reason}" for left in choice.unhashed)
    yield f"  {_reach(problem, choice)} in the worst class"
    if choice.runner_up is not None:
        yield f"  runner-up, {_cost(problem, choice, choice.runner_up)}:"
        yield from (f"    {line}" for line in _inputs(choice.runner_up.inputs, choice.runner_up.by_rule))
    yield f"  {_search(choice)}"


def _ports(problem: Problem, choice: Chosen) -> str:
    return ", ".join(problem.ports[i].name for i in choice.ports)


def _way(by_rule: Sequence[str]) -> str:
    return f"rte_flow rules for {', '.join(by_rule)}" if by_rule else "start-up flags"


def _inputs(inputs: Fields, by_rule: Sequence[str]) -> Iterator[str]:
    """Classes with the same fields in a line; their ports under a common name."""
    found: dict[tuple[tuple[str, ...], bool], list[str]] = {}
    for packet_class, fields in inputs.items():
        found.setdefault((fields, packet_class in by_rule), []).append(packet_class)
    for (fields, rule), classes in found.items():
        yield f"{', '.join(classes)} by {' '.join(fields)}{' (rte_flow)' if rule else ''}"


def _queues(problem: Problem, choice: Chosen, rating: Rating) -> str:
    queues = problem.ports[choice.ports[0]].queues
    if not rating.key_exists:
        return "no key"
    return f"{int(rating.clustered * queues)} of {queues} queues from few prefixes"


def _reach(problem: Problem, choice: Chosen) -> str:
    if choice.worst is None:
        return "no key"
    queues = problem.ports[choice.ports[0]].queues
    return f"{choice.worst.clustered_queues} of {queues} queues from few prefixes"


def _next(problem: Problem, choice: Chosen) -> str:
    runner = choice.runner_up
    return "" if runner is None else f"; the runner-up {_cost(problem, choice, runner)}"


def _cost(problem: Problem, choice: Chosen, runner: RunnerUp) -> str:
    if not runner.rating.key_exists:
        return "leaves no key"
    if runner.rating < choice.rating:
        return f"reaches {_queues(problem, choice, runner.rating)}"
    if len(runner.by_rule) > len(choice.by_rule):
        return f"reaches no more and needs rte_flow rules for {', '.join(runner.by_rule)}"
    return "reaches no more"


def _left_out(choice: Chosen) -> str:
    return "".join(f"; {left.packet_class} not hashed: {left.reason}" for left in choice.unhashed)


def _search(choice: Chosen) -> str:
    if choice.complete:
        return f"{choice.weighed} of {choice.of} combinations weighed, none of the others is better"
    return f"{choice.weighed} of {choice.of} combinations weighed, by ascent from the best uniform choice"


def choices_document(problem: Problem, choices: Sequence[Chosen]) -> list[dict[str, object]]:
    """The same as JSON."""
    return [
        {
            "ports": [problem.ports[i].name for i in choice.ports],
            "hash": {name: list(fields) for name, fields in choice.inputs.items()},
            "rte_flow": list(choice.by_rule),
            "not_hashed": {left.packet_class: left.reason for left in choice.unhashed},
            "clustered_share": float(choice.rating.clustered),
            "runner_up": None if choice.runner_up is None else _runner_document(choice.runner_up),
            "weighed": choice.weighed,
            "of": choice.of,
            "complete": choice.complete,
        }
        for choice in choices
    ]


def _runner_document(runner: RunnerUp) -> dict[str, object]:
    return {
        "hash": {name: list(fields) for name, fields in runner.inputs.items()},
        "rte_flow": list(runner.by_rule),
        "key_exists": runner.rating.key_exists,
        "clustered_share": float(runner.rating.clustered),
    }
