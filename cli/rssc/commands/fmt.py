"""`rssc fmt SPEC…`: the canonical text of specs."""

from __future__ import annotations

import argparse
from pathlib import Path

from rssc.arguments import Subparsers


def add(subparsers: Subparsers) -> None:
    """Register the command."""
    parser = subparsers.add_parser("fmt", help="write specs in their canonical form")
    parser.add_argument("specs", type=Path, nargs="+", metavar="SPEC", help="the .rss files")
    parser.add_argument(
        "--check", action="store_true", help="change nothing; exit code 1 if a spec would change"
    )
    parser.set_defaults(run=run, format="text")


def run(options: argparse.Namespace) -> int:
    """Rewrite what is not canonical; files with syntax errors stay as they are."""
    from rss_dsl.format import format_spec
    from rss_dsl.loading import load
    from rssc.exits import Exit
    from rssc.output import write_text

    changed = []
    for path in options.specs:
        spec = load(path)
        text = format_spec(spec)
        if text != spec.source.text:
            changed.append(path)
            if not options.check:
                write_text(path, text)
    verb = "would change" if options.check else "formatted"
    for path in changed:
        print(f"{path}: {verb}")
    return Exit.FINDINGS if changed and options.check else Exit.OK
