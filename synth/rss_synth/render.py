"""The one Jinja2 environment. Templates hold layout; what to print is decided before."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined


def render(template_name: str, **context: object) -> str:
    """The text of a template (`nf/config.c.j2`). A variable that the context lacks is an error."""
    return _environment().get_template(template_name).render(**context)


def render_text(template: str, **context: object) -> str:
    """The text of a template that is given as such."""
    return _environment().from_string(template).render(**context)


def c_bytes(data: bytes) -> str:
    """`0x6d, 0x5a, …`: members of a C initialiser."""
    return ", ".join(f"0x{byte:02x}" for byte in data)


def hex_colon(data: bytes) -> str:
    """`6d:5a:…`: a key as ethtool writes it."""
    return data.hex(":")


def comment(text: str) -> str:
    """Text that can neither end a C comment nor a line."""
    printable = "".join(char if char.isprintable() else "?" for char in text)
    return printable.replace("*/", "* /").replace("/*", "/ *").replace("\\", "/")


def rows(items: Iterable[object], width: int) -> list[list[str]]:
    """Items in lines of `width` each."""
    texts = [str(item) for item in items]
    return [texts[at : at + width] for at in range(0, len(texts), width)]


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("rss_synth", "templates"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    named = (c_bytes, hex_colon, comment, rows)
    environment.filters.update({function.__name__: function for function in named})
    environment.filters["shell_quote"] = shlex.quote
    return environment
