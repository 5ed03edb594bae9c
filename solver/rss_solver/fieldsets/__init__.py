"""`hash auto`: which fields each port hashes, chosen for the best spread."""

from rss_solver.fieldsets.classes import Unhashed
from rss_solver.fieldsets.rating import Rating
from rss_solver.fieldsets.resolve import Choice, Resolved, RunnerUp, adopt, resolve

__all__ = ["Choice", "Rating", "Resolved", "RunnerUp", "Unhashed", "adopt", "resolve"]
