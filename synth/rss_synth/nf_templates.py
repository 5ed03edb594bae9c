"""The network functions that can be generated, and the parameters each takes in its `nf` block."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What the value of a parameter is."""

    PORT = "a port"
    COUNT = "a number"
    DURATION = "a duration"
    WORD = "a word"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One item of an `nf` block."""

    name: str
    kind: Kind
    default: str | int | None = None
    """None: the spec must say it. Durations are in nanoseconds."""
    words: tuple[str, ...] = ()
    high: int = 0
    """Largest count or duration; the smallest is 1."""


@dataclass(frozen=True, slots=True)
class NfTemplate:
    """A network function in C: `runtime/NAME.c` and what it needs beside the common files."""

    name: str
    summary: str
    parameters: tuple[Parameter, ...]
    sources: tuple[str, ...]
    state_classes: tuple[str, ...]
    """Classes whose packets may touch state: those that have what its keys are made of."""

    def parameter(self, name: str) -> Parameter | None:
        """The parameter of that name, None if it takes no such."""
        return next((p for p in self.parameters if p.name == name), None)


STRATEGIES = ("shared-nothing", "locks", "tm", "sequential", "auto")
AVAILABLE_STRATEGIES = ("shared-nothing", "sequential", "auto")

MAX_CAPACITY = 1 << 24
"""Flows of all cores together: 1.25 GB of records and index."""
SECOND = 10**9
YEAR = 365 * 24 * 3600 * SECOND
"""In nanoseconds."""
MAX_EXPIRY = 10**9 * SECOND
"""31 years: differences of times stay within 64 bits."""

_COMMON = (
    Parameter(name="strategy", kind=Kind.WORD, default="auto", words=STRATEGIES),
    Parameter(name="lan", kind=Kind.PORT),
    Parameter(name="wan", kind=Kind.PORT),
)

FIREWALL = NfTemplate(
    name="firewall",
    summary="what the WAN sends passes if it answers a connection that the LAN opened",
    parameters=(
        *_COMMON,
        Parameter(name="capacity", kind=Kind.COUNT, default=65536, high=MAX_CAPACITY),
        Parameter(name="expiry", kind=Kind.DURATION, default=60 * SECOND, high=MAX_EXPIRY),
        Parameter(name="other", kind=Kind.WORD, default="drop", words=("drop", "pass")),
    ),
    sources=("firewall.c", "flow_table.c"),
    state_classes=tuple(f"{version}-{l4}" for version in ("ipv4", "ipv6") for l4 in ("tcp", "udp", "sctp")),
)

NOP = NfTemplate(
    name="nop",
    summary="what comes in on one port leaves by the other",
    parameters=_COMMON,
    sources=("nop.c",),
    state_classes=(),
)

NF_TEMPLATES: dict[str, NfTemplate] = {template.name: template for template in (FIREWALL, NOP)}
"""By the name that an `nf` block gives."""
