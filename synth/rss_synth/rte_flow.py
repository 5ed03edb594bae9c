"""Target `rte-flow`: RSS rules for what start-up flags cannot configure, as C and as testpmd commands.

The start-up part (hash types, key and table) is the target `dpdk`'s; the rules come after it, since starting
a port and setting its types anew can undo them. Where a rule refills the table (i40e), the table is written
again.
"""

from __future__ import annotations

from dataclasses import dataclass

from rss_dsl.problem import Problem
from rss_solver.solution import Solution
from rss_synth.dpdk import DpdkTarget
from rss_synth.flow_rules import FlowRule, flow_rules, rule_findings
from rss_synth.port_plan import PortPlan, port_plans, refuse
from rss_synth.render import render
from rss_synth.target import Artifact, Provenance
from rss_synth.testpmd import table_words

_TESTPMD_QUEUES = 128
"""Most queues of an RSS action in testpmd (app/test-pmd/cmdline_flow.c: ACTION_RSS_QUEUE_NUM)."""

_NO_RULES = "no rules are needed: start-up flags suffice for every port"

_TESTPMD_FUNCTIONS = {
    "DEFAULT": "default",
    "SYMMETRIC_TOEPLITZ": "symmetric_toeplitz",
    "SIMPLE_XOR": "simple_xor",
}
_TESTPMD_TYPES = {"RTE_ETH_RSS_L2_PAYLOAD": "l2-payload"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Port:
    """What the templates print of a port."""

    name: str
    nic: str
    device: int
    rules: tuple[FlowRule, ...]
    commands: tuple[str, ...]
    """The rules for testpmd, without `flow create PORT`."""
    words: tuple[str, ...]
    """The table for testpmd, where a rule refills it."""
    refills: bool
    """Whether a rule refills the table with other contents."""


@dataclass(frozen=True, slots=True)
class RteFlowTarget:
    """See the module."""

    name: str = "rte-flow"
    summary: str = "rte_flow RSS rules for what start-up flags cannot configure, as C and testpmd commands"

    def emit(self, problem: Problem, solution: Solution, origin: Provenance) -> tuple[Artifact, ...]:
        """`rss_config.c`, `rss_config.h`, `rss_flow.c`, `rss_flow.h`, and `rss_flow.cmds` if testpmd can."""
        plans = port_plans(problem, solution, self.name, rules=True)
        refuse([found for plan in plans for found in rule_findings(plan)])
        ports = tuple(_port(plan) for plan in plans)
        context = {"ports": ports, "origin": origin, "refills": any(port.refills for port in ports)}
        names = ["rss_flow.c", "rss_flow.h"]
        if all(len(rule.queues) <= _TESTPMD_QUEUES for port in ports for rule in port.rules):
            names.append("rss_flow.cmds")
        remark = "" if any(port.rules for port in ports) else _NO_RULES
        rules = [Artifact(name, render(f"rte_flow/{name}.j2", **context), remark=remark) for name in names]
        return (*DpdkTarget().configure(plans, origin), *rules)


def _port(plan: PortPlan) -> _Port:
    rules = flow_rules(plan)
    refilled = plan.write_table and any(not rule.pattern for rule in rules)
    return _Port(
        name=plan.port.name,
        nic=plan.port.nic.name,
        device=plan.port.device,
        rules=rules,
        commands=tuple(_command(rule, plan.solved.key) for rule in rules),
        words=tuple(table_words(plan.solved.table)) if refilled and not plan.solved.round_robin else (),
        refills=refilled and not plan.solved.round_robin,
    )


def _command(rule: FlowRule, key: bytes) -> str:
    """`ingress pattern … / end actions rss … / end` (DPDK testpmd user guide, flow rules)."""
    action = ["rss"]
    if rule.function != "DEFAULT":
        action += ["func", _TESTPMD_FUNCTIONS[rule.function]]
    if rule.level:
        action += ["level", str(rule.level)]
    # Without `types`, testpmd puts its own default into the action.
    action += ["types", *(_type(flag) for flag in rule.types), "end"]
    if rule.key:
        action += ["key", key.hex(), "key_len", str(len(key))]
    action += ["queues", *(str(queue) for queue in rule.queues), "end"]
    return f"ingress pattern {' / '.join((*rule.pattern, 'end'))} actions {' '.join(action)} / end"


def _type(flag: str) -> str:
    """testpmd's name of a type (app/test-pmd/config.c: rss_type_table)."""
    name = flag.removeprefix("RTE_ETH_RSS_").removeprefix("NONFRAG_").lower().replace("_", "-")
    if name.startswith("frag-"):
        name = f"{name.removeprefix('frag-')}-frag"
    return _TESTPMD_TYPES.get(flag, name)
