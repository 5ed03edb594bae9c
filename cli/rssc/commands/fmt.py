"""`rssc fmt SPEC…`: the canonical text of specs."""

from __future__ import annotations

import argparse
from pathlib import Path

from rssc.arguments import Subparsers
from rssc.exits import Exit


def add(subparsers: Subparsers) -> None:
    """Register the command."""
    parser = subparsers.add_parser("fmt", help="write specs in their canonical form")
    parser.add_argument("specs", type=Path, nargs="+", metavar="SPEC", help="the .rss files")
    parser.add_argument(
        "--check", action="store_true", help="change nothing; exit code 1 if a spec would change"
    )
    parser.set_defaults(run=run, format="text")


def run(options: argparse.Namespace) -> Exit:
    """Rewrite what is not canonical; files with syntax errors stay as they are."""
    from rss_dsl.diagnostics import Diagnostic, RssError
    from rssc.report import tell

    findings: list[Diagnostic] = []
    changed = []
    for path in options.specs:
        try:
            if _format(path, options.check):
                changed.append(path)
        except RssError as error:
            findings += error.diagnostics
    verb = "would change" if options.check else "formatted"
    for path in changed:
        print(f"{path}: {verb}")
    tell(findings)
    return Exit.FINDINGS if findings or (changed and options.check) else Exit.OK


def _format(path: Path, check: bool) -> bool:
    """Whether a file is not canonical. Parses it alone: what it imports has no say in its form."""
    from rss_dsl.files import decoded, read_bytes
    from rss_dsl.format import format_spec
    from rss_dsl.parse import parse
    from rss_dsl.source import Source
    from rssc.output import write_text

    data = read_bytes(path)
    text = format_spec(parse(Source(str(path), decoded(data, path))))
    if text.encode() == data:
        return False
    if not check:
        write_text(path, text)
    return True
