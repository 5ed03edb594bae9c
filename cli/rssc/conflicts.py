"""Why there is no key and what to do about it, as text and JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from textwrap import wrap

from rss_dsl.codes import NO_KEY
from rss_dsl.diagnostics import Diagnostic, Label
from rss_dsl.problem import Problem
from rss_solver.conflicts.conflict import Conflict, Reason
from rss_solver.explain import (
    Effect,
    End,
    Equal,
    EqualityIndex,
    FieldBits,
    FieldSet,
    KeyBit,
    Locks,
    Loose,
    NothingLeft,
    NotTogether,
    OddSum,
    OnesWhereZero,
    OtherFieldSets,
    OtherNic,
    Pinned,
    Reasoning,
    Shared,
    Step,
    Ties,
    Together,
    Unequal,
    WayOut,
    WithoutAssumption,
    WithoutLines,
)

WIDTH = 100
SHOWN = 12
"""Effects of one kind and bits of a pinned key that are spelled out."""


def conflict_diagnostic(problem: Problem, conflict: Conflict, help_text: str) -> Diagnostic:
    """A conflict as a diagnostic: the first line, and the others as related places."""
    name = problem.ports[conflict.port].name
    lines = [problem.lines[line] for line in conflict.lines]
    one = len(lines) == 1
    match conflict.reason:
        case Reason.CONSTANT:
            these = "this requires" if one else f"these {len(lines)} lines together require"
            what = f"{these} all {_classes(conflict.packet_classes)} packets on `{name}` to meet"
        case Reason.PINNED:
            these = "this contradicts" if one else f"these {len(lines)} lines contradict each other over"
            what = f"{these} the pinned key of `{name}`"
        case Reason.JOINT:
            what = "each class could be spread alone, but not all of them at once"
    rest = tuple(Label(line.span, f"`{line.label}` is part of it") for line in lines[1:])
    message = f"no key exists: {what}"
    return Diagnostic(rule=NO_KEY, message=message, span=lines[0].span, related=rest, help=help_text)


def size_of(conflict: Conflict) -> str:
    """What is known of the number of lines."""
    if len(conflict.lines) == 1:
        return "this line alone leaves no key"
    if conflict.minimum:
        return "each of these lines is needed for the conflict, and no fewer lines conflict"
    return "each of these lines is needed for the conflict; that none with fewer lines exists was not decided"


def short(problem: Problem, found: Reasoning) -> str:
    """The first sentence of the reasoning, and where the rest is."""
    first = next((_step(problem, step) for step in found.steps), _end(problem, found.end))
    return f"{first}; `rssc explain` says how that leaves no key, and what would"


def show_reasoning(problem: Problem, found: Reasoning) -> str:
    """Step by step, to the end."""
    lines = ["why:"]
    for number, step in enumerate(found.steps, 1):
        lines += _wrapped(_step(problem, step), f"  {number}. ")
    lines += _wrapped(_end(problem, found.end), "  => ")
    return "\n".join(lines)


def show_ways(problem: Problem, ways: Sequence[WayOut]) -> str:
    """What was tried and leaves a key."""
    lines = ["tried, and leaves a key:"]
    tried = [way for way in ways if not isinstance(way, Locks)]
    for way in tried:
        lines += _wrapped(_way(problem, way), "  - ")
    if not tried:
        lines = ["nothing that was tried leaves a key"]
    lines += ["always possible:"]
    lines += [f"  - {_way(problem, way)}" for way in ways if isinstance(way, Locks)]
    return "\n".join(lines)


def _wrapped(text: str, lead: str) -> list[str]:
    return wrap(
        text,
        WIDTH,
        initial_indent=lead,
        subsequent_indent=" " * len(lead),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _step(problem: Problem, step: Step) -> str:
    label = f"`{problem.lines[step.line].label}`"
    match step:
        case Pinned(_, port):
            return f"{label} fixes every key bit of {problem.ports[port].name}"
        case Shared(_, first, second):
            return f"{label} gives {problem.ports[first].name} and {problem.ports[second].name} one key"
        case Ties(_, classes, effects, always, assumptions, elsewhere):
            names = list(dict.fromkeys(name for pair in classes for name in pair))
            if assumptions:
                label = f"under {_assumptions(problem, assumptions)}, {label}"
            if elsewhere:
                label = f"{label}, of {_classes(names)},"
            if not always:
                return f"{label} {'; it '.join(_effects(problem, classes, effects))}"
            return f"{label} holds for every two packets of {_classes(names)}, so all of them must meet"


def _effects(
    problem: Problem, classes: Sequence[tuple[str, str]], effects: Sequence[Effect]
) -> Iterator[str]:
    for kind, members in groupby(effects, type):
        some = list(members)
        if kind is Loose:
            bits = _loose(problem, classes, [e.bits for e in some if isinstance(e, Loose)])
            them = "it" if len(bits) == 1 else "them"
            yield f"lets {_series(bits)} be anything, so the key bits that hash {them} are zero"
        else:
            yield f"ties {_series([_tie(problem, effect) for effect in some])}"


def _loose(problem: Problem, classes: Sequence[tuple[str, str]], bits: Sequence[FieldBits]) -> list[str]:
    """Bits by name, or in one where they are all that the ports hash of these classes."""
    names = {name for pair in classes for name in pair}
    ports = dict.fromkeys(one.port for one in bits)
    whole = {(one.port, one.field) for one in bits if one.whole}
    hashed = {
        (port, field)
        for port in ports
        for layout in problem.ports[port].inputs
        if layout.packet_class in names
        for field in layout.fields
    }
    if len(bits) > 1 and hashed == whole and len(whole) == len(bits):
        return [f"all that is hashed on {_series([problem.ports[port].name for port in ports])}"]
    return [one.text(problem) for one in bits]


def _tie(problem: Problem, effect: Effect) -> str:
    match effect:
        case Loose(bits):
            return bits.text(problem)
        case Equal(first, second):
            return f"{first.text(problem)} to {second.text(problem)}"
        case Together(bits):
            return f"the sum of {' + '.join(bit.text(problem) for bit in bits)} to zero"


def _end(problem: Problem, end: End) -> str:
    match end:
        case NothingLeft(port, classes, assumptions):
            name = problem.ports[port].name
            their = "its" if len(classes) == 1 else "their"
            left = f"nothing of {_classes(classes)} on {name} is left"
            if assumptions:
                vary = f"{_assumptions(problem, assumptions)} let{'s' * (len(assumptions) == 1)} vary"
                return f"{left}: every key bit that hashes what {vary} is fixed"
            return f"{left}: every key bit that picks {their} queue is fixed"
        case NotTogether(classes):
            names = [f"`{packet_class}` on {problem.ports[port].name}" for port, packet_class in classes]
            return f"{_series(names)} can each be spread, but not all of them by one set of keys"
        case OnesWhereZero(port, bits):
            which = f"bit{'s' * (len(bits) > 1)} {_series([str(bit) for bit in bits])}"
            return f"the key of {problem.ports[port].name} has ones where zeros are needed: {which}"
        case Unequal(first, second):
            return f"{_bit(problem, first)} and {_bit(problem, second)} must be equal and are not"
        case OddSum(bits):
            return f"{_series([_bit(problem, bit) for bit in bits])} must add up to zero and do not"


def _assumptions(problem: Problem, statements: Sequence[int]) -> str:
    return _series([f"`{assumption_text(problem, one)}`" for one in statements])


def assumption_text(problem: Problem, statement: int) -> str:
    """An assumption as the spec has it, on one line."""
    return " ".join(problem.assumptions[statement].span.text.split())


def _bit(problem: Problem, bit: KeyBit) -> str:
    return f"bit {bit[1]} of {problem.ports[bit[0]].name}'s key"


def _way(problem: Problem, way: WayOut) -> str:
    match way:
        case EqualityIndex(bits):
            return f"`equality index`: only the {bits} hash bits that pick a table entry have to agree"
        case WithoutLines(lines):
            names = _series([f"`{problem.lines[line].label}`" for line in lines])
            return f"leaving out {names}{' together' if len(lines) > 1 else ''}"
        case WithoutAssumption(assumption):
            return f"leaving out `{assumption_text(problem, assumption)}`"
        case OtherFieldSets(sets):
            return f"hashing other fields: {'; '.join(_field_set(problem, one) for one in sets)}"
        case OtherNic(ports, nic, sets):
            names = _series([problem.ports[i].name for i in ports])
            more = "; ".join(_field_set(problem, one) for one in sets)
            return f"`nic {nic}` on {names}{', with ' * bool(sets)}{more}"
        case Locks():
            return "sharing the state between cores: `nf … { strategy locks }` needs no packets to meet"


def _field_set(problem: Problem, found: FieldSet) -> str:
    names = ", ".join(problem.ports[i].name for i in found.ports)
    hashed = ", ".join(f"{name}({', '.join(fields)})" for name, fields in found.inputs.items())
    rule = f" by rte_flow rules for {', '.join(found.by_rule)}" if found.by_rule else ""
    return f"`hash {hashed}` on {names}{rule}"


def _classes(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _series(texts: Sequence[str]) -> str:
    if len(texts) > SHOWN:
        return f"{', '.join(texts[:SHOWN])} and {len(texts) - SHOWN} more"
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"
