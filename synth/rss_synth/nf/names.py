"""Names that templates give and that reach C, make and file names."""

from __future__ import annotations

import re

from rss_dsl.lexical import KEYWORDS
from rss_synth.nf.template import RESERVED

_FUNCTION = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_ITEM = re.compile(r"[a-z][a-z0-9_]*")
_GOALS = ("all", "bench", "build", "clean", "replay", "replay-check", "runtime")
"""Goals and folders of the generated Makefile, and what would make one of them by `-check`."""
TAKEN_ROLES = frozenset(
    {
        "again", "burst", "drop", "exported", "flood", "has_tm", "locks", "max_sharers", "ports", "program",
        "shared", "tm", "tm_safe", "writes",
    }
)  # fmt: skip
"""Roles are `NF_ROLE` in C, and these have a meaning in the runtime."""

CALLED_AS = "use lower-case words joined by hyphens, none of them a goal or folder of the generated Makefile"
"""What network functions can be called, for those who called one otherwise."""


def can_be_called(name: str) -> bool:
    """Whether a network function can have this name."""
    return _FUNCTION.fullmatch(name) is not None and name not in _GOALS


def can_be_item(name: str) -> bool:
    """Whether a role or parameter can have this name: items of `nf` blocks, and names in C and templates."""
    return _ITEM.fullmatch(name) is not None and name not in KEYWORDS and name not in RESERVED
