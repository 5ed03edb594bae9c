"""A tiny Problem as text in the manner of a spec, for reports."""

from __future__ import annotations

from collections.abc import Iterator

from tiny_problems import Case

from rss_dsl.nic import Function
from rss_dsl.problem import (
    AllOf,
    AnyOf,
    Arith,
    Compare,
    Condition,
    Const,
    HashInput,
    Negation,
    Port,
    Problem,
    Slice,
    Term,
)


def show(case: Case) -> str:
    """The universe and the Problem, line by line."""
    return "\n".join(_lines(case))


def _lines(case: Case) -> Iterator[str]:
    problem = case.problem
    yield f"// seed {case.seed}; bits: " + ", ".join(f"{name} {bits}" for name, bits in case.widths.items())
    for port in problem.ports:
        yield _port(port)
    if problem.equality != "auto":
        yield f"equality {problem.equality}"
    for shared in problem.shared_keys:
        yield f"// {problem.ports[shared.first].name} and {problem.ports[shared.second].name} share one key"
    for requirement in problem.requirements:
        first, second = (problem.ports[i].name for i in (requirement.first, requirement.second))
        sides = first, f"{first}'" if first == second else second
        yield f"require {problem.lines[requirement.line].label}: {_condition(requirement.condition, sides)}"
        if requirement.only is not None:
            classes = (sorted(side) for side in (requirement.only.first, requirement.only.second))
            yield "// only " + " with ".join(", ".join(names) for names in classes)
    for assumption in problem.assumptions:
        name = problem.ports[assumption.port].name
        yield f"assume {_condition(assumption.condition, (name, name))}"


def _port(port: Port) -> str:
    nic = port.nic
    items = [
        "hash " + ", ".join(_layout(layout) for layout in port.inputs),
        f"queues {port.queues}",
        f"table {port.table_size} by {nic.index.value}",
        f"{nic.key_bytes.value} key bytes",
    ]
    if port.function is not Function.TOEPLITZ:
        items.append(f"function {port.function}")
    if port.traffic is not None:
        items.append("traffic " + ", ".join(port.traffic))
    if port.pinned is not None:
        items.append(f"key {port.pinned.key.hex()}")
    if nic.hash_init.value:
        items.append(f"hash starts from {nic.hash_init.value:#x}")
    if not nic.table_settable.value:
        items.append("table fixed")
    return f"port {port.name} {{ {'  '.join(items)} }}"


def _layout(layout: HashInput) -> str:
    zeroed = f"; zeros for {', '.join(layout.zeroed)}" if layout.zeroed else ""
    return f"{layout.packet_class}({', '.join(layout.fields)}{zeroed})"


def _condition(condition: Condition, sides: tuple[str, str]) -> str:
    match condition:
        case AllOf(parts):
            return "(" + " && ".join(_condition(part, sides) for part in parts) + ")"
        case AnyOf(parts):
            return "(" + " || ".join(_condition(part, sides) for part in parts) + ")"
        case Negation(part):
            return f"!({_condition(part, sides)})"
        case Compare(op, left, right):
            return f"{_term(left, sides)} {op} {_term(right, sides)}"


def _term(term: Term, sides: tuple[str, str]) -> str:
    match term:
        case Slice(side, name, start, stop):
            return f"{sides[side]}.{name}" + ("" if stop is None else f"[{start}:{stop}]")
        case Const(value, _):
            return str(value)
        case Arith(op, left, right):
            return f"({_term(left, sides)} {op} {_term(right, sides)})"


def size(problem: Problem) -> int:
    """How much there is to read; what the shrinker makes smaller."""
    conditions = [c.condition for c in (*problem.requirements, *problem.assumptions)]
    inputs = [layout for port in problem.ports for layout in port.inputs]
    rest = sum(
        bool(port.traffic) + bool(port.pinned) + port.table_size + port.queues for port in problem.ports
    )
    fields = sum(2 + len(layout.fields) + len(layout.zeroed) for layout in inputs)
    return (
        sum(5 + _weight(c) for c in conditions)
        + fields
        + rest
        + len(problem.shared_keys)
        + len(problem.ports)
    )


def _weight(part: Condition | Term) -> int:
    match part:
        case AllOf(parts) | AnyOf(parts):
            return 1 + sum(_weight(p) for p in parts)
        case Negation(inner):
            return 1 + _weight(inner)
        case Compare(op, left, right):
            return 1 + (op != "==") + _weight(left) + _weight(right)
        case Arith(_, left, right):
            return 2 + _weight(left) + _weight(right)
        case Slice(_, _, _, stop):
            return 1 + (stop is not None)
        case Const(value, _):
            return 1 + (value != 0)
