"""`hash auto`: which fields each port hashes, chosen for the best spread."""

from rss_solver.fieldsets.classes import Unhashed
from rss_solver.fieldsets.rating import Rating
from rss_solver.fieldsets.resolve import Chosen, Resolved, RunnerUp, adopt, resolve

__all__ = ["Chosen", "Rating", "Resolved", "RunnerUp", "Unhashed", "adopt", "resolve"]
