"""How long Z3 may work, and what it says when that was not enough."""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT_LIMIT = 200_000_000
"""Z3 resource units for one query: minutes of work, far beyond what slice equalities need."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Z3 gave up within the limit."""
