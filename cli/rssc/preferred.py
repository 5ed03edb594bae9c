"""What became of preferences, as text."""

from __future__ import annotations

from collections.abc import Iterator

from rss_solver.solution import Fallen, Solution


def show_preferences(solution: Solution) -> str:
    """A line for every preference, and why bits of it do not hold."""
    return "\n".join(_lines(solution))


def _lines(solution: Solution) -> Iterator[str]:
    if solution.preferred_most:
        yield "preferences: as many as hold together, by weight"
    else:
        yield "preferences: the best found; the limit was reached before it was known to be the maximum"
    for place, one in enumerate(solution.preferences):
        rank = ", over rank" if one.over_rank else ""
        held = "holds" if one.held == one.bits else f"{one.held} of {_bits(one.bits)} hold"
        yield f"  {_short(one.label)}  weight {one.weight}{rank}: {held}"
        for why in one.fallen:
            yield f"    {_bits(why.bits)}: {_reason(solution, place, why)}"


def _reason(solution: Solution, place: int, why: Fallen) -> str:
    lines = ", ".join(f"`{label}`" for label in why.requirements)
    others = " and ".join(_other(solution, place, other) for other in why.others)
    sets = "sets" if len(why.others) == 1 and why.others != (place,) else "set"
    match why.reason:
        case "forced":
            return f"given by {lines}" if lines else "given"
        case "tied":
            return f"equal to other bits{' by ' + lines if lines else ''}, which {others} {sets} otherwise"
        case "outweighed":
            return f"outweighed by {others}"
        case "spread":
            classes = ", ".join(f"{solution.ports[port].name} {name}" for port, name in why.classes)
            return f"would cost spread: {classes}"
        case _:
            return "only together with other bits, if at all"


def _other(solution: Solution, place: int, other: int) -> str:
    return (
        "other bits of the same wish" if other == place else f"`{_short(solution.preferences[other].label)}`"
    )


def _bits(count: int) -> str:
    return f"{count} bit{'' if count == 1 else 's'}"


def _short(label: str) -> str:
    return label if len(label) <= 48 else f"{label[:45]}..."
