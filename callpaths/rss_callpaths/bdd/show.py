"""A decision tree as text and for Graphviz."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rss_callpaths.bdd.tree import Branch, Leaf, Step, Tree
from rss_callpaths.bdd.words import Words

_WIDTH = 60


def text(tree: Tree, words: Words) -> str:
    """Lines that are indented where the tree parts."""
    return "\n".join(_lines(tree, words, "")) + "\n"


def _lines(tree: Tree, words: Words, indent: str) -> Iterator[str]:
    while True:
        match tree:
            case Leaf():
                yield f"{indent}{words.leaf(tree)}    [{', '.join(_short(name) for name in tree.paths)}]"
                return
            case Branch():
                yield f"{indent}if {words.condition(tree.condition)}:"
                yield from _lines(tree.yes, words, indent + "    ")
                yield f"{indent}else:"
                tree, indent = tree.no, indent + "    "
            case Step(call, then, None):
                if not words.changes_nothing(call):
                    yield f"{indent}{words.call(call)}"
                tree = then
            case Step(call, then, failed):
                yield f"{indent}if {words.call(call)}:"
                yield from _lines(then, words, indent + "    ")
                yield f"{indent}else:"
                tree, indent = failed or then, indent + "    "


def _short(path: str) -> str:
    return path.removesuffix(".call_path")


class Numbered:
    """Nodes with numbers, parents first."""

    def __init__(self, tree: Tree) -> None:
        self.nodes: list[Tree] = []
        self.edges: list[tuple[int, int, str]] = []
        """(from, to, label)."""
        waiting: list[tuple[Tree, int | None, str]] = [(tree, None, "")]
        while waiting:
            node, parent, label = waiting.pop()
            number = len(self.nodes)
            self.nodes.append(node)
            if parent is not None:
                self.edges.append((parent, number, label))
            waiting += [(child, number, way) for child, way in reversed(ways(node))]

    @property
    def children(self) -> Mapping[int, list[tuple[int, str]]]:
        """By parent."""
        found: dict[int, list[tuple[int, str]]] = {}
        for parent, child, label in self.edges:
            found.setdefault(parent, []).append((child, label))
        return found


def ways(node: Tree) -> list[tuple[Tree, str]]:
    """What follows a node, and when."""
    match node:
        case Leaf():
            return []
        case Branch(_, yes, no):
            return [(yes, "yes"), (no, "no")]
        case Step(_, then, None):
            return [(then, "")]
        case Step(_, then, failed):
            return [(then, "succeeds"), (failed or then, "fails")]


def label(node: Tree, words: Words) -> str:
    """What a node says, in short."""
    match node:
        case Leaf():
            full = words.leaf(node)
        case Branch():
            full = words.condition(node.condition)
        case Step():
            full = words.call(node.call)
    return full if len(full) <= _WIDTH else full[: _WIDTH - 1] + "…"


def dot(tree: Tree, words: Words, name: str) -> str:
    """For Graphviz: calls are boxes, conditions diamonds, ends ellipses."""
    found = Numbered(tree)
    lines = [f"digraph {_quoted(name)} {{", '    node [fontname="sans-serif", fontsize=10];']
    for number, node in enumerate(found.nodes):
        shape = {Leaf: "ellipse", Branch: "diamond", Step: "box"}[type(node)]
        paths = f", tooltip={_quoted(', '.join(node.paths))}" if isinstance(node, Leaf) else ""
        lines.append(f"    n{number} [shape={shape}, label={_quoted(label(node, words))}{paths}];")
    for parent, child, way in found.edges:
        lines.append(f"    n{parent} -> n{child}{f' [label={_quoted(way)}]' if way else ''};")
    return "\n".join([*lines, "}"]) + "\n"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    return f'"{escaped}"'
