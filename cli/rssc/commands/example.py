"""`rssc example SPEC`: packet pairs that a requirement ties, and pairs that it does not."""

from __future__ import annotations

import argparse

from rssc.arguments import Subparsers, add_key_source, add_spec
from rssc.exits import Exit


def add(subparsers: Subparsers) -> None:
    """Register the command."""
    parser = subparsers.add_parser("example", help="packet pairs that requirements tie, and where they land")
    add_spec(parser)
    parser.add_argument("--count", type=_count, default=2, metavar="N", help="pairs, 1 to 100 (default 2)")
    add_key_source(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> Exit:
    """Print pairs for every requirement."""
    from rss_solver.explain.examples import Example, examples
    from rss_solver.nic.steering import Landing, land
    from rssc.documents import emit, landing_document, line_document
    from rssc.report import tell
    from rssc.show import show_landings
    from rssc.sources import keys_for

    found = keys_for(options)
    if isinstance(found, Exit):
        return found
    tell(found.findings)
    problem, solution = found.problem, found.solution

    def landings(example: Example) -> list[Landing]:
        sides = zip((example.requirement.first, example.requirement.second), example.packets, strict=True)
        return [land(packet, problem.ports[i], solution.ports[i]) for i, packet in sides]

    shown = [(example, landings(example)) for example in examples(problem, solution.seed, options.count)]
    if options.format == "json":
        pairs = [
            {
                "requirement": line_document(problem, example.requirement.line),
                "tied": example.tied,
                "packets": [landing_document(landing) for landing in pair],
            }
            for example, pair in shown
        ]
        emit({"examples": pairs})
        return Exit.OK
    for example, pair in shown:
        label = problem.lines[example.requirement.line].label
        print(f"`{label}` {'ties' if example.tied else 'does not tie'}")
        print("\n".join(show_landings(pair)))
    if not shown:
        print("no requirement ties packets of the hashed classes")
    return Exit.OK


def _count(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 3 or not 1 <= int(text) <= 100:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to 100")
    return int(text)
