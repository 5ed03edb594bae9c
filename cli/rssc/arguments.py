"""Arguments that several commands share."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]
else:
    Subparsers = object
"""What `add_subparsers` returns; argparse has no public name for it."""


def add_spec(parser: argparse.ArgumentParser) -> None:
    """The spec."""
    parser.add_argument("spec", type=Path, metavar="SPEC", help="the .rss file")
    add_templates(parser)


def add_templates(parser: argparse.ArgumentParser) -> None:
    """Templates of the user's."""
    parser.add_argument(
        "--template",
        action="append",
        type=named_folder,
        default=[],
        metavar="DIR",
        help="a folder with a network function (nf.toml) or a target (target.toml) of your own; repeatable",
    )


def add_format(parser: argparse.ArgumentParser, *formats: str) -> None:
    """How to print the answer."""
    choices = ("text", "json", *formats)
    parser.add_argument("--format", choices=choices, default="text", help="how to print the answer")


def add_key_source(parser: argparse.ArgumentParser) -> None:
    """What `sources.keys_for` reads: given keys or a seed, and how to print what comes of them."""
    add_keys(parser)
    add_format(parser)
    add_seed(parser)


def add_keys(parser: argparse.ArgumentParser) -> None:
    """Keys from outside."""
    parser.add_argument(
        "--keys",
        action="append",
        metavar="[PORT=]FILE",
        help="a lock file, lines PORT=HEX, the output of `ethtool -x` or a bare key; repeatable",
    )


def add_seed(parser: argparse.ArgumentParser) -> None:
    """The seed."""
    parser.add_argument("--seed", type=_seed, metavar="N", help="choose other keys; replaces the spec's seed")


def _seed(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 20 or int(text) >> 64:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of at most 64 bits")
    return int(text)


def folder(text: str) -> Path:
    """A folder to write to: an empty name is a mistake, of a variable not set for example."""
    if not text:
        raise argparse.ArgumentTypeError("the name of the folder is empty")
    return Path(text)


def named_folder(text: str | os.PathLike[str]) -> Path:
    """A folder whose last name counts: `.` and `..` are what they stand for."""
    path = Path(os.path.normpath(folder(os.fspath(text))))
    return path if path.name not in ("", "..") else path.resolve()


def file(text: str) -> Path:
    """A file; an empty name would be the folder that one is in."""
    if not text:
        raise argparse.ArgumentTypeError("the name of the file is empty")
    return Path(text)


def add_paths(parser: argparse.ArgumentParser) -> None:
    """Call paths."""
    parser.add_argument(
        "paths",
        type=file,
        nargs="+",
        metavar="PATH",
        help="a .call_path file, or a folder of them; all paths of one network function",
    )


def add_library(parser: argparse.ArgumentParser) -> None:
    """Functions that libVig does not have."""
    parser.add_argument(
        "--library",
        type=file,
        action="append",
        default=[],
        metavar="FILE",
        help="a TOML file that says what further functions do; repeatable",
    )
