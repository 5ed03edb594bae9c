"""Target `testpmd`: a command file for dpdk-testpmd 22.11 that ends by showing what was taken.

`port config all rss` switches on one type, or one group, of all ports, instead of what was on before; the
start options and `rss-hash-key` cannot add to it. Where several single types are wanted, drivers that take
rules per packet type (i40e, ice, iavf) get the rest as rte_flow RSS rules.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rss_dsl import codes
from rss_dsl.diagnostics import Diagnostic
from rss_dsl.problem import Problem
from rss_solver.solution import Solution
from rss_synth.port_plan import PortPlan, finding, port_plans, refuse
from rss_synth.render import render
from rss_synth.target import Artifact, Provenance

MAX_TABLE = 512
_GROUP = 64
_TOKEN = 120
"""Characters of a word: testpmd 22.11 takes up to 126 (`STR_TOKEN_SIZE`, measured) and drops longer ones."""
_BY_PATTERN = ("i40e", "ice", "iavf")
_ADVICE = (
    "testpmd sets one type or group of types at a time, each instead of the last: use the target `dpdk`, "
    "which sets any combination, or hash a single class or all of one group (`ip`, `tcp`, `udp`, `sctp`)"
)

_TYPES = {
    **{f"RTE_ETH_RSS_IPV{v}": f"ipv{v}" for v in "46"},
    **{f"RTE_ETH_RSS_FRAG_IPV{v}": f"ipv{v}-frag" for v in "46"},
    **{
        f"RTE_ETH_RSS_NONFRAG_IPV{v}_{k}": f"ipv{v}-{k.lower()}"
        for v in "46"
        for k in ("TCP", "UDP", "SCTP", "OTHER")
    },
    "RTE_ETH_RSS_L2_PAYLOAD": "l2-payload",
    "RTE_ETH_RSS_ESP": "esp",
    "RTE_ETH_RSS_GTPU": "gtpu",
}
"""Single types by DPDK flag (app/test-pmd/config.c: rss_type_table)."""

_EVERY_IP = ("IPV4", "FRAG_IPV4", "NONFRAG_IPV4_OTHER", "IPV6", "FRAG_IPV6", "NONFRAG_IPV6_OTHER", "IPV6_EX")
_GROUPS = {
    "ip": frozenset(f"RTE_ETH_RSS_{name}" for name in _EVERY_IP),
    "tcp": frozenset(
        f"RTE_ETH_RSS_{name}" for name in ("NONFRAG_IPV4_TCP", "NONFRAG_IPV6_TCP", "IPV6_TCP_EX")
    ),
    "udp": frozenset(
        f"RTE_ETH_RSS_{name}" for name in ("NONFRAG_IPV4_UDP", "NONFRAG_IPV6_UDP", "IPV6_UDP_EX")
    ),
    "sctp": frozenset(f"RTE_ETH_RSS_{name}" for name in ("NONFRAG_IPV4_SCTP", "NONFRAG_IPV6_SCTP")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Port:
    """What the template prints of a port."""

    name: str
    nic: str
    device: int
    key: str
    key_type: str
    rules: tuple[str, ...]
    entries: tuple[str, ...]
    """Words of `port config N rss reta`."""
    size: int
    masks: str
    readable: bool


@dataclass(frozen=True, slots=True)
class TestpmdTarget:
    """See the module."""

    name: str = "testpmd"
    summary: str = "a command file for dpdk-testpmd: hash types, key and table, shown at the end"

    def emit(self, problem: Problem, solution: Solution, origin: Provenance) -> tuple[Artifact, ...]:
        """`testpmd.cmds`."""
        plans = port_plans(problem, solution, self.name)
        common = _common_type(plans)
        refuse([found for plan in plans for found in _findings(plan, common)])
        context = {
            "ports": tuple(_port(plan, common or "") for plan in plans),
            "common": common,
            "queues": max(plan.solved.queues for plan in plans),
            "origin": origin,
        }
        return (Artifact("testpmd.cmds", render("testpmd/testpmd.cmds.j2", **context)),)


def _exact_type(plan: PortPlan) -> str | None:
    """The one type or group that switches on the port's flags and nothing that is not hashed anyway."""
    flags = frozenset(plan.flags)
    if len(flags) == 1:
        return _TYPES.get(plan.flags[0])
    allowed = flags | frozenset(plan.implied)
    return next((name for name, group in _GROUPS.items() if flags <= group <= allowed), None)


def _common_type(plans: Sequence[PortPlan]) -> str | None:
    """The word for `port config all rss`: what suits all ports, or else a type that all have, to add to."""
    exact = {_exact_type(plan) for plan in plans}
    if len(exact) == 1 and exact != {None}:
        return exact.pop()
    shared = (flag for flag in plans[0].flags if all(flag in plan.flags for plan in plans))
    return next((_TYPES[flag] for flag in shared if flag in _TYPES), None)


def _rest(plan: PortPlan, common: str | None) -> tuple[str, ...]:
    """Flags that `port config all rss` leaves to rules."""
    return () if _exact_type(plan) == common else tuple(f for f in plan.flags if _TYPES.get(f) != common)


def _findings(plan: PortPlan, common: str | None) -> Iterator[Diagnostic]:
    name, size = plan.port.name, plan.solved.table_size
    if plan.write_table and size > MAX_TABLE:
        message = f"the table of `{name}` has {size} entries, testpmd writes at most {MAX_TABLE}"
        yield finding(codes.TABLE_TOO_LARGE, plan, message, "use the target `dpdk`, or a smaller `table`")
    rest = _rest(plan, common)
    by_rule = plan.port.nic.driver in _BY_PATTERN and all(flag in _TYPES for flag in rest)
    if common is None or (rest and not by_rule):
        classes = ", ".join(f"`{entry.packet_class}`" for entry in plan.solved.inputs)
        message = f"testpmd cannot switch on exactly {classes} on `{name}`"
        yield finding(codes.NO_TESTPMD_TYPE, plan, message, _ADVICE)


def _port(plan: PortPlan, common: str) -> _Port:
    size = plan.solved.table_size
    return _Port(
        name=plan.port.name,
        nic=plan.port.nic.name,
        device=plan.port.device,
        key=plan.solved.key.hex(),
        key_type=_TYPES[plan.flags[0]],
        rules=tuple(_rule(_TYPES[flag]) for flag in _rest(plan, common)),
        entries=tuple(table_words(plan.solved.table)) if plan.write_table else (),
        size=size,
        # All bits set; eight 64-bit masks in digits would not fit a word.
        masks=f"({','.join(['-1'] * -(-size // _GROUP))})",
        readable=plan.port.nic.readable.value,
    )


def _rule(name: str) -> str:
    """An RSS rule for one type: its pattern and types."""
    version, _, kind = name.partition("-")
    items = ["eth", *([version] if version.startswith("ipv") else [])]
    if kind in ("tcp", "udp", "sctp"):
        items.append(kind)
    return f"pattern {' / '.join(items)} / end actions rss types {name} end queues end / end"


def table_words(table: Sequence[int]) -> Iterator[str]:
    """`(entry,queue),…` in words that testpmd can read."""
    word = ""
    for entry, queue in enumerate(table):
        pair = f"({entry},{queue})"
        if word and len(word) + 1 + len(pair) > _TOKEN:
            yield word
            word = ""
        word = f"{word},{pair}" if word else pair
    yield word
