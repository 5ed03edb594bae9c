"""`rssc import PATH…`: what a network function's call paths require of steering, as a spec."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from rssc.arguments import Subparsers, add_format, add_library, add_paths, file
from rssc.exits import Exit

if TYPE_CHECKING:
    from rss_callpaths.infer import Options
    from rss_dsl.nic import NicProfile

_PORT = re.compile(r"([0-9]{1,5})=([A-Za-z_][A-Za-z0-9_]*)")
_NF_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_DRAWINGS = ("dot", "svg")
_DEFAULT = re.compile(r"P([0-9]+)")


def add(subparsers: Subparsers) -> None:
    """Register the command."""
    parser = subparsers.add_parser(
        "import",
        help="a spec from the call paths of a network function",
        description="Infers which packets must meet so that cores share no state; exit code 3 and the reason "
        "if steering cannot bring that about.",
    )
    add_paths(parser)
    parser.add_argument(
        "--out", type=file, metavar="SPEC", help="write the spec (or tree, or template folder) there"
    )
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
    add_library(parser)
    parser.add_argument(
        "--emit",
        choices=("spec", "accesses", "bdd", "template"),
        default="spec",
        help="the spec; the accesses that it is inferred from; the paths as a decision tree; a template "
        "of the network function for `rssc synth --template`, in the folder --out",
    )
    parser.add_argument(
        "--nf", type=_function, metavar="NAME", help="add the block of a network function to the spec"
    )
    parser.add_argument(
        "--ignored", action="store_true", help="name every access that imposes nothing, not only how many"
    )
    parser.add_argument(
        "--shared",
        action="store_true",
        help="where cores cannot have state of their own, a spec for cores that share it by locks",
    )
    add_format(parser, "sarif", *_DRAWINGS)
    parser.set_defaults(run=run, refuse=parser.error)


def _port(text: str) -> tuple[int, str]:
    from rss_dsl.lexical import KEYWORDS

    match = _PORT.fullmatch(text)
    if match is None or match[2] in KEYWORDS:
        raise argparse.ArgumentTypeError(f"{text!r} is not N=NAME, such as 0=LAN")
    return int(match[1]), match[2]


def _function(text: str) -> str:
    if not _NF_NAME.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no name: use lower-case words joined by hyphens")
    return text


def _queues(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or int(text[:20]) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of queues")
    return int(text[:20])


def run(options: argparse.Namespace) -> Exit:
    """Read, infer, write or say why not."""
    from rssc.callpaths import infer, read_call_paths
    from rssc.imported import accesses_exit, check_ports, inferred_exit
    from rssc.trees import template_exit, tree_exit

    wanted = _wanted(options)
    _check(options)
    found = read_call_paths(options.paths, options.library)
    if options.emit == "accesses":
        return accesses_exit(found, options.format)
    if options.emit == "bdd":
        return tree_exit(found, options)
    check_ports(found, dict(options.ports))
    if options.emit == "template":
        return template_exit(found, wanted, options)
    return inferred_exit(found, infer(found, wanted), wanted, options)


def _check(options: argparse.Namespace) -> None:
    """End the program where arguments do not go together."""
    refuse: Callable[[str], NoReturn] = options.refuse
    if options.emit == "accesses" and options.out:
        refuse("--out takes the spec; redirect the list of accesses")
    if options.out and _is_read(options.out, [*options.paths, *options.library]):
        refuse(f"argument --out: {options.out} is among what is imported, or would be")
    if options.emit == "template" and not (options.out and _NF_NAME.fullmatch(options.out.resolve().name)):
        refuse(
            "--emit template needs --out DIR, whose last name is the function's: lower-case words and hyphens"
        )
    if options.nf and options.emit != "spec":
        refuse("--nf is for --emit spec")
    if options.emit == "bdd" and options.format not in ("text", *_DRAWINGS):
        refuse(f"--emit bdd has the formats text, {', '.join(_DRAWINGS)}")
    if options.emit != "bdd" and options.format in _DRAWINGS:
        refuse(f"--format {options.format} is for --emit bdd")
    if options.emit == "template" and options.format == "sarif":
        refuse("--format sarif is for findings; --emit template has none")


def _is_read(out: Path, inputs: Sequence[Path]) -> bool:
    """Whether a file is named as input, or lies among the call paths of a folder that is."""
    from rss_callpaths.files.reader import SUFFIX

    target, *named = (Path(os.path.realpath(path)) for path in (out, *inputs))
    return target in named or (target.suffix == SUFFIX and target.parent in named)


def _wanted(options: argparse.Namespace) -> Options:
    """What the arguments say of the ports; wrong ones end the program."""
    from rss_callpaths.infer import Options

    refuse: Callable[[str], NoReturn] = options.refuse
    nic = _nic(options.nic, refuse)
    most = nic.max_queues.value
    if most is not None and options.queues > most:
        refuse(f"argument --queues: {nic.name} has at most {most}")
    names = dict(options.ports)
    if len(names) < len(options.ports):
        refuse("argument --port: a device has one name")
    if len(set(names.values())) < len(names):
        refuse("argument --port: two devices have one name")
    for device, name in names.items():
        match = _DEFAULT.fullmatch(name)
        if match and name != f"P{device}":
            refuse(f"argument --port: {name} is what device {match[1]} is called")
    return Options(
        nic=nic.name, queues=options.queues, ports=tuple(sorted(names.items())), shared=options.shared
    )


def _nic(name: str, refuse: Callable[[str], NoReturn]) -> NicProfile:
    from difflib import get_close_matches

    from rss_dsl.nics import any_names, find

    found = find(name)
    if found is None:
        close = get_close_matches(name, any_names(), 1)
        hint = f"did you mean {close[0]}?" if close else "see `rssc nic list`"
        refuse(f"argument --nic: no NIC is called {name!r}; {hint}")
    if not found.toeplitz.value:
        refuse(f"argument --nic: {found.name} does not hash with Toeplitz, so no key can steer it")
    return found
