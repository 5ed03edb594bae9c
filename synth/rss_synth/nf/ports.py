"""What the C files of a network function say of its ports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rss_dsl.nic import DefaultQueue, Index, Via
from rss_dsl.problem import HashInput, Port, Problem
from rss_solver.choice.component import masks_for_any_queues
from rss_solver.solution import Solution
from rss_synth.nf.params import NfParams
from rss_synth.nf.plan import C_FIELDS
from rss_synth.nf.requirements import requirements
from rss_synth.port_plan import PortPlan, unchecked_plans

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
class CPort:
    """What the templates print of a port."""

    id: str
    """Its role, such as `lan`."""
    name: str
    device: int
    nic: str
    key_bytes: int
    key_rows: tuple[bytes, ...]
    hash_initial: str
    index: str
    table: tuple[int, ...]
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


def c_ports(problem: Problem, solution: Solution, params: NfParams) -> tuple[CPort, ...]:
    """The ports that the function has, in the order of its roles."""
    plans = unchecked_plans(problem, solution)
    tied = _tied(problem, solution, params)
    masks = _masks(problem, solution, tied)
    found = []
    for role, together in zip(params.template.roles, tied, strict=True):
        place = together[0]
        component = next(number for number, entry in enumerate(tied) if entry[0] in together)
        period = _period(together, plans[place].port, solution)
        found.append(_c_port(role, plans[place], component, period, masks[place]))
    return tuple(found)


def _tied(problem: Problem, solution: Solution, params: NfParams) -> tuple[tuple[int, ...], ...]:
    """For each role the places of ports tied to it by requirements or the template's needs, its own first."""
    names = [port.name for port in problem.ports]
    places = [names.index(port.name) for port in params.ports]
    needs = [{places[need.first], places[need.second]} for need in requirements(params.template)]
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


def _c_port(role: str, plan: PortPlan, component: int, period: int, masks: Sequence[int]) -> CPort:
    port, solved = plan.port, plan.solved
    return CPort(
        id=role,
        name=port.name,
        device=port.device,
        nic=port.nic.name,
        key_bytes=len(solved.key),
        key_rows=plan.key_rows,
        hash_initial=f"0x{port.nic.hash_init.value:08x}",
        index=_INDEX[port.nic.index.value],
        table=solved.table,
        table_period=period,
        masks=tuple(f"0x{mask:03x}" for mask in masks),
        component=component,
        default_from_table=port.nic.default_queue.value is DefaultQueue.TABLE_0,
        inputs=tuple(_c_input(entry) for entry in solved.inputs),
        rss_hf=plan.flags,
        accepted=tuple(flag for flag in plan.implied if flag not in plan.flags),
        needs_rte_flow=any(switch.field_sets[number].via is Via.FLOW for switch, number in plan.switches),
    )


def _c_input(entry: HashInput) -> _Input:
    name = entry.packet_class.upper().replace("-", "_")
    return _Input(f"PACKET_{name}", tuple(C_FIELDS[field] for field in entry.fields))


def _period(tied: Sequence[int], port: Port, solution: Solution) -> int:
    """Ports that must agree agree on the bits that select an entry of the smallest table among them."""
    if port.nic.index.value is not Index.LSB:
        return solution.ports[tied[0]].table_size
    return min(solution.ports[place].table_size for place in tied)
