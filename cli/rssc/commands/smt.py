"""`rssc smt SPEC`: what a spec asks of keys, in SMT-LIB."""

from __future__ import annotations

import argparse
from pathlib import Path

from rssc.arguments import Subparsers, add_seed, add_spec
from rssc.exits import Exit


def add(subparsers: Subparsers) -> None:
    """Register the command."""
    parser = subparsers.add_parser("smt", help="the statement that keys must satisfy, in SMT-LIB 2.6")
    add_spec(parser)
    parser.add_argument(
        "--form",
        choices=("quantified", "quantifier-free"),
        default="quantifier-free",
        help="for all packets, as the requirements read, or solved for the key bits (the default)",
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="write to a file")
    add_seed(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> Exit:
    """Print or write the statement."""
    from rss_solver.choice.preferences import soft_bits
    from rss_solver.keyspace.statement import state
    from rss_solver.smt.statement import Wish, smtlib
    from rssc.output import write_text
    from rssc.pipeline import ready
    from rssc.report import tell

    checked = ready(options.spec)
    tell(checked.findings)
    problem = checked.problem
    seed = problem.seed if options.seed is None else options.seed
    wishes = [Wish(soft.port, soft.bit, soft.value, soft.weight) for soft in soft_bits(problem, seed)]
    text = smtlib(problem, state(problem), options.form, wishes)
    if options.out is None:
        print(text, end="")
    else:
        write_text(options.out, text)
    return Exit.OK
