"""The explanation of every diagnostic code, packaged as `rules/CODE.md`."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from rss_dsl.codes import all_rules


@cache
def explanation(code: str) -> str | None:
    """The Markdown text for a code such as `RSS101` (in any case), None if there is no such code."""
    known = code.upper()
    if known not in all_rules():
        return None
    page = files("rss_dsl") / "rules" / f"{known}.md"
    return page.read_text("utf-8") if page.is_file() else None
