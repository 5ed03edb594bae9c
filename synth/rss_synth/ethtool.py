"""Target `ethtool`: a POSIX shell script that configures Linux interfaces and reads everything back.

`ethtool -X` writes only tables that are round robin (`equal N`) or sorted (`weight W0 W1 …`). Any other
table goes through `reta`, a small program on the kernel's `ETHTOOL_SRXFHINDIR`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rss_dsl import codes
from rss_dsl.diagnostics import Diagnostic
from rss_dsl.nic import Function, Switch
from rss_dsl.problem import Problem
from rss_solver.solution import PortSolution, Solution
from rss_synth.port_plan import PortPlan, finding, port_plans, refuse
from rss_synth.render import render
from rss_synth.target import Artifact, Provenance

_LETTERS = {
    "mac_dst": "m",
    "vlan": "v",
    "ip_proto": "t",
    "ipv4_src": "s",
    "ipv6_src": "s",
    "ipv4_dst": "d",
    "ipv6_dst": "d",
    "tcp_src": "f",
    "udp_src": "f",
    "sctp_src": "f",
    "tcp_dst": "n",
    "udp_dst": "n",
    "sctp_dst": "n",
}
"""Letters of `ethtool -N DEV rx-flow-hash TYPE LETTERS` (ethtool(8))."""
_ORDER = "mvtsdfn"

_TRANSFORMS = frozenset({Function.SYMMETRIC_XOR, Function.SYMMETRIC_OR_XOR})
"""What `ethtool -X DEV xfrm` calls by the same names."""


@dataclass(frozen=True, slots=True)
class _FlowHash:
    """One `rx-flow-hash` setting."""

    flow_type: str
    letters: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Interface:
    """What the script prints of a port."""

    name: str
    nic: str
    queues: int
    key: bytes
    flows: tuple[_FlowHash, ...]
    table: tuple[int, ...]
    round_robin: bool
    spread: str | None
    """How `ethtool -X` makes the table; None: it can't, or nobody can."""
    helper: bool
    """Whether `reta` writes the table."""
    transform: str | None
    """The symmetric transformation to switch on."""


@dataclass(frozen=True, slots=True)
class EthtoolTarget:
    """See the module."""

    name: str = "ethtool"
    summary: str = "a shell script for Linux drivers: field sets, key and table, read back"

    def emit(self, problem: Problem, solution: Solution, origin: Provenance) -> tuple[Artifact, ...]:
        """`steer.sh`, and `reta.c` with a Makefile where a table needs it."""
        plans = port_plans(problem, solution, self.name, functions=_TRANSFORMS)
        refuse([f for plan in plans for switch, _ in plan.switches for f in _findings(plan, switch)])
        interfaces = tuple(_interface(plan) for plan in plans)
        helper = any(interface.helper for interface in interfaces)
        symmetric = any(interface.transform for interface in interfaces)
        context = {"interfaces": interfaces, "helper": helper, "symmetric": symmetric, "origin": origin}
        script = Artifact("steer.sh", render("ethtool/steer.sh.j2", **context), executable=True)
        names = ("Makefile", "reta.c") if helper else ()
        others = [Artifact(name, render(f"ethtool/{name}.j2", **context)) for name in names]
        return (*others, script)


def _findings(plan: PortPlan, switch: Switch) -> Iterator[Diagnostic]:
    advice = "hash classes with a flow type, such as `ipv4-tcp, ipv4-udp`, or use the target `dpdk`"
    if switch.ethtool is None:
        classes = ", ".join(f"`{name}`" for name in switch.classes)
        message = f"ethtool has no flow type for {classes} on `{plan.port.name}`"
        yield finding(codes.NO_FLOW_TYPE, plan, message, advice)
        return
    for name in _fields(plan, switch):
        if name not in _LETTERS:
            message = f"ethtool cannot select `{name}` of `{switch.classes[0]}` on `{plan.port.name}`"
            yield finding(codes.NO_FLOW_TYPE, plan, message, advice)


def _fields(plan: PortPlan, switch: Switch) -> tuple[str, ...]:
    wanted = switch.classes[0]
    return next((i.fields for i in plan.solved.inputs if i.packet_class == wanted), ())


def _interface(plan: PortPlan) -> _Interface:
    spread = _spread(plan.solved) if plan.write_table else None
    return _Interface(
        name=plan.port.name,
        nic=plan.port.nic.name,
        queues=plan.solved.queues,
        key=plan.solved.key,
        flows=tuple(_flow(plan, switch) for switch, _ in plan.switches),
        table=plan.solved.table,
        round_robin=plan.solved.round_robin,
        spread=spread,
        helper=plan.write_table and spread is None,
        transform=plan.port.function.value if plan.port.function in _TRANSFORMS else None,
    )


def _flow(plan: PortPlan, switch: Switch) -> _FlowHash:
    letters = {_LETTERS[name] for name in _fields(plan, switch)}
    return _FlowHash(switch.ethtool or "", "".join(letter for letter in _ORDER if letter in letters))


def _spread(solved: PortSolution) -> str | None:
    """Arguments of `ethtool -X` that make the table, by what ethtool does with them.

    `equal N` gives entry i queue i % N; `weight` gives queue 0 its first entries, then queue 1, and so on.
    """
    if solved.round_robin:
        return f"equal {solved.queues}"
    if list(solved.table) != sorted(solved.table):
        return None
    return "weight " + " ".join(str(solved.table.count(queue)) for queue in range(solved.queues))
