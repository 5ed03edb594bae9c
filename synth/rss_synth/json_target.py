"""Target `json`: the solution for other programs.

`steering.json` is the lock file's document (`rss_solver.keys.lock`) without its verdict, and in every port

* `table`: the queue of every entry, written out also where it is round robin,
* `key_bytes`: the key's length,
* `rss_hf`: the DPDK flags that make the NIC hash the port's classes,
* `rte_flow`: classes whose fields need an rte_flow rule.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from rss_dsl.nic import Via
from rss_dsl.problem import Problem
from rss_solver.keys import SpecIdentity, document, port_document
from rss_solver.solution import Solution
from rss_synth.port_plan import PortPlan, unchecked_plans
from rss_synth.target import Artifact, Provenance


@dataclass(frozen=True, slots=True)
class JsonTarget:
    """See the module."""

    name: str = "json"
    summary: str = "the solution as JSON, with tables and DPDK flags"

    def emit(self, problem: Problem, solution: Solution, origin: Provenance) -> tuple[Artifact, ...]:
        """One file."""
        text = json.dumps(steering(problem, solution, origin), indent=2)
        return (Artifact("steering.json", f"{text}\n"),)


def steering(problem: Problem, solution: Solution, origin: Provenance) -> dict[str, object]:
    """The document."""
    locked = document(solution, SpecIdentity(origin.spec, origin.sha256), {})
    ports = [{**port_document(plan.solved), **_more(plan)} for plan in unchecked_plans(problem, solution)]
    del locked["verdict"]
    return {**locked, "ports": ports, "generator": f"rssc {origin.version}"}


def _more(plan: PortPlan) -> dict[str, object]:
    by_rule = [s.classes for s, index in plan.switches if s.field_sets[index].via is Via.FLOW]
    return {
        "table": list(plan.solved.table),
        "key_bytes": len(plan.solved.key),
        "rss_hf": list(plan.flags),
        "rte_flow": list(dict.fromkeys(name for classes in by_rule for name in classes)),
    }
