"""Verdicts as data."""

from __future__ import annotations

from dataclasses import dataclass

from rss_solver.nic.steering import Landing


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """Every requirement holds, for all packets of the classes that matter."""

    obligations: int
    """Pairs of ports and packet classes looked at."""
    lemmas: int
    """Different statements `condition implies span` that Z3 proved."""
    vectors: int
    """Basis vectors on which the reference hash was evaluated."""
    hash_bits: int
    """Low hash bits that had to agree, at the most."""
    whole_hashes: bool
    """Whether all 32 bits agree for every tied pair."""
    cross_checked: int
    """Hash bits that one Boolean query over the whole spec checked again; 0 for specs too large for that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counterexample:
    """Two packets that a requirement ties and the keys part."""

    line: int
    """Index into `Problem.lines`."""
    first: Landing
    second: Landing

    @property
    def parted(self) -> str:
        """What differs: `queue`, `entry` (their queues are the same by chance) or `hash`."""
        if self.first.queue != self.second.queue:
            return "queue"
        return "entry" if self.first.entry != self.second.entry else "hash"


@dataclass(frozen=True, slots=True, kw_only=True)
class Undecided:
    """Z3 gave up within its limit."""

    line: int
    first: str
    """Port and class of one side, as text."""
    second: str


Verdict = Proof | Counterexample | Undecided
