"""The one Jinja2 environment. Templates hold layout; what to print is decided before."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined


def render(template_name: str, **context: object) -> str:
    """The text of a template (`nf/config.c.j2`). A variable that the context lacks is an error."""
    return _environment().get_template(template_name).render(**context)


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("rss_synth", "templates"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
