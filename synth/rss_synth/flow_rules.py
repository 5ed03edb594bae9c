"""rte_flow RSS rules: pattern, types, key and queues, as each driver takes them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rss_dsl import codes
from rss_dsl.diagnostics import Diagnostic
from rss_dsl.fields import packet_classes
from rss_dsl.nic import FieldSet, Function, Switch, Via
from rss_synth.port_plan import PortPlan, finding

_INNERMOST = "RTE_ETH_RSS_LEVEL_INNERMOST"


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver:
    """What a driver's RSS action takes."""

    key: bool = False
    """A key of the NIC's length; otherwise the port's key counts and the action must not have one."""
    queues: bool = False
    """A list of queues; otherwise the port's table counts."""
    innermost: int = 0
    """The level that asks for the inner packet; 0: the pattern alone says so."""
    region: bool = False
    """A rule without pattern that lists the queues comes first (i40e)."""
    functions: frozenset[Function] = frozenset()
    """What a rule can set beside Toeplitz."""
    ends_with_function: bool = True
    """Whether `_ONLY` types go with another function than Toeplitz (not on ice and iavf)."""


_SYMMETRIC = frozenset({Function.SYMMETRIC_XOR})

DRIVERS = {
    # i40e_hash.c: with a pattern no queue list; key_len 0 or 52; SYMMETRIC_TOEPLITZ per pattern.
    "i40e": Driver(region=True, functions=_SYMMETRIC),
    # ice_hash.c: ice_hash_parse_action_check refuses key, queues and level; iavf_hash.c likewise.
    "ice": Driver(functions=_SYMMETRIC, ends_with_function=False),
    "iavf": Driver(functions=_SYMMETRIC, ends_with_function=False),
    # mlx5_flow.c: key_len 0 or 40; SYMMETRIC_TOEPLITZ sorts.
    "mlx5": Driver(key=True, queues=True, innermost=2, functions=frozenset({Function.SYMMETRIC_SORT})),
    "mlx4": Driver(key=True, queues=True),
    "tap": Driver(key=True, queues=True),
    "hns3": Driver(key=True, queues=True, functions=_SYMMETRIC | {Function.SIMPLE_XOR}),
    "cnxk": Driver(key=True, queues=True),
    "ixgbe": Driver(key=True, queues=True),
}

_FUNCTIONS = {
    Function.TOEPLITZ: "DEFAULT",
    Function.SYMMETRIC_XOR: "SYMMETRIC_TOEPLITZ",
    Function.SYMMETRIC_SORT: "SYMMETRIC_TOEPLITZ",
    Function.SIMPLE_XOR: "SIMPLE_XOR",
}

_TUNNELS = {
    "vxlan": ("eth", "ipv4", "udp", "vxlan", "eth"),
    "geneve": ("eth", "ipv4", "udp", "geneve", "eth"),
    "gtpu": ("eth", "ipv4", "udp", "gtpu"),
    "gre": ("eth", "ipv4", "gre"),
    "ipip": ("eth", "ipv4"),
}
"""Pattern items up to the inner packet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowRule:
    """One rule: what it matches and what its RSS action says."""

    classes: tuple[str, ...]
    pattern: tuple[str, ...]
    """Items in testpmd's names; none: every packet."""
    types: tuple[str, ...]
    """DPDK flags; none with the rule that only lists queues."""
    function: str
    """`RTE_ETH_HASH_FUNCTION_…` without its beginning."""
    level: int
    key: bool
    queues: tuple[int, ...]


def flow_rules(plan: PortPlan) -> tuple[FlowRule, ...]:
    """The rules of a port, in the order to create them; the NIC's driver must be known (`rule_findings`)."""
    driver = DRIVERS.get(plan.port.nic.driver, Driver())
    rules = [
        _rule(plan, driver, switch, switch.field_sets[index])
        for switch, index in plan.switches
        if _needs_rule(plan, switch.field_sets[index])
    ]
    if rules and driver.region:
        rules.insert(0, _region(plan))
    return tuple(rules)


def rule_findings(plan: PortPlan) -> Iterator[Diagnostic]:
    """What a port needs of rte_flow that its driver does not take."""
    nic, name = plan.port.nic, plan.port.name
    needed = [s.field_sets[i] for s, i in plan.switches if _needs_rule(plan, s.field_sets[i])]
    if not needed:
        return
    driver = DRIVERS.get(nic.driver)
    if driver is None:
        message = f"how `{nic.name}` takes rte_flow RSS rules is not known, and `{name}` needs them"
        yield finding(codes.NO_RULES, plan, message, "hash by what start-up flags offer, or use another NIC")
        return
    function = plan.port.function
    if function is not Function.TOEPLITZ and function not in driver.functions:
        message = f"`{nic.name}` cannot be told by rte_flow to hash `{name}` with `{function}`"
        yield finding(codes.FUNCTION_BY_RULE, plan, message, "leave `function` out, or use another target")
    one_sided = any(flag.endswith("_ONLY") for field_set in needed for flag in field_set.flags)
    if function is not Function.TOEPLITZ and one_sided and not driver.ends_with_function:
        message = f"`{nic.name}` takes no single-sided fields together with `{function}`"
        yield finding(codes.FUNCTION_BY_RULE, plan, message, "hash both ends on this port")


def _needs_rule(plan: PortPlan, field_set: FieldSet) -> bool:
    return field_set.via is Via.FLOW or plan.function_by_rule


def _rule(plan: PortPlan, driver: Driver, switch: Switch, field_set: FieldSet) -> FlowRule:
    types = (*(() if field_set.instead else (switch.flag,)), *field_set.flags)
    tunnelled = packet_classes()[switch.classes[0]].tunnel is not None
    return FlowRule(
        classes=switch.classes,
        pattern=_pattern(switch.classes),
        types=tuple(flag for flag in types if flag != _INNERMOST),
        function=_FUNCTIONS.get(plan.port.function, "DEFAULT"),
        level=driver.innermost if tunnelled else 0,
        key=driver.key,
        queues=_queues(plan) if driver.queues else (),
    )


def _region(plan: PortPlan) -> FlowRule:
    queues = tuple(range(plan.solved.queues))
    return FlowRule(classes=(), pattern=(), types=(), function="DEFAULT", level=0, key=False, queues=queues)


def _queues(plan: PortPlan) -> tuple[int, ...]:
    """The action's queues are its table: each once where the port's is round robin."""
    return tuple(range(plan.solved.queues)) if plan.solved.round_robin else plan.solved.table


def _pattern(classes: tuple[str, ...]) -> tuple[str, ...]:
    """The items that all the classes have in common."""
    tunnel = packet_classes()[classes[0]].tunnel
    start = ("eth",) if tunnel is None else _TUNNELS[tunnel]
    inner = [name.removeprefix(f"{tunnel}-").split("-") for name in classes]
    found = []
    for place in range(2):
        words = {parts[place] if place < len(parts) else "" for parts in inner}
        word = words.pop() if len(words) == 1 else ""
        if word not in ("ipv4", "ipv6", "tcp", "udp", "sctp"):
            break
        found.append(word)
    return (*start, *found)
