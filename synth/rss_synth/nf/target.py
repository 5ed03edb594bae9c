"""Target `nf`: a directory with a parallel network function in C.

The runtime is the same for every spec and is copied; what the spec decides is in `config.c`, and the network
function itself in `nf.c`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files

from rss_dsl import codes
from rss_dsl.diagnostics import Diagnostic, RssError
from rss_dsl.nic import DefaultQueue, Index, Via
from rss_dsl.problem import HashInput, Port, Problem
from rss_dsl.source import Span
from rss_dsl.spec import Nf
from rss_solver.choice.component import masks_for_any_queues
from rss_solver.solution import Solution
from rss_synth.nf.catalogue import nf_templates
from rss_synth.nf.needs import tied_roles
from rss_synth.nf.params import NfParams
from rss_synth.nf.plan import C_FIELDS, NfPlan, make_plan
from rss_synth.nf.strategy import decide
from rss_synth.nf.template import Kind, Parameter, Value
from rss_synth.port_plan import PortPlan
from rss_synth.render import render, render_source
from rss_synth.target import Artifact, Provenance

_GENERATED = ("Makefile", "README.md", "config.c", "dpdk_config.c", "roles.h")
_INDEX = {
    Index.LSB: "INDEX_LOW_BITS",
    Index.MODULO: "INDEX_MODULO",
    Index.XOR_FOLD8: "INDEX_XOR_BYTES",
    Index.HIGH_BITS: "INDEX_HIGH_BITS",
}


@dataclass(frozen=True, slots=True)
class _Input:
    """A hash input as C names it."""

    packet_class: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _CPort:
    """What the templates print of a port."""

    id: str
    """Its role, such as `lan`."""
    name: str
    device: int
    nic: str
    key_bytes: int
    key_rows: tuple[str, ...]
    hash_initial: str
    index: str
    table_size: int
    table_rows: tuple[str, ...]
    table_period: int
    masks: tuple[str, ...]
    """What numbers entries where tables for other numbers of queues are not round robin."""
    component: int
    """The first role whose port is tied to this one, or its own: their entries belong together."""
    default_from_table: bool
    inputs: tuple[_Input, ...]
    rss_hf: tuple[str, ...]
    accepted: tuple[str, ...]
    """What may be read back besides, as drivers that group flags answer with the group."""
    needs_rte_flow: bool


@dataclass(frozen=True, slots=True)
class NfTarget:
    """See the module."""

    name: str = "nf"
    summary: str = "the spec's network function in C: a replay of captures, and a DPDK program"

    def emit(self, problem: Problem, solution: Solution, origin: Provenance) -> tuple[Artifact, ...]:
        """The directory's files, by path. Raises `RssError` where there is no usable `nf` block."""
        problem = _resolved(problem, solution)
        nf, plan = _plan(problem)
        decision = decide(problem, solution, plan, nf)
        tied = _tied(problem, solution, plan)
        masks = _masks(problem, solution, tied)
        ports = tuple(_c_port(*entry, tied, problem, solution, masks) for entry in _roles(plan))
        context = {
            "plan": plan,
            "strategy": decision.strategy,
            "keys_serve": decision.keys_serve,
            "ports": ports,
            "queues": plan.params.ports[0].queues,
            "per_core": math.ceil(plan.params.capacity / plan.params.ports[0].queues),
            "own": _shown(plan.params),
            "asks_tables": bool(plan.params.template.picks),
            "version": origin.version,
            "spec": _printable(origin.spec),
            "sha256": _printable(origin.sha256),
        }
        generated = [Artifact(name, render(f"nf/{name}.j2", **context)) for name in _GENERATED]
        code = Artifact(
            "nf.c",
            render_source(plan.params.template.code, codes.NF_TEMPLATE, **_code_context(plan, context)),
        )
        return tuple(sorted((*generated, code, *_runtime()), key=lambda artifact: artifact.path))


def _resolved(problem: Problem, solution: Solution) -> Problem:
    """The problem with the hash inputs that were solved for, which `hash auto` leaves open until then."""
    pairs = zip(problem.ports, solution.ports, strict=True)
    return replace(problem, ports=tuple(replace(p, inputs=s.inputs, auto=False) for p, s in pairs))


def _plan(problem: Problem) -> tuple[Nf, NfPlan]:
    if problem.nf is None:
        raise RssError([_no_block(problem)])
    planned = make_plan(problem, problem.nf)
    if planned.plan is None:
        raise RssError(planned.diagnostics)
    return problem.nf, planned.plan


def _no_block(problem: Problem) -> Diagnostic:
    names = ", ".join(f"`{name}`" for name in nf_templates())
    source = problem.spec.source
    return Diagnostic(
        rule=codes.NF_MISSING,
        message="target `nf` needs an `nf` block in the spec",
        span=Span(source, len(source.text), len(source.text)),
        help=f"add `nf firewall {{ lan PORT  wan PORT }}`; there are {names}",
    )


def _code_context(plan: NfPlan, context: Mapping[str, object]) -> dict[str, object]:
    """What `nf.c.j2` may use, documented in docs/templates.md."""
    long = any(name.startswith("ipv6") for name in plan.stateful)
    return {
        **plan.params.values,
        "roles": plan.params.template.roles,
        "classes": plan.stateful,
        "address_bytes": 16 if long else 4,
        "header": f"/* Generated by rssc {context['version']} from {context['spec']} "
        f"(sha256 {context['sha256']}). Do not edit. */",
    }


