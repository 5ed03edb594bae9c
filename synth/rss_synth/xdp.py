"""Target `xdp`: steering in software for devices that cannot hash as the spec wants.

An eBPF program for each port computes the hash, looks up the table and redirects to the queue's CPU. What
the device can do does not matter; the spec's NIC says which hash it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files

from rss_dsl import codes
from rss_dsl.diagnostics import Diagnostic
from rss_dsl.fields import packet_classes, width
from rss_dsl.nic import DefaultQueue, Function, Index
from rss_dsl.problem import HashInput, Problem
from rss_solver.nic.functions import pairs
from rss_solver.solution import Solution
from rss_synth.port_plan import PortPlan, finding, name_findings, refuse, unchecked_plans
from rss_synth.render import render
from rss_synth.target import Artifact, Provenance

_SHARED = ("classes.h", "wire.h")
"""Headers of the runtime that programs in the kernel can include."""

_INPUT_ROOM = 64
"""`HASH_INPUT_ROOM`."""

_MEMBERS = {
    "mac_dst": "mac_dst",
    "mac_src": "mac_src",
    "ether_type": "ether_type",
    "ip_proto": "protocol",
    "ipv4_src": "source",
    "ipv6_src": "source",
    "ipv4_dst": "destination",
    "ipv6_dst": "destination",
    "tcp_src": "transport",
    "udp_src": "transport",
    "sctp_src": "transport",
    "tcp_dst": "transport + 2",
    "udp_dst": "transport + 2",
    "sctp_dst": "transport + 2",
    "sctp_vtag": "transport + 4",
    "esp_spi": "transport",
}
"""Where `struct headers` has a field."""

_INDEX = {
    Index.LSB: "entry_by_low_bits",
    Index.MODULO: "entry_by_modulo",
    Index.XOR_FOLD8: "entry_by_xor_of_bytes",
    Index.HIGH_BITS: "entry_by_high_bits",
}
_PAIRS = {
    Function.SYMMETRIC_XOR: "pair_xor",
    Function.SYMMETRIC_OR_XOR: "pair_or_xor",
    Function.SYMMETRIC_SORT: "pair_sort",
}


@dataclass(frozen=True, slots=True)
class _Input:
    """Statements that gather a hash input, and the classes that have it."""

    classes: tuple[str, ...]
    lines: tuple[str, ...]
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _BpfPort:
    """What the templates print of a port."""

    name: str
    nic: str
    function: str
    queues: int
    classes: tuple[str, ...]
    inputs: tuple[_Input, ...]
    key: bytes
    key_rows: tuple[bytes, ...]
    hash_initial: str
    hash: str
    index: str
    table: tuple[int, ...]
    table_size: int
    default_from_table: bool


@dataclass(frozen=True, slots=True)
class XdpTarget:
    """See the module."""

    name: str = "xdp"
    summary: str = "eBPF that hashes in software and hands packets to CPUs, with its loader"

    def emit(self, problem: Problem, solution: Solution, origin: Provenance) -> tuple[Artifact, ...]:
        """The program, its loader, a Makefile and a README, by path."""
        plans = unchecked_plans(problem, solution)
        refuse([f for plan in plans for f in (*name_findings(plan), *_findings(plan))])
        context = {"ports": tuple(_bpf_port(plan) for plan in plans), "origin": origin}
        folder = files("rss_synth") / "templates" / "xdp"
        shared = files("rss_synth") / "runtime" / "packet"
        entries = [*folder.iterdir(), *(shared / name for name in _SHARED)]
        found = []
        for entry in sorted(entries, key=lambda entry: entry.name):
            if entry.name.endswith(".j2"):
                text = render(f"xdp/{entry.name}", **context)
            else:
                text = entry.read_text(encoding="utf-8")
            found.append(Artifact(entry.name.removesuffix(".j2"), text))
        return tuple(found)


def _findings(plan: PortPlan) -> Iterator[Diagnostic]:
    for entry in plan.solved.inputs:
        for reason in _unreadable(entry):
            message = f"`xdp` cannot hash as `{plan.port.name}` does: {reason}"
            yield finding(codes.XDP_HASH_INPUT, plan, message, "hash other fields or classes on this port")


def _unreadable(entry: HashInput) -> Iterator[str]:
    if packet_classes()[entry.packet_class].tunnel:
        yield f"class `{entry.packet_class}` is in a tunnel"
        return
    for name, place in entry.places:
        if name not in _MEMBERS:
            yield f"field `{name}` of class `{entry.packet_class}` is not read"
        elif place % 8 or place + width(name) > 8 * _INPUT_ROOM:
            yield f"field `{name}` of class `{entry.packet_class}` has no place that can be hashed"


def _bpf_port(plan: PortPlan) -> _BpfPort:
    port, solved = plan.port, plan.solved
    return _BpfPort(
        name=port.name,
        nic=port.nic.name,
        function=solved.function.value,
        queues=solved.queues,
        classes=tuple(entry.packet_class for entry in solved.inputs),
        inputs=_inputs(solved.inputs),
        key=solved.key,
        key_rows=plan.key_rows,
        hash_initial=f"0x{port.nic.hash_init.value:08x}U" if port.nic.hash_init.value else "0",
        hash="xor_of_words" if solved.function is Function.SIMPLE_XOR else "toeplitz",
        index=_INDEX[port.nic.index.value],
        table=solved.table,
        table_size=solved.table_size,
        default_from_table=port.nic.default_queue.value is DefaultQueue.TABLE_0,
    )


def _inputs(entries: Sequence[HashInput]) -> tuple[_Input, ...]:
    """TCP and UDP have the same fields at the same places, and so the same code."""
    found: dict[tuple[tuple[str, ...], int], list[str]] = {}
    for entry in entries:
        name = entry.packet_class.upper().replace("-", "_")
        found.setdefault((_lines(entry), entry.selected_bits // 8), []).append(f"PACKET_{name}")
    return tuple(_Input(tuple(classes), lines, size) for (lines, size), classes in found.items())


def _lines(entry: HashInput) -> tuple[str, ...]:
    copies = [
        f"__builtin_memcpy(input + {at // 8}, {_member(name)}, {width(name) // 8});"
        for name, at in entry.places
    ]
    return (*_paired(entry), *copies)


def _paired(entry: HashInput) -> Iterator[str]:
    """Statements that change pairs of fields as the hash function does, before they are hashed."""
    if entry.function not in _PAIRS:
        return
    names = {place: name for name, place in entry.places}
    for first, second, bits in pairs(entry):
        yield f"{_PAIRS[entry.function]}({_member(names[first])}, {_member(names[second])}, {bits // 8});"


def _member(name: str) -> str:
    return f"headers->{_MEMBERS[name]}"
