"""The Solution: keys, tables and what is known of them. Data only; `keys/lock.py` writes it as JSON."""

from __future__ import annotations

from dataclasses import dataclass

from rss_dsl.nic import Function
from rss_dsl.problem import HashInput


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassSpread:
    """How the index bits of one class spread (GF(2) ranks and queues reached through the table)."""

    packet_class: str
    rank: int
    """Rank of the index bits over all live input bits."""
    clustered_rank: int
    """The same with the first 16 bits of IPv4 and 64 of IPv6 addresses held fixed."""
    queues: int
    """Queues reachable."""
    clustered_queues: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PortSolution:
    """What to configure on one port."""

    name: str
    device: int
    nic: str
    key: bytes
    queues: int
    table: tuple[int, ...]
    """Queue of every entry of the indirection table (RETA)."""
    equality: str
    """`hash` or `index`: what its component agrees on."""
    inputs: tuple[HashInput, ...]
    spread: tuple[ClassSpread, ...]
    """One per live class."""

    @property
    def table_size(self) -> int:
        """Entries of the table."""
        return len(self.table)

    @property
    def function(self) -> Function:
        """The hash function, one for all classes of a port."""
        return self.inputs[0].function if self.inputs else Function.TOEPLITZ

    @property
    def round_robin(self) -> bool:
        """Whether entry i is queue i % queues, what every driver starts with."""
        return all(queue == entry % self.queues for entry, queue in enumerate(self.table))


@dataclass(frozen=True, slots=True, kw_only=True)
class Fallen:
    """Bits of a preference that do not hold, all for one reason."""

    reason: str
    """`forced`: the requirements and pins fix the bits. `tied`: they are equal to bits that other wishes set.
    `outweighed`: other wishes set the same bits. `spread`: a class would spread worse. `open`: not known."""
    bits: int
    requirements: tuple[str, ...] = ()
    """Labels of the lines that force or tie them."""
    others: tuple[int, ...] = ()
    """The preferences that prevailed: indices into `Solution.preferences`."""
    classes: tuple[tuple[int, str], ...] = ()
    """(port, packet class) that would spread worse."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreferenceOutcome:
    """What became of one `prefer`."""

    label: str
    weight: int
    over_rank: bool
    bits: int
    held: int
    fallen: tuple[Fallen, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """Keys and tables for every port of a problem, in its order."""

    ports: tuple[PortSolution, ...]
    components: tuple[tuple[int, ...], ...]
    """Ports tied by requirements, as indices into `ports`."""
    seed: int
    preferences: tuple[PreferenceOutcome, ...] = ()
    """One per `prefer`; empty for keys that were given."""
    preferred_most: bool = True
    """Whether the weight of what holds is the maximum, and not just the best found within the limit."""

    def port(self, name: str) -> PortSolution | None:
        """The port of that name, None if there is none."""
        return next((p for p in self.ports if p.name == name), None)
