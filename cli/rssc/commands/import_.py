"""`rssc import PATH…`: what a network function's call paths require of steering, as a spec."""

from __future__ import annotations

import argparse
import re

from rssc.arguments import Subparsers, add_format, add_library, add_paths, file
from rssc.exits import Exit

_PORT = re.compile(r"([0-9]{1,5})=([A-Za-z_][A-Za-z0-9_]*)")
EMITTED = ("spec", "accesses", "bdd", "template")
DRAWINGS = ("dot", "svg")


def add(subparsers: Subparsers) -> None:
    """Register the command."""
    parser = subparsers.add_parser(
        "import",
        help="a spec from the call paths of a network function",
        description="Infers which packets must meet so that cores share no state; exit code 3 and the reason "
        "if steering cannot bring that about.",
    )
    add_paths(parser)
    add_library(parser)
    _add_ports(parser)
    _add_answers(parser)
    parser.set_defaults(run=run, refuse=parser.error)


def _add_ports(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--port",
        dest="ports",
        action="append",
        type=_port,
        default=[],
        metavar="N=NAME",
        help="the name of device N, otherwise PN; repeatable",
    )
    parser.add_argument("--nic", default="intel-x710", metavar="NAME", help="the ports' NIC (intel-x710)")
    parser.add_argument("--queues", type=_queues, default=16, metavar="N", help="queues of each port (16)")


def _add_answers(parser: argparse.ArgumentParser) -> None:
    help = "the spec; the accesses that it is inferred from; the paths as a decision tree; a template of the "
    help += "network function for `rssc synth --template`, in the folder --out"
    parser.add_argument("--emit", choices=EMITTED, default="spec", help=help)
    help = "write the spec (or tree, or template folder) there"
    parser.add_argument("--out", type=file, metavar="SPEC", help=help)
    help = "add the block of a network function to the spec"
    parser.add_argument("--nf", type=_function, metavar="NAME", help=help)
    help = "where cores cannot have state of their own, a spec for cores that share it by locks"
    parser.add_argument("--shared", action="store_true", help=help)
    help = "name every access that imposes nothing, not only how many"
    parser.add_argument("--ignored", action="store_true", help=help)
    add_format(parser, "sarif", *DRAWINGS)


def _port(text: str) -> tuple[int, str]:
    from rss_dsl.lexical import KEYWORDS

    match = _PORT.fullmatch(text)
    if match is None or match[2] in KEYWORDS:
        raise argparse.ArgumentTypeError(f"{text!r} is not N=NAME, such as 0=LAN")
    return int(match[1]), match[2]


def _function(text: str) -> str:
    from rss_synth.nf.names import CALLED_AS, can_be_called

    if not can_be_called(text):
        raise argparse.ArgumentTypeError(f"{text!r} cannot name a network function: {CALLED_AS}")
    return text


def _queues(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or int(text[:20]) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of queues")
    return int(text[:20])


def run(options: argparse.Namespace) -> Exit:
    """Read, infer, write or say why not."""
    from rssc.callpaths import infer, read_call_paths
    from rssc.imported import accesses_exit, check_ports, inferred_exit
    from rssc.importing import check, wanted_ports
    from rssc.trees import template_exit, tree_exit

    wanted = wanted_ports(options)
    check(options)
    found = read_call_paths(options.paths, options.library)
    if options.emit == "accesses":
        return accesses_exit(found, options.format)
    if options.emit == "bdd":
        return tree_exit(found, options)
    check_ports(found, dict(options.ports))
    if options.emit == "template":
        return template_exit(found, wanted, options)
    return inferred_exit(found, infer(found, wanted), wanted, options)
