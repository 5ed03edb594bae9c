"""A decision tree as a drawing: runs of calls in one box, one column for each end, the root on top."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from rss_callpaths.bdd.show import label, ways
from rss_callpaths.bdd.tree import Branch, Leaf, Tree, children
from rss_callpaths.bdd.words import Words
from rss_callpaths.terms.deep import Deep, deeply

_CHARACTER = 6.1
"""Units to a character of the font, at its size of 10."""
_LINE, _PADDING, _GAP, _STEP = 14, 8, 24, 42
_COLOURS = {"call": "#eef2f7", "branch": "#fdf3d8", "drop": "#f7dede", "sent": "#dff2e1"}


@dataclass(frozen=True, slots=True)
class _Box:
    """One or more nodes that follow each other, and what comes after."""

    lines: tuple[str, ...]
    kind: str
    title: str
    below: tuple[_Box, ...]
    ways: tuple[str, ...]
    """When each of those comes."""
    span: float
    """How wide it and all below it are."""

    @property
    def width(self) -> float:
        return _width(self.lines)

    @property
    def height(self) -> float:
        return len(self.lines) * _LINE + 2 * _PADDING


@dataclass(frozen=True, slots=True)
class _Placed:
    box: _Box
    x: float
    """Its middle."""
    y: float
    """Its top."""
    below: tuple[_Placed, ...]


def svg(tree: Tree, words: Words, name: str) -> str:
    """The drawing, a file of its own."""
    root = deeply(_placed(deeply(_box(tree, words)), _GAP, _GAP))
    every = list(_all(root))
    width = max(placed.x + placed.box.width / 2 for placed in every) + _GAP
    height = max(placed.y + placed.box.height for placed in every) + _GAP
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" font-family="monospace" font-size="10">',
        f"<title>{escape(name)}</title>",
        '<rect width="100%" height="100%" fill="white"/>',
    ]
    for placed in every:
        lines += _edges(placed)
    for placed in every:
        lines += _drawn(placed)
    return "\n".join([*lines, "</svg>"]) + "\n"


def _box(tree: Tree, words: Words) -> Deep[_Box]:
    """The tree as boxes; calls that cannot part the paths stand in one."""
    texts = [label(tree, words)]
    node = tree
    while len(following := children(node)) == 1 and len(children(following[0])) == 1:
        node = following[0]
        texts.append(label(node, words))
    below = []
    for child in following:
        below.append((yield _box(child, words)))
    title = ", ".join(tree.paths) if isinstance(tree, Leaf) else ""
    span = max(_width(texts), _across(below))
    return _Box(tuple(texts), _kind(tree), title, tuple(below), tuple(way for _, way in ways(node)), span)


def _width(lines: Sequence[str]) -> float:
    return max(map(len, lines)) * _CHARACTER + 2 * _PADDING


def _across(boxes: Sequence[_Box]) -> float:
    """How wide boxes side by side are."""
    return sum(box.span for box in boxes) + _GAP * max(len(boxes) - 1, 0)


def _kind(tree: Tree) -> str:
    match tree:
        case Leaf(fate):
            return "drop" if fate == "drop" else "sent"
        case Branch():
            return "branch"
        case _:
            return "call"


def _placed(box: _Box, left: float, top: float) -> Deep[_Placed]:
    """A box in the middle over what is below it."""
    at = left + (box.span - _across(box.below)) / 2
    below = []
    for child in box.below:
        below.append((yield _placed(child, at, top + box.height + _STEP)))
        at += child.span + _GAP
    middle = (below[0].x + below[-1].x) / 2 if below else left + box.span / 2
    middle = min(max(middle, left + box.width / 2), left + box.span - box.width / 2)
    return _Placed(box, middle, top, tuple(below))


def _all(root: _Placed) -> Iterator[_Placed]:
    waiting = [root]
    while waiting:
        placed = waiting.pop()
        yield placed
        waiting += reversed(placed.below)


def _edges(placed: _Placed) -> Iterator[str]:
    bottom = placed.y + placed.box.height
    for child, way in zip(placed.below, placed.box.ways, strict=True):
        ends = f'x1="{placed.x:.1f}" y1="{bottom:.1f}" x2="{child.x:.1f}" y2="{child.y:.1f}"'
        yield f'<line {ends} stroke="#555"/>'
        if way:
            x, y = (placed.x + 2 * child.x) / 3, (bottom + 2 * child.y) / 3
            yield (
                f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="middle" fill="#555" '
                f'stroke="white" stroke-width="3" paint-order="stroke">{escape(way)}</text>'
            )


def _drawn(placed: _Placed) -> Sequence[str]:
    box = placed.box
    left = placed.x - box.width / 2
    round_ = 12 if box.kind in ("drop", "sent") else 2
    lines = [
        "<g>" + (f"<title>{escape(box.title)}</title>" if box.title else ""),
        f'<rect x="{left:.1f}" y="{placed.y:.1f}" width="{box.width:.1f}" height="{box.height:.1f}" '
        f'rx="{round_}" fill="{_COLOURS[box.kind]}" stroke="#555"/>',
    ]
    for number, text in enumerate(box.lines):
        y = placed.y + _PADDING + _LINE * (number + 0.75)
        lines.append(
            f'<text x="{left + _PADDING:.1f}" y="{y:.1f}" xml:space="preserve">{escape(text)}</text>'
        )
    return [*lines, "</g>"]
