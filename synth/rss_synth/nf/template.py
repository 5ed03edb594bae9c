"""What a template of a network function is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from rss_dsl.source import Source

STRATEGIES = ("shared-nothing", "locks", "tm", "sequential", "auto")

SECOND = 10**9
YEAR = 365 * 24 * 3600 * SECOND
"""In nanoseconds."""
MAX_EXPIRY = 10**9 * SECOND
"""31 years: differences of times stay within 64 bits."""
MAX_CAPACITY = 1 << 28
"""As in `nf/config.h`."""


class Kind(StrEnum):
    """What the value of a parameter is."""

    PORT = "a port"
    COUNT = "a number"
    DURATION = "a duration"
    WORD = "a word"
    ADDRESS = "an IPv4 address"
    STATIONS = "a file"
    BACKENDS = "a file of backends"

    @property
    def spelled(self) -> str:
        """The kind of value in a spec that says it."""
        return _SPELLED.get(self, "word")


_SPELLED = {
    Kind.COUNT: "integer",
    Kind.DURATION: "duration",
    Kind.ADDRESS: "address",
    Kind.STATIONS: "path",
    Kind.BACKENDS: "path",
}


_IPV4 = re.compile(r"[0-9.]+")
"""An address as `tokens.written` gives it, without a prefix length."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One item of an `nf` block."""

    name: str
    kind: Kind
    about: str
    default: str | int | None = None
    """None: the spec must say it. Durations are in nanoseconds."""
    words: tuple[str, ...] = ()
    high: int = 0
    """Largest count or duration; the smallest is 1."""

    def takes(self, value: str | int) -> bool:
        """Whether a value of the right kind is one that it can have."""
        match self.kind:
            case Kind.COUNT | Kind.DURATION:
                return 1 <= int(value) <= self.high
            case Kind.WORD:
                return value in self.words
            case Kind.ADDRESS:
                return _IPV4.fullmatch(str(value)) is not None
            case Kind.PORT | Kind.STATIONS | Kind.BACKENDS:
                return True
            case _:
                assert_never(self.kind)

    @property
    def is_own(self) -> bool:
        """Whether the template gives it a meaning, not rssc."""
        return self.kind is not Kind.PORT and self.name not in RESERVED


Station = tuple[str, str]
"""A MAC address as specs write it, and the role of the port that it is behind."""

Backend = tuple[tuple[int, ...], tuple[int, ...]]
"""The bytes of an IP address, 4 or 16, and of the MAC address that has it."""

Value = str | int | tuple[Station, ...] | tuple[Backend, ...]
"""What a parameter is set to; durations in nanoseconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """A bound on counts together."""

    weights: tuple[tuple[str, int], ...]
    """How often each parameter counts."""
    high: int
    about: str
    """What there is that much of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NfTemplate:
    """A network function in C."""

    name: str
    summary: str
    roles: tuple[str, ...]
    """What its ports are to it, in the order of their numbers in C."""
    parameters: tuple[Parameter, ...]
    classes: tuple[str, ...]
    """Those whose packets may touch state: they have what its keys are made of."""
    needs: tuple[str, ...]
    """Which packets must meet on one core, as requirements over roles: what shared-nothing rests on."""
    together: bool = False
    """All packets that touch state must meet: no key brings that about, and cores share the state."""
    picks: tuple[tuple[str, str], ...] = ()
    """Role and field: the function chooses that field of packets that will come in there, by their hash."""
    sums: tuple[Sum, ...] = ()
    about: Source
    """`nf.toml`."""
    code: Source
    """`nf.c.j2`."""

    def parameter(self, name: str) -> Parameter | None:
        """The parameter of that name, None if it takes no such."""
        return next((p for p in self.parameters if p.name == name), None)


STRATEGY = Parameter(
    name="strategy", kind=Kind.WORD, about="how cores share the state", default="auto", words=STRATEGIES
)
SHARDING = Parameter(
    name="sharding",
    kind=Kind.WORD,
    about="whether cores with a state of their own each have a share of `capacity`, or each all of it",
    default="split",
    words=("split", "replicate"),
)
RESERVED = (STRATEGY.name, SHARDING.name)
"""Items of `nf` blocks that rssc gives a meaning."""
