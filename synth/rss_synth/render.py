"""The one Jinja2 environment. Templates hold layout; what to print is decided before."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from functools import cache
from traceback import extract_tb

from jinja2 import (
    DictLoader,
    Environment,
    PackageLoader,
    StrictUndefined,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
)
from jinja2.sandbox import ImmutableSandboxedEnvironment

from rss_dsl.diagnostics import Diagnostic, RssError, Rule
from rss_dsl.source import Source, Span


def render(template_name: str, **context: object) -> str:
    """The text of a template (`nf/config.c.j2`). A variable that the context lacks is an error."""
    return _environment().get_template(template_name).render(**context)


def render_source(template: Source, rule: Rule, **context: object) -> str:
    """The text of a template that users can have written: it sees its context and nothing else.

    RssError with that rule, at the template's line, where it is wrong.
    """
    try:
        return _sandbox().from_string(template.text).render(**context)
    except _WRONG as error:
        message = f"the template cannot be rendered: {_reason(error)}"
        raise RssError([Diagnostic(rule=rule, message=message, span=_place(template, error))]) from None


_WRONG = (
    TemplateError,
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    RecursionError,
    SyntaxError,  # Python's, of the code that a template is compiled to
    TypeError,
    ValueError,
)
"""What a template can bring about."""


def _reason(error: Exception) -> str:
    """In one line."""
    match error:
        case TemplateNotFound():
            return "a template of your own is one file: there is nothing to include, import or extend"
        case TemplateError():
            return error.message or "it is not valid"
        case MemoryError() | RecursionError():
            return "it never ends, or its text is too large"
        case SyntaxError():
            return error.msg
        case _:
            return str(error)


def _place(template: Source, error: Exception) -> Span:
    """The line that the template engine was at."""
    frames = extract_tb(error.__traceback__)
    known = [frame.lineno or 1 for frame in frames if frame.filename == "<template>"]
    line = error.lineno if isinstance(error, TemplateSyntaxError) else (known or [1])[-1]
    start = sum(len(text) + 1 for text in template.text.split("\n")[: line - 1])
    return Span(template, start, start + len(template.line(line)))


def c_bytes(data: bytes) -> str:
    """`0x6d, 0x5a, …`: members of a C initialiser."""
    return ", ".join(f"0x{byte:02x}" for byte in data)


def hex_colon(data: bytes) -> str:
    """`6d:5a:…`: a key as ethtool writes it."""
    return data.hex(":")


def comment(text: str) -> str:
    """Text that can neither end a C comment nor a line."""
    printable = "".join(char if char.isprintable() else "?" for char in text).replace("\\", "/")
    return re.sub(r"(?<=\*)(?=/)|(?<=/)(?=\*)", " ", printable)


def rows(items: Iterable[object], width: int) -> list[list[str]]:
    """Items in lines of `width` each."""
    texts = [str(item) for item in items]
    return [texts[at : at + width] for at in range(0, len(texts), width)]


@cache
def _environment() -> Environment:
    return _prepared(Environment(loader=PackageLoader("rss_synth", "templates"), autoescape=False))


@cache
def _sandbox() -> Environment:
    return _prepared(ImmutableSandboxedEnvironment(loader=DictLoader({}), autoescape=False))


def _prepared(environment: Environment) -> Environment:
    """Strict, with the same layout and filters for all."""
    environment.undefined = StrictUndefined
    environment.trim_blocks = environment.lstrip_blocks = environment.keep_trailing_newline = True
    named = (c_bytes, hex_colon, comment, rows)
    environment.filters.update({function.__name__: function for function in named})
    environment.filters["shell_quote"] = shlex.quote
    return environment
