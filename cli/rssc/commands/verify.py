"""`rssc verify SPEC [--keys FILE]`: a proof, or two packets that break the spec."""

from __future__ import annotations

import argparse

from rssc.arguments import Subparsers, add_key_source, add_spec
from rssc.exits import Exit


def add(subparsers: Subparsers) -> None:
    """Register the command."""
    parser = subparsers.add_parser("verify", help="prove keys, or show two packets that break the spec")
    add_spec(parser)
    add_key_source(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> Exit:
    """Judge the given keys, or those that solving gives."""
    from rss_solver.proof import Proof
    from rssc.documents import emit, spread_document, verdict_document
    from rssc.inputs import identity
    from rssc.outcome import verdict_exit
    from rssc.report import tell
    from rssc.show import show_spread, show_verdict
    from rssc.sources import judged, keys_for

    found = keys_for(options)
    if isinstance(found, Exit):
        return found
    tell(found.findings)
    verdict = judged(found)
    if options.format == "json":
        spec = identity(found.problem)
        document = {"path": spec.path, "sha256": spec.sha256}
        shown = verdict_document(found.problem, verdict)
        emit({"spec": document, "ports": spread_document(found.solution), "verdict": shown})
    else:
        print(show_verdict(found.problem, verdict))
        if isinstance(verdict, Proof):
            print(show_spread(found.solution))
    return verdict_exit(verdict)
