"""`rssc eval SPEC --pcap PORT=FILE…`: load per queue and core on real traffic."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from rssc.arguments import Subparsers, add_key_source, add_spec
from rssc.exits import Exit

if TYPE_CHECKING:
    from rss_solver.traffic import PortCapture, SplitCapture


def add(subparsers: Subparsers) -> None:
    """Register the command."""
    parser = subparsers.add_parser(
        "eval",
        help="load per queue on captures",
        description="Captures are pcap or pcapng files of Ethernet frames. A capture of several ports' "
        "packets is given as --pcap FILE and split by --from PORT=PREFIX: packets whose source lies in the "
        "prefix came in on that port, the rest on the one port without a prefix.",
    )
    add_spec(parser)
    parser.add_argument(
        "--pcap", action="append", required=True, metavar="[PORT=]FILE", help="a capture; repeatable"
    )
    parser.add_argument(
        "--from",
        action="append",
        dest="origins",
        default=[],
        metavar="PORT=PREFIX",
        help="split captures; repeatable",
    )
    add_key_source(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> Exit:
    """Count with the given keys, or those that solving gives."""
    from rss_solver.traffic import evaluate
    from rssc.documents import emit
    from rssc.loads import load_document, show_load
    from rssc.progress import stage
    from rssc.report import tell
    from rssc.sources import keys_for

    captures = _captures(options)
    found = keys_for(options)
    if isinstance(found, Exit):
        return found
    with stage("hashing packets"):
        load = evaluate(found.problem, found.solution, captures)
    tell([*found.findings, *load.warnings])
    if options.format == "json":
        emit(load_document(load))
    else:
        print(show_load(load))
    return Exit.OK


def _captures(options: argparse.Namespace) -> list[PortCapture | SplitCapture]:
    """The captures of the command line; RssError unless each has a port or is split by `--from`."""
    from rss_dsl.codes import BAD_ORIGIN
    from rss_dsl.diagnostics import Diagnostic, RssError
    from rss_dsl.source import Source, Span
    from rss_solver.traffic import PortCapture, SplitCapture, parse_origin
    from rssc.inputs import PORT_FILE

    origins = tuple(parse_origin(text) for text in options.origins)
    captures: list[PortCapture | SplitCapture] = []
    for text in options.pcap:
        span = Span(Source("--pcap", text), 0, len(text))
        match = PORT_FILE.fullmatch(text)
        if match and not (origins and Path(text).exists()):
            captures.append(PortCapture(match[1], Path(match[2]), span))
        elif origins:
            captures.append(SplitCapture(Path(text), origins))
        else:
            message = f"which port `{text}` was captured on is not said"
            way_out = f"write `--pcap PORT={text}`, or split it with `--from PORT=PREFIX`"
            raise RssError([Diagnostic(rule=BAD_ORIGIN, message=message, span=span, help=way_out)])
    if origins and not any(isinstance(capture, SplitCapture) for capture in captures):
        message = "`--from` splits captures without a port; there is none"
        way_out = "give the capture as `--pcap FILE`, or leave `--from` out"
        raise RssError([Diagnostic(rule=BAD_ORIGIN, message=message, span=origins[0].span, help=way_out)])
    return captures
