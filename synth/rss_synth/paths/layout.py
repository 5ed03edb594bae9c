"""Lines of C: nested, wrapped, with comments, and which names are in them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

INDENT = "    "
_NAME = re.compile(r"[a-z_][a-z0-9_]*")
_COMMENT = re.compile(r"/\*.*?\*/")
_WIDEST = 100
"""Comments of more characters are left out."""
_BREAK = re.compile(r"(?<=,) |(?<= [=+|]) |(?<=&&) |(?<=\|\|) ")
"""Behind what a line can end."""
_WIDE = 112
"""Characters of a line, without its first indentation."""


def with_unused(names: Sequence[str], lines: list[str]) -> list[str]:
    """Statements after one that names the variables that they do not use."""
    used = used_names(lines)
    unused = [f"(void){name}" for name in names if name not in used]
    return [*([f"{', '.join(unused)};"] if unused else []), *lines]


def wrapped(line: str) -> str:
    """A statement in lines of a bearable length, broken where it nests least."""
    indent = " " * (len(line) - len(line.lstrip()) + 8)
    done: list[str] = []
    while len(line) > _WIDE and (places := list(_breaks(line, len(indent)))):
        at = max(places)[-1]
        done.append(line[:at])
        line = indent + line[at + 1 :]
    return "\n    ".join([*done, line])


def _breaks(line: str, first: int) -> Iterator[tuple[int, bool, int]]:
    """Where a line can end, the best place having the highest rank: outside of parentheses, late."""
    for space in _BREAK.finditer(line[:_WIDE], first):
        at = space.start()
        yield line.count(")", 0, at) - line.count("(", 0, at), at > _WIDE // 2, at


def used_names(lines: Iterable[str]) -> set[str]:
    """The identifiers in code, but for those in comments."""
    return set(_NAME.findall(_COMMENT.sub("", "\n".join(lines))))


def comment(text: str) -> list[str]:
    """A line, or none for what is too long."""
    return [f"/* {text} */"] if len(text) <= _WIDEST and "*/" not in text else []


def nested(head: str, lines: list[str]) -> list[str]:
    """Statements under an `if`."""
    if len(lines) == 1:
        return [head, f"{INDENT}{lines[0]}"]
    return [f"{head} {{", *(f"{INDENT}{line}" if line else "" for line in lines), "}"]
