"""`rssc synth SPEC --target T --out DIR`: NIC configuration and NF code from proven keys."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from rssc.arguments import Subparsers, add_key_source, add_spec, folder
from rssc.exits import Exit

if TYPE_CHECKING:
    from rss_dsl.diagnostics import Diagnostic
    from rss_synth.target import Target
    from rssc.sources import Keys


def add(subparsers: Subparsers) -> None:
    """Register the command."""
    from rss_synth.targets import TARGETS

    parser = subparsers.add_parser(
        "synth",
        help="NIC configuration and NF code",
        description="Artifacts are written for proven keys only, solved or given with --keys.",
    )
    add_spec(parser)
    parser.add_argument("--target", required=True, metavar="T", help=f"{', '.join(TARGETS)}, or your own")
    parser.add_argument("--out", required=True, type=folder, metavar="DIR", help="the folder to write to")
    add_key_source(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> Exit:
    """Solve or take keys, prove, emit, write."""
    from rss_dsl.diagnostics import Diagnostic
    from rss_solver.proof import Proof
    from rss_synth.nf.strategy import shares_state
    from rssc.outcome import unproven_exit
    from rssc.report import tell
    from rssc.sources import judged, keys_for
    from rssc.templates import target

    wanted = target(options.target, options.template)
    if isinstance(wanted, Diagnostic):
        tell([wanted])
        return Exit.USAGE
    found = keys_for(options, shares_state if options.target == "nf" else None)
    if isinstance(found, Exit):
        return found
    tell([finding for finding in found.findings if not _is_refused(finding, found, options.target)])
    verdict = judged(found)
    if not isinstance(verdict, Proof):
        return unproven_exit(found.problem, verdict, options.format)
    return _write(wanted, found, options)


def _is_refused(finding: Diagnostic, found: Keys, target: str) -> bool:
    """Whether it warns of what the target refuses to do, and says so itself."""
    from rss_dsl import codes

    nf = found.problem.nf
    if target != "nf" or nf is None or finding.rule is not codes.NF_KEYS_DO_NOT_SERVE:
        return False
    return any(item.name == "strategy" and item.value.text == "shared-nothing" for item in nf.items)


def _write(wanted: Target, found: Keys, options: argparse.Namespace) -> Exit:
    """Write what the target makes of proven keys, and list it."""
    from rss_synth.target import Provenance
    from rssc import __version__
    from rssc.documents import emit
    from rssc.inputs import identity
    from rssc.output import write_artifacts

    spec = identity(found.problem)
    origin = Provenance(__version__, spec.path, spec.sha256)
    artifacts = wanted.emit(found.problem, found.solution, origin)
    written = [str(path) for path in write_artifacts(options.out, artifacts)]
    remarks = list(dict.fromkeys(artifact.remark for artifact in artifacts if artifact.remark))
    if options.format == "json":
        emit({"target": options.target, "files": written, "remarks": remarks})
    else:
        print("\n".join((*written, *remarks)))
    return Exit.OK
