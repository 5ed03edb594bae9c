"""Whether the arguments of `rssc import` go together, and what they say of the ports."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import NoReturn

from rss_callpaths.files.reader import SUFFIX
from rss_callpaths.infer import Options
from rss_dsl.nic import NicProfile
from rss_dsl.nics import any_names, find
from rss_synth.nf.names import CALLED_AS, can_be_called
from rssc.arguments import named_folder
from rssc.commands.import_ import DRAWINGS

_DEFAULT = re.compile(r"P([0-9]+)")


def check(options: argparse.Namespace) -> None:
    """End the program where arguments do not go together."""
    refuse: Callable[[str], NoReturn] = options.refuse
    if options.emit == "accesses" and options.out:
        refuse("--out takes the spec; redirect the list of accesses")
    if options.out and _is_read(options.out, [*options.paths, *options.library]):
        refuse(f"argument --out: {options.out} is among what is imported, or would be")
    if options.emit == "template" and not (options.out and can_be_called(named_folder(options.out).name)):
        refuse(f"--emit template needs --out DIR, whose last name is the function's: {CALLED_AS}")
    if options.nf and options.emit != "spec":
        refuse("--nf is for --emit spec")
    if options.emit == "bdd" and options.format not in ("text", *DRAWINGS):
        refuse(f"--emit bdd has the formats text, {', '.join(DRAWINGS)}")
    if options.emit != "bdd" and options.format in DRAWINGS:
        refuse(f"--format {options.format} is for --emit bdd")
    if options.emit == "template" and options.format == "sarif":
        refuse("--format sarif is for findings; --emit template has none")


def _is_read(out: Path, inputs: Sequence[Path]) -> bool:
    """Whether a file is named as input, or lies among the call paths of a folder that is."""
    target, *named = (Path(os.path.realpath(path)) for path in (out, *inputs))
    return target in named or (target.suffix == SUFFIX and target.parent in named)


def wanted_ports(options: argparse.Namespace) -> Options:
    """What the arguments say of the ports; wrong ones end the program."""
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
    found = find(name)
    if found is None:
        close = get_close_matches(name, any_names(), 1)
        hint = f"did you mean {close[0]}?" if close else "see `rssc nic list`"
        refuse(f"argument --nic: no NIC is called {name!r}; {hint}")
    if not found.toeplitz.value:
        refuse(f"argument --nic: {found.name} does not hash with Toeplitz, so no key can steer it")
    return found
