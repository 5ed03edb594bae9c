"""Which port of a spec is which device of the call paths."""

from __future__ import annotations

from rss_callpaths.accesses.access import Accesses
from rss_callpaths.prove.arrivals import Wire
from rss_dsl import codes
from rss_dsl.diagnostics import Diagnostic, RssError
from rss_dsl.problem import Problem
from rss_dsl.source import Source, Span
from rss_solver.solution import Solution


def wires(accesses: Accesses, problem: Problem, solution: Solution) -> dict[int, Wire]:
    """Device → port, keys and tables. RssError: a device that touches state and that no port has."""
    found = {port.device: Wire(port, own) for port, own in zip(problem.ports, solution.ports, strict=True)}
    missing: dict[int, str] = {}
    for path in accesses.paths:
        for device in path.in_ports if path.accesses else ():
            if device not in found:
                missing.setdefault(device, path.path.name)
    if missing:
        raise RssError(
            [
                Diagnostic(
                    rule=codes.DEVICE_WITHOUT_PORT,
                    message=f"packets come in on device {device}, which no port of the spec has",
                    span=Span(Source(name, ""), 0, 0),
                    help=f"give a port `device {device}`",
                )
                for device, name in missing.items()
            ]
        )
    return found