def _shown(params: NfParams) -> dict[str, str]:
    """The template's own parameters as the spec would write them."""
    own = [parameter for parameter in params.template.parameters if parameter.is_own]
    return {p.name: _written(p, params.values[p.name]) for p in own}


def _written(parameter: Parameter, value: Value) -> str:
    if isinstance(value, tuple):
        return f"{len(value)} stations"
    return _duration(int(value)) if parameter.kind is Kind.DURATION else str(value)


def _roles(plan: NfPlan) -> list[tuple[str, Port]]:
    return list(zip(plan.params.template.roles, plan.params.ports, strict=True))


def _runtime() -> list[Artifact]:
    """Every C file of the runtime, which does not depend on the spec."""
    root = files("rss_synth") / "runtime"
    folders = sorted((entry for entry in root.iterdir() if entry.is_dir()), key=lambda entry: entry.name)
    return [
        Artifact(f"runtime/{folder.name}/{entry.name}", entry.read_text(encoding="utf-8"))
        for folder in folders
        for entry in folder.iterdir()
        if entry.name.endswith((".c", ".h"))
    ]


def _tied(problem: Problem, solution: Solution, plan: NfPlan) -> tuple[tuple[int, ...], ...]:
    """For each role the places of ports tied to it by requirements or the template's needs, its own first."""
    names = [port.name for port in problem.ports]
    places = [names.index(port.name) for port in plan.params.ports]
    needs = [{places[first], places[second]} for first, second in tied_roles(plan.params.template)]
    sets = [set(component) for component in solution.components] + needs
    return tuple((place, *sorted(_reached(place, sets) - {place})) for place in places)


def _reached(place: int, sets: Sequence[set[int]]) -> set[int]:
    """All places that overlapping sets lead to."""
    found = {place}
    while more := {other for entry in sets if entry & found for other in entry} - found:
        found |= more
    return found


def _masks(
    problem: Problem, solution: Solution, tied: Sequence[Sequence[int]]
) -> tuple[tuple[int, ...], ...]:
    """By port. Where the template ties ports that the spec does not, tables stay round robin, and alike."""
    own = {place: set(component) for component in solution.components for place in component}
    alone = {entry[0] for entry in tied if set(entry) <= own[entry[0]]}
    return tuple(
        masks if i in alone else () for i, masks in enumerate(masks_for_any_queues(problem, solution))
    )


def _c_port(
    role: str,
    port: Port,
    tied: Sequence[Sequence[int]],
    problem: Problem,
    solution: Solution,
    masks: Sequence[Sequence[int]],
) -> _CPort:
    place = next(index for index, known in enumerate(problem.ports) if known.name == port.name)
    own = next(entry for entry in tied if entry[0] == place)
    solved = solution.ports[place]
    wanted = PortPlan(port, solved, port.switches)
    return _CPort(
        id=role,
        name=port.name,
        device=port.device,
        nic=port.nic.name,
        key_bytes=len(solved.key),
        key_rows=_rows([f"0x{byte:02x}" for byte in solved.key], 13),
        hash_initial=f"0x{port.nic.hash_init.value:08x}",
        index=_INDEX[port.nic.index.value],
        table_size=solved.table_size,
        table_rows=_rows([str(queue) for queue in solved.table], 16),
        table_period=_period(own, port, solution),
        masks=tuple(f"0x{mask:03x}" for mask in masks[place]),
        component=next(number for number, entry in enumerate(tied) if entry[0] in own),
        default_from_table=port.nic.default_queue.value is DefaultQueue.TABLE_0,
        inputs=tuple(_c_input(entry) for entry in solved.inputs),
        rss_hf=wanted.flags,
        accepted=tuple(flag for flag in wanted.implied if flag not in wanted.flags),
        needs_rte_flow=any(switch.field_sets[number].via is Via.FLOW for switch, number in port.switches),
    )


def _rows(items: Sequence[str], width: int) -> tuple[str, ...]:
    """Initialiser lines of `width` items each."""
    return tuple(", ".join(items[at : at + width]) + "," for at in range(0, len(items), width))


def _c_input(entry: HashInput) -> _Input:
    name = entry.packet_class.upper().replace("-", "_")
    return _Input(f"PACKET_{name}", tuple(C_FIELDS[field] for field in entry.fields))


def _period(tied: Sequence[int], port: Port, solution: Solution) -> int:
    """Ports that must agree agree on the bits that select an entry of the smallest table among them."""
    if port.nic.index.value is not Index.LSB:
        return solution.ports[tied[0]].table_size
    return min(solution.ports[place].table_size for place in tied)


def _duration(nanoseconds: int) -> str:
    """A duration in the largest unit that divides it."""
    units = (("s", 10**9), ("ms", 10**6), ("us", 10**3), ("ns", 1))
    unit, size = next((u, n) for u, n in units if nanoseconds % n == 0)
    return f"{nanoseconds // size} {unit}"


def _printable(text: str) -> str:
    """For C comments, strings and a Makefile: what could end them is replaced."""
    return re.sub(r"[^A-Za-z0-9._+-]", "_", text)
