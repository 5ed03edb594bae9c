"""What every target that configures NICs needs to know of a port, or why it cannot have it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rss_dsl import codes
from rss_dsl.check.switches import select
from rss_dsl.diagnostics import Diagnostic, RssError, Rule
from rss_dsl.nic import Function, Switch, Via
from rss_dsl.problem import Port, Problem
from rss_solver.solution import PortSolution, Solution

KERNEL = "kernel"
"""The driver of profiles that stand for an operating system's own steering."""

_KEY_ROW = 13

_KINDS = {
    "TCP": "NONFRAG_{}_TCP",
    "UDP": "NONFRAG_{}_UDP",
    "SCTP": "NONFRAG_{}_SCTP",
    "FRAG": "FRAG_{}",
}
_EXTENDED = {"TCP": "TCP_EX", "UDP": "UDP_EX", "OTHER": "EX"}

_FIXED_TABLE_ADVICE = (
    "the NIC fills it round robin by itself: do without balancing and give ports tied to it tables of the "
    "same size, or use a NIC whose table can be written"
)


@dataclass(frozen=True, slots=True)
class PortPlan:
    """A port with its solution."""

    port: Port
    solved: PortSolution
    switches: tuple[tuple[Switch, int], ...]
    """What to turn on, each with the index of its field set."""

    @property
    def flags(self) -> tuple[str, ...]:
        """The port's `rss_hf`, each DPDK flag once, in the profile's order.

        Classes that a rule narrows are on from the start: i40e and ice set no key for a port without types.
        """
        found = []
        for switch, index in self.switches:
            field_set = switch.field_sets[index]
            by_rule = field_set.via is Via.FLOW
            if not by_rule:
                found += [*(() if field_set.instead else (switch.flag,)), *field_set.flags]
            elif any(f.via is Via.START and not f.flags for f in switch.field_sets):
                found.append(switch.flag)
        return tuple(dict.fromkeys(found))

    @property
    def function_by_rule(self) -> bool:
        """Whether the hash function is another than start-up gives: drivers of 22.11 take it by rule only."""
        return self.port.function is not self.port.nic.functions.value[0]

    @property
    def key_rows(self) -> tuple[bytes, ...]:
        """The key in the rows of an initialiser in C."""
        key = self.solved.key
        return tuple(key[at : at + _KEY_ROW] for at in range(0, len(key), _KEY_ROW))

    @property
    def implied(self) -> tuple[str, ...]:
        """Every flag for the classes that are hashed, as drivers that group flags answer with the group."""
        found = [flag for entry in self.solved.inputs for flag in _flags_of(entry.packet_class)]
        return tuple(dict.fromkeys(found))

    @property
    def write_table(self) -> bool:
        """Whether the table can be written; otherwise it is round robin by itself."""
        return self.port.nic.table_settable.value


def _flags_of(packet_class: str) -> Iterator[str]:
    version, _, kind = packet_class.upper().partition("-")
    if version not in ("IPV4", "IPV6"):
        return
    patterns = (_KINDS[kind],) if kind in _KINDS else ("{}", "NONFRAG_{}_OTHER")
    yield from (f"RTE_ETH_RSS_{pattern.format(version)}" for pattern in patterns)
    if version == "IPV6" and kind in _EXTENDED:
        yield f"RTE_ETH_RSS_IPV6_{_EXTENDED[kind]}"


def port_plans(
    problem: Problem,
    solution: Solution,
    target: str,
    rules: bool = False,
    functions: frozenset[Function] = frozenset(),
) -> tuple[PortPlan, ...]:
    """One plan per port. RssError with everything that stands in the way of every port.

    `rules`: whether the target writes rte_flow rules, which also set functions. `functions`: what it can set
    otherwise, beside what start-up gives.
    """
    plans = unchecked_plans(problem, solution)
    refuse([finding for plan in plans for finding in _findings(plan, target)])
    if not rules:
        refuse([f for plan in plans for f in (*_by_rule(plan), *_function(plan, target, functions))])
    return plans


def unchecked_plans(problem: Problem, solution: Solution) -> tuple[PortPlan, ...]:
    """One plan per port, whether or not the NIC can be configured that way."""
    return tuple(
        PortPlan(port, solved, _switches(port, solved))
        for port, solved in zip(problem.ports, solution.ports, strict=True)
    )


def refuse(findings: list[Diagnostic]) -> None:
    """RssError if there is any finding."""
    if findings:
        raise RssError(findings)


def finding(rule: Rule, plan: PortPlan, message: str, advice: str | None = None) -> Diagnostic:
    """A diagnostic at the port's declaration."""
    return Diagnostic(rule=rule, message=message, span=plan.port.span, help=advice)


def name_findings(plan: PortPlan) -> Iterator[Diagnostic]:
    """What keeps the port's name out of C, shell and file names."""
    name = plan.port.name
    if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name, re.ASCII) is None:
        message = f"the port name `{name}` cannot be used in generated code"
        yield finding(codes.UNUSABLE_PORT_NAME, plan, message, "use letters, digits and underscores")


def _switches(port: Port, solved: PortSolution) -> tuple[tuple[Switch, int], ...]:
    """The port's switches; after `hash auto`, those that give what was solved for."""
    if port.switches:
        return port.switches
    chosen = select(port.nic, {entry.packet_class: entry.fields for entry in solved.inputs})
    return () if chosen is None else chosen.switches


def _findings(plan: PortPlan, target: str) -> Iterator[Diagnostic]:
    nic, name = plan.port.nic, plan.port.name
    yield from name_findings(plan)
    if nic.driver == KERNEL:
        advice = f"steering in the kernel takes no key: give `nic` the card of `{name}` (`rssc nic list`)"
        yield finding(codes.NO_DRIVER, plan, f"`{target}` has no driver for `{nic.name}`", advice)
    elif not nic.key_settable.value:
        message = f"the key of `{nic.name}` cannot be set, so `{target}` cannot steer `{name}`"
        yield finding(
            codes.FIXED_KEY, plan, message, f"{nic.key_settable.evidence}: {nic.key_settable.source}"
        )
    elif not nic.table_settable.value and not plan.solved.round_robin:
        message = f"the table of `{nic.name}` cannot be written, and the one of `{name}` is not round robin"
        yield finding(codes.FIXED_TABLE, plan, message, _FIXED_TABLE_ADVICE)


def _function(plan: PortPlan, target: str, functions: frozenset[Function]) -> Iterator[Diagnostic]:
    if plan.function_by_rule and plan.port.function not in functions:
        message = f"`{plan.port.name}` hashes with `{plan.port.function}`, which `{target}` cannot set"
        yield finding(codes.FUNCTION_NEEDS_RULE, plan, message, "use the target `rte-flow`")


def _by_rule(plan: PortPlan) -> Iterator[Diagnostic]:
    ruled = [switch for switch, index in plan.switches if switch.field_sets[index].via is Via.FLOW]
    if ruled:
        name, nic = plan.port.name, plan.port.nic.name
        classes = ", ".join(f"`{switch.classes[0]}`" for switch in ruled)
        message = f"`{name}` hashes {classes} by fields that `{nic}` takes by rte_flow only"
        advice = f"use the target `rte-flow`; `rssc nic show {nic}` lists what start-up offers"
        yield finding(codes.NEEDS_RTE_FLOW, plan, message, advice)
