"""`rssc example SPEC`: packet pairs that a requirement ties, and pairs that it does not."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from rssc.arguments import Subparsers, add_key_source, add_spec
from rssc.exits import Exit

if TYPE_CHECKING:
    from rss_dsl.problem import Problem
    from rss_solver.explain.examples import Example
    from rss_solver.nic.steering import Landing
    from rssc.sources import Keys


def add(subparsers: Subparsers) -> None:
    """Register the command."""
    parser = subparsers.add_parser("example", help="packet pairs that requirements tie, and where they land")
    add_spec(parser)
    parser.add_argument("--count", type=_count, default=2, metavar="N", help="pairs, 1 to 100 (default 2)")
    add_key_source(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> Exit:
    """Print pairs for every requirement."""
    from rss_solver.explain.examples import examples
    from rssc.documents import emit
    from rssc.report import tell
    from rssc.sources import keys_for

    found = keys_for(options)
    if isinstance(found, Exit):
        return found
    tell(found.findings)
    problem, solution = found.problem, found.solution
    shown = [(pair, _landings(pair, found)) for pair in examples(problem, solution.seed, options.count)]
    if options.format == "json":
        emit({"examples": [_document(problem, pair, landings) for pair, landings in shown]})
    elif shown:
        print("\n".join(_text(problem, pair, landings) for pair, landings in shown))
    else:
        print("no requirement ties packets of the hashed classes")
    return Exit.OK


def _landings(pair: Example, keys: Keys) -> list[Landing]:
    from rss_solver.nic.steering import land

    places = (pair.requirement.first, pair.requirement.second)
    ports, solved = keys.problem.ports, keys.solution.ports
    return [land(packet, ports[i], solved[i]) for i, packet in zip(places, pair.packets, strict=True)]


def _document(problem: Problem, pair: Example, landings: list[Landing]) -> dict[str, object]:
    from rssc.documents import landing_document, line_document

    return {
        "requirement": line_document(problem, pair.requirement.line),
        "tied": pair.tied,
        "packets": [landing_document(landing) for landing in landings],
    }


def _text(problem: Problem, pair: Example, landings: list[Landing]) -> str:
    from rssc.show import show_landings

    label = problem.lines[pair.requirement.line].label
    return "\n".join((f"`{label}` {'ties' if pair.tied else 'does not tie'}", *show_landings(landings)))


def _count(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 3 or not 1 <= int(text) <= 100:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to 100")
    return int(text)
