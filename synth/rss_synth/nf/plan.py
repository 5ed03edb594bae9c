"""What a generated network function does with this problem: its cores, and the classes that have state."""

from __future__ import annotations

from dataclasses import dataclass

from rss_dsl import codes
from rss_dsl.check.items import header
from rss_dsl.diagnostics import Diagnostic, has_errors
from rss_dsl.fields import packet_classes
from rss_dsl.nic import Function
from rss_dsl.problem import HashInput, Port, Problem
from rss_dsl.source import Span
from rss_dsl.spec import Nf
from rss_synth.nf.params import NfParams, read_params

C_FIELDS = {
    "mac_dst": "FIELD_MAC_DST",
    "mac_src": "FIELD_MAC_SRC",
    "ether_type": "FIELD_ETHER_TYPE",
    "ip_proto": "FIELD_IP_PROTO",
    "ipv4_src": "FIELD_IPV4_SRC",
    "ipv4_dst": "FIELD_IPV4_DST",
    "ipv6_src": "FIELD_IPV6_SRC",
    "ipv6_dst": "FIELD_IPV6_DST",
    "tcp_src": "FIELD_L4_SRC",
    "udp_src": "FIELD_L4_SRC",
    "sctp_src": "FIELD_L4_SRC",
    "tcp_dst": "FIELD_L4_DST",
    "udp_dst": "FIELD_L4_DST",
    "sctp_dst": "FIELD_L4_DST",
    "sctp_vtag": "FIELD_SCTP_VTAG",
    "esp_spi": "FIELD_ESP_SPI",
}
"""How `runtime/nf/config.h` names the fields that the software hash can read."""


@dataclass(frozen=True, slots=True)
class NfPlan:
    """An `nf` block in a problem that it fits."""

    params: NfParams
    stateful: tuple[str, ...]
    """Classes whose packets touch state."""


@dataclass(frozen=True, slots=True)
class Planned:
    """What came of planning; without a plan there are errors among the diagnostics."""

    plan: NfPlan | None
    diagnostics: tuple[Diagnostic, ...]


def check_nf(problem: Problem) -> tuple[Diagnostic, ...]:
    """What is wrong with the `nf` block, and warnings about it; nothing where the spec has none."""
    return make_plan(problem, problem.nf).diagnostics if problem.nf else ()


def make_plan(problem: Problem, nf: Nf) -> Planned:
    """The plan for an `nf` block, with warnings; or its errors."""
    params = read_params(problem, nf)
    if not isinstance(params, NfParams):
        return Planned(None, params)
    found = [*_queue_mistakes(params, nf), *_hash_mistakes(params, nf), *_pick_mistakes(params, nf)]
    if has_errors(found):
        return Planned(None, tuple(found))
    stateful = stateful_classes(params)
    if params.template.classes and not stateful and not any(port.auto for port in params.ports):
        found.append(_stateless(params, nf))
    return Planned(NfPlan(params, stateful), tuple(found))


def stateful_classes(params: NfParams) -> tuple[str, ...]:
    """The template's classes that matter, and where cores share nothing are hashed on every port."""
    if params.strategy in ("auto", "shared-nothing"):
        return hashed_classes(params)
    wanted = [port.traffic for port in params.ports if port.traffic is not None]
    return tuple(name for name in params.template.classes if all(name in traffic for traffic in wanted))


def hashed_classes(params: NfParams) -> tuple[str, ...]:
    """The template's classes that every port hashes and that matter there."""
    live = [{entry.packet_class for entry in port.live} for port in params.ports]
    return tuple(name for name in params.template.classes if all(name in classes for classes in live))


def item_span(nf: Nf, name: str) -> Span:
    """Where the block has an item, or begins."""
    return next((item.span for item in nf.items if item.name == name), header(nf))


def _queue_mistakes(params: NfParams, nf: Nf) -> list[Diagnostic]:
    first = params.ports[0]
    return [
        Diagnostic(
            rule=codes.NF_QUEUES,
            message=f"`{first.name}` has {first.queues} queues and `{port.name}` {port.queues}, "
            f"a core needs one of each",
            span=item_span(nf, role),
            help="give all ports the same number of queues",
        )
        for role, port in zip(params.template.roles, params.ports, strict=True)
        if port.queues != first.queues
    ]


def _hash_mistakes(params: NfParams, nf: Nf) -> list[Diagnostic]:
    found = []
    for item, port in zip(params.template.roles, params.ports, strict=True):
        for reason in _unhashable(port):
            text = f"the replay cannot hash as `{port.name}` does: {reason}"
            help = "hash other fields or classes on this port"
            span = item_span(nf, item)
            found.append(Diagnostic(rule=codes.NF_HASH_INPUT, message=text, span=span, help=help))
    return found


def _pick_mistakes(params: NfParams, nf: Nf) -> list[Diagnostic]:
    """Fields that the function picks by their hash, and that are not hashed."""
    if params.strategy not in ("auto", "shared-nothing"):
        return []
    return [
        Diagnostic(
            rule=codes.NF_HASH_INPUT,
            message=f"`{nf.name}` picks the `{name}` of `{entry.packet_class}` by its hash, "
            f"and `{params.port(role).name}` does not hash it",
            span=item_span(nf, role),
            help="hash this field, too, or take `strategy locks`",
        )
        for role, name in params.template.picks
        for entry in params.port(role).live
        if entry.packet_class in params.template.classes
        and packet_classes()[entry.packet_class].canonical(name) not in entry.fields
    ]


def _unhashable(port: Port) -> list[str]:
    plain = port.function is Function.TOEPLITZ
    changed = [] if plain else [f"its NIC transforms the input ({port.function})"]
    return changed + [reason for entry in port.inputs for reason in _unreadable(entry)]


def _unreadable(entry: HashInput) -> list[str]:
    if packet_classes()[entry.packet_class].tunnel:
        return [f"class `{entry.packet_class}` is in a tunnel"]
    unread = [name for name in entry.fields if name not in C_FIELDS]
    return [f"field `{name}` of class `{entry.packet_class}` is not read" for name in unread]


def _stateless(params: NfParams, nf: Nf) -> Diagnostic:
    return Diagnostic(
        rule=codes.NF_NO_CLASS,
        message=f"none of the classes that `{nf.name}` keeps state for is hashed on "
        f"{' and '.join(f'`{port.name}`' for port in params.ports)}",
        span=header(nf),
        help=f"hash {' or '.join(f'`{name}`' for name in params.template.classes)} on them",
    )
