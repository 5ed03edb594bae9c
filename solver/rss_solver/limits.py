"""Limits on the work of a query."""

from __future__ import annotations


class LimitReachedError(Exception):
    """Z3 gave up within its limit while keys were chosen: whether there are any is undecided."""
