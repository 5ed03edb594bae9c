"""Verdicts about a network function under concrete keys, as data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from rss_callpaths.accesses.access import Access, StateObject
from rss_solver.nic.steering import Landing


class Assumed(StrEnum):
    """What a verdict takes for granted."""

    CAPACITY = "every core has a table of its own: one may be full while another is not"
    ALLOCATION = "nothing depends on which free index a chain hands out, nor on what its cells held before"
    NUMBERS = (
        "two cores may give out one number: an index leaves in packets (an external port, say), and each "
        "core counts its own; flows that the keys do not bring together may leave alike, even towards one "
        "remote end, and then nothing tells their answers apart"
    )
    CLOCKS = "every core expires its own entries by its own clock, when a packet comes"
    COLLISIONS = "counters of a sketch that different keys happen to share mean nothing"
    FIELDS = "keys of maps are equal exactly if the fields that the paths show of them are"
    TRAFFIC = "only packets of the classes that `traffic` names arrive"
    ASSUMPTIONS = "packets satisfy what the spec assumes of them"
    OPTIONS = "packets have no IPv4 options where the network function does not ask for them"


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """One of two packets that meet in the state."""

    access: Access
    landing: Landing
    """The packet, and where the reference hash sends it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proved:
    """No two packets of different cores can touch one cell that either changes."""

    pairs: int
    """Pairs of accesses (with the ports they come in on) that were looked at."""
    local: int
    """How many of them touch cells of different owners or of the same core, by the ownership of indices."""
    questions: int
    """Different statements about two packets that were proved."""
    lemmas: tuple[str, ...]
    """What was proved on the paths about the ownership of indices, one sentence each."""
    assumed: tuple[Assumed, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuted:
    """Two packets that can touch one cell and land on different cores."""

    object: StateObject | None
    """None: any (a function that the library does not know)."""
    first: Party
    second: Party
    why: str = ""
    """Why the indices that they use prove nothing, where that is not plain."""
    assumed: tuple[Assumed, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Undecided:
    """The solver gave up within its limit."""

    object: StateObject | None
    first: Access
    second: Access


Verdict = Proved | Refuted | Undecided
