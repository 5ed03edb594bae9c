"""Answers as JSON documents. Every document has `format_version`."""

from __future__ import annotations

import json
from collections.abc import Mapping

from rss_dsl.problem import Problem
from rss_dsl.render import FORMAT_VERSION
from rss_solver.conflicts.conflict import Conflict
from rss_solver.keys import SpecIdentity
from rss_solver.nic.steering import Landing
from rss_solver.proof import Counterexample, Proof, Undecided, Verdict
from rss_solver.solution import Solution


def emit(document: Mapping[str, object]) -> None:
    """Print a document."""
    print(json.dumps({"format_version": FORMAT_VERSION, **document}, indent=2))


def verdict_document(problem: Problem, verdict: Verdict) -> dict[str, object]:
    """A verdict."""
    match verdict:
        case Proof():
            return {
                "status": "proved",
                "obligations": verdict.obligations,
                "lemmas": verdict.lemmas,
                "vectors": verdict.vectors,
                "hash_bits": verdict.hash_bits,
                "whole_hashes": verdict.whole_hashes,
                "cross_checked": verdict.cross_checked,
            }
        case Counterexample():
            return {
                "status": "refuted",
                "requirement": line_document(problem, verdict.line),
                "differs": verdict.parted,
                "packets": [landing_document(verdict.first), landing_document(verdict.second)],
            }
        case Undecided():
            return {
                "status": "undecided",
                "requirement": line_document(problem, verdict.line),
                "classes": [verdict.first, verdict.second],
            }


def line_document(problem: Problem, line: int) -> dict[str, object]:
    """A line of the spec."""
    found = problem.lines[line]
    return {
        "label": found.label,
        "path": found.span.source.path,
        "line": found.span.line,
        "column": found.span.column,
    }


def spread_document(solution: Solution) -> list[dict[str, object]]:
    """How every class of every port spreads; ranks and queues by class."""
    return [
        {
            "name": port.name,
            "rank": {s.packet_class: s.rank for s in port.spread},
            "clustered_rank": {s.packet_class: s.clustered_rank for s in port.spread},
            "reachable_queues": {s.packet_class: s.queues for s in port.spread},
        }
        for port in solution.ports
    ]


def landing_document(landing: Landing) -> dict[str, object]:
    """Where a packet lands."""
    return {
        "port": landing.port,
        "packet": str(landing.packet),
        "hash": None if landing.hash is None else f"{landing.hash:08x}",
        "entry": landing.entry,
        "queue": landing.queue,
    }


def conflict_document(problem: Problem, conflict: Conflict, spec: SpecIdentity) -> dict[str, object]:
    """Why there is no key."""
    return {
        "spec": {"path": spec.path, "sha256": spec.sha256},
        "verdict": {"status": "no-key"},
        "conflict": {
            "reason": conflict.reason.value,
            "minimum": conflict.minimum,
            "port": problem.ports[conflict.port].name,
            "classes": list(conflict.packet_classes),
            "requirements": [line_document(problem, line) for line in conflict.lines],
        },
    }
