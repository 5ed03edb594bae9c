"""Entry point: arguments in, exit code out, nothing else."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from rssc import __version__
from rssc.exits import SUMMARY, Exit
from rssc.streams import is_streams, lost, open_closed

COMMANDS = (
    "check",
    "fmt",
    "solve",
    "verify",
    "explain",
    "smt",
    "example",
    "hash",
    "eval",
    "synth",
    "import_",
    "prove",
    "nic",
    "rule",
)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(
        prog="rssc",
        description="The compiler for NIC steering: .rss specs to proven RSS keys.",
        epilog=SUMMARY,
    )
    top.add_argument("--version", action="version", version=f"rssc {__version__}")
    subparsers = top.add_subparsers(metavar="COMMAND", required=True)
    for name in COMMANDS:
        import_module(f"rssc.commands.{name}").add(subparsers)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command. Users' mistakes become diagnostics, anything unforeseen exit code 70."""
    open_closed()
    try:
        try:
            return _answer(arguments)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
    except OSError as error:
        return lost(error)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


def _answer(arguments: Sequence[str] | None) -> int:
    options = parser().parse_args(arguments)
    try:
        return _run(options)
    except Exception as error:
        if isinstance(error, OSError) and is_streams(error):
            raise
        return _failed(error, options)


def _run(options: argparse.Namespace) -> int:
    folders = getattr(options, "template", None)
    if not folders:
        return int(options.run(options))
    from rss_synth.nf.catalogue import added_templates
    from rssc.templates import functions

    with added_templates(functions(folders)):
        return int(options.run(options))


def _failed(error: Exception, options: argparse.Namespace) -> int:
    from rss_dsl.diagnostics import RssError
    from rss_solver.limits import LimitReachedError
    from rssc.report import fail, undecided

    if isinstance(error, RssError):
        return fail(error, getattr(options, "format", "text"))
    if isinstance(error, LimitReachedError):
        return undecided(error, getattr(options, "format", "text"))
    if os.environ.get("RSSC_DEBUG"):
        raise error
    kind = type(error).__name__
    print(f"internal error[RSS901]: {kind}: {error}", file=sys.stderr)
    print("this is a bug in rssc: please report it with the spec; RSSC_DEBUG=1 shows where", file=sys.stderr)
    return Exit.INTERNAL


if __name__ == "__main__":
    sys.exit(main())
