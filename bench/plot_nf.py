"""Draws `docs/nf/plots/NAME.svg` from the rates that `bench_nf.py --record` has written.

One plot for each network function: bars by strategy for every number of cores. Text and axes have the colour
of text (`currentColor`), which the picture sets by the reader's preference for light or dark, as pictures in
pages inherit none. The same record makes the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from math import ceil
from pathlib import Path

ROOT = Path(__file__).parents[1]
RECORD = Path(__file__).parent / "results" / "nf.json"
PLOTS = ROOT / "docs" / "nf" / "plots"

WIDTH, HEIGHT = 640, 336
LEFT, RIGHT, TOP, BOTTOM = 48, 16, 66, 74
BAR, GAP = 48, 8
COLOURS = {
    "sequential": "#8a8f98",
    "shared-nothing": "#3d8bd4",
    "locks": "#d9852b",
    "tm": "#35a37c",
}
"""Of strategies, in the order of bars: readable on white and on black, and apart to the colour-blind."""
STYLE = (
    "svg{color:#1f2328;font:13px system-ui,sans-serif}"
    "@media(prefers-color-scheme:dark){svg{color:#e6edf3}}"
    "text{fill:currentColor}.small{font-size:11px;opacity:.75}"
    ".end{text-anchor:end}.middle{text-anchor:middle}"
    ".line{stroke:currentColor;stroke-width:1}.grid{opacity:.15}"
)


@dataclass(frozen=True, slots=True)
class Run:
    """A strategy on so many cores, in millions of packets a second."""

    strategy: str
    cores: int
    median: float
    low: float
    high: float
    full: int
    """Packets that found no room for their flow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What `bench_nf.py --record` has measured."""

    machine: str
    flags: str
    frame: int
    """Bytes."""
    flows: int
    skew: str
    functions: Mapping[str, Sequence[Run]]
    """By the names that `nf` blocks give."""


def read_record(path: Path = RECORD) -> Record:
    """The record in a file."""
    about = json.loads(path.read_text(encoding="utf-8"))
    functions = {name: [Run(**run) for run in entry["runs"]] for name, entry in about["functions"].items()}
    return Record(**{**about, "functions": functions})


@dataclass(frozen=True, slots=True)
class Scale:
    """The vertical axis: from zero to `top` in steps."""

    top: float
    step: float

    def y(self, value: float) -> float:
        """Where a value is."""
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / self.top

    @property
    def ticks(self) -> list[float]:
        """Zero and every step."""
        return [self.step * number for number in range(round(self.top / self.step) + 1)]


def scale(most: float) -> Scale:
    """Eight round steps at most that hold `most` and a number above it."""
    room = most * 1.08
    steps = (digit * 10.0**power for power in count(-1) for digit in (1, 2, 5))
    step = next(step for step in steps if 8 * step >= room)
    return Scale(step * ceil(room / step), step)


def plot(name: str, record: Record) -> str:
    """The picture of a network function."""
    runs = record.functions[name]
    axis = scale(max(run.high for run in runs))
    parts = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="t">',
        f'<title id="t">{described(name, record)}</title>',
        f"<style>{STYLE}</style>",
        *_legend([strategy for strategy in COLOURS if any(run.strategy == strategy for run in runs)]),
        *_axis(axis),
        *_groups(runs, axis),
        *_conditions(record),
        "</svg>",
    )
    return "\n".join(parts) + "\n"


def described(name: str, record: Record) -> str:
    """What the picture shows, in words with numbers."""
    shown = ", ".join(f"{run.strategy} on {run.cores}: {run.median:.1f}" for run in record.functions[name])
    return f"{name}, million packets a second by strategy and cores: {shown}"


def _conditions(record: Record) -> Iterator[str]:
    traffic = f"{record.frame}-byte frames from memory, {record.flows:,} flows, {record.skew}"
    yield _text(LEFT, HEIGHT - 26, "small", traffic)
    yield _text(LEFT, HEIGHT - 10, "small", f"{record.machine}, {record.flags}")


def _legend(strategies: Sequence[str]) -> Iterator[str]:
    at = float(LEFT)
    for strategy in strategies:
        yield f'<rect x="{at:g}" y="14" width="12" height="12" rx="2" fill="{COLOURS[strategy]}"/>'
        yield _text(at + 18, 25, "", strategy)
        at += 44 + 7.2 * len(strategy)


def _axis(axis: Scale) -> Iterator[str]:
    yield _text(LEFT, 50, "small", "million packets a second: median of the rounds, and their range")
    for tick in axis.ticks:
        y = axis.y(tick)
        kind = "line grid" if tick else "line"
        yield f'<path class="{kind}" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>'
        yield _text(LEFT - 8, y + 4, "small end", f"{tick:g}")


def _groups(runs: Sequence[Run], axis: Scale) -> Iterator[str]:
    numbers = sorted({run.cores for run in runs})
    groups = [sorted((run for run in runs if run.cores == number), key=_place) for number in numbers]
    bars = sum(map(len, groups))
    wide = WIDTH - LEFT - RIGHT
    bar = min(BAR, (wide - GAP * bars) / (bars + len(groups)))
    space = (wide - bars * (bar + GAP)) / len(groups)
    at = LEFT + space / 2
    for number, group in zip(numbers, groups, strict=True):
        middle = at + (len(group) * (bar + GAP) - GAP) / 2
        yield _text(middle, HEIGHT - BOTTOM + 20, "middle", f"{number} core{'s' if number > 1 else ''}")
        for run in group:
            yield from _bar(run, at, bar, axis)
            at += bar + GAP
        at += space


def _place(run: Run) -> int:
    return list(COLOURS).index(run.strategy)


def _bar(run: Run, x: float, width: float, axis: Scale) -> Iterator[str]:
    y, foot = axis.y(run.median), axis.y(0)
    colour = COLOURS[run.strategy]
    yield f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{foot - y:.1f}" fill="{colour}"/>'
    middle = x + width / 2
    yield (
        f'<path class="line" d="M{middle:.1f} {axis.y(run.low):.1f}V{axis.y(run.high):.1f}'
        f'm-4 0h8M{middle - 4:.1f} {axis.y(run.low):.1f}h8"/>'
    )
    yield _text(middle, axis.y(run.high) - 5, "middle", f"{run.median:.1f}")


def _text(x: float, y: float, kind: str, text: str) -> str:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    return f'<text x="{x:.1f}" y="{y:.1f}"' + (f' class="{kind}"' if kind else "") + f">{escaped}</text>"


def draw() -> None:
    """Writes every plot."""
    record = read_record()
    PLOTS.mkdir(parents=True, exist_ok=True)
    for name in record.functions:
        (PLOTS / f"{name}.svg").write_text(plot(name, record), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    draw()
