"""`rssc rule`: what a diagnostic code means and what to do about it."""

from __future__ import annotations

import argparse

from rssc.arguments import Subparsers
from rssc.exits import Exit


def add(subparsers: Subparsers) -> None:
    """Register the command."""
    parser = subparsers.add_parser("rule", help="explain a diagnostic code; without one, list them all")
    parser.add_argument(
        "code", nargs="?", metavar="CODE", help="a code or name, such as RSS104 or unknown-nic"
    )
    parser.set_defaults(run=run, usage_error=parser.error)


def run(options: argparse.Namespace) -> Exit:
    """Print the explanation, or the list."""
    print(_listing() if options.code is None else _explanation(options))
    return Exit.OK


def _listing() -> str:
    from rss_dsl.codes import all_rules

    return "\n".join(f"{rule.code}  {rule.severity:<8} {rule.name}" for rule in all_rules().values())


def _explanation(options: argparse.Namespace) -> str:
    from rss_dsl.codes import all_rules
    from rss_dsl.lexical import quote
    from rss_dsl.pages import explanation

    names = {rule.name: code for code, rule in all_rules().items()}
    digits = options.code.lower().removeprefix("rss")
    text = explanation(names.get(options.code.lower(), f"RSS{digits}"))
    if text is None:
        options.usage_error(f"unknown code {quote(options.code)}: {_hint(options.code, names)}")
    return str(text).rstrip("\n")


def _hint(code: str, names: dict[str, str]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(code.lower(), names, 1) or get_close_matches(code.upper(), names.values(), 1)
    return f"did you mean `{close[0]}`?" if close else "`rssc rule` lists them all"
