"""`rssc hash SPEC PORT PACKET`: hash, table entry and queue of one packet."""

from __future__ import annotations

import argparse

from rssc.arguments import Subparsers, add_key_source, add_spec
from rssc.exits import Exit


def add(subparsers: Subparsers) -> None:
    """Register the command."""
    parser = subparsers.add_parser(
        "hash",
        help="hash, table entry and queue of one packet",
        description="PACKET is written as in: ipv4-tcp 66.9.149.187:2794 > 161.142.100.80:1766 (quote it). "
        "One in a tunnel follows the outer packet: vxlan-ipv4-tcp inner 10.0.0.1:1024 > 10.0.0.2:443.",
    )
    add_spec(parser)
    parser.add_argument("port", metavar="PORT", help="the port it arrives on")
    parser.add_argument(
        "packet", metavar="PACKET", nargs="+", help="class, source > destination, FIELD=VALUE …"
    )
    add_key_source(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> Exit:
    """Hash with the given keys, or those that solving gives."""
    from rss_solver.nic.steering import land
    from rss_solver.packets.text import parse_packet
    from rssc.documents import emit, landing_document
    from rssc.report import tell
    from rssc.show import show_landings
    from rssc.sources import port_key

    packet = parse_packet(" ".join(options.packet))
    found = port_key(options, options.port)
    if isinstance(found, Exit):
        return found
    tell(found.findings)
    landing = land(packet, found.port, found.solved)
    if options.format == "json":
        emit(landing_document(landing))
    else:
        print("\n".join(show_landings([landing], indent="")))
    return Exit.OK
