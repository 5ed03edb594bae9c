"""A decision tree as text and for Graphviz."""

from __future__ import annotations

from rss_callpaths.bdd.tree import Branch, Leaf, Step, Tree, children
from rss_callpaths.bdd.words import Words

_WIDTH = 60
_INDENT = "    "


def text(tree: Tree, words: Words) -> str:
    """Lines that are indented where the tree parts."""
    lines: list[str] = []
    waiting: list[str | tuple[Tree, str, str]] = [(tree, "", "if")]
    while waiting:
        entry = waiting.pop()
        if isinstance(entry, str):
            lines.append(entry)
            continue
        node, indent, head = entry
        match node:
            case Leaf():
                lines.append(f"{indent}{words.leaf(node)}    [{', '.join(map(_short, node.paths))}]")
            case Step(call, then, None):
                lines += [] if words.changes_nothing(call) else [f"{indent}{words.call(call)}"]
                waiting.append((then, indent, "if"))
            case Step() | Branch():
                first, second = children(node)
                lines.append(f"{indent}{head} {_question(node, words)}:")
                if len(children(_visible(second, words))) == 2:
                    waiting.append((_visible(second, words), indent, "elif"))
                else:
                    waiting += [(second, indent + _INDENT, "if"), f"{indent}else:"]
                waiting.append((first, indent + _INDENT, "if"))
    return "\n".join(lines) + "\n"


def _visible(node: Tree, words: Words) -> Tree:
    """The first node from here on that has a line."""
    while isinstance(node, Step) and node.failed is None and words.changes_nothing(node.call):
        node = node.then
    return node


def _question(node: Step | Branch, words: Words) -> str:
    return words.call(node.call) if isinstance(node, Step) else words.term(node.condition)


def _short(path: str) -> str:
    return path.removesuffix(".call_path")


def ways(node: Tree) -> list[tuple[Tree, str]]:
    """What follows a node, and when."""
    labels = ("yes", "no") if isinstance(node, Branch) else ("succeeds", "fails")
    found = children(node)
    return [(found[0], "")] if len(found) == 1 else list(zip(found, labels, strict=False))


def label(node: Tree, words: Words) -> str:
    """What a node says, in short."""
    match node:
        case Leaf():
            full = words.leaf(node)
        case Branch():
            full = words.term(node.condition)
        case Step():
            full = words.call(node.call)
    return full if len(full) <= _WIDTH else full[: _WIDTH - 1] + "…"


def dot(tree: Tree, words: Words, name: str) -> str:
    """For Graphviz: calls are boxes, conditions diamonds, ends ellipses."""
    boxes: list[str] = []
    arrows: list[str] = []
    waiting: list[tuple[Tree, str]] = [(tree, "")]
    while waiting:
        node, arrow = waiting.pop()
        here = f"n{len(boxes)}"
        shape = {Leaf: "ellipse", Branch: "diamond", Step: "box"}[type(node)]
        paths = f", tooltip={_quoted(', '.join(node.paths))}" if isinstance(node, Leaf) else ""
        boxes.append(f"    {here} [shape={shape}, label={_quoted(label(node, words))}{paths}];")
        arrows += [arrow.format(here)] if arrow else []
        for child, way in reversed(ways(node)):
            named = f" [label={_quoted(way)}]" if way else ""
            waiting.append((child, f"    {here} -> {{}}{named};"))
    head = [f"digraph {_quoted(name)} {{", '    node [fontname="sans-serif", fontsize=10];']
    return "\n".join([*head, *boxes, *arrows, "}"]) + "\n"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    return f'"{escaped}"'
