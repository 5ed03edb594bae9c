"""Target `dpdk`: C that gives each port of an application its hash fields, key and table, read back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rss_dsl.problem import Problem
from rss_solver.solution import Solution
from rss_synth.port_plan import PortPlan, port_plans
from rss_synth.render import render
from rss_synth.target import Artifact, Provenance

_GROUP = 64
"""`RTE_ETH_RETA_GROUP_SIZE`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _CPort:
    """What the templates print of a port."""

    name: str
    nic: str
    device: int
    queues: int
    key_rows: tuple[bytes, ...]
    key_bytes: int
    flags: tuple[str, ...]
    accepted: tuple[str, ...]
    """Further flags that may be read back, since they stand for classes that are hashed."""
    table: tuple[int, ...]
    write_table: bool
    resizes: bool
    readable: bool


@dataclass(frozen=True, slots=True)
class DpdkTarget:
    """See the module."""

    name: str = "dpdk"
    summary: str = "C for a DPDK application: hash fields, key and table, read back"

    def emit(self, problem: Problem, solution: Solution, origin: Provenance) -> tuple[Artifact, ...]:
        """`rss_config.c` and `rss_config.h`."""
        return self.configure(port_plans(problem, solution, self.name), origin)

    def configure(self, plans: Sequence[PortPlan], origin: Provenance) -> tuple[Artifact, ...]:
        """The same from plans: what start-up flags, key and table configure of them."""
        ports = tuple(_c_port(plan) for plan in plans)
        groups = max(-(-len(port.table) // _GROUP) for port in ports)
        context = {"ports": ports, "groups": groups, "origin": origin}
        names = ("rss_config.c", "rss_config.h")
        return tuple(Artifact(name, render(f"dpdk/{name}.j2", **context)) for name in names)


def _c_port(plan: PortPlan) -> _CPort:
    nic = plan.port.nic
    return _CPort(
        name=plan.port.name,
        nic=nic.name,
        device=plan.port.device,
        queues=plan.solved.queues,
        key_rows=plan.key_rows,
        key_bytes=len(plan.solved.key),
        flags=plan.flags,
        accepted=tuple(flag for flag in plan.implied if flag not in plan.flags),
        table=plan.solved.table,
        write_table=plan.write_table,
        resizes=nic.table_follows_queues.value,
        readable=nic.readable.value,
    )
