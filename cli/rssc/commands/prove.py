"""`rssc prove PATH… --keys LOCK`: from call paths to keys, or two packets that part what they share."""

from __future__ import annotations

import argparse
from pathlib import Path

from rssc.arguments import Subparsers, add_key_source, add_library, add_paths, add_templates
from rssc.exits import Exit


def add(subparsers: Subparsers) -> None:
    """Register the command."""
    parser = subparsers.add_parser(
        "prove",
        help="prove from call paths that no two cores share state under given keys",
        description="Asks for two packets that can touch one cell of state and land on different cores, "
        "whatever the spec requires. Ports, NICs, traffic and assumptions are the spec's.",
    )
    add_paths(parser)
    parser.add_argument(
        "--spec", type=Path, metavar="SPEC", help="the .rss file; otherwise the one that the lock file names"
    )
    add_library(parser)
    add_templates(parser)
    add_key_source(parser)
    parser.set_defaults(run=run, refuse=parser.error)


def run(options: argparse.Namespace) -> Exit:
    """Take the keys, or solve for them; read the paths; prove."""
    from rssc.callpaths import prove, read_call_paths
    from rssc.proved import proved_exit, spec_of
    from rssc.report import tell, tell_some
    from rssc.sources import keys_for

    if options.spec is None and not options.keys:
        options.refuse("name a lock file with --keys, or a spec with --spec")
    options.spec, changed = spec_of(options.spec, options.keys or ())
    if options.spec is None:
        options.refuse("these --keys are of no lock file: name the spec with --spec")
    tell(changed)
    keys = keys_for(options)
    if isinstance(keys, Exit):
        return keys
    found = read_call_paths(options.paths, options.library)
    verdict = prove(found, keys.problem, keys.solution)
    findings = (*keys.findings, *found.findings)
    if options.format == "text":
        tell_some(findings)
    return proved_exit(verdict, keys.problem, (*changed, *findings), options.format)
