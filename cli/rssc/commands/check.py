"""`rssc check SPEC…`: parse and check; every error at once."""

from __future__ import annotations

import argparse
from pathlib import Path

from rssc.arguments import Subparsers, add_format, add_templates
from rssc.exits import Exit


def add(subparsers: Subparsers) -> None:
    """Register the command."""
    parser = subparsers.add_parser("check", help="parse and check specs; every error at once")
    parser.add_argument("specs", type=Path, nargs="+", metavar="SPEC", help="the .rss files")
    add_templates(parser)
    add_format(parser, "sarif")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> Exit:
    """Exit code 1 if any spec has an error."""
    from rss_dsl.diagnostics import Diagnostic, RssError, has_errors
    from rssc.pipeline import front
    from rssc.report import print_findings, tell

    findings: list[Diagnostic] = []
    for path in options.specs:
        try:
            findings += front(path).findings
        except RssError as error:
            findings += error.diagnostics
    if options.format == "text":
        tell(findings)
    else:
        print_findings(findings, options.format)
    if has_errors(findings):
        return Exit.FINDINGS
    if options.format == "text":
        print("\n".join(f"{path}: ok" for path in options.specs))
    return Exit.OK
