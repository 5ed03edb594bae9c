"""`rssc nic`: the NIC catalogue, as a table or one profile with every fact's source."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from rssc.arguments import Subparsers
from rssc.exits import Exit

if TYPE_CHECKING:
    from rss_dsl.nic import NicProfile


def add(subparsers: Subparsers) -> None:
    """Register the command."""
    parser = subparsers.add_parser("nic", help="print the NIC catalogue")
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="one line per NIC")
    show = actions.add_parser("show", help="everything known of one NIC, with sources")
    show.add_argument("name", metavar="NAME", help="a NIC's name or alias, such as intel-x710")
    for action, function in ((listing, _list), (show, _show)):
        action.add_argument(
            "--format", choices=("text", "json"), default="text", help="text (default) or json"
        )
        action.set_defaults(run=run, action=function)


def run(options: argparse.Namespace) -> Exit:
    """Print what was asked for."""
    print(options.action(options))
    return Exit.OK


def _list(options: argparse.Namespace) -> str:
    from rss_dsl.nics import catalogue
    from rssc.nic_text import as_json, table

    profiles = list(catalogue().values())
    return as_json({"nics": [_row(p) for p in profiles]}) if options.format == "json" else table(profiles)


def _row(profile: NicProfile) -> dict[str, object]:
    return {
        "name": profile.name,
        "title": profile.title,
        "driver": profile.driver,
        "aliases": profile.aliases,
        "key_bytes": profile.key_bytes.value,
        "table_sizes": profile.table_sizes.value,
        "max_queues": profile.max_queues.value,
        "classes": sorted(profile.hashable()),
    }


def _show(options: argparse.Namespace) -> str:
    from rss_dsl.nics import find
    from rssc.nic_text import as_json, document, text

    profile = find(options.name)
    if profile is None:
        raise _unknown(options.name)
    return as_json(document(profile)) if options.format == "json" else text(profile)


def _unknown(name: str) -> Exception:
    from difflib import get_close_matches

    from rss_dsl.codes import UNKNOWN_NIC
    from rss_dsl.diagnostics import Diagnostic, RssError
    from rss_dsl.nics import catalogue
    from rss_dsl.source import Source, Span

    known = [alias for p in catalogue().values() for alias in (p.name, *p.aliases)]
    close = get_close_matches(name.lower(), known, n=1)
    advice = "`rssc nic list` prints the catalogue"
    return RssError(
        [
            Diagnostic(
                rule=UNKNOWN_NIC,
                message=f"unknown NIC `{name}`",
                span=Span(Source("<command line>", name), 0, len(name)),
                help=f"did you mean `{close[0]}`? {advice}" if close else advice,
            )
        ]
    )
