"""rssc, the compiler for NIC steering: the public API.

    import rssc
    problem = rssc.check(rssc.load("fw.rss"))
    solved = rssc.solve(problem)            # Solved | Conflict
    verdict = rssc.verify(problem, solved.solution)

    paths = rssc.read_call_paths(["nat"])
    inferred = rssc.infer(paths)            # .text, .refusals
    verdict = rssc.prove(paths, problem, solved.solution)

Names are imported on first use, so that `rssc --help` stays fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rss_callpaths.infer import Inferred, Options
    from rss_dsl.diagnostics import Diagnostic, RssError
    from rss_dsl.format import format_spec
    from rss_dsl.loading import loads
    from rss_dsl.problem import Problem
    from rss_dsl.spec import Spec
    from rss_solver.conflicts.conflict import Conflict
    from rss_solver.nic.steering import Landing, land
    from rss_solver.packets.text import parse_packet
    from rss_solver.proof import Counterexample, Proof, Undecided
    from rss_solver.solution import Solution
    from rss_solver.solve import Solved
    from rssc.callpaths import CallPaths, infer, prove, read_call_paths
    from rssc.pipeline import check, compile_spec, examine, load, solve, verify

__version__ = "0.1.0"

_HOMES = {
    "CallPaths": "rssc.callpaths",
    "Conflict": "rss_solver.conflicts.conflict",
    "Counterexample": "rss_solver.proof",
    "Diagnostic": "rss_dsl.diagnostics",
    "Inferred": "rss_callpaths.infer",
    "Landing": "rss_solver.nic.steering",
    "Options": "rss_callpaths.infer",
    "Problem": "rss_dsl.problem",
    "Proof": "rss_solver.proof",
    "RssError": "rss_dsl.diagnostics",
    "Solution": "rss_solver.solution",
    "Solved": "rss_solver.solve",
    "Spec": "rss_dsl.spec",
    "Undecided": "rss_solver.proof",
    "check": "rssc.pipeline",
    "compile_spec": "rssc.pipeline",
    "examine": "rssc.pipeline",
    "format_spec": "rss_dsl.format",
    "infer": "rssc.callpaths",
    "land": "rss_solver.nic.steering",
    "load": "rssc.pipeline",
    "loads": "rss_dsl.loading",
    "parse_packet": "rss_solver.packets.text",
    "prove": "rssc.callpaths",
    "read_call_paths": "rssc.callpaths",
    "solve": "rssc.pipeline",
    "verify": "rssc.pipeline",
}

__all__ = [
    "CallPaths",
    "Conflict",
    "Counterexample",
    "Diagnostic",
    "Inferred",
    "Landing",
    "Options",
    "Problem",
    "Proof",
    "RssError",
    "Solution",
    "Solved",
    "Spec",
    "Undecided",
    "check",
    "compile_spec",
    "examine",
    "format_spec",
    "infer",
    "land",
    "load",
    "loads",
    "parse_packet",
    "prove",
    "read_call_paths",
    "solve",
    "verify",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'rssc' has no attribute {name!r}")
    found: object = getattr(import_module(_HOMES[name]), name)
    return found


def __dir__() -> list[str]:
    return __all__
